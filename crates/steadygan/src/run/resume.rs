//! Opening a run again, where a checkpoint left it.

use super::place::{current_folder, located};
use super::{Machine, Run, checkpoint_of, checkpoint_state, initial_state, memory, write_plan};
use crate::data::{self, Dataset};
use crate::decide;
use crate::error::{Error, NO_RUN, Result};
use crate::files::read_in_folder;
use crate::heuristics;
use crate::plan::{Plan, count_origin};
use crate::train::{Provenance, State, load_checkpoint, save_checkpoint};
use burn::prelude::Device;
use std::io::Read;
use std::path::{Path, PathBuf};
use steadygan_run::{
    CheckpointKind, DistanceLine, Manifest, Outcome, RunDirectory, RunError, cut_back, open_regular, read_lines_if_any,
    write_atomically,
};

/// The only key of a recipe that a resume may change, and the flag that changes it.
const IMAGES: (&str, &str) = ("train.images", "--images");

/// Which run to open again, and what to change about it.
#[derive(Debug, Clone)]
pub struct ResumeRequest {
    /// The run's folder.
    pub run: PathBuf,
    /// Real images to show in all, if that is more than planned so far.
    pub images: Option<u64>,
    /// Where the data is now, if it is no longer where the run found it: the same images, in any container.
    pub data: Option<String>,
    /// The checkpoint to go on from. The best one becomes the latest, and what was trained after it is removed.
    pub checkpoint: CheckpointKind,
    /// The device to compute on; by default the one that the run was last trained on.
    pub device: Option<String>,
    /// The threads of the CPU kernels, for the record.
    pub threads: usize,
}

impl Run {
    /// Opens a run where a checkpoint left it. What was written after the checkpoint is removed.
    ///
    /// # Errors
    ///
    /// There is no such device, the folder holds no run or has no such checkpoint, another process trains it, its recipe
    /// or data was changed since, its checkpoint is damaged, or the memory is too small.
    pub fn resume(request: &ResumeRequest) -> Result<Self> {
        let ResumeRequest { run, images, data, checkpoint, device, threads } = request;
        let asked = device.as_ref().map(|name| Machine::new(name, *threads)).transpose()?;
        let directory = RunDirectory::open(run)?;
        let lock = directory.lock().map_err(busy)?;
        let mut manifest = Manifest::load(&directory.manifest())?;
        let on = asked.map_or_else(|| Machine::new(&manifest.device, *threads), Ok)?;
        if data.is_some() {
            manifest.data.moved_to = data.as_deref().map(from_everywhere);
        }
        let (mut provenance, state) = saved_state(&directory, *checkpoint, &manifest, &on.device)?;
        let extended = extend(&directory, &mut provenance, state.images, *images)?;
        let data = load_data(&provenance, &manifest)?;
        on.check_memory(&provenance.plan, &data, memory::MORE_MEMORY)?;
        if *checkpoint == CheckpointKind::Best {
            require_in_lines(&directory, state.images)?;
            // Before anything is cut back, because the latest checkpoint must never lie beyond the lines and sheets.
            make_latest(&directory)?;
        }
        cut_back_to(&directory, &provenance.plan, state.images)?;
        take_over_best(&directory, &provenance, &on.device)?;
        if extended {
            write_atomically(&directory.recipe(), provenance.recipe.as_bytes())?;
        }
        write_plan(&directory, &provenance.plan)?;
        manifest.outcome = Outcome::Running;
        manifest.device = on.name;
        manifest.threads = on.threads;
        manifest.save(&directory.manifest())?;
        Ok(Self { directory, _lock: lock, provenance, data, state, device: on.device, manifest, resumed: true })
    }
}

const OLD_IMAGES: &str = "put the old images back, say where they are now (--data PATH), or start a new run with \
                          `steadygan train`";

/// A source that the user named in the current folder, as it can be read from every folder.
fn from_everywhere(source: &str) -> String {
    current_folder().map_or_else(|| source.to_owned(), |folder| data::source_in(source, Path::new(&folder)))
}

