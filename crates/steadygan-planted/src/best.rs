//! Whether the checkpoint that a decaying run keeps as its best is the best.

use crate::case::Case;
use crate::intervention::flat_tensors;
use burn::prelude::Device;
use serde::Serialize;
use std::path::Path;
use steadygan::data::{Dataset, Images, Samples};
use steadygan::metrics::{Estimate, FeatureNetwork, Features, kernel_distance};
use steadygan::plan::Plan;
use steadygan::rng;
use steadygan::train::{Distance, Observer, Provenance, Recorder, State, load_checkpoint, train};
use steadygan::{Error, Result};
use steadygan_run::{CheckpointKind, RunDirectory};

/// Fakes and real images of the second measurement: several times as many as the run measures on, and other ones.
const SECOND_SAMPLES: usize = 256;

/// One measurement in a run.
#[derive(Debug, Clone, Serialize)]
struct Evaluation {
    images: u64,
    /// The distance that the run measured.
    value: f64,
    /// The kernel distance of the second measurement.
    second: f64,
    second_deviation: f64,
}

/// Which checkpoint a run kept as its best, and all measurements of the run.
#[derive(Debug, Clone, Serialize)]
pub struct BestCheckpoint {
    name: String,
    /// The images of `checkpoints/best` in the run's folder at the end.
    best_images: u64,
    evaluations: Vec<Evaluation>,
}

/// Trains a case on images to its end with the metric, with a run directory in `parent`. The doctor takes no part.
///
/// # Errors
///
/// The recipe is not sound, or the run directory cannot be written.
pub fn best_checkpoint(case: &Case, parent: &Path) -> Result<BestCheckpoint> {
    let plan = case.measured_plan()?;
    let data = case.recipe.data.dataset(&plan)?;
    let device = Device::flex().autodiff();
    let directory = RunDirectory::create(parent, "decaying").map_err(Error::from)?;
    let origin = Provenance { recipe: String::new(), plan: plan.clone(), data_fingerprint: String::new() };
    let network = FeatureNetwork::named(&plan.metric.as_ref().expect("the plan has a metric").network)?;
    let reals = network.features(&last_training_images(&data))?;
    let recorder = Recorder::new(directory.clone(), origin, 0)?;
    let mut observer = TwiceMeasured { recorder, plan: &plan, network, reals, evaluations: Vec::new() };
    let mut state = State::new(&plan, steadygan::decide::unchecked_hooks(&plan)?, &device);
    let initial = flat_tensors(&state.generator);
    if let Some(failure) = case.failure {
        let begins = (failure.begins() * plan.train.images as f64) as u64;
        train(&plan.clone().with_images(begins), &data, &mut state, &device, &mut observer)?;
        failure.change_state(&mut state, initial);
    }
    train(&plan, &data, &mut state, &device, &mut observer)?;
    let best = load_checkpoint(&directory.checkpoint(CheckpointKind::Best))?;
    Ok(BestCheckpoint { name: case.name(), best_images: best.images(), evaluations: observer.evaluations })
}

/// The library's recorder, with a second measurement at each of its own.
struct TwiceMeasured<'a> {
    recorder: Recorder,
    plan: &'a Plan,
    network: FeatureNetwork,
    reals: Features,
    evaluations: Vec<Evaluation>,
}

impl TwiceMeasured<'_> {
    fn second_measurement(&self, state: &State) -> Result<Estimate> {
        let (model, seed) = (&self.plan.model, self.plan.seed);
        let mut stream = rng::stream(seed, "best/latents", 0);
        let latents = model.latent_distribution.sample(SECOND_SAMPLES, model.latent, &mut stream);
        let values = state.shown_generator().sample(&latents, None, &Device::flex());
        let pixels = values.into_iter().map(|value| model.range.unscale(value)).collect();
        let fakes = Images { channels: model.channels, size: model.size, pixels, classes: None };
        kernel_distance(&self.network.features(&fakes)?, &self.reals, seed)
    }
}

impl Observer for TwiceMeasured<'_> {
    fn distance(&mut self, state: &State, distance: &Distance) -> Result<()> {
        self.recorder.distance(state, distance)?;
        let second = self.second_measurement(state)?;
        self.evaluations.push(Evaluation {
            images: state.images,
            value: distance.distance.value,
            second: second.value,
            second_deviation: second.deviation,
        });
        Ok(())
    }
}

/// The last of the training images. The run compares with some of the first, or with images held out from training.
fn last_training_images(data: &Dataset) -> Images {
    let count = data.train.count();
    let Samples::Images(images) = data.train.gather(&Vec::from_iter(count - SECOND_SAMPLES..count), None) else {
        unreachable!("the metric is measured on images only")
    };
    images
}
