//! The two steps of GAN training. They read and write no files.

use crate::class::{Classed, cross_entropy};
use crate::hook::Hook;
use crate::labels::{Batch, Batches, Moment};
use crate::loss::Loss;
use crate::nn::{Network, Pass, clamped};
use crate::optim::{Gradients, Optimizer};
use crate::plan::{Batching, Plan};
use crate::role::Role;
use burn::module::Module;
use burn::prelude::*;
use serde::{Deserialize, Serialize};

/// Measurements of a step, or means over several steps.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct StepStats {
    /// The discriminator's loss without penalties: mean over reals plus mean over fakes (from both updates, if there
    /// are two).
    pub loss_d: f64,
    /// The generator's loss without the terms that heuristics add.
    pub loss_g: f64,
    /// The terms that heuristics add to the discriminator's loss.
    pub penalty: f64,
    /// The discriminator's mean logit over reals.
    pub logit_real: f64,
    /// The discriminator's mean logit over fakes.
    pub logit_fake: f64,
    /// The norm of the discriminator's gradients (of the last update, if there are two).
    pub grad_norm_d: f64,
    /// The norm of the generator's gradients.
    pub grad_norm_g: f64,
}

/// A quantity that is not a finite number. The step ended before the update that would have used it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NonFinite {
    /// The quantity's name in [`StepStats`].
    pub quantity: &'static str,
}

fn finite(quantity: &'static str, value: f64) -> Result<f64, NonFinite> {
    if value.is_finite() { Ok(value) } else { Err(NonFinite { quantity }) }
}

/// A loss's value.
fn value_of(quantity: &'static str, loss: &Tensor<1>) -> Result<f64, NonFinite> {
    finite(quantity, f64::from(loss.clone().into_scalar::<f32>()))
}

/// How the two networks are trained, apart from their optimisers.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// The loss.
    pub loss: Loss,
    /// How reals and fakes are batched for the discriminator.
    pub batching: Batching,
    /// The largest norm of a network's gradients; 0 is no limit.
    pub max_gradient_norm: f64,
    /// The largest absolute value of a discriminator's weight; 0 is no limit.
    pub clip_weights: f64,
    /// The weight of the auxiliary classifier's loss in both networks' losses, if there is a classifier.
    pub class_weight: f64,
    /// The moment, for the hooks' random streams.
    pub moment: Moment,
}

impl Rules {
    /// Cross-entropy with the non-saturating loss of the generator, and no limits.
    pub fn plain(batching: Batching) -> Self {
        let moment = Moment { seed: 0, images: 0 };
        let loss = Loss::NonSaturating;
        Self { loss, batching, max_gradient_norm: 0.0, clip_weights: 0.0, class_weight: 0.0, moment }
    }

    /// The rules of a plan.
    pub fn of(plan: &Plan, moment: Moment) -> Self {
        Self {
            loss: plan.train.loss,
            batching: plan.train.batches,
            max_gradient_norm: plan.optimizer.max_gradient_norm,
            clip_weights: plan.train.clip_weights,
            class_weight: plan.model.conditioning.map_or(0.0, |how| how.weight),
            moment,
        }
    }

    /// The batches of each optimiser step, for each form of `separate-batches`.
    fn updates(&self, batches: Batches) -> Vec<Vec<Batch>> {
        let Batches { real, fake } = batches;
        match self.batching {
            Batching::Combined => vec![vec![Batch {
                images: Tensor::cat(vec![real.images, fake.images], 0),
                classes: [real.classes, fake.classes].concat(),
                labels: [real.labels, fake.labels].concat(),
            }]],
            Batching::SeparateOneUpdate => vec![vec![real, fake]],
            Batching::SeparateTwoUpdates => vec![vec![real], vec![fake]],
        }
    }

    /// The weighted loss of the auxiliary classifier on the first `count` images of a pass; `None` without a
    /// classifier.
    fn class_loss(&self, pass: &mut Pass, classes: &[usize], count: usize) -> Option<Tensor<1>> {
        let count = count.min(classes.len());
        let logits = pass.take_class_logits().filter(|_| count > 0)?;
        Some(cross_entropy(logits.narrow(0, 0, count), &classes[..count]).mean() * self.class_weight)
    }
}

