//! Exports a run's networks to files for other programs.

mod onnx;

use crate::error::Result;
use crate::nn::{Network, named_tensors};
use crate::plan::ModelPlan;
use crate::role::Role;
use crate::run::{checkpoint_of, checkpoint_state};
pub use crate::weights::FORMAT_VERSION;
use crate::weights::{METADATA_KEY, Tensors};
use burn::prelude::Device;
use safetensors::tensor::{Dtype, TensorView};
use serde::Serialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use steadygan_run::{CheckpointKind, RunDirectory, write_atomically};

/// The description of the network in an export, as JSON under the metadata key `steadygan`.
#[derive(Debug, Clone, Serialize)]
pub struct Description<'a> {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// Generator or discriminator.
    pub role: Role,
    /// How many real images the run had trained on.
    pub images: u64,
    /// The plan of both networks: sizes, layers, the range of images and the distribution of latents.
    pub model: &'a ModelPlan,
}

impl Description<'_> {
    fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a description is plain data")
    }
}

/// Writes the networks of a run's checkpoint into the run's folder: `export/generator.safetensors`,
/// `export/discriminator.safetensors` and `export/generator.onnx`. Returns the folder.
///
/// # Errors
///
/// The run has no such checkpoint, the folder cannot be written, or the generator cannot be written as ONNX (in that
/// case both SafeTensors files are written). After an error each file is either complete or as it was before.
pub fn export(run: &Path, kind: CheckpointKind) -> Result<PathBuf> {
    let run = RunDirectory::open(run)?;
    let checkpoint = checkpoint_of(&run, kind)?;
    let state = checkpoint_state(&checkpoint, &Device::flex())?;
    let model = &checkpoint.provenance().plan.model;
    let folder = run.export();
    let describe = |role| Description { format_version: FORMAT_VERSION, role, images: state.images, model };
    for role in Role::ALL {
        let bytes = to_safetensors(state.network(role), &describe(role));
        write_atomically(&folder.join(role.file_name()), &bytes)?;
    }
    let description = describe(Role::Generator);
    write_atomically(&folder.join("generator.onnx"), &to_onnx(&state.generator, &description)?)?;
    Ok(folder)
}

/// A network as a SafeTensors file, with the names and layouts of PyTorch's `nn.Sequential`.
pub fn to_safetensors(network: &Network, description: &Description) -> Vec<u8> {
    let tensors: Tensors = named_tensors(network).into_iter().map(|tensor| (tensor.name, tensor.data)).collect();
    let views = tensors.iter().map(|(name, data)| {
        let view = TensorView::new(Dtype::F32, data.shape().to_vec(), data.as_bytes());
        (name.as_str(), view.expect("the bytes match the shape"))
    });
    let header = HashMap::from([(METADATA_KEY.to_owned(), description.to_json())]);
    safetensors::serialize(views, Some(header)).expect("tensors with distinct names can be written")
}

/// A generator as an ONNX model, opset 13: input `latent` `[batch, latent, 1, 1]` (as PyTorch's example passes it),
/// output `images` `[batch, channels, size, size]` in the generator's own range, both 32-bit floats; the batch may have
/// any size. A conditional generator has a second input, `class` `[batch]`, 64-bit integers. Batch norm uses its
/// running statistics, and spectral norm is applied to the weights.
///
/// # Errors
///
/// The generator has a layer that cannot be written as ONNX here: layer norm, virtual batch norm, attention, or a
/// discriminator's layer.
///
/// # Panics
///
/// If the network has no layer.
pub fn to_onnx(generator: &Network, description: &Description) -> Result<Vec<u8>> {
    onnx::encode(generator, METADATA_KEY, &description.to_json())
}
