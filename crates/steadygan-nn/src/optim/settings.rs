//! The settings of both optimisers.

use super::AdamSettings;
use crate::schedule::Schedule;
use serde::{Deserialize, Serialize};

/// The two optimisers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OptimizersPlan {
    /// The generator's.
    pub generator: OptimizerPlan,
    /// The discriminator's.
    pub discriminator: OptimizerPlan,
    /// The largest norm of a network's gradients, to which longer ones are scaled down; 0 is no limit.
    pub max_gradient_norm: f64,
}

/// An optimiser with what varies over the run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OptimizerPlan {
    /// The rule.
    pub rule: Rule,
    /// Learning rate.
    pub lr: Schedule,
    /// Adam's decay of the first moment.
    pub beta1: f64,
    /// Adam's decay of the second moment.
    pub beta2: Schedule,
    /// What Adam adds to the second moment's root.
    pub epsilon: f64,
}

/// How an optimiser moves a weight against its gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// By moments of the gradients.
    Adam,
    /// By the gradient times the learning rate.
    Sgd,
}

impl From<AdamSettings> for OptimizerPlan {
    fn from(AdamSettings { lr, beta1, beta2, epsilon }: AdamSettings) -> Self {
        let (lr, beta2) = (Schedule::constant(lr), Schedule::constant(beta2));
        Self { rule: Rule::Adam, lr, beta1, beta2, epsilon }
    }
}

impl OptimizerPlan {
    /// Adam's settings after `images` images.
    pub fn adam_at(&self, images: u64) -> AdamSettings {
        AdamSettings { lr: self.lr.at(images), beta1: self.beta1, beta2: self.beta2.at(images), epsilon: self.epsilon }
    }
}
