//! The settings of both optimisers.

use super::AdamSettings;
use crate::schedule::Schedule;
use serde::{Deserialize, Serialize};

/// The two optimisers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OptimizersPlan {
    /// The generator's optimiser.
    pub generator: OptimizerPlan,
    /// The discriminator's optimiser.
    pub discriminator: OptimizerPlan,
    /// Gradients of a network whose norm is larger than this are scaled down to it; 0 is no limit.
    pub max_gradient_norm: f64,
}

/// An optimiser's settings, some of which vary over the run.
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
    /// The number that Adam adds to the root of the second moment.
    pub epsilon: f64,
}

/// An optimiser's update rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Adam: by the first two moments of the gradients.
    Adam,
    /// Stochastic gradient descent: by the gradient times the learning rate.
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