/// The run's data; an error unless it is what the run was trained on.
fn load_data(provenance: &Provenance, manifest: &Manifest) -> Result<Dataset> {
    let plan = located(&provenance.plan, Some(manifest)).data;
    let data = data::load(&plan).map_err(|error| Error::data(error.to_string(), OLD_IMAGES))?;
    let classes = provenance.plan.model.classes.len();
    if data.fingerprint == provenance.data_fingerprint && [0, data.class_names.len()].contains(&classes) {
        return Ok(data);
    }
    let source = manifest.data.moved_to.as_ref().unwrap_or(&provenance.plan.data.source);
    let message = format!("the images of `{source}` are not those that the run was trained on");
    Err(Error::data(message, OLD_IMAGES))
}

fn busy(error: RunError) -> Error {
    match error.io_kind() {
        None => Error::checkpoint(error.to_string(), "wait for the other process to end, or stop it with Ctrl-C"),
        Some(_) => error.into(),
    }
}

/// A checkpoint's state; a run that was killed before its first starts again from its plan.
fn saved_state(
    directory: &RunDirectory,
    kind: CheckpointKind,
    manifest: &Manifest,
    device: &Device,
) -> Result<(Provenance, State)> {
    if kind == CheckpointKind::Best || directory.has_checkpoint(kind) {
        let checkpoint = checkpoint_of(directory, kind)?;
        return Ok((checkpoint.provenance().clone(), checkpoint_state(&checkpoint, device)?));
    }
    let plan = planned(directory)?;
    let state = initial_state(&located(&plan, Some(manifest)), device)?;
    let recipe = read_small(&directory.recipe())?;
    Ok((Provenance { recipe, plan, data_fingerprint: manifest.data.fingerprint.clone() }, state))
}

/// An error unless the run's lines reach the best checkpoint. They do not if the run was resumed from an earlier one since.
fn require_in_lines(directory: &RunDirectory, images: u64) -> Result<()> {
    let lines: Vec<DistanceLine> = read_lines_if_any(&directory.metrics())?;
    if lines.iter().any(|line| line.images == images) {
        return Ok(());
    }
    let run = directory.path().display();
    let message = format!(
        "the best checkpoint of {run}, of {images} images, lies beyond its lines: it went on from an earlier one"
    );
    Err(Error::checkpoint(message, "leave out --checkpoint: the best one is written again when training comes there"))
}

/// The plan that a run's folder holds.
pub(super) fn planned(directory: &RunDirectory) -> Result<Plan> {
    let text = read_small(&directory.plan())?;
    let damaged = |why: String| {
        let message = format!("{} is damaged: {why}", directory.plan().display());
        Error::checkpoint(message, "start a new run with `steadygan train`")
    };
    let plan: Plan = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
    decide::hooks(&plan).map_err(|error| damaged(error.to_string()))?;
    Ok(plan)
}

/// A recipe or a plan is text of a few kilobytes; more than this is something else.
const MAX_TEXT_BYTES: u64 = 1 << 20;

fn read_small(path: &Path) -> Result<String> {
    let text = String::from_utf8(read_in_folder(path, MAX_TEXT_BYTES, "run's file", NO_RUN)?);
    text.map_err(|_| Error::checkpoint(format!("{} is no text", path.display()), NO_RUN))
}

/// Checks that the recipe is unchanged but for the number of images. Raises that number to `images`, or to the one in
/// recipe.toml, where a resume that was killed may have left it. Returns whether it was raised.
fn extend(directory: &RunDirectory, provenance: &mut Provenance, shown: u64, images: Option<u64>) -> Result<bool> {
    let (mut now, mut then) = (heuristics::recipe(), heuristics::recipe());
    now.lay_text(&read_small(&directory.recipe())?, "recipe.toml")?;
    then.lay_text(&provenance.recipe, "checkpoint")?;
    let (key, flag) = IMAGES;
    let mut changed = now.differences(&then);
    changed.retain(|changed| changed != key);
    if !changed.is_empty() {
        return Err(Error::recipe(
            format!("the run's recipe.toml was changed since it started: {}", changed.join(", ")),
            "put it back, or start a new run with `steadygan train`; a run can only be asked for more images: --images N",
        ));
    }
    let asked = images.unwrap_or(now.recipe()?.train.images.0);
    let plan = provenance.plan.clone().with_images(asked);
    let (wanted, planned) = (plan.train.images, provenance.plan.train.images);
    if wanted < planned.max(shown) {
        return Err(Error::recipe(
            format!("{asked} images are fewer than the run has planned ({planned}) or shown ({shown})"),
            "images count from the run's beginning: ask for more with --images N",
        ));
    }
    if wanted > planned {
        then.lay_value(key, i64::try_from(asked).unwrap_or(i64::MAX), flag)?;
        provenance.recipe = then.to_toml();
        provenance.plan = plan;
        provenance.plan.origins.insert(key.into(), count_origin(asked, wanted, flag));
    }
    Ok(wanted > planned)
}