/// Trains the discriminator to tell reals from fakes: one optimiser step on both batches, or one on each, as
/// `rules.batching` says.
///
/// The loss is the sum over all images of each logit's loss against its label, divided by the number of reals: mean
/// over reals plus mean over fakes, however they are batched. A relative loss is the mean over pairs. The hooks'
/// penalties are part of the first update.
///
/// # Errors
///
/// A logit, the loss or a gradient is not finite; the weights keep the last finite update.
pub fn discriminator_step(
    discriminator: &mut Network,
    optimizer: &mut Optimizer,
    batches: Batches,
    rules: &Rules,
    hooks: &mut [Box<dyn Hook>],
) -> Result<StepStats, NonFinite> {
    let mut step =
        DiscriminatorStep { rules, reals: batches.real.labels.len(), stats: StepStats::default(), logits: Vec::new() };
    let all = batches.clone();
    discriminator.iterate_spectral_norms();
    for (number, update) in rules.updates(batches).into_iter().enumerate() {
        let mut gradients = step.loss_gradients(discriminator, update)?;
        if number == 0 {
            step.penalise(discriminator, &all, hooks, &mut gradients)?;
        }
        let norm = apply_gradients(discriminator, optimizer, gradients, (Role::Discriminator, rules), hooks);
        step.stats.grad_norm_d = finite("grad_norm_d", norm)?;
    }
    let (real_logits, fake_logits) = step.logits.split_at(step.reals);
    hooks.iter_mut().for_each(|hook| hook.after_logits(real_logits, fake_logits, &rules.moment));
    (step.stats.logit_real, step.stats.logit_fake) = (mean(real_logits), mean(fake_logits));
    Ok(step.stats)
}

/// A discriminator step in progress.
struct DiscriminatorStep<'a> {
    rules: &'a Rules,
    reals: usize,
    stats: StepStats,
    logits: Vec<f64>,
}

impl DiscriminatorStep<'_> {
    /// The gradients of the loss on an update's batches. Unless the loss compares logits, each batch is its own graph,
    /// so that only one batch's activations are held at a time.
    fn loss_gradients(&mut self, discriminator: &mut Network, update: Vec<Batch>) -> Result<Gradients, NonFinite> {
        let together = self.rules.loss.is_relative();
        let mut gradients = Gradients::default();
        let (mut waiting, mut terms) = (Vec::new(), Vec::new());
        for batch in update {
            let noise = self.rules.moment.stream(&format!("noise/{}", self.logits.len()));
            let mut pass = Pass::train().with_noise(noise).with_classes(&batch.classes);
            let logits = discriminator.logits(batch.images, &mut pass);
            // Reals come first. The classifier is trained on reals only, because on fakes it would learn to recognise
            // classes by artefacts.
            let reals = self.reals.saturating_sub(self.logits.len());
            let class_loss = self.rules.class_loss(&mut pass, &batch.classes, reals);
            discriminator.absorb(pass);
            self.logits.extend(logits.to_data().iter::<f32>().map(f64::from));
            check_logits(&self.logits, self.reals)?;
            if together {
                waiting.push(logits);
                terms.extend(class_loss);
                continue;
            }
            let count = batch.labels.len();
            let labels = TensorData::new(batch.labels, [count]);
            let labels = Tensor::from_data(labels, &logits.device().inner());
            let loss = self.rules.loss.of_each(logits, labels).sum() / self.reals as f32;
            gradients.add(self.gradients_with(discriminator, loss, class_loss)?);
        }
        if together {
            let logits = Tensor::cat(waiting, 0);
            let (real, fake) = (logits.clone().narrow(0, 0, self.reals), logits.narrow(0, self.reals, self.reals));
            gradients.add(self.gradients_with(discriminator, self.rules.loss.discriminator(real, fake), terms)?);
        }
        Ok(gradients)
    }

    /// The gradients of the loss plus `terms`.
    fn gradients_with(
        &mut self,
        discriminator: &Network,
        mut loss: Tensor<1>,
        terms: impl IntoIterator<Item = Tensor<1>>,
    ) -> Result<Gradients, NonFinite> {
        self.stats.loss_d += value_of("loss_d", &loss)?;
        for term in terms {
            self.stats.penalty += value_of("penalty", &term)?;
            loss = loss + term;
        }
        Ok(Gradients::of(discriminator, &loss.backward()))
    }

    fn penalise(
        &mut self,
        discriminator: &Network,
        batches: &Batches,
        hooks: &[Box<dyn Hook>],
        gradients: &mut Gradients,
    ) -> Result<(), NonFinite> {
        for penalty in
            hooks.iter().filter_map(|hook| hook.discriminator_penalty(discriminator, batches, &self.rules.moment))
        {
            self.stats.penalty += value_of("penalty", &penalty)?;
            gradients.add(Gradients::of(discriminator, &penalty.backward()));
        }
        Ok(())
    }
}

