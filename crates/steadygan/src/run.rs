//! A run from start to end: data and plan to a run directory, trained, resumed or sampled.

use crate::data::{self, Dataset};
use crate::device::device;
use crate::error::{Error, Result};
use crate::nn::{LayerTable, Network};
use crate::plan::Plan;
use crate::recipe::LayeredRecipe;
use crate::train::{self, Observer, Origin, Recorder, State, encode_sheet, load_checkpoint};
use burn::prelude::Device;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use steadygan_run::{
    DataRecord, MAX_SKIPPED_LISTED, Manifest, Outcome, RunDirectory, RunError, RunLock, SkippedFile, Which, cut_back,
    write_atomically,
};

/// A run that is ready to be trained (further).
#[derive(Debug)]
pub struct Run {
    directory: RunDirectory,
    _lock: RunLock,
    origin: Origin,
    data: Dataset,
    state: State,
    device: Device,
    manifest: Manifest,
}

/// Where a run computes.
#[derive(Debug, Clone, Copy)]
pub struct Machine<'a> {
    /// The device's name: see [`device`](crate::device::device).
    pub device: &'a str,
    /// Threads of the CPU kernels, for the record.
    pub threads: usize,
}

/// Reads a recipe's data and decides its plan.
///
/// # Errors
///
/// The recipe or the data is not usable; the message says what to change.
pub fn prepare(recipe: &LayeredRecipe) -> Result<(Plan, Dataset)> {
    let data = data::load(&recipe.recipe()?.data.plan()?)?;
    let plan = Plan::decide(recipe, data.train.channels)?;
    let (batch, count) = (plan.train.batch, data.train.count());
    if batch > count {
        return Err(Error::recipe(
            format!("`train.batch` is {batch} but there are only {count} images to train on"),
            format!("make the batch smaller (--batch {}) or add images", (count / 2).max(2)),
        ));
    }
    Ok((plan, data))
}

/// The layer tables of a plan's generator and discriminator.
pub fn layer_tables(plan: &Plan) -> [LayerTable; 2] {
    let state = State::new(plan, &Device::flex().autodiff());
    [LayerTable::of("generator", &state.generator), LayerTable::of("discriminator", &state.discriminator)]
}

/// An estimate of the memory that training takes, in bytes: images as bytes; for each network's
/// weights their gradients and two moments; for a step each layer's output kept for the backward pass
/// and its gradient, in two discriminator passes at a time and one of the generator.
pub fn estimated_memory(plan: &Plan, data: &Dataset) -> u64 {
    let [generator, discriminator] = layer_tables(plan);
    let weights = 4 * (generator.trainable() + discriminator.trainable());
    let activations = 2 * plan.train.batch * (generator.activations() + 2 * discriminator.activations());
    let floats = (weights + activations) * size_of::<f32>();
    (floats + data.train.pixels.len() + data.holdout.pixels.len()) as u64
}

impl Run {
    /// Takes a new run directory in `out` and writes what is known before the first step.
    ///
    /// # Errors
    ///
    /// The device is not there, or `out` cannot be written.
    pub fn start(recipe: &LayeredRecipe, plan: Plan, data: Dataset, out: &Path, on: Machine<'_>) -> Result<Self> {
        let device = device(on.device)?;
        let state = State::new(&plan, &device);
        let slug = format!("{}-{}", data.name, recipe.base()?);
        let directory = RunDirectory::create(out, &slug)?;
        let lock = directory.lock()?;
        let origin = Origin { recipe: recipe.to_toml(), plan, data_fingerprint: data.fingerprint.clone() };
        write_atomically(&directory.recipe(), origin.recipe.as_bytes())?;
        write_plan(&directory, &origin.plan)?;
        let manifest = manifest(&origin.plan, &data, &state, on);
        manifest.save(&directory.manifest())?;
        write_atomically(&directory.reals(), &reals_sheet(&data, origin.plan.train.sheet)?)?;
        Ok(Self { directory, _lock: lock, origin, data, state, device, manifest })
    }

