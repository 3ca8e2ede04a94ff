//! A run from start to end: reads the data, decides the plan, and trains, resumes or samples in a run directory.

mod memory;
mod monitor;
mod place;
mod report;
mod resume;
mod start;

pub use memory::estimated_memory;
pub(crate) use place::located_in;
pub use place::require_outside_data;
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
use crate::plan::{ModelPlan, OnSevere, Plan};
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
    /// Whether the run was resumed. The findings from before training are then not reported again.
    resumed: bool,
}

/// The name of the device whose memory is this process's.
const CPU: &str = "cpu";

/// The device that a run computes on.
#[derive(Debug, Clone)]
pub struct Machine {
    name: String,
    device: Device,
    threads: usize,
}

impl Machine {
    /// The device with this name (see [`device`]). The number of threads of the CPU kernels is only recorded.
    ///
    /// # Errors
    ///
    /// There is no such device.
    pub fn new(name: &str, threads: usize) -> Result<Self> {
        Ok(Self { name: name.into(), device: device(name)?, threads })
    }

    /// Returns an error if training on the CPU takes more memory than this process may have. The memory of other
    /// devices is not known.
    fn check_memory(&self, plan: &Plan, data: &Dataset, hint: &str) -> Result<()> {
        if self.name == CPU { memory::check(estimated_memory(plan, data)?, hint) } else { Ok(()) }
    }
}

/// Decides a recipe's plan. The images are read only if they decide the channels, or if the networks are conditioned on
/// their classes.
///
/// # Errors
///
/// As [`prepare`].
pub fn decide(recipe: &LayeredRecipe) -> Result<Plan> {
    let draft = Draft::new(recipe)?;
    let weights = read_all(&draft.recipe().model.weights)?;
    match draft.channels().filter(|_| !draft.depends_on_classes()) {
        Some(channels) => with_initial_weights(draft.complete(channels)?, &weights),
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
    let plan = with_initial_weights(draft.complete(data)?, weights)?;
    let (batch, count) = (plan.train.batch, data.train.count());
    if batch > count {
        return Err(Error::recipe(
            format!("`train.batch` is {batch} but there are only {count} images to train on"),
            match count / 2 {
                0 | 1 => "add images".to_owned(),
                half => format!("make the batch smaller (train.batch = {half}) or add images"),
            },
        ));
    }
    Ok(plan)
}

/// The plan with these weights as initial weights.
fn with_initial_weights(mut plan: Plan, weights: &[Weights]) -> Result<Plan> {
    plan.initial_weights = initial_weights(weights, &plan)?;
    Ok(plan)
}

/// The layer tables of a plan's generator and discriminator, which are built for that.
///
/// # Errors
///
/// This process may not have the memory that the networks take.
pub fn layer_tables(plan: &Plan) -> Result<[LayerTable; 2]> {
    memory::check_networks(&plan.model)?;
    let device = Device::flex().autodiff();
    let table = |name, build: fn(&ModelPlan, u64, &Device) -> Network| {
        LayerTable::of(name, &build(&plan.model, plan.seed, &device))
    };
    Ok([table("generator", nn::generator), table("discriminator", nn::discriminator)])
}

impl Run {
    /// Makes a new run directory in `out` and writes the recipe, the plan, the manifest and a sheet of reals.
    ///
    /// # Errors
    ///
    /// The device is not there, the memory is too small, or `out` cannot be written.
    pub fn start(recipe: &LayeredRecipe, plan: Plan, data: Dataset, out: &Path, on: Machine) -> Result<Self> {
        on.check_memory(&plan, &data, memory::SMALLER_RUN)?;
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

    /// Makes the run also write event files for TensorBoard, into its folder `tensorboard`. A resumed run goes on
    /// writing them.
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

    /// Trains to the plan's end, or until a severe finding or `observer` stops it. Reports to `observer` and writes the
    /// run directory.
    ///
    /// # Errors
    ///
    /// The run directory cannot be written, or was moved or removed meanwhile.
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
        monitor.manifest(&self.manifest)?;
        monitor.log(&outcome.to_string())?;
        if matches!(outcome, Outcome::Halted { .. }) && plan.train.on_severe == OnSevere::Rollback {
            monitor.log(&self.roll_back()?.map_or_else(
                || "there is no best checkpoint to roll back to".to_owned(),
                |images| format!("rolled back to the best checkpoint, of {images} images"),
            ))?;
        }
        Ok(outcome)
    }

    /// Writes the findings anew. They depend on the run's other files only, so that they equal the findings of a run
    /// that never stopped.
    fn write_findings(&self, findings: &[Finding]) -> Result<()> {
        let lines =
            findings.iter().map(|finding| serde_json::to_string(finding).expect("a finding is plain data") + "\n");
        Ok(write_atomically(&self.directory.findings(), lines.collect::<String>().as_bytes())?)
    }

    /// Replaces the latest checkpoint, from which a resume goes on, by the best one. Returns the images that it was
    /// trained on; `None` if there is no best checkpoint.
    fn roll_back(&self) -> Result<Option<u64>> {
        if !self.directory.has_checkpoint(CheckpointKind::Best) {
            return Ok(None);
        }
        let best = self.directory.checkpoint(CheckpointKind::Best);
        let images = load_checkpoint(&best)?.images();
        resume::make_latest(&self.directory)?;
        Ok(Some(images))
    }

    /// The run directory.
    pub fn directory(&self) -> &RunDirectory {
        &self.directory
    }

    /// The run's plan.
    pub fn plan(&self) -> &Plan {
        &self.provenance.plan
    }

    /// Real images shown to the discriminator so far.
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
    if !run.has_checkpoint(kind) {
        let hint = match kind {
            CheckpointKind::Best => {
                "it is kept from the first measurement on (train.metric-every): use --checkpoint latest"
            }
            CheckpointKind::Latest => "train the run first: `steadygan resume RUN`",
        };
        return Err(Error::checkpoint(format!("{} has no {kind} checkpoint", run.path().display()), hint));
    }
    load_checkpoint(&run.checkpoint(kind))
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

    /// The settings are read once when the plan is decided, and once when its hooks are made.
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
