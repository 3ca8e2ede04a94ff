//! The two steps of GAN training, without input or output.

use crate::labels::{Batch, Batches};
use crate::loss::bce_with_logits;
use crate::nn::{Network, Pass};
use crate::optim::{Adam, Gradients};
use crate::plan::Batching;
use burn::module::Module;
use burn::prelude::*;
use serde::{Deserialize, Serialize};

/// What a step measured, or the means of several steps.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct StepStats {
    /// The discriminator's loss: mean over reals plus mean over fakes, both updates if there are two.
    pub loss_d: f64,
    /// The generator's loss.
    pub loss_g: f64,
    /// The discriminator's mean logit over reals.
    pub logit_real: f64,
    /// Its mean logit over fakes.
    pub logit_fake: f64,
    /// The norm of the discriminator's gradients (of the last update, if there are two).
    pub grad_norm_d: f64,
    /// The norm of the generator's gradients.
    pub grad_norm_g: f64,
}

/// A quantity that is not a finite number; the step stopped before the update that it would have ruined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NonFinite {
    /// Its name in [`StepStats`].
    pub quantity: &'static str,
}

fn finite(quantity: &'static str, value: f64) -> Result<f64, NonFinite> {
    if value.is_finite() { Ok(value) } else { Err(NonFinite { quantity }) }
}

/// What the discriminator is shown between two optimiser steps, for each form of `separate-batches`.
fn updates(batches: Batches, form: Batching) -> Vec<Vec<Batch>> {
    let Batches { real, fake } = batches;
    match form {
        Batching::Combined => vec![vec![Batch {
            images: Tensor::cat(vec![real.images, fake.images], 0),
            told_real: [real.told_real, fake.told_real].concat(),
            labels: [real.labels, fake.labels].concat(),
        }]],
        Batching::SeparateOneUpdate => vec![vec![real, fake]],
        Batching::SeparateTwoUpdates => vec![vec![real], vec![fake]],
    }
}

/// Moves the discriminator towards telling reals from fakes: one optimiser step on both batches, or one on
/// each, as `form` says.
///
/// The loss is binary cross-entropy of the logits against the labels, summed over all images, over the number
/// of reals: mean over reals plus mean over fakes, whichever way they are batched.
///
/// # Errors
///
/// A logit, the loss or a gradient is not finite; the weights are as after the last sound update.
pub fn discriminator_step(
    discriminator: &mut Network,
    optimizer: &mut Adam,
    batches: Batches,
    form: Batching,
) -> Result<StepStats, NonFinite> {
    let reals = batches.real.labels.len();
    let mut stats = StepStats::default();
    let mut logits = Vec::with_capacity(2 * reals);
    for update in updates(batches, form) {
        let mut gradients = Gradients::default();
        for batch in update {
            let mut pass = Pass::train();
            let judged = discriminator.logits(batch.images, &mut pass);
            discriminator.absorb(pass);
            logits.extend(judged.to_data().iter::<f32>().map(f64::from));
            check_logits(&logits, reals)?;
            let labels = TensorData::new(batch.labels, [batch.told_real.len()]);
            let labels = Tensor::from_data(labels, &judged.device().inner());
            let loss = bce_with_logits(judged, labels).sum() / reals as f32;
            stats.loss_d += finite("loss_d", f64::from(loss.clone().into_scalar::<f32>()))?;
            gradients.add(Gradients::of(discriminator, &loss.backward()));
        }
        stats.grad_norm_d = finite("grad_norm_d", gradients.norm())?;
        *discriminator = optimizer.step(std::mem::take(discriminator), &gradients);
    }
    let (of_reals, of_fakes) = logits.split_at(reals);
    (stats.logit_real, stats.logit_fake) = (mean(of_reals), mean(of_fakes));
    Ok(stats)
}

/// Reals come first in every form of `separate-batches`.
fn check_logits(logits: &[f64], reals: usize) -> Result<(), NonFinite> {
    match logits.iter().position(|logit| !logit.is_finite()) {
        None => Ok(()),
        Some(at) => Err(NonFinite { quantity: if at < reals { "logit_real" } else { "logit_fake" } }),
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// What a generator step measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fooled {
    /// The loss: the mean over the fakes of −ln σ(d).
    pub loss: f64,
    /// The norm of the generator's gradients.
    pub grad_norm: f64,
}

/// Moves the generator towards fakes that the discriminator takes for real: label 1, always.
///
/// `fakes` `[n, c, h, w]` carry the generator's graph. The discriminator's weights are constants here,
/// so that their gradients are not computed; its running statistics move, as in PyTorch's example.
///
/// # Errors
///
/// The loss or a gradient is not finite; the generator is unchanged.
pub fn generator_step(
    generator: &mut Network,
    optimizer: &mut Adam,
    discriminator: &mut Network,
    fakes: Tensor<4>,
) -> Result<Fooled, NonFinite> {
    let mut pass = Pass::train();
    let logits = discriminator.clone().no_grad().logits(fakes, &mut pass);
    discriminator.absorb(pass);
    let ones = logits.ones_like();
    let loss = bce_with_logits(logits, ones).mean();
    let value = finite("loss_g", f64::from(loss.clone().into_scalar::<f32>()))?;
    let gradients = Gradients::of(generator, &loss.backward());
    let grad_norm = finite("grad_norm_g", gradients.norm())?;
    drop(loss);
    *generator = optimizer.step(std::mem::take(generator), &gradients);
    Ok(Fooled { loss: value, grad_norm })
}
