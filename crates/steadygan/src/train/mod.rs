//! Training: one straight loop over pure steps, with an [`Observer`] as the only way out of it.

mod checkpoint;
mod events;
mod recorder;
mod sheet;
mod signs;
mod state;
mod step;

pub use checkpoint::{Checkpoint, Origin, load_checkpoint, non_finite_tensor, save_checkpoint};
pub use recorder::Recorder;
pub(crate) use signs::{is_constant, output_range};
pub use state::{State, Tally};
pub use step::{Fooled, MakeReals, NonFinite, Rules, StepStats, discriminator_step, generator_step};

use crate::data::{Dataset, Order, first_shown};
use crate::error::{Error, Result};
use crate::heuristics::{Hook, View};
use crate::labels::{Batches, Moment, hard};
use crate::metrics::modes::Modes;
use crate::nn::Pass;
use crate::optim;
use crate::plan::Plan;
use crate::report::DynamicImage;
use burn::module::Module;
use burn::prelude::*;
use sheet::Sheet;
use steadygan_run::{Finding, Outcome, Signs};

/// What training tells the world. Every method has an empty default.
pub trait Observer {
    /// A step is done.
    fn step(&mut self, _images: u64) {}
    /// The means since the last such line, at every `stats_every` images; the fakes' mean distance from each other as a share
    /// of the reals', and what else is observed at this moment.
    fn stats(&mut self, _images: u64, _means: &StepStats, _diversity: f64, _signs: &Signs) -> Result<()> {
        Ok(())
    }
    /// Something looks unhealthy, or no longer does. Training itself finds nothing: a run with a
    /// [doctor](crate::diagnose::Doctor) tells this.
    fn finding(&mut self, _finding: &Finding) -> Result<()> {
        Ok(())
    }
    /// How the fixed latents' points are spread over the modes of a mixture, at every `sheets_every` images and at
    /// the end, before the sheet.
    fn modes(&mut self, _images: u64, _modes: &Modes) -> Result<()> {
        Ok(())
    }
    /// A picture of what is made of the fixed latents, before the first step, at every `sheets_every` images and at
    /// the end.
    fn sheet(&mut self, _images: u64, _fakes: &DynamicImage) -> Result<()> {
        Ok(())
    }
    /// The whole state, at every `checkpoint_every` images and at the end.
    fn checkpoint(&mut self, _state: &State) -> Result<()> {
        Ok(())
    }
    /// Whether to stop after this step.
    fn wants_stop(&self) -> bool {
        false
    }
}

/// Trains until the plan's images are shown, the observer wants to stop, or a quantity is not finite.
///
/// # Errors
///
/// The observer could not do its part (a disk is full, say); the state is that after the last step.
pub fn train(
    plan: &Plan,
    data: &Dataset,
    state: &mut State,
    device: &Device,
    observer: &mut dyn Observer,
) -> Result<Outcome> {
    match show_all(plan, data, state, device, observer) {
        Ok(outcome) | Err(Halt::Diverged(outcome)) => Ok(outcome),
        Err(Halt::Failed(error)) => Err(error),
    }
}

