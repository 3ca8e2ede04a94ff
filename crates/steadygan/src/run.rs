//! A run from start to end: data and plan to a run directory, trained, resumed or sampled.

mod monitor;
mod place;
mod report;
mod resume;
mod start;

pub(crate) use place::located_in;
pub use report::RunReport;
pub use resume::ResumeRequest;
pub use start::{checkpoint_state, initial_state, initial_weights};

use crate::data::{self, Dataset, Samples};
use crate::decide::Draft;
use crate::device::device;
use crate::diagnose::History;
use crate::error::{Error, Result};
use crate::nn::{self, LayerTable, Network};
use crate::pictures::sheet::encode_png;
use crate::pictures::{SCATTER_POINTS, picture_of_reals};
use crate::plan::{Batching, ModelPlan, OnSevere, Plan};
use crate::recipe::LayeredRecipe;
use crate::train::{self, Checkpoint, Observer, Provenance, Recorder, State, load_checkpoint};
use crate::weights::{Weights, read_all};
use burn::prelude::Device;
use monitor::Monitor;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use steadygan_run::{
    CheckpointKind, DataRecord, Finding, MAX_SKIPPED_LISTED, Manifest, Outcome, RunDirectory, RunLock, SkippedFile,
    write_atomically,
};

/// A run that is ready to be trained (further).
#[derive(Debug)]
pub struct Run {
    directory: RunDirectory,
    _lock: RunLock,
    provenance: Provenance,
    data: Dataset,
    state: State,
    device: Device,
    manifest: Manifest,
    /// Whether it was opened again, so that what was found before training has been told.
    resumed: bool,
}

/// Where a run computes.
#[derive(Debug, Clone)]
pub struct Machine {
    name: String,
    device: Device,
    threads: usize,
}

impl Machine {
    /// The device of a name (see [`device`]), and the threads of the CPU
    /// kernels for the record.
    ///
    /// # Errors
    ///
    /// There is no such device.
    pub fn new(name: &str, threads: usize) -> Result<Self> {
        Ok(Self { name: name.into(), device: device(name)?, threads })
    }
}

/// Decides a recipe's plan without training it. Images are read only if they decide the channels, or if the networks are
/// conditioned on their classes.
///
/// # Errors
///
/// As [`prepare`].
pub fn decide(recipe: &LayeredRecipe) -> Result<Plan> {
    let draft = Draft::new(recipe)?;
    let weights = read_all(&draft.recipe().model.weights)?;
    match draft.channels().filter(|_| !draft.depends_on_classes()) {
        Some(channels) => started_from(draft.complete(channels)?, &weights),
        None => Ok(load(draft, &weights)?.0),
    }
}

/// Reads a recipe's data and decides its plan.
///
/// # Errors
///
/// The recipe or the data is not usable; the message says what to change.
pub fn prepare(recipe: &LayeredRecipe) -> Result<(Plan, Dataset)> {
    let draft = Draft::new(recipe)?;
    let weights = read_all(&draft.recipe().model.weights)?;
    load(draft, &weights)
}

/// Decides a recipe's plan for data that has been read.
///
/// # Errors
///
/// The recipe is not usable, or not with this data.
pub fn decide_for(draft: Draft<'_>, data: &Dataset) -> Result<Plan> {
    let weights = read_all(&draft.recipe().model.weights)?;
    decide_with(draft, data, &weights)
}

fn load(draft: Draft<'_>, weights: &[Weights]) -> Result<(Plan, Dataset)> {
    let data = data::load(&draft.recipe().data.plan())?;
    Ok((decide_with(draft, &data, weights)?, data))
}

fn decide_with(draft: Draft<'_>, data: &Dataset, weights: &[Weights]) -> Result<Plan> {
    let plan = started_from(draft.complete(data)?, weights)?;
    let (batch, count) = (plan.train.batch, data.train.count());
    if batch > count {
        return Err(Error::recipe(
            format!("`train.batch` is {batch} but there are only {count} images to train on"),
            match count / 2 {
                0 | 1 => "add images".to_owned(),
                half => format!("make the batch smaller (--batch {half}) or add images"),
            },
        ));
    }
    Ok(plan)
}

/// The plan, started from these weights.
fn started_from(mut plan: Plan, weights: &[Weights]) -> Result<Plan> {
    plan.initial_weights = initial_weights(weights, &plan)?;
    Ok(plan)
}

/// The layer tables of a plan's generator and discriminator.
pub fn layer_tables(plan: &Plan) -> [LayerTable; 2] {
    let device = Device::flex().autodiff();
    let of = |name, build: fn(&ModelPlan, u64, &Device) -> Network| {
        LayerTable::of(name, &build(&plan.model, plan.seed, &device))
    };
    [of("generator", nn::generator), of("discriminator", nn::discriminator)]
}

