//! Finds the files that a run was started with, from whatever folder the program is called.

use crate::data::{source_in, would_be_data};
use crate::error::{Error, Result};
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

/// Returns an error if a picture at `path` would lie among the images that a run is trained on, and so become data.
///
/// # Errors
///
/// It would.
pub fn require_outside_data(run: &RunDirectory, path: &Path) -> Result<()> {
    // Without a readable manifest nobody knows where the images are.
    let Ok(Manifest { data, started_in, .. }) = Manifest::load(&run.manifest()) else { return Ok(()) };
    let elsewhere = started_in.filter(|folder| current_folder().as_ref() != Some(folder));
    let asked = || elsewhere.map_or_else(|| data.source.clone(), |folder| source_in(&data.source, Path::new(&folder)));
    let source = data.moved_to.clone().unwrap_or_else(asked);
    if !would_be_data(&source, path) {
        return Ok(());
    }
    Err(Error::recipe(
        format!("{} would lie in {source}, where it would be data", path.display()),
        "name a place outside of the folder of the images, or in the run's folder: --out PATH",
    ))
}

/// The current folder, as text.
pub(super) fn current_folder() -> Option<String> {
    std::env::current_dir().ok()?.to_str().map(str::to_owned)
}
