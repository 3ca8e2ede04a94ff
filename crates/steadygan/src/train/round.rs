//! One round: the discriminator's steps, then the generator's.

use super::{GeneratorStats, NonFinite, Rules, State, StepStats, Tally, discriminator_step, generator_step};
use crate::class::Classed;
use crate::data::{Dataset, Order, Samples};
use crate::hook::{BatchKind, Hook};
use crate::labels::{Batches, Moment};
use crate::nn::{ModelPlan, Pass};
use crate::optim;
use crate::plan::Plan;
use burn::module::Module;
use burn::prelude::*;

/// The next batch of reals, in the networks' range.
pub(super) fn fetch(plan: &Plan, data: &Dataset, order: &mut Order, moment: Moment, device: &Device) -> Classed {
    let batch = plan.train.batch;
    let indices = order.indices(moment.images, batch);
    let mut flips = plan.data.flip.then(|| moment.stream("flip"));
    let values = data.train.gather(&indices, flips.as_mut()).to_values(plan.model.range);
    let shape = [batch, plan.model.channels, plan.model.size, plan.model.size];
    let images = Tensor::from_data(TensorData::new(values, shape), &device.clone().inner());
    let classes = classes_of(&plan.model, &data.train, &indices);
    Classed { images, classes }
}

/// The classes of the samples with these indices; none if the networks are not conditioned on classes.
pub(super) fn classes_of(model: &ModelPlan, samples: &Samples, indices: &[usize]) -> Vec<usize> {
    if model.conditioning.is_some() { samples.classes(indices) } else { Vec::new() }
}

/// Trains a round: the discriminator's steps, then the generator's. The first generator step uses the fakes of the last
/// discriminator step.
pub(super) fn round(
    plan: &Plan,
    state: &mut State,
    mut reals: impl FnMut(Moment) -> Classed,
    device: &Device,
) -> Result<StepStats, NonFinite> {
    let train = &plan.train;
    state.generator_optimizer.follow(&plan.optimizer.generator, state.images);
    state.discriminator_optimizer.follow(&plan.optimizer.discriminator, state.images);
    let State { generator, discriminator, hooks, images, .. } = state;
    let moment = Moment { seed: plan.seed, images: *images };
    hooks.iter_mut().for_each(|hook| hook.before_round(generator, discriminator, &moment));
    let mut tally = Tally::default();
    for number in 0..train.discriminator_steps - 1 {
        let moment = Moment { seed: plan.seed, images: state.images + (number * train.batch) as u64 };
        let fakes = fakes(plan, state, moment, "latent", false, device);
        tally.add(&discriminator_update(plan, state, reals(moment), fakes, moment)?);
    }
    let moment = Moment { seed: plan.seed, images: state.images + train.round() - train.batch as u64 };
    let (reals, fakes) = (reals(moment), fakes(plan, state, moment, "latent", true, device));
    let detached = Classed { images: fakes.images.clone().inner(), classes: fakes.classes.clone() };
    tally.add(&discriminator_update(plan, state, reals.clone(), detached, moment)?);
    let generator = generator_updates(plan, state, fakes, reals, moment, device)?;
    Ok(StepStats { loss_g: generator.loss, grad_norm_g: generator.grad_norm, ..tally.take_means() })
}

/// A batch of fakes. Their latents come from the stream named `latents`. If `tracked`, they carry the generator's
/// graph.
fn fakes(plan: &Plan, state: &mut State, moment: Moment, latents: &str, tracked: bool, device: &Device) -> Classed {
    let (model, batch) = (&plan.model, plan.train.batch);
    let values = model.latent_distribution.sample(batch, model.latent, &mut moment.stream(latents));
    let values = Tensor::from_data(TensorData::new(values, [batch, model.latent, 1, 1]), device);
    let classes = model.draw_classes(batch, &mut moment.stream(&format!("classes/{latents}")));
    let mut pass = Pass::train().with_noise(moment.stream(&format!("noise/{latents}"))).with_classes(&classes);
    let images = if tracked {
        state.generator.forward(values, &mut pass)
    } else {
        state.generator.clone().no_grad().forward(values, &mut pass)
    };
    state.generator.absorb(pass);
    Classed { images, classes }
}

