//! A state as one SafeTensors file; what is no tensor stands as JSON in its metadata.
//!
//! The file holds no wall-clock time, so that equal states give equal bytes.

use super::{State, Tally};
use crate::error::{Error, Result};
use crate::files::read_in_folder;
use crate::hook::{Hook, Memory};
use crate::nn::{self, Network, each_tensor, load_tensors, named_tensors};
use crate::ops;
use crate::optim::Optimizer;
use crate::plan::check::MAX_IMAGES;
use crate::plan::{Batching, Plan};
use crate::weights::{digest, floats, not_finite};
use burn::prelude::*;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// The version of the file's format.
const FORMAT_VERSION: u32 = 3;

/// The metadata's only key (several would be written in no fixed order).
const METADATA_KEY: &str = "steadygan";

/// The largest file that is read: the most weights that a plan allows take 3 GB with their moments.
const MAX_BYTES: u64 = 4 << 30;

/// Everything of a state that is no tensor, and the state's provenance.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Metadata {
    format_version: u32,
    images: u64,
    generator_steps: u64,
    discriminator_steps: u64,
    tally: Tally,
    /// The numbers in the hooks' memories, by heuristic.
    hooks: BTreeMap<String, BTreeMap<String, f64>>,
    #[serde(flatten)]
    provenance: Provenance,
    /// SHA-256 over all of the above and the tensors: a single wrong bit is noticed.
    sha256: String,
}

impl Metadata {
    fn to_json(&self) -> String {
        serde_json::to_string(self).expect("metadata is plain data")
    }

    /// The digest (hexadecimal) of the tensors and of this metadata with its own digest left empty.
    fn digest(&self, tensors: &BTreeMap<String, TensorData>) -> String {
        let without = Self { sha256: String::new(), ..self.clone() };
        digest(&without.to_json(), tensors)
    }
}

/// What a state came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The recipe, as TOML.
    pub recipe: String,
    /// The plan made from it.
    pub plan: Plan,
    /// The fingerprint of the data.
    pub data_fingerprint: String,
}

/// The bytes of a checkpoint.
pub fn save_checkpoint(state: &State, provenance: &Provenance) -> Vec<u8> {
    let mut tensors = tensors_of(state);
    let mut hooks = BTreeMap::new();
    for hook in &state.hooks {
        let (name, memory) = (hook.name(), hook.memory());
        tensors.extend(memory.tensors.into_iter().map(|(key, data)| (format!("{}{key}", hook_prefix(name)), data)));
        hooks.insert(name.to_owned(), memory.numbers);
    }
    let mut metadata = Metadata {
        format_version: FORMAT_VERSION,
        images: state.images,
        generator_steps: steps(&state.generator_optimizer),
        discriminator_steps: steps(&state.discriminator_optimizer),
        tally: state.tally,
        hooks,
        provenance: provenance.clone(),
        sha256: String::new(),
    };
    metadata.sha256 = metadata.digest(&tensors);
    to_bytes(&metadata, &tensors)
}

fn to_bytes(metadata: &Metadata, tensors: &BTreeMap<String, TensorData>) -> Vec<u8> {
    let views = tensors.iter().map(|(name, data)| {
        let shape = data.shape().to_vec();
        let view = TensorView::new(Dtype::F32, shape, data.as_bytes()).expect("a tensor has its shape's bytes");
        (name.as_str(), view)
    });
    let header = HashMap::from([(METADATA_KEY.to_owned(), metadata.to_json())]);
    safetensors::serialize(views, Some(header)).expect("tensors of distinct names can be written")
}

/// The steps that an optimiser has taken; 0 for SGD, which does not count them.
fn steps(optimizer: &Optimizer) -> u64 {
    optimizer.adam().map_or(0, |adam| adam.steps)
}

/// An optimiser's moments, by order and parameter.
fn moments(optimizer: &Optimizer) -> impl Iterator<Item = (&'static str, &String, &Tensor<1>)> {
    let moments = optimizer.adam().into_iter().flat_map(|adam| &adam.moments);
    moments.flat_map(|(name, (first, second))| [("first", name, first), ("second", name, second)])
}

/// The name of a tensor of the state that has a value that is not finite, if there is one. An update or a running
/// statistic can overflow although the losses and gradients before it were finite. A checkpoint with such a tensor is
/// not read again.
pub fn non_finite_tensor(state: &State) -> Option<String> {
    let of_network = |role: &str, network: &Network| {
        let mut found = None;
        each_tensor(network, |name, tensor| {
            if found.is_none() && !ops::is_finite(tensor) {
                found = Some(format!("{role}.{name}"));
            }
        });
        found
    };
    let of_moments = |role: &str, optimizer: &Optimizer| {
        let (order, name, _) = moments(optimizer).find(|(.., moment)| !ops::is_finite((*moment).clone()))?;
        Some(moment_name(order, role, name))
    };
    let mut parts = state.parts().into_iter();
    let found =
        parts.find_map(|(role, network, optimizer)| of_network(role, network).or_else(|| of_moments(role, optimizer)));
    found.or_else(|| of_network(AVERAGE, state.average.as_ref()?))
}