/// Removes what a killed process wrote after its last checkpoint, and sheets and metrics off their cadence, which only
/// the end of training writes. The files are then those of a run that never stopped.
fn cut_back_to(directory: &RunDirectory, plan: &Plan, images: u64) -> Result<()> {
    // The only line of metrics off the cadences is the count of modes at the end of training, at this checkpoint's
    // images.
    let mut cadences = [plan.train.sheets_every].into_iter().chain(plan.metric.iter().map(|metric| metric.every));
    let on_cadence = cadences.any(|every| images.is_multiple_of(every));
    cut_back(&directory.stats(), images)?;
    cut_back(&directory.findings(), images)?;
    cut_back(&directory.metrics(), if on_cadence { images } else { images - 1 })?;
    directory.cut_back_fakes(images)?;
    for (at, path) in directory.fakes_written()? {
        if !at.is_multiple_of(plan.train.sheets_every) {
            let hint = "check the folder's permissions";
            std::fs::remove_file(&path).map_err(|error| Error::io("cannot remove a sheet", &error, hint))?;
        }
    }
    Ok(())
}

/// Replaces the latest checkpoint by the best one.
pub(super) fn make_latest(directory: &RunDirectory) -> Result<()> {
    let hint = "check the folder's permissions";
    let mut best = Vec::new();
    open_regular(&directory.checkpoint(CheckpointKind::Best))
        .and_then(|mut file| file.read_to_end(&mut best))
        .map_err(|error| Error::io("cannot read the best checkpoint", &error, hint))?;
    Ok(write_atomically(&directory.checkpoint(CheckpointKind::Latest), &best)?)
}

/// Writes the recipe and plan that the run goes on with into the best checkpoint, if there is one, so that it equals
/// the one of a run that was started with as many images.
fn take_over_best(directory: &RunDirectory, provenance: &Provenance, device: &Device) -> Result<()> {
    if !directory.has_checkpoint(CheckpointKind::Best) {
        return Ok(());
    }
    let path = directory.checkpoint(CheckpointKind::Best);
    let best = load_checkpoint(&path)?;
    if best.provenance() != provenance {
        write_atomically(&path, &save_checkpoint(&checkpoint_state(&best, device)?, provenance))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// 32 images are on the cadence of 16; the line and the sheet at 40 were written at the end of training.
    #[test]
    fn what_an_end_left_off_the_cadence_goes() {
        let folder = tempfile::tempdir().unwrap();
        let mut plan = crate::decide::decide(&crate::heuristics::recipe(), 1).unwrap();
        plan.train.sheets_every = 16;
        for (images, kept) in [(40, &[16, 32][..]), (32, &[16, 32]), (16, &[16]), (0, &[])] {
            let directory = RunDirectory::create(folder.path(), "x").unwrap();
            fs::create_dir(directory.path().join("fakes")).unwrap();
            for at in [16, 32, 40] {
                steadygan_run::append_text(&directory.metrics(), &format!("{{\"images\":{at}}}\n")).unwrap();
                fs::write(directory.fakes(at), "").unwrap();
            }
            cut_back_to(&directory, &plan, images).unwrap();
            let lines: String = kept.iter().map(|at| format!("{{\"images\":{at}}}\n")).collect();
            assert_eq!(fs::read_to_string(directory.metrics()).unwrap(), lines, "{images}");
            let sheets: Vec<u64> = directory.fakes_written().unwrap().iter().map(|(at, _)| *at).collect();
            assert_eq!(sheets, kept, "{images}");
        }
    }
}
