//! Weights from files that other programs can write: SafeTensors and PyTorch's state dicts.
//!
//! Names and layouts are those of PyTorch's DCGAN example (`main.0.weight`), which networks here use themselves; a prefix
//! of all names is taken off where that makes them fit. Every value is a finite 32-bit float; nothing is converted in
//! silence. What PyTorch counts in `num_batches_tracked` (for a momentum that neither the example nor this project has)
//! is passed over, and not written: PyTorch fills it in when it loads a file without it.

mod exported;
mod fit;
mod pickle;
mod state_dict;

use crate::error::{Error, Result};
use crate::files::{hex, read_limited};
use crate::nn::{MAX_WEIGHTS, Network, load_tensors};
pub use crate::role::{Role, WeightsFile};
use burn::prelude::*;
use exported::Description;
use fit::{Misfit, fitting_tensors};
use safetensors::tensor::TensorView;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Tensors by name.
pub(crate) type Tensors = BTreeMap<String, TensorData>;

/// The version of what an export says of itself.
pub const FORMAT_VERSION: u32 = 1;

/// The metadata's only key, in SafeTensors and in ONNX. Several keys would be written in no fixed order.
pub(crate) const METADATA_KEY: &str = "steadygan";

/// The tensors of a file.
#[derive(Debug, Clone)]
pub struct Weights {
    path: PathBuf,
    /// What an export says of itself.
    description: Option<Description>,
    contents: Contents,
}

/// What a file holds.
#[derive(Debug, Clone, Default)]
struct Contents {
    /// Tensors by name. Those of a nested state dict have the names of its entries before their own: `netG.main.0.weight`.
    tensors: BTreeMap<String, FileTensor>,
    /// The entries of a nested state dict that hold tensors.
    entries: Vec<String>,
}

/// A tensor of a file.
#[derive(Debug, Clone)]
struct FileTensor {
    shape: Vec<usize>,
    /// The values, or the name of their type if they are no 32-bit floats.
    values: Result<Vec<f32>, String>,
}

/// A file of both networks' weights, the most that a plan allows, and a header.
const MAX_BYTES: u64 = (MAX_WEIGHTS * size_of::<f32>() + (1 << 20)) as u64;

const READABLE: &str =
    "name a file of weights, .safetensors or .pth, or the folder export/ that `steadygan export RUN` writes";
/// For what PyTorch's files can hold beside a state dict.
const PLAIN_STATE_DICT: &str = "save the network's state dict: torch.save(network.state_dict(), \"weights.pth\")";
const TO_FLOATS: &str = "convert it first: {name: tensor.float() for name, tensor in network.state_dict().items()}";

impl Weights {
    /// Reads a SafeTensors file or a PyTorch state dict; nothing in it is executed.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is damaged.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = read_limited(path, MAX_BYTES, "file of weights", READABLE)?;
        let refused = |refusal: Refusal| refusal.of(path);
        let (description, contents) = if state_dict::is_zip(&bytes) {
            (None, state_dict::read(&bytes).map_err(refused)?)
        } else if pickle::is_pickle(&bytes) {
            let why = "is a pickle by itself, as PyTorch wrote before 1.6, or something else";
            return Err(refused(Refusal::new(why, "load it in PyTorch and save its state dict again")));
        } else {
            exported::read(&bytes).map_err(refused)?
        };
        Ok(Self { path: path.into(), description, contents })
    }

    /// The network with these weights.
    ///
    /// # Errors
    ///
    /// They are another network's (the message names the first difference), or anything but finite 32-bit floats.
    pub fn load(&self, network: Network) -> Result<Network> {
        let tensors = self.tensors_of(&network)?;
        load_tensors(network, &tensors)
    }

    /// The tensors of a network, by the network's names.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub(crate) fn tensors_of(&self, network: &Network) -> Result<Tensors> {
        fitting_tensors(network, &self.contents).map_err(|misfit| misfit.refusal.of(&self.path))
    }

    /// Which of two networks (the generator, the discriminator) these weights are for: the one that the file names, else
    /// each that has its weights in it. If there is none, the error is about the network that more tensors fit.
    ///
    /// # Errors
    ///
    /// They are another network's.
    pub(crate) fn roles(&self, networks: &[Network; 2]) -> Result<Vec<(Role, WeightsFile)>> {
        let of = |role: Role| &networks[role as usize];
        let file = |tensors: &Tensors| WeightsFile { path: self.path.clone(), sha256: digest("", tensors) };
        if let Some(Description { role, .. }) = &self.description {
            return Ok(vec![(*role, file(&self.tensors_of(of(*role))?))]);
        }
        let (mut found, mut misfits) = (Vec::new(), Vec::new());
        for role in Role::ALL {
            match fitting_tensors(of(role), &self.contents) {
                Ok(tensors) => found.push((role, file(&tensors))),
                Err(misfit) => misfits.push(misfit),
            }
        }
        let meant = misfits.iter().position(|misfit| misfit.is_whole);
        if found.is_empty() || meant.is_some() {
            let closest =
                || misfits.iter().enumerate().rev().max_by_key(|(_, misfit)| misfit.matching).map(|(at, _)| at);
            let Misfit { refusal, .. } = misfits.swap_remove(meant.or_else(closest).expect("there are two"));
            return Err(refusal.of(&self.path));
        }
        Ok(found)
    }

    /// Where the file was read.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Why a file cannot be used, as the end of a sentence that begins with its name, and what to do next.
