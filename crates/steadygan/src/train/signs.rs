//! The signs of a line of stats: measurements of networks and images at that moment.
//!
//! At the default cadence, measuring all signs takes a few percent of the time of the steps between two lines: forward
//! passes on some dozens of images, and statistics of 64 images.

mod units;

use super::probe::Probe;
use super::round::classes_of;
use super::step::mean;
use super::{State, StepStats, packed};
use crate::data::{Dataset, Samples};
use crate::metrics::{Texture, mean_nearest_distance, mean_pairwise_distance, relative_energy_distance};
use crate::nn::{Network, Pass, each_tensor, is_buffer, map_tensors};
use crate::ops;
use crate::optim::Optimizer;
use crate::plan::{ModelPlan, Plan};
use crate::rng;
use burn::module::Module;
use burn::prelude::*;
use rand_distr::{Distribution, Uniform};
use steadygan_run::Signs;
use units::{bend, units};

/// Images of each kind (training reals, held-out reals, fakes) of which logits are measured: about this many, because
/// packs and groups of minibatch standard deviation stay whole, and at least one is needed.
const LOGIT_IMAGES: usize = 16;

/// Inputs (images or packs), half of them fakes, on which the discriminator's units are examined.
const UNIT_INPUTS: usize = 8;

/// Pairs of latents at whose midpoints the generator is compared with an affine map.
const MIDPOINT_PAIRS: usize = 4;

/// Copies of training images are searched for only in a training set of at most this size.
const FEW: usize = 1_000;

/// A value this close to an end of the generator's range, as a share of half the range, is at that end.
const END: f32 = 0.01;

/// Significant digits of a sign in a line: enough to read, and few enough to keep lines short.
const DIGITS: i32 = 5;

