//! Small plans and steps for the heuristics' tests.

use crate::class::Classed;
use crate::data::{Dataset, Images};
use crate::decide;
use crate::error::Result;
use crate::heuristics;
use crate::labels::{Batches, Moment};
use crate::nn::{self, Builder, ImageShape, Init, Initializer, LayerTable, Network, named_tensors};
use crate::plan::Plan;
use crate::rng;
use crate::run::{checkpoint_state, initial_state};
use crate::train::{self, Observer, Provenance, State, load_checkpoint, save_checkpoint};
use burn::Tensor;
use burn::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;
use steadygan_run::Outcome;

/// A recipe of small networks: grey images of 8 pixels, and width 32, so that the first weight has enough values for
/// sample statistics.
const SMALL: &str = "[data]\nsize = 8\n[model]\nwidth = 32\n[train]\nbatch = 8\nimages = 16\nsheet = 4\n";

/// The plan of a small recipe with `text` laid over it.
pub(crate) fn plan_of(text: &str) -> Result<Plan> {
    let mut recipe = heuristics::recipe();
    recipe.lay_text(SMALL, "small")?;
    recipe.lay_text(text, "test")?;
    decide::decide(&recipe, 1)
}

/// The small plan with these heuristics on and all others off.
pub(crate) fn plan_with(on: &[&str]) -> Plan {
    let lines: String = on.iter().map(|name| format!("{name} = true\n")).collect();
    plan_of(&format!("base = 'plain'\n[heuristics]\n{lines}")).expect("a plan")
}

/// The plan's generator and discriminator.
pub(crate) fn networks(plan: &Plan) -> (Network, Network) {
    [nn::generator, nn::discriminator].map(|build| build(&plan.model, plan.seed, &device())).into()
}

fn device() -> Device {
    Device::flex().autodiff()
}

/// The layer table of the layers that `build` adds.
pub(crate) fn table(input: ImageShape, build: impl FnOnce(Builder) -> Builder) -> LayerTable {
    let init = Initializer { init: Init::FanInUniform, seed: 0, network: "test".into(), device: device() };
    LayerTable::of("test", &build(Builder::new(input, init)).build())
}

/// The batches of `count` white reals and black fakes (1 and 0 in the unit range) after all hooks.
pub(crate) fn prepared(plan: &Plan, count: usize) -> Batches {
    let shape = [count, 1, 8, 8];
    let device = device().inner();
    let images = [Tensor::ones(shape, &device), Tensor::zeros(shape, &device)].map(Classed::from);
    let mut hooks = decide::hooks(plan).expect("hooks");
    train::labelled_batches(images, &mut hooks, plan.model.pack, &Moment { seed: 0, images: 0 })
}

/// The labels of `count` reals and `count` fakes under a recipe.
pub(crate) fn labels_of(text: &str, count: usize) -> (Vec<f32>, Vec<f32>) {
    let batches = prepared(&plan_of(text).expect("a plan"), count);
    (batches.real.labels, batches.fake.labels)
}

/// The state after training on `images` images of ramps. Panics unless training finishes with finite weights.
pub(crate) fn trained(plan: &Plan, images: u64) -> State {
    trained_from(plan, initial_state(plan, &device()).expect("a state"), images)
}

fn trained_from(plan: &Plan, mut state: State, images: u64) -> State {
    struct Silent;
    impl Observer for Silent {}
    let plan = plan.clone().with_images(images);
    let outcome = train::train(&plan, &ramps(plan.model.size), &mut state, &device(), &mut Silent);
    assert_eq!(outcome.expect("nothing writes"), Outcome::Finished { images });
    assert!(weights(&state).iter().all(|weight| weight.is_finite()));
    state
}

/// A state's checkpoint with `plan` as its plan, even if the state was trained to another number of images.
pub(crate) fn checkpoint(plan: &Plan, state: State) -> Vec<u8> {
    let provenance = Provenance { recipe: String::new(), plan: plan.clone(), data_fingerprint: String::new() };
    save_checkpoint(&state, &provenance)
}

/// The state after `images` images, of which the first `first` were trained before a checkpoint and the rest from it.
pub(crate) fn resumed(plan: &Plan, first: u64, images: u64) -> State {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), checkpoint(plan, trained(plan, first))).expect("written");
    let checkpoint = load_checkpoint(file.path()).expect("a checkpoint");
    let state = checkpoint_state(&checkpoint, &device()).expect("a state");
    trained_from(plan, state, images)
}

/// All tensors of both networks, flat.
pub(crate) fn weights(state: &State) -> Vec<f32> {
    let tensors = [named_tensors(&state.generator), named_tensors(&state.discriminator)].concat();
    tensors.iter().flat_map(|tensor| tensor.data.iter::<f32>()).collect()
}

thread_local! {
    static PARSES: RefCell<BTreeMap<&'static str, usize>> = const { RefCell::new(BTreeMap::new()) };
}

/// Counts one parse of a heuristic's settings on this thread.
pub(crate) fn count_parse(heuristic: &'static str) {
    PARSES.with_borrow_mut(|parses| *parses.entry(heuristic).or_default() += 1);
}

/// How often each heuristic's settings were parsed on this thread since the last call.
pub(crate) fn take_parses() -> BTreeMap<&'static str, usize> {
    PARSES.take()
}

/// Images that the trained generator samples, flat.
pub(crate) fn sampled(plan: &Plan, state: &State) -> Vec<f32> {
    let model = &plan.model;
    let mut stream = rng::stream(0, "sampled", 0);
    let latents = model.latent_distribution.draw(8, model.latent, model.truncation, &mut stream);
    let classes = model.draw_classes(8, &mut stream);
    let noise = model.noise_in_sampling.then(|| rng::stream(0, "sampled/noise", 0));
    state.shown_generator().sample_classes(&latents, &classes, noise, &device())
}

fn ramps(size: usize) -> Dataset {
    let count = 32;
    let pixels = (0..count * size * size).map(|at| (at * (3 + at / (size * size))) as u8).collect();
    let images = |pixels: Vec<u8>| {
        let classes = (0..(pixels.len() / (size * size)) as u32).map(|at| at % 2).collect();
        Images { channels: 1, size, pixels, classes: Some(classes) }
    };
    let class_names = ["0", "1"].map(str::to_owned).into();
    Dataset { class_names, ..Dataset::from_samples("ramps", images(pixels), images(Vec::new())) }
}