    /// Opens a run where its latest checkpoint left it, to train until `images` in all (if more than
    /// planned so far). What was written after the checkpoint is cut back.
    ///
    /// # Errors
    ///
    /// `path` is no run, another process trains it, its recipe or data was changed since, or its
    /// checkpoint is damaged.
    pub fn resume(path: &Path, images: Option<u64>, on: Machine<'_>) -> Result<Self> {
        let directory = RunDirectory::open(path)?;
        let lock = directory.lock()?;
        let device = device(on.device)?;
        let mut manifest = Manifest::load(&directory.manifest())?;
        let (mut origin, state) = latest_state(&directory, &manifest, &device)?;
        refuse_changes(&directory, &origin)?;
        if let Some(images) = images {
            refuse_fewer(images, &origin.plan, state.images)?;
            origin.plan = origin.plan.with_images(images);
        }
        let data = data::load(&origin.plan.data)?;
        if data.fingerprint != origin.data_fingerprint {
            return Err(Error::data(
                format!("the images of `{}` are not those that the run was trained on", origin.plan.data.source),
                "put the old images back, or start a new run with `steadygan train`",
            ));
        }
        cut_back_to(&directory, &origin.plan, state.images)?;
        write_plan(&directory, &origin.plan)?;
        manifest.outcome = Outcome::Running;
        manifest.device = on.device.into();
        manifest.threads = on.threads;
        manifest.save(&directory.manifest())?;
        Ok(Self { directory, _lock: lock, origin, data, state, device, manifest })
    }

    /// Trains to the plan's end, telling `observer` as well as the run directory.
    ///
    /// # Errors
    ///
    /// The run directory cannot be written.
    pub fn train(&mut self, observer: &mut dyn Observer) -> Result<Outcome> {
        let recorder = Recorder::new(self.directory.clone(), self.origin.clone(), self.state.images)?;
        recorder.log(&format!("training from {} images to {}", self.state.images, self.origin.plan.train.images))?;
        let mut observers = Both { recorder, observer };
        let outcome = train::train(&self.origin.plan, &self.data, &mut self.state, &self.device, &mut observers)?;
        self.manifest.outcome = outcome.clone();
        self.manifest.save(&self.directory.manifest())?;
        observers.recorder.log(&format!("{outcome:?}"))?;
        Ok(outcome)
    }

    /// The run directory.
    pub fn directory(&self) -> &RunDirectory {
        &self.directory
    }

    /// What was decided.
    pub fn plan(&self) -> &Plan {
        &self.origin.plan
    }

    /// Real images shown so far.
    pub fn images(&self) -> u64 {
        self.state.images
    }
}

/// The generator of a run's checkpoint and the plan it was trained under.
///
/// # Errors
///
/// `path` is no run, or has no such checkpoint, or the checkpoint is damaged.
pub fn trained_generator(path: &Path, which: Which, device: &Device) -> Result<(Network, Plan)> {
    let directory = RunDirectory::open(path)?;
    let checkpoint = load_checkpoint(&directory.checkpoint(which))?;
    Ok((checkpoint.generator(device)?, checkpoint.origin().plan.clone()))
}

/// The run's recorder, and whoever else watches.
struct Both<'a> {
    recorder: Recorder,
    observer: &'a mut dyn Observer,
}

impl Observer for Both<'_> {
    fn step(&mut self, images: u64) {
        self.observer.step(images);
    }
    fn stats(&mut self, images: u64, means: &train::StepStats, diversity: f64) -> Result<()> {
        self.recorder.stats(images, means, diversity)?;
        self.observer.stats(images, means, diversity)
    }
    fn sheet(&mut self, images: u64, fakes: &[u8], shape: [usize; 4]) -> Result<()> {
        self.recorder.sheet(images, fakes, shape)?;
        self.observer.sheet(images, fakes, shape)
    }
    fn checkpoint(&mut self, state: &State) -> Result<()> {
        self.recorder.checkpoint(state)?;
        self.observer.checkpoint(state)
    }
    fn wants_stop(&self) -> bool {
        self.observer.wants_stop()
    }
}

/// The latest checkpoint's state; a run that was killed before its first starts again from its plan.
fn latest_state(directory: &RunDirectory, manifest: &Manifest, device: &Device) -> Result<(Origin, State)> {
    let path = directory.checkpoint(Which::Latest);
    if path.exists() {
        let checkpoint = load_checkpoint(&path)?;
        return Ok((checkpoint.origin().clone(), checkpoint.state(device)?));
    }
    let text = read_small(&directory.plan())?;
    let plan: Plan = serde_json::from_str(&text).map_err(|error| {
        let message = format!("{} is damaged: {error}", directory.plan().display());
        Error::checkpoint(message, "start a new run with `steadygan train`")
    })?;
    let state = State::new(&plan, device);
    let recipe = read_small(&directory.recipe())?;
    Ok((Origin { recipe, plan, data_fingerprint: manifest.data.fingerprint.clone() }, state))
}

/// A recipe or a plan is text of a few kilobytes; more than this is something else.
const MAX_TEXT_BYTES: u64 = 1 << 20;

