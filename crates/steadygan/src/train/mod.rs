//! Training: one straight loop over pure steps, with an [`Observer`] as the only way out of it.

mod checkpoint;
mod recorder;
mod sheet;
mod state;
mod step;

pub use checkpoint::{Checkpoint, Origin, load_checkpoint, non_finite_tensor, save_checkpoint};
pub use recorder::Recorder;
pub use state::{State, Tally};
pub use step::{NonFinite, StepStats, discriminator_step, generator_step};

use crate::data::{Dataset, Order, gather};
use crate::error::{Error, Result};
use crate::heuristics::{self, Hook};
use crate::labels::{Batches, Moment, hard};
use crate::nn::Pass;
use crate::plan::Plan;
use burn::prelude::*;
use sheet::Sheet;
use steadygan_run::Outcome;

/// What training tells the world. Every method has an empty default.
pub trait Observer {
    /// A step is done.
    fn step(&mut self, _images: u64) {}
    /// The means since the last such line, at every `stats_every` images.
    fn stats(&mut self, _images: u64, _means: &StepStats, _diversity: f64) -> Result<()> {
        Ok(())
    }
    /// The fixed latents' images as bytes `[n, c, h, w]`, at every `sheets_every` images and at the end.
    fn sheet(&mut self, _images: u64, _fakes: &[u8], _shape: [usize; 4]) -> Result<()> {
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
    let hooks = heuristics::hooks(&plan.heuristics)?;
    let sheet = Sheet::new(plan, data, device);
    let mut order = Order::new(plan.seed, data.train.count());
    if state.images == 0 {
        sheet.show(state, observer)?;
        save(state, observer)?;
    }
    while state.images < plan.train.images && !observer.wants_stop() {
        let moment = Moment { seed: plan.seed, images: state.images };
        let reals = fetch(plan, data, &mut order, moment, device);
        let stats = step(plan, state, &hooks, reals, moment, device)
            .map_err(|NonFinite { quantity }| diverged(moment.images, quantity.to_owned()))?;
        state.images += plan.train.batch as u64;
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

/// The next batch of reals as networks see them.
fn fetch(plan: &Plan, data: &Dataset, order: &mut Order, moment: Moment, device: &Device) -> Tensor<4> {
    let batch = plan.train.batch;
    let indices = order.indices(moment.images, batch);
    let mut flips = plan.data.flip.then(|| moment.stream("flip"));
    let pixels = gather(&data.train, &indices, flips.as_mut());
    let scaled: [f32; 256] = std::array::from_fn(|pixel| plan.model.range.scale(pixel as u8));
    let values: Vec<f32> = pixels.into_iter().map(|pixel| scaled[usize::from(pixel)]).collect();
    let shape = [batch, plan.model.channels, plan.model.size, plan.model.size];
    Tensor::from_data(TensorData::new(values, shape), &device.clone().inner())
}

/// One discriminator step and one generator step on the same fakes.
fn step(
    plan: &Plan,
    state: &mut State,
    hooks: &[Box<dyn Hook>],
    reals: Tensor<4>,
    moment: Moment,
    device: &Device,
) -> Result<StepStats, NonFinite> {
    let model = &plan.model;
    let latents = model.latent_distribution.sample(plan.train.batch, model.latent, &mut moment.stream("latent"));
    let latents = TensorData::new(latents, [plan.train.batch, model.latent, 1, 1]);
    let mut pass = Pass::train();
    let fakes = state.generator.forward(Tensor::from_data(latents, device), &mut pass);
    state.generator.absorb(pass);

    let mut batches = Batches::new(reals, fakes.clone().inner());
    apply_hooks(&mut batches, hooks, &moment);
    let form = plan.train.batches;
    let judged = discriminator_step(&mut state.discriminator, &mut state.discriminator_optimizer, batches, form)?;
    let fooled = generator_step(&mut state.generator, &mut state.generator_optimizer, &mut state.discriminator, fakes)?;
    Ok(StepStats { loss_g: fooled.loss, grad_norm_g: fooled.grad_norm, ..judged })
}

/// Lets the hooks act on what the discriminator is shown and told.
pub fn apply_hooks(batches: &mut Batches, hooks: &[Box<dyn Hook>], moment: &Moment) {
    hooks.iter().for_each(|hook| hook.show(batches, moment));
    hooks.iter().for_each(|hook| hook.tell(batches, moment));
    batches.named().into_iter().for_each(|(_, batch)| batch.labels = hard(&batch.told_real));
    hooks.iter().for_each(|hook| hook.soften(batches, moment));
}

/// What is due at this number of images.
fn cadence(plan: &Plan, state: &mut State, sheet: &Sheet, observer: &mut dyn Observer) -> Result<(), Halt> {
    let due = |every: u64| state.images.is_multiple_of(every);
    if due(plan.train.stats_every) {
        let diversity = sheet.diversity(state);
        observer.stats(state.images, &state.tally.take_means(), diversity)?;
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