/// One discriminator step.
fn discriminator_update(
    plan: &Plan,
    state: &mut State,
    reals: Classed,
    fakes: Classed,
    moment: Moment,
) -> Result<StepStats, NonFinite> {
    let batches = labelled_batches([reals, fakes], &mut state.hooks, plan.model.pack, &moment);
    let rules = Rules::of(plan, moment);
    let State { discriminator, discriminator_optimizer, hooks, .. } = state;
    discriminator_step(discriminator, discriminator_optimizer, batches, &rules, hooks)
}

/// The generator's steps of a round: the first on these fakes, the others on new ones. Returns the last step's stats.
fn generator_updates(
    plan: &Plan,
    state: &mut State,
    mut generated: Classed,
    reals: Classed,
    moment: Moment,
    device: &Device,
) -> Result<GeneratorStats, NonFinite> {
    let rules = Rules::of(plan, moment);
    let mut number = 0;
    loop {
        let pack = plan.model.pack;
        let real_batch = |hooks: &[Box<dyn Hook>]| {
            transformed(reals.clone(), hooks, pack, BatchKind::GeneratorReal(number), &moment)
        };
        let batch = transformed(generated, &state.hooks, pack, BatchKind::Generator(number), &moment);
        let State { generator, generator_optimizer, discriminator, hooks, .. } = state;
        let stats = generator_step(generator, generator_optimizer, discriminator, (batch, &real_batch), &rules, hooks)?;
        number += 1;
        if number == plan.train.generator_steps {
            update_average(plan, state);
            return Ok(stats);
        }
        generated = fakes(plan, state, moment, &format!("latent/generator/{number}"), true, device);
    }
}

/// Moves the average of the generator's weights towards the present weights, if the plan keeps an average.
fn update_average(plan: &Plan, state: &mut State) {
    let (Some(average), Some(planned)) = (state.average.take(), &plan.train.average) else { return };
    let decay = planned.decay(state.images, plan.train.round());
    state.average = Some(optim::average(average, &state.generator, decay));
}

/// Images as the discriminator sees them: transformed by the hooks, then packed.
fn transformed(images: Classed, hooks: &[Box<dyn Hook>], pack: usize, kind: BatchKind, moment: &Moment) -> Classed {
    let values = hooks.iter().fold(images.images, |values, hook| hook.transform_images(values, kind, moment));
    Classed { images: packed(values, pack), ..images }
}

/// Stacks each `pack` images of `[n, c, h, w]` on channels, `[n / pack, pack · c, h, w]`, so that the discriminator
/// gets them as one input (Lin et al. 2018, PacGAN).
pub fn packed(images: Tensor<4>, pack: usize) -> Tensor<4> {
    let [n, c, h, w] = images.dims();
    if pack == 1 { images } else { images.reshape([n / pack, pack * c, h, w]) }
}

/// The batches of a discriminator step: reals and fakes after the hooks replaced, transformed and labelled them, in
/// packs.
pub fn labelled_batches(
    [mut reals, mut fakes]: [Classed; 2],
    hooks: &mut [Box<dyn Hook>],
    pack: usize,
    moment: &Moment,
) -> Batches {
    hooks.iter_mut().for_each(|hook| hook.replace_images(&mut reals, &mut fakes, moment));
    let real = transformed(reals, hooks, pack, BatchKind::Real, moment);
    let fake = transformed(fakes, hooks, pack, BatchKind::Fake, moment);
    let mut batches = Batches::new(real, fake);
    hooks.iter().for_each(|hook| hook.flip_labels(&mut batches, moment));
    hooks.iter().for_each(|hook| hook.smooth_labels(&mut batches, moment));
    batches
}