fn read_small(path: &Path) -> Result<String> {
    use std::io::Read;
    let failed = |error: std::io::Error| Error::io(format!("cannot read {}", path.display()), &error, NO_RUN);
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(MAX_TEXT_BYTES).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

const NO_RUN: &str = "name a run's folder, such as runs/00001-fashion-hacks; `steadygan train` starts a new one";

fn refuse_changes(directory: &RunDirectory, origin: &Origin) -> Result<()> {
    let mut now = LayeredRecipe::default();
    now.lay_text(&read_small(&directory.recipe())?, "recipe.toml")?;
    let mut then = LayeredRecipe::default();
    then.lay_text(&origin.recipe, "checkpoint")?;
    let changed = now.differences(&then);
    if changed.is_empty() {
        return Ok(());
    }
    Err(Error::recipe(
        format!("the run's recipe.toml was changed since it started: {}", changed.join(", ")),
        "put it back, or start a new run with `steadygan train`; only more images can be asked of a run: --images N",
    ))
}

fn refuse_fewer(images: u64, plan: &Plan, shown: u64) -> Result<()> {
    if images >= plan.train.images.max(shown) {
        return Ok(());
    }
    Err(Error::recipe(
        format!("--images {images} is fewer than the run has planned ({}) or shown ({shown})", plan.train.images),
        "--images counts from the run's beginning: name a larger number",
    ))
}

/// Removes what a killed process wrote after its last checkpoint, and sheets off the cadence, which
/// only an end leaves: a run that goes on has the files of one that never stopped.
fn cut_back_to(directory: &RunDirectory, plan: &Plan, images: u64) -> Result<()> {
    for lines in [directory.stats(), directory.findings(), directory.metrics()] {
        cut_back(&lines, images)?;
    }
    directory.cut_back_fakes(images)?;
    for (at, path) in directory.fakes_written()? {
        if !at.is_multiple_of(plan.train.sheets_every) {
            let hint = "check the folder's permissions";
            std::fs::remove_file(&path).map_err(|error| Error::io("cannot remove a sheet", &error, hint))?;
        }
    }
    Ok(())
}

fn write_plan(directory: &RunDirectory, plan: &Plan) -> Result<()> {
    let json = serde_json::to_vec_pretty(plan).expect("a plan is plain data");
    Ok(write_atomically(&directory.plan(), &json)?)
}

fn reals_sheet(data: &Dataset, count: usize) -> Result<Vec<u8>> {
    let images = &data.train;
    let count = count.min(images.count());
    let bytes = images.pixels.len() / images.count() * count;
    encode_sheet(&images.pixels[..bytes], [count, images.channels, images.size, images.size])
}

#[expect(clippy::disallowed_methods, reason = "the start's time is recorded, never trained on")]
fn manifest(plan: &Plan, data: &Dataset, state: &State, on: Machine<'_>) -> Manifest {
    let parameters = |network: &Network| LayerTable::of("", network).trainable() as u64;
    let skipped = data.skipped.iter().take(MAX_SKIPPED_LISTED);
    let skipped = skipped.map(|file| SkippedFile { name: file.name.clone(), why: file.why.clone() });
    Manifest {
        format_version: steadygan_run::FORMAT_VERSION,
        version: env!("CARGO_PKG_VERSION").into(),
        seed: plan.seed,
        device: on.device.into(),
        threads: on.threads,
        data: DataRecord {
            source: plan.data.source.clone(),
            name: data.name.clone(),
            channels: data.train.channels,
            size: data.train.size,
            images: data.train.count() as u64,
            holdout: data.holdout.count() as u64,
            classes: data.class_names.clone(),
            fingerprint: data.fingerprint.clone(),
            skipped: skipped.collect(),
            skipped_count: data.skipped.len() as u64,
        },
        generator_parameters: parameters(&state.generator),
        discriminator_parameters: parameters(&state.discriminator),
        started_unix_s: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
        outcome: Outcome::Running,
    }
}

impl From<RunError> for Error {
    fn from(error: RunError) -> Self {
        use std::io::ErrorKind;
        let hint = match error.io_kind() {
            Some(ErrorKind::NotFound) => NO_RUN,
            Some(ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => {
                "choose a folder that you may write: --out DIR"
            }
            Some(ErrorKind::StorageFull) => "free some space; the run resumes from its last checkpoint",
            Some(_) => "choose another folder with --out DIR, or check this one",
            None => NO_RUN,
        };
        Self::checkpoint(error.to_string(), hint)
    }
}
