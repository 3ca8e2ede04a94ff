//! Weights from files that other programs can write: SafeTensors and PyTorch's state dicts.
//!
//! Tensors have the names and layouts of PyTorch's DCGAN example (`main.0.weight`), as in the networks of this crate.
//! Every value is a finite 32-bit float; nothing is converted in silence. PyTorch's counter `num_batches_tracked` is
//! ignored on reading, because it serves only a form of momentum that neither the example nor this project has. It is
//! not written, because PyTorch fills it in when it loads a file without it.

mod exported;
mod pickle;
mod state_dict;

use crate::error::{Error, Result};
use crate::files::{hex, read_limited};
use crate::nn::{MAX_WEIGHTS, Network, load_tensors, named_tensors};
pub use crate::role::{Role, WeightsFile};
use burn::prelude::*;
use safetensors::tensor::TensorView;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Tensors by name.
pub(crate) type Tensors = BTreeMap<String, TensorData>;

/// The version of the metadata in an export.
pub const FORMAT_VERSION: u32 = 1;

/// The only key of the metadata, in SafeTensors and in ONNX, because several keys would be written in no fixed order.
pub(crate) const METADATA_KEY: &str = "steadygan";

/// The tensors of a file.
#[derive(Debug, Clone)]
pub struct Weights {
    path: PathBuf,
    /// The network that the file's metadata names, if the file is an export.
    role: Option<Role>,
    tensors: Tensors,
}

/// Limit on the size of a file: as many weights as a plan allows for both networks, and a header.
const MAX_BYTES: u64 = (MAX_WEIGHTS * size_of::<f32>() + (1 << 20)) as u64;

const READABLE: &str =
    "name a file of weights, .safetensors or .pth, or the folder export/ that `steadygan export RUN` writes";
/// The hint for a PyTorch file that holds something else than a state dict.
const PLAIN_STATE_DICT: &str = "save the network's state dict: torch.save(network.state_dict(), \"weights.pth\")";
const TO_FLOATS: &str = "convert it first: {name: tensor.float() for name, tensor in network.state_dict().items()}";
const OTHER_NETWORK: &str = "data.size, data.channels, model.width, model.latent and some heuristics must be those that the file was \
                             made with; `steadygan summary` shows the recipe's networks";