/// What ends the loop early.
enum Halt {
    /// A value that is not finite.
    Diverged(Outcome),
    /// The observer could not do its part.
    Failed(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The loop.
fn show_all(
    plan: &Plan,
    data: &Dataset,
    state: &mut State,
    device: &Device,
    observer: &mut dyn Observer,
) -> Result<Outcome, Halt> {
    let sheet = Sheet::new(plan, data, device);
    let mut order = Order::new(plan.seed, data.train.count());
    if state.images == 0 {
        set_reference(plan, data, state, device);
        sheet.show(state, observer)?;
        save(state, observer)?;
    }
    while state.images < plan.train.images && !observer.wants_stop() {
        let reals = |moment: Moment| fetch(plan, data, &mut order, moment, device);
        let stats = round(plan, state, reals, device)
            .map_err(|NonFinite { quantity }| diverged(state.images, quantity.to_owned()))?;
        state.images += plan.train.round();
        state.tally.add(&stats);
        observer.step(state.images);
        cadence(plan, state, &sheet, observer)?;
    }
    if !state.images.is_multiple_of(plan.train.sheets_every) {
        sheet.show(state, observer)?;
    }
    if !state.images.is_multiple_of(plan.train.checkpoint_every) {
        save(state, observer)?;
    }
    let images = state.images;
    Ok(if images < plan.train.images { Outcome::Stopped { images } } else { Outcome::Finished { images } })
}

fn diverged(images: u64, quantity: String) -> Halt {
    Halt::Diverged(Outcome::Diverged { images, quantity })
}

/// Gives a discriminator that needs a reference batch its reals: the first that are shown.
fn set_reference(plan: &Plan, data: &Dataset, state: &mut State, device: &Device) {
    let Some(reference) = state.discriminator.reference() else { return };
    let [packs, channels, height, width] = reference.dims();
    let reals = first_shown(&data.train, plan.seed, packs * plan.model.pack).to_values(plan.model.range);
    // Of few images each stands several times.
    let values: Vec<f32> = reals.iter().copied().cycle().take(packs * channels * height * width).collect();
    let values = TensorData::new(values, [packs, channels, height, width]);
    state.discriminator.set_reference(Tensor::from_data(values, device));
}

/// The next batch of reals as networks see them.
fn fetch(plan: &Plan, data: &Dataset, order: &mut Order, moment: Moment, device: &Device) -> Tensor<4> {
    let batch = plan.train.batch;
    let indices = order.indices(moment.images, batch);
    let mut flips = plan.data.flip.then(|| moment.stream("flip"));
    let values = data.train.gather(&indices, flips.as_mut()).to_values(plan.model.range);
    let shape = [batch, plan.model.channels, plan.model.size, plan.model.size];
    Tensor::from_data(TensorData::new(values, shape), &device.clone().inner())
}

/// The discriminator's steps, then the generator's; the first of these on the fakes of the last of those.
fn round(
    plan: &Plan,
    state: &mut State,
    mut reals: impl FnMut(Moment) -> Tensor<4>,
    device: &Device,
) -> Result<StepStats, NonFinite> {
    let train = &plan.train;
    state.generator_optimizer.follow(&plan.optimizer.generator, state.images);
    state.discriminator_optimizer.follow(&plan.optimizer.discriminator, state.images);
    let mut judged = Tally::default();
    for number in 0..train.discriminator_steps - 1 {
        let moment = Moment { seed: plan.seed, images: state.images + (number * train.batch) as u64 };
        let fakes = fakes(plan, state, moment, "latent", false, device);
        judged.add(&judge(plan, state, reals(moment), fakes, moment)?);
    }
    let moment = Moment { seed: plan.seed, images: state.images + train.round() - train.batch as u64 };
    let (reals, fakes) = (reals(moment), fakes(plan, state, moment, "latent", true, device));
    judged.add(&judge(plan, state, reals.clone(), fakes.clone().inner(), moment)?);
    let fooled = fool(plan, state, fakes, reals, moment, device)?;
    Ok(StepStats { loss_g: fooled.loss, grad_norm_g: fooled.grad_norm, ..judged.take_means() })
}

/// A batch of fakes from the named stream's latents; `tracked` ones carry the generator's graph.
fn fakes(plan: &Plan, state: &mut State, moment: Moment, latents: &str, tracked: bool, device: &Device) -> Tensor<4> {
    let (model, batch) = (&plan.model, plan.train.batch);
    let values = model.latent_distribution.sample(batch, model.latent, &mut moment.stream(latents));
    let values = Tensor::from_data(TensorData::new(values, [batch, model.latent, 1, 1]), device);
    let mut pass = Pass::train().with_noise(moment.stream(&format!("noise/{latents}")));
    let fakes = if tracked {
        state.generator.forward(values, &mut pass)
    } else {
        state.generator.clone().no_grad().forward(values, &mut pass)
    };
    state.generator.absorb(pass);
    fakes
}

/// One discriminator step.
fn judge(
    plan: &Plan,
    state: &mut State,
    reals: Tensor<4>,
    fakes: Tensor<4>,
    moment: Moment,
) -> Result<StepStats, NonFinite> {
    let mut batches = Batches::new(reals, fakes);
    apply_hooks(&mut batches, &mut state.hooks, plan.model.pack, &moment);
    let rules = Rules::of(plan, moment);
    let State { discriminator, discriminator_optimizer, hooks, .. } = state;
    discriminator_step(discriminator, discriminator_optimizer, batches, &rules, hooks)
}

/// The generator's steps of a round: the first on these fakes, the others on new ones. What the last measured.
fn fool(
    plan: &Plan,
    state: &mut State,
    mut made: Tensor<4>,
    reals: Tensor<4>,
    moment: Moment,
    device: &Device,
) -> Result<Fooled, NonFinite> {
    let rules = Rules::of(plan, moment);
    let mut number = 0;
    loop {
        let pack = plan.model.pack;
        let compared =
            |hooks: &[Box<dyn Hook>]| viewed(reals.clone(), hooks, pack, View::GeneratorReal(number), &moment);
        let judged = viewed(made, &state.hooks, pack, View::Generator(number), &moment);
        let State { generator, generator_optimizer, discriminator, hooks, .. } = state;
        let fooled = generator_step(generator, generator_optimizer, discriminator, (judged, &compared), &rules, hooks)?;
        number += 1;
        if number == plan.train.generator_steps {
            keep_average(plan, state);
            return Ok(fooled);
        }
        made = fakes(plan, state, moment, &format!("latent/generator/{number}"), true, device);
    }
}

/// Moves the average of the generator's weights towards them, if the plan keeps one.
fn keep_average(plan: &Plan, state: &mut State) {
    let (Some(average), Some(planned)) = (state.average.take(), &plan.train.average) else { return };
    let decay = planned.decay(state.images, plan.train.round());
    state.average = Some(optim::average(average, &state.generator, decay));
}

/// Images as the discriminator sees them, packed.
fn viewed(images: Tensor<4>, hooks: &[Box<dyn Hook>], pack: usize, view: View, moment: &Moment) -> Tensor<4> {
    packed(hooks.iter().fold(images, |images, hook| hook.view(images, view, moment)), pack)
}

/// `[n, c, h, w]` as packs of `pack` images that are judged together, `[n / pack, pack · c, h, w]` (Lin et al. 2018, PacGAN).
pub fn packed(images: Tensor<4>, pack: usize) -> Tensor<4> {
    let [n, c, h, w] = images.dims();
    if pack == 1 { images } else { images.reshape([n / pack, pack * c, h, w]) }
}

/// Lets the hooks act on what the discriminator is shown and told; from viewing on `pack` images are one.
pub fn apply_hooks(batches: &mut Batches, hooks: &mut [Box<dyn Hook>], pack: usize, moment: &Moment) {
    hooks.iter_mut().for_each(|hook| hook.show(batches, moment));
    let view = |images: &Tensor<4>, view| viewed(images.clone(), hooks, pack, view, moment);
    *batches = Batches::new(view(&batches.real.images, View::Real), view(&batches.fake.images, View::Fake));
    hooks.iter().for_each(|hook| hook.tell(batches, moment));
    batches.named().into_iter().for_each(|(_, batch)| batch.labels = hard(&batch.told_real));
    hooks.iter().for_each(|hook| hook.soften(batches, moment));
}

/// What is due at this number of images.
fn cadence(plan: &Plan, state: &mut State, sheet: &Sheet, observer: &mut dyn Observer) -> Result<(), Halt> {
    let due = |every: u64| state.images.is_multiple_of(every);
    if due(plan.train.stats_every) {
        let means = state.tally.take_means();
        let (diversity, signs) = sheet.signs(state, &means);
        observer.stats(state.images, &means, diversity, &signs)?;
    }
    if due(plan.train.sheets_every) {
        sheet.show(state, observer)?;
    }
    if due(plan.train.checkpoint_every) {
        save(state, observer)?;
    }
    Ok(())
}

/// Hands over the state if training can go on from it; the latest checkpoint stays the last sound one.
fn save(state: &State, observer: &mut dyn Observer) -> Result<(), Halt> {
    match non_finite_tensor(state) {
        Some(quantity) => Err(diverged(state.images, quantity)),
        None => Ok(observer.checkpoint(state)?),
    }
}
