//! The state that a run starts from: new networks, weights from files, or a checkpoint.

use crate::decide;
use crate::error::{Error, Result};
use crate::nn::{discriminator, generator, load_tensors};
use crate::plan::Plan;
use crate::role::{Role, WeightsFile};
use crate::train::{Checkpoint, State};
use crate::weights::{Weights, digest};
use burn::prelude::Device;
use std::collections::BTreeMap;

const OLD_WEIGHTS: &str = "put the old file back (a relative path counts from the folder that training was started in), \
                           or start a new run with `steadygan train`";

/// Finds the network that each file of weights is for.
///
/// # Errors
///
/// The weights are of another network, or two files are for the same network.
pub fn initial_weights(read: &[Weights], plan: &Plan) -> Result<BTreeMap<Role, WeightsFile>> {
    let mut found = BTreeMap::new();
    if read.is_empty() {
        return Ok(found);
    }
    let networks = [generator, discriminator].map(|build| build(&plan.model, plan.seed, &Device::flex()));
    for weights in read {
        for (role, file) in weights.roles(&networks)? {
            if let Some(WeightsFile { path: earlier, .. }) = found.insert(role, file) {
                let message = format!("{} and {} are both of a {role}", earlier.display(), weights.path().display());
                return Err(Error::recipe(message, "name one file of weights for each network"));
            }
        }
    }
    Ok(found)
}

/// The state of a plan before the first step: new networks, or the weights of the plan's files.
///
/// # Errors
///
/// The plan is impossible, or a file cannot be read or holds other weights than when the plan was decided.
pub fn initial_state(plan: &Plan, device: &Device) -> Result<State> {
    let mut state = State::new(plan, decide::hooks(plan)?, device);
    for (role, planned) in &plan.initial_weights {
        let weights = Weights::read(&planned.path).map_err(|error| error.with_hint(OLD_WEIGHTS))?;
        let network = state.network_mut(*role);
        let tensors = weights.tensors_of(network).ok().filter(|tensors| digest("", tensors) == planned.sha256);
        let Some(tensors) = tensors else {
            let message = format!("{} holds other weights than the run was planned with", planned.path.display());
            return Err(Error::checkpoint(message, OLD_WEIGHTS));
        };
        *network = load_tensors(std::mem::take(network), &tensors)?;
    }
    Ok(state)
}

/// The state that a checkpoint holds.
///
/// # Errors
///
/// The checkpoint's plan is impossible, or a tensor is missing or has another shape.
pub fn checkpoint_state(checkpoint: &Checkpoint, device: &Device) -> Result<State> {
    let hooks = decide::hooks(&checkpoint.provenance().plan);
    checkpoint.state(hooks.map_err(|error| checkpoint.impossible_plan(&error))?, device)
}