impl Probe<'_> {
    /// The diversity (as [`Probe::diversity`]) and the signs. `means` are the means over the steps since the last line.
    pub(super) fn signs(&self, state: &State, means: &StepStats) -> (f64, Signs) {
        let values = self.values(state.shown_generator(), self.compared().count());
        let fakes = self.compared().from_values(&values, self.plan.model.range);
        let fake_distance = mean_pairwise_distance(&fakes);
        let distance = relative_energy_distance(&fakes, self.compared(), [fake_distance, self.real_distance]);
        let mut signs = Signs { distance, ..self.of_reals.signs };
        measure_values(&values, &self.plan.model, &mut signs);
        measure_textures(&fakes, &mut signs);
        if self.of_reals.nearest.is_finite() {
            signs.nearest = mean_nearest_distance(&fakes, &self.data.train) / self.of_reals.nearest;
        }
        self.measure_logits(state, &values, &mut signs);
        measure_steps(self.plan, state, means, &mut signs);
        (fake_distance / self.real_distance, signs.map(rounded))
    }

    /// The discriminator's logits on training reals, held-out reals and fakes, how the last steps moved them, and the
    /// units of both networks.
    fn measure_logits(&self, state: &State, fakes: &[f32], signs: &mut Signs) {
        let model = &self.plan.model;
        let discriminator = state.discriminator.clone().no_grad();
        let unit = model.pack * model.discriminator.minibatch_std.max(1);
        let count = (LOGIT_IMAGES / unit).max(1) * unit;
        let logits_of = |network: &Network, images: &Shown| {
            let classes: Vec<usize> = images.classes.iter().copied().cycle().take(count).collect();
            let images = packed(self.tensor(&images.values, count), model.pack);
            let logits = network.logits(images, &mut Pass::train().with_classes(&classes));
            floats(logits).into_iter().map(f64::from).collect::<Vec<_>>()
        };
        let logits = |images: &Shown| logits_of(&discriminator, images);
        let with_classes =
            |values: &[f32]| Shown { values: values.to_vec(), classes: self.classes(values.len() / model.image_len()) };
        let train = self.drawn(&self.data.train, "signs/train", state.images, count);
        let mut kinds = vec![logits(&train)];
        signs.logit_train = mean(&kinds[0]);
        if self.data.holdout.count() > 0 {
            kinds.push(logits(&self.drawn(&self.data.holdout, "signs/holdout", state.images, count)));
            signs.logit_holdout = mean(&kinds[1]);
        }
        let fakes_with_classes = with_classes(fakes);
        let fixed = logits(&fakes_with_classes);
        signs.logit_fixed = mean(&fixed);
        kinds.push(fixed);
        signs.logit_spread = (kinds.iter().map(|kind| variance(kind)).sum::<f64>() / kinds.len() as f64).sqrt();
        if let Some(before) = before_last_step(&state.discriminator, &state.discriminator_optimizer) {
            let gap_before = mean(&logits_of(&before, &train)) - mean(&logits_of(&before, &fakes_with_classes));
            signs.pull = (signs.logit_train - signs.logit_fixed - gap_before) / signs.logit_spread;
        }
        // If the fakes come from an average of the weights, the trained generator itself makes other fakes.
        let trained = state.average.as_ref().map(|_| self.values(&state.generator, count));
        let now = trained.as_deref().unwrap_or(&fakes[..fakes.len().min(count * model.image_len())]);
        signs.diversity_now = self.diversity(now);
        let logit_now = if trained.is_some() { mean(&logits(&with_classes(now))) } else { signs.logit_fixed };
        if let Some(before) = before_last_step(&state.generator, &state.generator_optimizer) {
            let logits_before = logits(&with_classes(&self.values(&before, count)));
            signs.push = (logit_now - mean(&logits_before)) / signs.logit_spread;
        }
        self.measure_units(state, &discriminator, (&train, &fakes_with_classes), signs);
    }

    /// Units that do not vary, and how far each network is from an affine map.
    fn measure_units(
        &self,
        state: &State,
        discriminator: &Network,
        (reals, fakes): (&Shown, &Shown),
        signs: &mut Signs,
    ) {
        let model = &self.plan.model;
        let length = model.image_len();
        let packs = |images: &Shown, count: usize| packed(self.tensor(&images.values, count * model.pack), model.pack);
        let half = UNIT_INPUTS / 2;
        if reals.values.len().min(fakes.values.len()) < half * model.pack * length {
            return;
        }
        let (some_reals, some_fakes) = (packs(reals, half), packs(fakes, half));
        let both = Tensor::cat(vec![some_reals.clone(), some_fakes.clone()], 0);
        let classes: Vec<usize> =
            [reals, fakes].iter().flat_map(|images| images.classes.iter().copied().take(half)).collect();
        let layers;
        (signs.dead_d, layers) = units(discriminator, both, Pass::train().with_classes(&classes));
        let real_classes: Vec<usize> = reals.classes.iter().copied().take(half).collect();
        let logits = |x| discriminator.logits(x, &mut Pass::evaluate().with_classes(&real_classes));
        let whole = bend(some_reals, some_fakes, logits);
        // Minibatch layers make the discriminator non-affine even when every activation is linear; so take the smaller
        // of the whole network's bend and the activations'.
        signs.bend_d = whole.min(layers);
        let generator = state.generator.clone().no_grad();
        let latents = |from: usize, count: usize| {
            let values = self.latents[from * model.latent..][..count * model.latent].to_vec();
            Tensor::<4>::from_data(TensorData::new(values, [count, model.latent, 1, 1]), &self.device)
        };
        if self.count() >= 2 * MIDPOINT_PAIRS {
            (signs.dead_g, _) = units(
                &generator,
                latents(0, 2 * MIDPOINT_PAIRS),
                Pass::evaluate().with_classes(&self.classes(2 * MIDPOINT_PAIRS)),
            );
            let features = |x| generator.features(x, &mut Pass::evaluate());
            signs.bend_g = bend(latents(0, MIDPOINT_PAIRS), latents(MIDPOINT_PAIRS, MIDPOINT_PAIRS), features);
        }
    }

    /// The first `count` images of `values`, in the networks' range; if there are fewer, they repeat.
    fn tensor(&self, values: &[f32], count: usize) -> Tensor<4> {
        let model = &self.plan.model;
        let values = values.iter().copied().cycle().take(count * model.image_len()).collect();
        let shape = [count, model.channels, model.size, model.size];
        Tensor::from_data(TensorData::new(values, shape), &self.device)
    }

    /// `count` random samples; each line draws new ones.
    fn drawn(&self, samples: &Samples, purpose: &str, images: u64, count: usize) -> Shown {
        let uniform = Uniform::new(0, samples.count()).expect("there are samples");
        let indices: Vec<usize> =
            uniform.sample_iter(rng::stream(self.plan.seed, purpose, images)).take(count).collect();
        let classes = classes_of(&self.plan.model, samples, &indices);
        Shown { values: samples.gather(&indices, None).to_values(self.plan.model.range), classes }
    }
}

/// Images in the networks' range, and their classes if the networks are conditional.
struct Shown {
    values: Vec<f32>,
    classes: Vec<usize>,
}

/// The signs of the fixed reals, measured once.
pub(super) struct OfReals {
    signs: Signs,
    /// The mean distance of held-out reals from the nearest training image; NaN without held-out reals, or if the
    /// training set is too large to search.
    nearest: f64,
}

