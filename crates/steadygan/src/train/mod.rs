//! Training: a loop over steps that neither read nor write files. Everything that the loop reports goes to an
//! [`Observer`].

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

/// Receives what training reports. Every method has an empty default.
pub trait Observer {
    /// A round is done.
    fn step(&mut self, _images: u64) {}
    /// A line of stats, at every `stats_every` images: the means over the steps since the last line, the mean distance
    /// between fakes divided by the mean distance between reals, and the signs.
    fn stats(&mut self, _images: u64, _means: &StepStats, _diversity: f64, _signs: &Signs) -> Result<()> {
        Ok(())
    }
    /// A finding began, got more severe or ended. Training itself never calls this; a run with a
    /// [doctor](crate::diagnose::Doctor) does.
    fn finding(&mut self, _finding: &Finding) -> Result<()> {
        Ok(())
    }
    /// How the points from the fixed latents are spread over the modes of a mixture, at every `sheets_every` images and
    /// at the end, before the sheet.
    fn modes(&mut self, _images: u64, _modes: &Modes) -> Result<()> {
        Ok(())
    }
    /// A picture of the fakes from the fixed latents, before the first step, at every `sheets_every` images and at the
    /// end.
    fn sheet(&mut self, _images: u64, _fakes: &DynamicImage) -> Result<()> {
        Ok(())
    }
    /// The distance of the fakes from the reals, and the state that made the fakes, at the plan's cadence.
    fn distance(&mut self, _state: &State, _distance: &Distance) -> Result<()> {
        Ok(())
    }
    /// The whole state, before the first step, at every `checkpoint_every` images and at the end.
    fn checkpoint(&mut self, _state: &State) -> Result<()> {
        Ok(())
    }
    /// Whether to stop after this round.
    fn wants_stop(&self) -> bool {
        false
    }
}

/// Trains until the plan's images are shown, the observer wants to stop, or a quantity is not finite.
///
/// # Errors
///
/// The observer returned an error (a disk is full, say). The state is the state after the last round.
pub fn train(
    plan: &Plan,
    data: &Dataset,
    state: &mut State,
    device: &Device,
    observer: &mut dyn Observer,
) -> Result<Outcome> {
    match train_rounds(plan, data, state, device, observer) {
        Ok(outcome) | Err(Halt::Diverged(outcome)) => Ok(outcome),
        Err(Halt::Failed(error)) => Err(error),
    }
}

/// A reason to end the loop early.
enum Halt {
    /// A value that is not finite.
    Diverged(Outcome),
    /// The observer returned an error.
    Failed(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The loop over rounds.
fn train_rounds(
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
        report_due(plan, state, &probe, compared.as_ref(), observer)?;
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

/// Sets the reference batch of a discriminator that needs one: the first reals of the training order.
fn set_reference(plan: &Plan, data: &Dataset, state: &mut State, device: &Device) {
    let Some(reference) = state.discriminator.reference() else { return };
    let [packs, channels, height, width] = reference.dims();
    let reals = first_training_samples(&data.train, plan.seed, packs * plan.model.pack).to_values(plan.model.range);
    // With fewer images than the reference batch needs, the images repeat.
    let values: Vec<f32> = reals.iter().copied().cycle().take(packs * channels * height * width).collect();
    let values = TensorData::new(values, [packs, channels, height, width]);
    state.discriminator.set_reference(Tensor::from_data(values, device));
}

/// Reports to the observer whatever is due at this number of images.
fn report_due(
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
        check_finite(state)?;
        observer.distance(state, &compared.measure(state)?)?;
    }
    if due(plan.train.checkpoint_every) {
        save(state, observer)?;
    }
    Ok(())
}

/// Passes the state on as a checkpoint if all its values are finite, so that training can go on from every checkpoint.
fn save(state: &State, observer: &mut dyn Observer) -> Result<(), Halt> {
    check_finite(state)?;
    Ok(observer.checkpoint(state)?)
}

/// Returns `Diverged` if a value of the state is not finite.
fn check_finite(state: &State) -> Result<(), Halt> {
    non_finite_tensor(state).map_or(Ok(()), |quantity| Err(diverged(state.images, quantity)))
}