/// The name in the file of the average of the generator's weights.
const AVERAGE: &str = "average";

/// The prefix, in the file, of the names of a hook's tensors.
fn hook_prefix(heuristic: &str) -> String {
    format!("hook.{heuristic}.")
}

/// A moment's name in the file.
fn moment_name(order: &str, role: &str, name: &str) -> String {
    format!("adam.{order}.{role}.{name}")
}

/// The tensors of networks and optimisers.
fn tensors_of(state: &State) -> BTreeMap<String, TensorData> {
    let mut tensors = BTreeMap::new();
    for (role, network, optimizer) in state.parts() {
        add_network(&mut tensors, role, network);
        for (order, name, moment) in moments(optimizer) {
            tensors.insert(moment_name(order, role, name), moment.clone().into_data());
        }
    }
    if let Some(average) = &state.average {
        add_network(&mut tensors, AVERAGE, average);
    }
    tensors
}

fn add_network(tensors: &mut BTreeMap<String, TensorData>, role: &str, network: &Network) {
    let named = named_tensors(network).into_iter();
    tensors.extend(named.map(|tensor| (format!("{role}.{}", tensor.name), tensor.data)));
}

const OTHER_CHECKPOINT: &str =
    "use the run's other checkpoint if it has one (--checkpoint best or latest), or train again";

/// A checkpoint that has been read and checked, not yet on a device.
#[derive(Debug)]
pub struct Checkpoint {
    metadata: Metadata,
    tensors: BTreeMap<String, TensorData>,
    path: String,
}

/// Reads a checkpoint.
///
/// # Errors
///
/// There is no such file, it is damaged or has another format, or a value in it is not finite.
pub fn load_checkpoint(path: &Path) -> Result<Checkpoint> {
    let hint = "a run writes its first checkpoint when training starts";
    let bytes = read_in_folder(path, MAX_BYTES, "checkpoint", hint)?;
    let checkpoint = parse(&bytes, path.display().to_string())?;
    let Checkpoint { metadata, tensors, path } = &checkpoint;
    if metadata.digest(tensors) != metadata.sha256 {
        return Err(damaged(path, "its content does not have the digest that it was written with"));
    }
    if let Some((name, value)) = not_finite(tensors) {
        return Err(Error::checkpoint(format!("{path} holds {value} in `{name}`"), OTHER_CHECKPOINT));
    }
    Ok(checkpoint)
}

/// A checkpoint whose content may have been changed, with the digest that it now has. Whoever changes a checkpoint needs
/// this: the digest notices damage, not intent, and everything that a checkpoint says is checked when it is used.
///
/// # Errors
///
/// The bytes are no checkpoint.
pub fn with_digest(checkpoint: &[u8]) -> Result<Vec<u8>> {
    let Checkpoint { mut metadata, tensors, .. } = parse(checkpoint, "the checkpoint".into())?;
    metadata.sha256 = metadata.digest(&tensors);
    Ok(to_bytes(&metadata, &tensors))
}

fn damaged(path: &str, why: impl std::fmt::Display) -> Error {
    Error::checkpoint(format!("{path} is no checkpoint of steadygan, or is damaged: {why}"), OTHER_CHECKPOINT)
}

/// Parses a checkpoint, whatever its digest.
fn parse(bytes: &[u8], path: String) -> Result<Checkpoint> {
    let damaged = |why: String| damaged(&path, why);
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| damaged(error.to_string()))?;
    let json = header.metadata().as_ref().and_then(|map| map.get(METADATA_KEY));
    let json = json.ok_or_else(|| damaged(format!("its metadata has no key `{METADATA_KEY}`")))?;
    check_version(json, &path)?;
    let metadata: Metadata = serde_json::from_str(json).map_err(|error| damaged(error.to_string()))?;
    let file = SafeTensors::deserialize(bytes).map_err(|error| damaged(error.to_string()))?;
    let mut tensors = BTreeMap::new();
    for (name, view) in file.iter() {
        if view.dtype() != Dtype::F32 {
            return Err(damaged(format!("the tensor `{name}` is not of 32-bit floats")));
        }
        tensors.insert(name.to_owned(), floats(&view));
    }
    Ok(Checkpoint { metadata, tensors, path })
}

/// Checks the version first, because the form of the rest depends on it.
fn check_version(json: &str, path: &str) -> Result<()> {
    #[derive(Deserialize)]
    struct Version {
        format_version: u32,
    }
    match serde_json::from_str::<Version>(json) {
        Ok(Version { format_version }) if format_version != FORMAT_VERSION => {
            let written = if format_version < FORMAT_VERSION { "an earlier" } else { "a later" };
            Err(Error::checkpoint(
                format!("{path} has format version {format_version}, this program reads {FORMAT_VERSION}"),
                format!("{written} version of this program wrote it: use that one, or train again"),
            ))
        }
        _ => Ok(()),
    }
}

