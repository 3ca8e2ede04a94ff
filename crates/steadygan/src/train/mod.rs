//! Training: one straight loop over pure steps, with an [`Observer`] as the only way out of it.

mod checkpoint;
mod distance;
mod events;
mod probe;
mod recorder;
mod round;
mod signs;
mod state;
mod step;

pub use checkpoint::{Checkpoint, Provenance, load_checkpoint, non_finite_tensor, save_checkpoint, with_digest};
pub use distance::{Distance, untrained_distance};
pub use probe::untrained_energy;
pub use recorder::Recorder;
pub use round::{labelled_batches, packed};
pub use state::{State, Tally};
pub use step::{GeneratorStats, MakeReals, NonFinite, Rules, StepStats, discriminator_step, generator_step};

use crate::data::{Dataset, Order, first_training_samples};
use crate::error::{Error, Result};
use crate::labels::Moment;
use crate::metrics::modes::Modes;
use crate::pictures::DynamicImage;
use crate::plan::Plan;
use burn::prelude::*;
use distance::Compared;
use probe::Probe;
use round::fetch;
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
    /// How far the fakes are from the reals, with the state that made them, at the plan's cadence.
    fn distance(&mut self, _state: &State, _distance: &Distance) -> Result<()> {
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
    let probe = Probe::new(plan, data, device);
    let compared = Compared::new(plan, data, device);
    let mut order = Order::new(plan.seed, data.train.count());
    if state.images == 0 {
        set_reference(plan, data, state, device);
        probe.show(state, observer)?;
        save(state, observer)?;
    }
    while state.images < plan.train.images && !observer.wants_stop() {
        let reals = |moment: Moment| fetch(plan, data, &mut order, moment, device);
        let stats = round::round(plan, state, reals, device)
            .map_err(|NonFinite { quantity }| diverged(state.images, quantity.to_owned()))?;
        state.images += plan.train.round();
        state.tally.add(&stats);
        observer.step(state.images);
        cadence(plan, state, &probe, compared.as_ref(), observer)?;
    }
    if !state.images.is_multiple_of(plan.train.sheets_every) {
        probe.show(state, observer)?;
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
    let reals = first_training_samples(&data.train, plan.seed, packs * plan.model.pack).to_values(plan.model.range);
    // Of few images each stands several times.
    let values: Vec<f32> = reals.iter().copied().cycle().take(packs * channels * height * width).collect();
    let values = TensorData::new(values, [packs, channels, height, width]);
    state.discriminator.set_reference(Tensor::from_data(values, device));
}

/// What is due at this number of images.
fn cadence(
    plan: &Plan,
    state: &mut State,
    probe: &Probe,
    compared: Option<&Compared>,
    observer: &mut dyn Observer,
) -> Result<(), Halt> {
    let due = |every: u64| state.images.is_multiple_of(every);
    if due(plan.train.stats_every) {
        let means = state.tally.take_means();
        let (diversity, signs) = probe.signs(state, &means);
        observer.stats(state.images, &means, diversity, &signs)?;
    }
    if due(plan.train.sheets_every) {
        probe.show(state, observer)?;
    }
    if let Some(compared) = compared.filter(|compared| compared.is_due(state.images)) {
        sound(state)?;
        observer.distance(state, &compared.measure(state)?)?;
    }
    if due(plan.train.checkpoint_every) {
        save(state, observer)?;
    }
    Ok(())
}

/// Hands over the state if training can go on from it; the latest checkpoint stays the last sound one.
fn save(state: &State, observer: &mut dyn Observer) -> Result<(), Halt> {
    sound(state)?;
    Ok(observer.checkpoint(state)?)
}

/// Whether training can go on from the state: it has diverged if a value in it is not finite.
fn sound(state: &State) -> Result<(), Halt> {
    non_finite_tensor(state).map_or(Ok(()), |quantity| Err(diverged(state.images, quantity)))
}