impl OfReals {
    /// Measures the reals `compared`, with which fakes are compared.
    pub(super) fn new(plan: &Plan, data: &Dataset, compared: &Samples) -> Self {
        let mut signs = Signs::default();
        let values = compared.to_values(plan.model.range);
        [signs.real_low, signs.real_high] = ends(&values);
        if let Some(range) = plan.model.output.range() {
            signs.saturated_real = saturated(&values, range);
        }
        if let Samples::Images(images) = compared {
            let levels: Vec<f32> = images.pixels.iter().map(|&level| f32::from(level)).collect();
            [signs.level_low, signs.level_high] = ends(&levels);
            let texture = Texture::of(images);
            (signs.rough_real, signs.alternating_real) = (texture.rough, texture.alternating);
        }
        let count = data.holdout.count().min(compared.count());
        let is_small = data.train.images().is_some_and(|images| images.count() <= FEW);
        let nearest = if is_small && count > 0 {
            mean_nearest_distance(&data.holdout.gather(&Vec::from_iter(0..count), None), &data.train)
        } else {
            f64::NAN
        };
        Self { signs, nearest }
    }
}

/// Measures the lowest and the highest value of fakes, and the share of values at the ends of the generator's range.
fn measure_values(fakes: &[f32], plan: &ModelPlan, signs: &mut Signs) {
    [signs.fake_low, signs.fake_high] = ends(fakes);
    if let Some(range) = plan.output.range() {
        signs.saturated_fake = saturated(fakes, range);
    }
}

/// Measures the norm of each network's last step, divided by the norm of its weights. SGD does not keep its step, so
/// the norm is estimated: the learning rate times the mean norm of the gradients since the last line, after clipping.
fn measure_steps(plan: &Plan, state: &State, means: &StepStats, signs: &mut Signs) {
    let [generator, discriminator] = state.parts().map(|(_, network, optimizer)| {
        let (mut weights, mut step) = (0.0, 0.0);
        each_tensor(network, |name, value| {
            if !is_buffer(name) {
                weights += f64::from(ops::sum_of_squares(value));
                step += optimizer.last_step(name).map_or(0.0, |moved| moved.iter().map(|x| f64::from(x * x)).sum());
            }
        });
        (weights.sqrt(), step.sqrt())
    });
    signs.update_g = generator.1 / generator.0;
    signs.update_d = match &state.discriminator_optimizer {
        Optimizer::Adam(_) => discriminator.1 / discriminator.0,
        Optimizer::Sgd(sgd) => {
            let limit = Some(plan.optimizer.max_gradient_norm).filter(|&limit| limit > 0.0).unwrap_or(f64::INFINITY);
            sgd.lr * means.grad_norm_d.min(limit) / discriminator.0
        }
    };
}

/// The network before its last step, if the optimiser keeps that step (Adam does).
fn before_last_step(network: &Network, optimizer: &Optimizer) -> Option<Network> {
    let known = optimizer.adam().is_some_and(|adam| adam.steps > 0);
    known.then(|| {
        map_tensors(network.clone().no_grad(), |name, value| match optimizer.last_step(name) {
            Some(step) => before_step(value, &step),
            None => value,
        })
    })
}

fn before_step(value: Tensor<1>, step: &[f32]) -> Tensor<1> {
    let (device, count) = (value.device(), step.len());
    let before: Vec<f32> = floats(value).iter().zip(step).map(|(now, step)| now - step).collect();
    Tensor::from_data(TensorData::new(before, [count]), &device)
}

/// Measures the texture of fakes, and the share of fakes whose pixels all have one value.
fn measure_textures(fakes: &Samples, signs: &mut Signs) {
    let Samples::Images(fakes) = fakes else { return };
    let texture = Texture::of(fakes);
    (signs.rough_fake, signs.alternating_fake) = (texture.rough, texture.alternating);
    let constant = (0..fakes.count()).filter(|&at| fakes.is_constant(at)).count();
    signs.constant = constant as f64 / fakes.count() as f64;
}

fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().expect("networks compute in 32 bits")
}

fn ends(values: &[f32]) -> [f64; 2] {
    let (low, high) =
        values.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value)));
    [low.into(), high.into()]
}

fn saturated(values: &[f32], [low, high]: [f64; 2]) -> f64 {
    let margin = END * (high - low) as f32 / 2.0;
    let (low, high) = (low as f32 + margin, high as f32 - margin);
    values.iter().filter(|&&value| value <= low || value >= high).count() as f64 / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64
}

/// A number rounded to [`DIGITS`] significant digits, or to a whole number if that has more digits. A number that is
/// not finite becomes NaN, because that is what is read back from the file.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { 0.0 } else { f64::NAN };
    }
    let digits = DIGITS - 1 - value.abs().log10().floor() as i32;
    // The power is never negative, because a double holds every power of ten up to 10²² exactly, but no tenth.
    if digits >= 0 { (value * 10f64.powi(digits)).round() / 10f64.powi(digits) } else { value.round() }
}

#[cfg(test)]
mod tests;