impl Weights {
    /// Reads a SafeTensors file or a PyTorch state dict; nothing in it is executed.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is damaged, or holds anything but finite 32-bit floats.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = read_limited(path, MAX_BYTES, "file of weights", READABLE)?;
        let refused = |Refusal { why, hint }| Error::checkpoint(format!("{} {why}", path.display()), hint);
        let (role, mut tensors) = if state_dict::is_zip(&bytes) {
            (None, state_dict::read(&bytes).map_err(refused)?)
        } else if pickle::is_pickle(&bytes) {
            let why = "is a pickle by itself, as PyTorch wrote before 1.6, or something else";
            return Err(refused(Refusal::new(why, "load it in PyTorch and save its state dict again")));
        } else {
            exported::read(&bytes).map_err(refused)?
        };
        strip_data_parallel_prefix(&mut tensors);
        let unsound = |data: &TensorData| data.iter::<f32>().find(|value| !value.is_finite());
        if let Some((name, value)) = tensors.iter().find_map(|(name, data)| Some((name, unsound(data)?))) {
            let hint = "such weights cannot be trained: use an earlier checkpoint's";
            return Err(refused(Refusal::new(format!("holds {value} in `{name}`"), hint)));
        }
        Ok(Self { path: path.into(), role, tensors })
    }

    /// The network with these weights.
    ///
    /// # Errors
    ///
    /// The weights do not fit the network; the message names the first difference.
    pub fn load(&self, network: Network) -> Result<Network> {
        match self.difference(&network) {
            None => load_tensors(network, &self.tensors),
            Some(difference) => Err(Error::checkpoint(
                format!("{} is of another network: {difference}", self.path.display()),
                OTHER_NETWORK,
            )),
        }
    }

    /// The first difference between these weights and a network's, in the order of the network's layers.
    fn difference(&self, network: &Network) -> Option<String> {
        let wanted = named_tensors(network);
        for tensor in &wanted {
            let (name, shape) = (&tensor.name, tensor.data.shape().to_vec());
            match self.tensors.get(name).map(|data| data.shape().to_vec()) {
                None => return Some(format!("it has no `{name}`")),
                Some(found) if found != shape => {
                    return Some(format!("its `{name}` has shape {found:?} instead of {shape:?}"));
                }
                Some(_) => {}
            }
        }
        let unexpected = self.tensors.keys().find(|name| wanted.iter().all(|tensor| tensor.name != **name))?;
        Some(format!("it has `{unexpected}` too"))
    }

    /// How many tensors have the name and the shape of a tensor of the network.
    fn matching_tensors(&self, network: &Network) -> usize {
        let same = |name: &str, shape: &Shape| self.tensors.get(name).is_some_and(|data| data.shape() == shape);
        named_tensors(network).iter().filter(|tensor| same(&tensor.name, tensor.data.shape())).count()
    }

    /// Finds the network, of the generator and the discriminator, that these weights are for: the one that the file
    /// names, else the one that more tensors fit, so that an error names a tensor that does not fit.
    ///
    /// # Errors
    ///
    /// The weights do not fit that network.
    pub(crate) fn role(&self, networks: &[Network; 2]) -> Result<Role> {
        let network = |role: Role| &networks[role as usize];
        let closest = || Role::ALL.into_iter().rev().max_by_key(|role| self.matching_tensors(network(*role)));
        let role = self.role.or_else(closest).expect("there are two roles");
        self.load(network(role).clone())?;
        Ok(role)
    }

    /// The file that was read.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn file(&self) -> WeightsFile {
        WeightsFile { path: self.path.clone(), sha256: digest("", &self.tensors) }
    }
}

/// Why a file cannot be used, as the end of a sentence that begins with the file's name, and a hint.
#[derive(Debug)]
struct Refusal {
    why: String,
    hint: &'static str,
}

impl Refusal {
    fn new(why: impl Into<String>, hint: &'static str) -> Self {
        Self { why: why.into(), hint }
    }

    /// The refusal of a tensor whose numbers have another type.
    fn not_floats(name: &str, found: impl fmt::Display) -> Self {
        Self::new(format!("holds `{name}` as {found}, not as 32-bit floats"), TO_FLOATS)
    }
}

/// Removes the prefix `module.` if all names have it, as in a network that was wrapped in PyTorch's `DataParallel`.
fn strip_data_parallel_prefix(tensors: &mut Tensors) {
    const PREFIX: &str = "module.";
    if tensors.keys().all(|name| name.starts_with(PREFIX)) {
        let wrapped = std::mem::take(tensors).into_iter();
        *tensors = wrapped.map(|(name, data)| (name[PREFIX.len()..].to_owned(), data)).collect();
    }
}

/// Whether this is the name of the counter of batches in PyTorch's batch norm.
fn is_batch_counter(name: &str) -> bool {
    name.rsplit('.').next() == Some("num_batches_tracked")
}

/// The values of a tensor of 32-bit floats.
pub(crate) fn floats(view: &TensorView) -> TensorData {
    let values: Vec<f32> = view.data().as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect();
    TensorData::new(values, view.shape().to_vec())
}

/// SHA-256 (hexadecimal) over a text and tensors.
pub(crate) fn digest(text: &str, tensors: &Tensors) -> String {
    let mut hash = Sha256::new_with_prefix(text);
    for (name, data) in tensors {
        hash.update(format!("{name} {:?}", data.shape()));
        hash.update(data.as_bytes());
    }
    hex(hash)
}

/// Reads all files that the recipe's `model.weights` names. A folder stands for the exports in it.
///
/// # Errors
///
/// As [`Weights::read`], or a folder holds no export.
pub fn read_all(paths: &[String]) -> Result<Vec<Weights>> {
    files(paths)?.iter().map(|path| Weights::read(path)).collect()
}

/// The files at these paths, with each folder replaced by the exports in it.
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
