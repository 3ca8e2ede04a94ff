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
    plan.data.source = source_now(&plan.data.source, manifest);
    if let Some(folder) = started_elsewhere(manifest) {
        for weights in plan.initial_weights.values_mut() {
            let path = folder.join(&weights.path);
            if path.exists() {
                weights.path = path;
            }
        }
    }
    plan
}

/// The folder that a run was started in, unless that is the current one: from there paths lead as they were asked, and
/// messages name them so.
fn started_elsewhere(manifest: &Manifest) -> Option<&Path> {
    manifest.started_in.as_ref().filter(|folder| current_folder().as_ref() != Some(*folder)).map(Path::new)
}

/// Where the data are now that a run's recipe calls `asked`.
fn source_now(asked: &str, manifest: &Manifest) -> String {
    let from_start = || started_elsewhere(manifest).map_or_else(|| asked.to_owned(), |folder| source_in(asked, folder));
    manifest.data.moved_to.clone().unwrap_or_else(from_start)
}

/// [`located`] for a run whose manifest has not been read. Without a readable manifest the plan's paths are taken as they are.
pub(crate) fn located_in(plan: &Plan, run: &RunDirectory) -> Plan {
    located(plan, Manifest::load(&run.manifest()).ok().as_ref())
}

/// Returns an error if a picture at `path` would lie among the images that a run is trained on, and so become data.
///
/// # Errors
///
/// The picture would lie there.
pub fn require_outside_data(run: &RunDirectory, path: &Path) -> Result<()> {
    // Without a readable manifest nobody knows where the images are.
    let Ok(manifest) = Manifest::load(&run.manifest()) else { return Ok(()) };
    let source = source_now(&manifest.data.source, &manifest);
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