/// What the program takes beside a run's own needs: its code, the embedded images, the allocator's
/// reserve. The peak of a run with the smallest networks.
const PROGRAM_BYTES: usize = 50 << 20;

/// An estimate of the memory that training takes, in bytes: the samples; for each network's
/// weights their gradients and two moments; for a step each layer's output, kept for the backward
/// pass, and its gradient, of the generator and of the discriminator's largest batch.
pub fn estimated_memory(plan: &Plan, data: &Dataset) -> u64 {
    let [generator, discriminator] = layer_tables(plan);
    let judged = if plan.train.batches == Batching::Combined { 2 } else { 1 };
    let weights = 4 * (generator.trainable() + discriminator.trainable());
    let activations = 2 * plan.train.batch * (generator.activations() + judged * discriminator.activations());
    let floats = (weights + activations) * size_of::<f32>();
    (PROGRAM_BYTES + floats + data.train.bytes() + data.holdout.bytes()) as u64
}

impl Run {
    /// Takes a new run directory in `out` and writes what is known before the first step.
    ///
    /// # Errors
    ///
    /// The device is not there, or `out` cannot be written.
    pub fn start(recipe: &LayeredRecipe, plan: Plan, data: Dataset, out: &Path, on: Machine) -> Result<Self> {
        let state = initial_state(&plan, &on.device)?;
        let reals = reals_sheet(&data, &plan)?;
        let slug = format!("{}-{}", data.name, recipe.base()?);
        let provenance = Provenance { recipe: recipe.to_toml(), plan, data_fingerprint: data.fingerprint.clone() };
        let manifest = manifest(&provenance.plan, &data, &state, &on);
        let directory = RunDirectory::create(out, &slug)
            .map_err(|error| Error::from(error).with_hint("choose a folder that is there or can be made: --out DIR"))?;
        let lock = directory.lock()?;
        write_atomically(&directory.recipe(), provenance.recipe.as_bytes())?;
        manifest.save(&directory.manifest())?;
        write_atomically(&directory.reals(), &reals)?;
        // Last: from here on the run can be resumed.
        write_plan(&directory, &provenance.plan)?;
        Ok(Self { directory, _lock: lock, provenance, data, state, device: on.device, manifest, resumed: false })
    }

    /// Has the run write event files for TensorBoard, too, into its folder `tensorboard`; so does whoever resumes it.
    ///
    /// # Errors
    ///
    /// The run directory cannot be written.
    pub fn write_events(&self) -> Result<()> {
        let folder = self.directory.tensorboard();
        std::fs::create_dir_all(&folder).map_err(|error| {
            Error::io(format!("cannot make {}", folder.display()), &error, "choose another folder with --out DIR")
        })
    }

    /// Trains to the plan's end, telling `observer` as well as the run directory.
    ///
    /// # Errors
    ///
    /// The run directory cannot be written.
    pub fn train(&mut self, observer: &mut dyn Observer) -> Result<Outcome> {
        let plan = &self.provenance.plan;
        let History { doctor, findings } = History::of(&self.directory, plan, &self.data)?;
        self.write_findings(&findings)?;
        let recorder = Recorder::new(self.directory.clone(), self.provenance.clone(), self.state.images)?;
        recorder.log(&format!("training from {} images to {}", self.state.images, plan.train.images))?;
        let mut monitor = Monitor::new(recorder, doctor, plan.train.on_severe, observer);
        if !self.resumed {
            monitor.report_before_training(&findings)?;
        }
        let outcome = train::train(plan, &self.data, &mut self.state, &self.device, &mut monitor)?;
        let outcome = monitor.end(outcome)?;
        self.manifest.outcome = outcome.clone();
        self.manifest.save(&self.directory.manifest())?;
        monitor.log(&outcome.to_string())?;
        if matches!(outcome, Outcome::Halted { .. }) && plan.train.on_severe == OnSevere::Rollback {
            monitor.log(&self.roll_back()?.map_or_else(
                || "there is no best checkpoint to roll back to".to_owned(),
                |images| format!("rolled back to the best checkpoint, of {images} images"),
            ))?;
        }
        Ok(outcome)
    }

    /// Findings are a function of what is in the other files: they are those of a run that never stopped.
    fn write_findings(&self, findings: &[Finding]) -> Result<()> {
        let lines =
            findings.iter().map(|finding| serde_json::to_string(finding).expect("a finding is plain data") + "\n");
        Ok(write_atomically(&self.directory.findings(), lines.collect::<String>().as_bytes())?)
    }

