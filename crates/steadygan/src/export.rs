//! Exports a run's networks to files for other programs.

mod onnx;

use crate::error::{Error, Result};
use crate::nn::{Network, named_tensors};
use crate::plan::ModelPlan;
use crate::role::Role;
use crate::run::{checkpoint_of, checkpoint_state};
pub use crate::weights::FORMAT_VERSION;
use crate::weights::{METADATA_KEY, Tensors, Weights};
use burn::prelude::Device;
use safetensors::tensor::{Dtype, TensorView};
use serde::Serialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use steadygan_run::{CheckpointKind, RunDirectory, is_temporary, write_atomically};

/// The file of an export with the generator's trained weights, where images are made with their average.
const RAW_GENERATOR: &str = "generator-raw.safetensors";

/// The file of an export with the generator as ONNX.
const ONNX: &str = "generator.onnx";

/// The description of the network in an export, as JSON under the metadata key `steadygan`.
#[derive(Debug, Clone, Serialize)]
pub struct Description<'a> {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// Generator or discriminator.
    pub role: Role,
    /// Whether the weights are the average of the trained ones.
    pub average: bool,
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

/// Writes the networks of a run's checkpoint into `out`, or into the folder `export` of the run:
/// `generator.safetensors` and `generator.onnx` with the generator that images are made with
/// ([`State::shown_generator`](crate::train::State::shown_generator)), `discriminator.safetensors`, and, if the shown
/// generator is an average, `generator-raw.safetensors` with the trained weights. Returns the folder.
///
/// # Errors
///
/// The run has no such checkpoint, the folder cannot be written or holds other files, or the generator cannot be written
/// as ONNX (in that case the other files are written, and an earlier `generator.onnx` is removed). After an error each
/// file is either complete or as it was before.
pub fn export(run: &Path, kind: CheckpointKind, out: Option<&Path>) -> Result<PathBuf> {
    let run = RunDirectory::open(run)?;
    let checkpoint = checkpoint_of(&run, kind)?;
    let state = checkpoint_state(&checkpoint, &Device::flex())?;
    let folder = match out {
        Some(folder) => folder_for_export(folder)?,
        None => run.export(),
    };
    let model = &checkpoint.provenance().plan.model;
    let describe = |role, average| {
        let images = state.images;
        Description { format_version: FORMAT_VERSION, role, average, images, model }
    };
    let average = state.average.is_some();
    let (shown, trained) = (describe(Role::Generator, average), describe(Role::Generator, false));
    let file = |role: Role| folder.join(role.file_name());
    write_atomically(&file(Role::Generator), &to_safetensors(state.shown_generator(), &shown))?;
    let raw = average.then(|| to_safetensors(&state.generator, &trained));
    write_or_remove(&folder.join(RAW_GENERATOR), raw.as_deref())?;
    let discriminator = to_safetensors(&state.discriminator, &describe(Role::Discriminator, false));
    write_atomically(&file(Role::Discriminator), &discriminator)?;
    let onnx = to_onnx(state.shown_generator(), &shown);
    write_or_remove(&folder.join(ONNX), onnx.as_deref().ok())?;
    onnx.map(|_| folder)
}

/// An error unless the folder is not there, is empty, or holds nothing but an export, whose files may be replaced.
fn folder_for_export(folder: &Path) -> Result<PathBuf> {
    let hint = "name a folder that does not exist, is empty, or holds an earlier export: --out DIR";
    let known = [&Role::Generator.file_name(), &Role::Discriminator.file_name(), RAW_GENERATOR, ONNX];
    let mut names = Vec::new();
    match std::fs::read_dir(folder) {
        Ok(entries) => {
            let entries = entries.flatten().map(|entry| entry.file_name());
            // What a killed export left is removed when the next one writes.
            names.extend(entries.filter(|name| !name.to_str().is_some_and(is_temporary)));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(Error::io(format!("cannot read {}", folder.display()), &error, hint)),
    }
    let foreign = names.iter().find(|name| !known.iter().any(|known| **name == **known));
    if let Some(name) = foreign {
        let message =
            format!("{} holds {}, which is no file of an export", folder.display(), Path::new(name).display());
        return Err(Error::recipe(message, hint));
    }
    let is_export = |name: &str| Weights::read(&folder.join(name)).is_ok_and(|weights| weights.is_export());
    let weights = known.iter().filter(|known| names.iter().any(|name| **name == ***known) && **known != ONNX);
    let all = weights.clone().all(|name| is_export(name));
    if !all || (weights.count() == 0 && !names.is_empty()) {
        let message = format!("the files in {} are not from an export of this program", folder.display());
        return Err(Error::recipe(message, hint));
    }
    Ok(folder.to_path_buf())
}

/// Replaces a file, or removes one of an earlier export that this export does not have.
fn write_or_remove(path: &Path, bytes: Option<&[u8]>) -> Result<()> {
    match bytes {
        Some(bytes) => Ok(write_atomically(path, bytes)?),
        None => match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                let hint = "check the folder's permissions, or write elsewhere: --out DIR";
                Err(Error::io(format!("cannot remove {}", path.display()), &error, hint))
            }
            _ => Ok(()),
        },
    }
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
/// The generator has a layer that cannot be written as ONNX here: layer norm, virtual batch norm, attention, a
/// discriminator's layer, or dropout or noise that acts when images are made.
///
/// # Panics
///
/// If the network has no layer.
pub fn to_onnx(generator: &Network, description: &Description) -> Result<Vec<u8>> {
    onnx::encode(generator, description.model.noise_in_sampling, METADATA_KEY, &description.to_json())
}

#[cfg(test)]
mod tests;