/// Lets the hooks change the gradients and, if their norm is finite, clips them and takes the optimiser's step. Returns
/// the norm before clipping.
fn apply_gradients(
    network: &mut Network,
    optimizer: &mut Optimizer,
    mut gradients: Gradients,
    (role, rules): (Role, &Rules),
    hooks: &mut [Box<dyn Hook>],
) -> f64 {
    hooks.iter_mut().for_each(|hook| hook.change_gradients(role, network, &mut gradients));
    let norm = gradients.norm();
    if norm.is_finite() {
        if rules.max_gradient_norm > 0.0 {
            gradients.clip(norm, rules.max_gradient_norm);
        }
        *network = optimizer.step(std::mem::take(network), &gradients);
        if role == Role::Discriminator && rules.clip_weights > 0.0 {
            *network = clamped(std::mem::take(network), rules.clip_weights);
        }
    }
    norm
}

/// Returns an error if a logit is not finite. Reals come first in every form of `separate-batches`.
fn check_logits(logits: &[f64], reals: usize) -> Result<(), NonFinite> {
    match logits.iter().position(|logit| !logit.is_finite()) {
        None => Ok(()),
        Some(at) => Err(NonFinite { quantity: if at < reals { "logit_real" } else { "logit_fake" } }),
    }
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Makes a batch of reals as the discriminator gets them (augmented, packed). Only losses and hooks that compare fakes
/// with reals call it.
pub type MakeReals<'a> = &'a dyn Fn(&[Box<dyn Hook>]) -> Classed;

/// Measurements of a generator step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GeneratorStats {
    /// The loss without the terms that hooks add.
    pub loss: f64,
    /// The norm of the generator's gradients.
    pub grad_norm: f64,
}

/// Trains the generator so that the discriminator classifies its fakes as real: their label is always 1.
///
/// `fakes` are augmented and packed, as the discriminator gets them, and carry the generator's graph. `reals` makes
/// such reals for relative losses and feature matching. The discriminator's weights are constants, so that their
/// gradients are not computed. Its running statistics move, as in PyTorch's example, unless a hook replaces it by
/// another opponent. An auxiliary classifier adds its loss on the fakes.
///
/// # Errors
///
/// The loss or a gradient is not finite; the generator is unchanged.
pub fn generator_step(
    generator: &mut Network,
    optimizer: &mut Optimizer,
    discriminator: &mut Network,
    (fakes, reals): (Classed, MakeReals<'_>),
    rules: &Rules,
    hooks: &mut [Box<dyn Hook>],
) -> Result<GeneratorStats, NonFinite> {
    generator.iterate_spectral_norms();
    let replacement = hooks.iter().find_map(|hook| hook.opponent()).cloned();
    let is_replaced = replacement.is_some();
    let opponent = replacement.unwrap_or_else(|| discriminator.clone()).no_grad();
    let mut pass = Pass::train().with_noise(rules.moment.stream("noise/generator")).with_classes(&fakes.classes);
    let logits = opponent.logits(fakes.images.clone(), &mut pass);
    let class_loss = rules.class_loss(&mut pass, &fakes.classes, fakes.classes.len());
    if !is_replaced {
        discriminator.absorb(pass);
    }
    let reals = || reals(hooks);
    let real_logits = || {
        let Classed { images, classes } = reals();
        opponent.logits(images, &mut Pass::train().with_classes(&classes)).detach()
    };
    let mut loss = rules.loss.generator(logits, real_logits);
    let value = value_of("loss_g", &loss)?;
    for term in
        class_loss.into_iter().chain(hooks.iter().filter_map(|hook| hook.generator_penalty(&opponent, &fakes, &reals)))
    {
        loss = loss + term;
    }
    drop(fakes);
    let gradients = Gradients::of(generator, &loss.backward());
    drop((loss, opponent));
    let grad_norm = apply_gradients(generator, optimizer, gradients, (Role::Generator, rules), hooks);
    Ok(GeneratorStats { loss: value, grad_norm: finite("grad_norm_g", grad_norm)? })
}
