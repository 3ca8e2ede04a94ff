//! Everything that training changes.

use super::StepStats;
use crate::hook::Hook;
use crate::nn::{self, Network};
use crate::optim::Optimizer;
use crate::plan::Plan;
use crate::role::Role;
use burn::prelude::*;
use serde::{Deserialize, Serialize};

/// Everything that training changes; with the plan and the data it determines all that follows.
#[derive(Debug)]
pub struct State {
    /// The generator, `[n, latent, 1, 1]` to `[n, c, h, w]`.
    pub generator: Network,
    /// The discriminator, `[n, c, h, w]` to logits `[n, 1, 1, 1]`.
    pub discriminator: Network,
    /// The average of the generator's weights, if the plan keeps one.
    pub average: Option<Network>,
    /// The generator's optimiser.
    pub generator_optimizer: Optimizer,
    /// The discriminator's optimiser.
    pub discriminator_optimizer: Optimizer,
    /// The hooks of the heuristics that act inside a step, with their state.
    pub hooks: Vec<Box<dyn Hook>>,
    /// Real images shown to the discriminator.
    pub images: u64,
    /// Sums over the steps since the last line of stats.
    pub tally: Tally,
}

impl State {
    /// The state before the first step, with the hooks of the plan's heuristics
    /// ([`decide::hooks`](crate::decide::hooks)).
    pub fn new(plan: &Plan, hooks: Vec<Box<dyn Hook>>, device: &Device) -> Self {
        let generator = nn::generator(&plan.model, plan.seed, device);
        let discriminator = nn::discriminator(&plan.model, plan.seed, device);
        Self {
            average: plan.train.average.map(|_| generator.clone()),
            generator_optimizer: Optimizer::new(&plan.optimizer.generator, &generator, device),
            discriminator_optimizer: Optimizer::new(&plan.optimizer.discriminator, &discriminator, device),
            hooks,
            generator,
            discriminator,
            images: 0,
            tally: Tally::default(),
        }
    }

    /// The generator that sheets, samples and exports come from: the average of the weights, if there is one.
    pub fn shown_generator(&self) -> &Network {
        self.average.as_ref().unwrap_or(&self.generator)
    }

    /// One of the two networks.
    pub fn network(&self, role: Role) -> &Network {
        match role {
            Role::Generator => &self.generator,
            Role::Discriminator => &self.discriminator,
        }
    }

    /// One of the two networks, mutable.
    pub fn network_mut(&mut self, role: Role) -> &mut Network {
        match role {
            Role::Generator => &mut self.generator,
            Role::Discriminator => &mut self.discriminator,
        }
    }

    /// The generator and the discriminator, each with its name and its optimiser.
    pub(super) fn parts(&self) -> [(&'static str, &Network, &Optimizer); 2] {
        [
            ("generator", &self.generator, &self.generator_optimizer),
            ("discriminator", &self.discriminator, &self.discriminator_optimizer),
        ]
    }
}

/// Sums over steps, from which the next line of stats gets its means.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Tally {
    steps: u64,
    sums: StepStats,
}

impl Tally {
    /// The steps since the last line of stats.
    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    /// Adds a step.
    pub fn add(&mut self, step: &StepStats) {
        self.steps += 1;
        self.sums = combine(&self.sums, step, |sum, value| sum + value);
    }

    /// The means over the steps since the last call.
    pub fn take_means(&mut self) -> StepStats {
        let Self { steps, sums } = std::mem::take(self);
        combine(&sums, &sums, |sum, _| sum / steps as f64)
    }
}

fn combine(a: &StepStats, b: &StepStats, f: impl Fn(f64, f64) -> f64) -> StepStats {
    StepStats {
        loss_d: f(a.loss_d, b.loss_d),
        loss_g: f(a.loss_g, b.loss_g),
        penalty: f(a.penalty, b.penalty),
        logit_real: f(a.logit_real, b.logit_real),
        logit_fake: f(a.logit_fake, b.logit_fake),
        grad_norm_d: f(a.grad_norm_d, b.grad_norm_d),
        grad_norm_g: f(a.grad_norm_g, b.grad_norm_g),
    }
}
