//! Whether the checkpoint that a decaying run keeps as its best is the best.

use crate::corpus::Case;
use crate::plants::flat;
use burn::prelude::Device;
use serde::Serialize;
use std::path::Path;
use steadygan::data::{Dataset, Images, Samples};
use steadygan::metrics::{FeatureNetwork, Features, kernel_distance};
use steadygan::plan::Plan;
use steadygan::rng;
use steadygan::train::{Distance, Observer, Origin, Recorder, State, load_checkpoint, train};
use steadygan::{Error, Result};
use steadygan_run::{RunDirectory, Which};

/// Fakes of other latents, and other reals, for a second opinion: several times what the run measures on.
const SECOND: usize = 256;

/// One measurement of a run.
#[derive(Debug, Clone, Serialize)]
struct Evaluation {
    images: u64,
    /// What the run measured.
    value: f64,
    /// The kernel distance of other, and more, fakes and reals.
    second: f64,
    second_deviation: f64,
}

/// What a run kept.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Kept {
    name: String,
    /// Images of `checkpoints/best` as it lies in the run's folder.
    best_images: u64,
    evaluations: Vec<Evaluation>,
}

/// A recorder, and a second opinion at each of its measurements.
struct Twice<'a> {
    recorder: Recorder,
    plan: &'a Plan,
    network: FeatureNetwork,
    reals: Features,
    evaluations: Vec<Evaluation>,
}

impl Twice<'_> {
    fn second(&self, state: &State) -> Result<steadygan::metrics::Estimate> {
        let (model, seed) = (&self.plan.model, self.plan.seed);
        let latents = model.latent_distribution.sample(SECOND, model.latent, &mut rng::stream(seed, "best/latents", 0));
        let values = state.shown_generator().sample(&latents, None, &Device::flex());
        let pixels = values.into_iter().map(|value| model.range.unscale(value)).collect();
        let fakes = Images { channels: model.channels, size: model.size, pixels, classes: None };
        kernel_distance(&self.network.features(&fakes)?, &self.reals, seed)
    }
}

impl Observer for Twice<'_> {
    fn distance(&mut self, state: &State, distance: &Distance) -> Result<()> {
        self.recorder.distance(state, distance)?;
        let (images, value, second) = (state.images, distance.distance.value, self.second(state)?);
        self.evaluations.push(Evaluation { images, value, second: second.value, second_deviation: second.deviation });
        Ok(())
    }
}

/// Trains a run of images to its end, whatever is found, with its folder below `parent`.
///
/// # Errors
///
/// The recipe is not sound, or the folder cannot be written.
pub(crate) fn kept(case: &Case, parent: &Path) -> Result<Kept> {
    let plan = case.measured_plan()?;
    let data = case.base.source.dataset(&plan)?;
    let device = Device::flex().autodiff();
    let directory = RunDirectory::create(parent, "decaying").map_err(Error::from)?;
    let origin = Origin { recipe: String::new(), plan: plan.clone(), data_fingerprint: String::new() };
    let network = FeatureNetwork::named(&plan.metric.as_ref().expect("the plan measures").network)?;
    let reals = network.features(&others(&data))?;
    let recorder = Recorder::new(directory.clone(), origin, 0)?;
    let mut twice = Twice { recorder, plan: &plan, network, reals, evaluations: Vec::new() };
    let mut state = State::new(&plan, steadygan::decide::hooks(&plan)?, &device);
    let beginning = flat(&state.generator);
    if let Some(plant) = case.plant {
        let begins = (plant.begins() * plan.train.images as f64) as u64;
        train(&plan.clone().with_images(begins), &data, &mut state, &device, &mut twice)?;
        plant.in_state(&mut state, beginning);
    }
    train(&plan, &data, &mut state, &device, &mut twice)?;
    let best = load_checkpoint(&directory.checkpoint(Which::Best))?;
    Ok(Kept { name: case.name(), best_images: best.images(), evaluations: twice.evaluations })
}

/// The last images that are trained on: the run compares with some of the first, or with those held out.
fn others(data: &Dataset) -> Images {
    let count = data.train.count();
    let Samples::Images(images) = data.train.gather(&Vec::from_iter(count - SECOND..count), None) else {
        unreachable!("points decay without a metric")
    };
    images
}
