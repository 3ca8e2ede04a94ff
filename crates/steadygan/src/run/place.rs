//! Finds the files that a run was started with, from whatever folder the program is called.

use crate::data::source_in;
use crate::plan::Plan;
use std::path::Path;
use steadygan_run::{Manifest, RunDirectory};

/// The plan of a run with paths that lead to its data and weights: a relative path counts from the folder that the run was
/// started in, and data that a resume found elsewhere are there. A path that leads to nothing stays as it was asked.
pub(crate) fn located(plan: &Plan, manifest: Option<&Manifest>) -> Plan {
    let mut plan = plan.clone();
    let Some(manifest) = manifest else { return plan };
    // From the folder itself the paths lead there as they are, and messages name them as they were asked.
    let elsewhere = manifest.started_in.as_ref().filter(|folder| current_folder().as_ref() != Some(*folder));
    if let Some(folder) = elsewhere.map(Path::new) {
        plan.data.source = source_in(&plan.data.source, folder);
        for weights in plan.initial_weights.values_mut() {
            let path = folder.join(&weights.path);
            if path.exists() {
                weights.path = path;
            }
        }
    }
    if let Some(place) = &manifest.data.moved_to {
        plan.data.source.clone_from(place);
    }
    plan
}

/// [`located`] for a run whose manifest has not been read. Without a readable manifest the plan's paths are taken as they are.
pub(crate) fn located_in(plan: &Plan, run: &RunDirectory) -> Plan {
    located(plan, Manifest::load(&run.manifest()).ok().as_ref())
}

/// The current folder, as text.
pub(super) fn current_folder() -> Option<String> {
    std::env::current_dir().ok()?.to_str().map(str::to_owned)
}