#[derive(Debug)]
struct Refusal {
    why: String,
    hint: String,
}

impl Refusal {
    fn new(why: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { why: why.into(), hint: hint.into() }
    }

    /// Of numbers of another type.
    fn not_floats(name: &str, found: impl fmt::Display) -> Self {
        Self::new(format!("holds `{name}` as {found}, not as 32-bit floats"), TO_FLOATS)
    }

    fn of(self, path: &Path) -> Error {
        Error::checkpoint(format!("{} {}", path.display(), self.why), self.hint)
    }
}

/// Whether a tensor counts a batch norm's batches in PyTorch.
fn is_batch_counter(name: &str) -> bool {
    name.rsplit('.').next() == Some("num_batches_tracked")
}

/// The values of a tensor of 32-bit floats.
pub(crate) fn floats(view: &TensorView) -> TensorData {
    TensorData::new(values(view), view.shape().to_vec())
}

fn values(view: &TensorView) -> Vec<f32> {
    view.data().as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}

/// The first value that is not finite, with its tensor's name.
pub(crate) fn not_finite(tensors: &Tensors) -> Option<(&str, f32)> {
    let unsound = |data: &TensorData| data.iter::<f32>().find(|value| !value.is_finite());
    tensors.iter().find_map(|(name, data)| Some((name.as_str(), unsound(data)?)))
}

/// SHA-256 (hexadecimal) over a text and tensors: each text after its length, each shape after the number of its
/// dimensions, numbers of 64 bits and values in little-endian order.
pub(crate) fn digest(text: &str, tensors: &Tensors) -> String {
    let mut hash = Sha256::new();
    let number = |hash: &mut Sha256, number: usize| hash.update((number as u64).to_le_bytes());
    number(&mut hash, text.len());
    hash.update(text);
    for (name, data) in tensors {
        number(&mut hash, name.len());
        hash.update(name);
        let shape = data.shape();
        number(&mut hash, shape.len());
        shape.iter().for_each(|length| number(&mut hash, *length));
        hash.update(data.as_bytes());
    }
    hex(hash)
}

/// Reads all files that the recipe's `model.weights` names; a folder stands for the exports in it.
///
/// # Errors
///
/// As [`Weights::read`], or a folder holds no export.
pub fn read_all(paths: &[String]) -> Result<Vec<Weights>> {
    files(paths)?.iter().map(|path| Weights::read(path)).collect()
}

/// The files that paths of files and folders of exports stand for.
fn files(paths: &[String]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths.iter().map(PathBuf::from) {
        if !path.is_dir() {
            files.push(path);
            continue;
        }
        let exported = Role::ALL.map(|role| path.join(role.file_name())).into_iter().filter(|file| file.is_file());
        let before = files.len();
        files.extend(exported);
        if files.len() == before {
            return Err(Error::checkpoint(format!("{} holds no export", path.display()), READABLE));
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests;