impl Checkpoint {
    /// What the state came from.
    pub fn provenance(&self) -> &Provenance {
        &self.metadata.provenance
    }

    /// Real images shown.
    pub fn images(&self) -> u64 {
        self.metadata.images
    }

    /// The state on a device, with the hooks of its plan ([`decide::hooks`](crate::decide::hooks)), whose memory is restored.
    ///
    /// # Errors
    ///
    /// A tensor of the plan's networks is missing or has another shape.
    pub fn state(&self, hooks: Vec<Box<dyn Hook>>, device: &Device) -> Result<State> {
        self.check_plan()?;
        let Metadata { images, generator_steps, discriminator_steps, tally, hooks: numbers, .. } = &self.metadata;
        let mut state = State::new(&self.provenance().plan, hooks, device);
        state.images = *images;
        state.tally = *tally;
        state.generator = self.load("generator", state.generator)?;
        state.discriminator = self.load("discriminator", state.discriminator)?;
        self.load_moments("generator", &mut state.generator_optimizer, *generator_steps)?;
        self.load_moments("discriminator", &mut state.discriminator_optimizer, *discriminator_steps)?;
        state.average = state.average.map(|average| self.load(AVERAGE, average)).transpose()?;
        for hook in &mut state.hooks {
            let numbers = numbers.get(hook.name()).cloned().unwrap_or_default();
            let memory = Memory { numbers, tensors: self.part(&hook_prefix(hook.name())) };
            hook.restore(memory).map_err(|why| self.foreign(format!("`{}`: {why}", hook.name())))?;
        }
        Ok(state)
    }

    /// [`State::shown_generator`] of the state, without the rest of it.
    ///
    /// # Errors
    ///
    /// As [`state`](Self::state).
    pub fn generator(&self, device: &Device) -> Result<Network> {
        self.check_plan()?;
        let plan = &self.provenance().plan;
        let role = if plan.train.average.is_some() { AVERAGE } else { "generator" };
        self.load(role, nn::generator(&plan.model, plan.seed, device))
    }

    /// A plan inside a file is as untrusted as the file, so it must describe networks that can be built, and the counts
    /// must be those of its rounds.
    fn check_plan(&self) -> Result<()> {
        self.provenance().plan.check().map_err(|error| self.impossible_plan(&error))?;
        self.check_counts()
    }

    /// Checks that there are whole rounds of images, and no more steps than these rounds have.
    fn check_counts(&self) -> Result<()> {
        let Metadata { images, generator_steps, discriminator_steps, tally, .. } = &self.metadata;
        let train = &self.provenance().plan.train;
        if *images > MAX_IMAGES || !images.is_multiple_of(train.round()) {
            return Err(self.foreign(format!("{images} images are no whole rounds of {}", train.round())));
        }
        let rounds = images / train.round();
        let updates = if train.batches == Batching::SeparateTwoUpdates { 2 } else { 1 };
        for (what, steps, of_a_round) in [
            ("generator steps", *generator_steps, train.generator_steps),
            ("discriminator steps", *discriminator_steps, updates * train.discriminator_steps),
            ("rounds since the last line of stats", tally.steps(), 1),
        ] {
            if steps > rounds * of_a_round as u64 {
                return Err(self.foreign(format!("{steps} {what} are more than {rounds} rounds have")));
            }
        }
        Ok(())
    }

    /// The error for a checkpoint whose plan cannot be trained.
    pub(crate) fn impossible_plan(&self, why: &Error) -> Error {
        self.foreign(format!("its plan is impossible: {why}"))
    }

    fn foreign(&self, why: impl std::fmt::Display) -> Error {
        Error::checkpoint(format!("{}: {why}", self.path), "the file belongs to another network or is damaged")
    }

    fn part(&self, prefix: &str) -> BTreeMap<String, TensorData> {
        let named = self.tensors.iter().filter_map(|(name, data)| Some((name.strip_prefix(prefix)?, data)));
        named.map(|(name, data)| (name.to_owned(), data.clone())).collect()
    }

    fn load(&self, role: &str, network: Network) -> Result<Network> {
        load_tensors(network, &self.part(&format!("{role}."))).map_err(|error| self.foreign(error))
    }

    fn load_moments(&self, role: &str, optimizer: &mut Optimizer, steps: u64) -> Result<()> {
        let Some(adam) = optimizer.adam_mut() else { return Ok(()) };
        adam.steps = steps;
        for (name, (first, second)) in &mut adam.moments {
            for (order, moment) in [("first", first), ("second", second)] {
                let key = moment_name(order, role, name);
                let data = self.tensors.get(&key).filter(|data| *data.shape() == moment.shape());
                let data = data.ok_or_else(|| self.foreign(format!("the tensor `{key}` is missing or misshapen")))?;
                *moment = Tensor::from_data(data.clone(), &moment.device());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