    /// Makes the best checkpoint the latest, from which a resume goes on; the images it was shown. None without one.
    fn roll_back(&self) -> Result<Option<u64>> {
        let best = self.directory.checkpoint(CheckpointKind::Best);
        if !best.exists() {
            return Ok(None);
        }
        let images = load_checkpoint(&best)?.images();
        resume::make_latest(&self.directory)?;
        Ok(Some(images))
    }

    /// The run directory.
    pub fn directory(&self) -> &RunDirectory {
        &self.directory
    }

    /// What was decided.
    pub fn plan(&self) -> &Plan {
        &self.provenance.plan
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
pub fn trained_generator(path: &Path, kind: CheckpointKind, device: &Device) -> Result<(Network, Plan)> {
    let checkpoint = checkpoint_of(&RunDirectory::open(path)?, kind)?;
    Ok((checkpoint.generator(device)?, checkpoint.provenance().plan.clone()))
}

/// A run's checkpoint.
pub(crate) fn checkpoint_of(run: &RunDirectory, kind: CheckpointKind) -> Result<Checkpoint> {
    let file = run.checkpoint(kind);
    if !file.exists() {
        let hint = match kind {
            CheckpointKind::Best => {
                "it is kept from the first measurement on (train.metric-every): use --checkpoint latest"
            }
            CheckpointKind::Latest => "train the run first: `steadygan resume RUN`",
        };
        return Err(Error::checkpoint(format!("{} has no {kind} checkpoint", run.path().display()), hint));
    }
    load_checkpoint(&file)
}

fn write_plan(directory: &RunDirectory, plan: &Plan) -> Result<()> {
    let json = serde_json::to_vec_pretty(plan).expect("a plan is plain data");
    Ok(write_atomically(&directory.plan(), &json)?)
}

fn reals_sheet(data: &Dataset, plan: &Plan) -> Result<Vec<u8>> {
    let count = match data.train {
        Samples::Images(_) => plan.train.sheet,
        Samples::Points(_) => SCATTER_POINTS,
    };
    encode_png(&picture_of_reals(&data::first_training_samples(&data.train, plan.seed, count)))
}

#[expect(clippy::disallowed_methods, reason = "the start's time is recorded, never trained on")]
fn manifest(plan: &Plan, data: &Dataset, state: &State, on: &Machine) -> Manifest {
    let parameters = |network: &Network| LayerTable::of("", network).trainable() as u64;
    let [channels, size, _] = data.train.shape();
    let skipped = data.skipped.iter().take(MAX_SKIPPED_LISTED);
    let skipped = skipped.map(|file| SkippedFile { name: file.name.clone(), why: file.why.clone() });
    Manifest {
        format_version: steadygan_run::FORMAT_VERSION,
        version: env!("CARGO_PKG_VERSION").into(),
        seed: plan.seed,
        device: on.name.clone(),
        threads: on.threads,
        data: DataRecord {
            source: plan.data.source.clone(),
            moved_to: None,
            name: data.name.clone(),
            channels,
            size,
            images: data.train.count() as u64,
            holdout: data.holdout.count() as u64,
            classes: data.class_names.clone(),
            fingerprint: data.fingerprint.clone(),
            skipped: skipped.collect(),
            skipped_count: data.skipped.len() as u64,
        },
        generator_parameters: parameters(&state.generator),
        discriminator_parameters: parameters(&state.discriminator),
        started_in: place::current_folder(),
        started_unix_s: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
        outcome: Outcome::Running,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heuristics;
    use crate::heuristics::testing::take_parses;

    /// Once when the plan is decided, and once when its hooks are made.
    #[test]
    fn training_reads_each_setting_twice() {
        struct Silent;
        impl Observer for Silent {}
        let mut recipe = heuristics::recipe();
        let text = "[data]\nsize = 8\n[model]\nwidth = 2\n[train]\nbatch = 8\nimages = 16\nmetric-every = 'off'";
        recipe.lay_text(text, "test").unwrap();
        let out = tempfile::tempdir().unwrap();
        take_parses();
        let (plan, data) = prepare(&recipe).unwrap();
        let on = Machine::new("cpu", 1).unwrap();
        let mut run = Run::start(&recipe, plan, data, out.path(), on).unwrap();
        assert_eq!(run.train(&mut Silent).unwrap(), Outcome::Finished { images: 16 });
        let parses = take_parses();
        assert_eq!(parses.len(), 11);
        assert!(parses.values().all(|count| *count == 2), "{parses:?}");
    }
}
