//! Settings, conflicts and the hook of the penalties r1, r2, gradient-penalty and dragan.

use super::{Card, Conflict, Hook};
use crate::class::Classed;
use crate::count::Count;
use crate::error::{Result, require};
use crate::labels::{Batches, Moment};
use crate::nn::Network;
use crate::penalty::{around, between, by_difference, one_centred, zero_centred};
use crate::plan::{Norm, Plan};
use crate::schedule::Schedule;
use burn::Tensor;
use serde::{Deserialize, Serialize};

const WHY: &str = "under it in the discriminator an image has no gradient of its own";

/// The conflict with a heuristic whose layer has no pull-back.
const fn without_gradient(with: &'static str, instead: &'static str) -> Conflict {
    Conflict { with, why: WHY, instead }
}

/// The conflicts of a penalty that is computed from exact gradients.
pub(super) static CONFLICTS: [Conflict; 5] = [
    without_gradient("batch-norm", "heuristics.batch-norm.discriminator=false"),
    without_gradient("virtual-batch-norm", "heuristics.virtual-batch-norm.discriminator=false"),
    without_gradient("instance-norm", "heuristics.instance-norm.discriminator=false"),
    without_gradient("layer-norm", "heuristics.layer-norm.discriminator=false"),
    without_gradient("minibatch-discrimination", ""),
];

/// The conflict of a penalty from exact gradients with the planned discriminator, if it has a layer without pull-back.
pub(super) fn conflict(card: &'static Card, plan: &Plan) -> Option<&'static Conflict> {
    let discriminator = &plan.model.discriminator;
    let layer = match discriminator.norm {
        Norm::None if discriminator.minibatch_discrimination.is_some() => "minibatch-discrimination",
        Norm::None => return None,
        Norm::Batch => "batch-norm",
        Norm::VirtualBatch => "virtual-batch-norm",
        Norm::Instance => "instance-norm",
        Norm::Layer => "layer-norm",
    };
    card.conflicts.iter().find(|conflict| conflict.with == layer)
}

/// How the discriminator's slope at an image is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// Exactly, by the logit's gradient.
    #[default]
    Gradient,
    /// By the difference between the logits of an image with and without a little noise; this needs no gradients of
    /// gradients.
    Difference,
}

/// The settings of a zero-centred penalty.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct ZeroCentred {
    /// The weight γ, not below 0.
    pub gamma: Schedule,
    /// How the slope is measured.
    pub by: By,
    /// The noise's standard deviation σ, if the slope is measured by differences.
    pub deviation: f64,
    /// Real images between two steps with the penalty; 0 is every step.
    pub every: Every,
}

impl Default for ZeroCentred {
    fn default() -> Self {
        Self { gamma: Schedule::constant(10.0), by: By::Gradient, deviation: 0.01, every: Every(0) }
    }
}

impl ZeroCentred {
    pub(super) fn penalty(&self, name: &'static str, kind: Kind, plan: &Plan) -> Penalty {
        let deviation = (self.by == By::Difference).then_some(self.deviation);
        let (weight, every, batch) = (self.gamma, self.every.0, plan.train.batch);
        Penalty { name, kind, weight, deviation, every, batch }
    }

    /// [`conflict`], if the slope is measured exactly.
    pub(super) fn conflict(&self, card: &'static Card, plan: &Plan) -> Option<&'static Conflict> {
        if self.by == By::Gradient { conflict(card, plan) } else { None }
    }
}

/// The settings of a penalty that pulls the slope towards 1.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct OneCentred {
    /// The weight λ, not below 0.
    pub weight: Schedule,
    /// Real images between two steps with the penalty; 0 is every step.
    pub every: Every,
}

impl Default for OneCentred {
    fn default() -> Self {
        Self { weight: Schedule::constant(10.0), every: Every(0) }
    }
}

impl OneCentred {
    pub(super) fn penalty(&self, name: &'static str, kind: Kind, plan: &Plan) -> Penalty {
        let (weight, every, batch) = (self.weight, self.every.0, plan.train.batch);
        Penalty { name, kind, weight, deviation: None, every, batch }
    }
}

/// Where the slope is penalised, and how; g is the logit's gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// (γ/2)‖g‖² at reals.
    Real,
    /// (γ/2)‖g‖² at fakes.
    Fake,
    /// λ(‖g‖ − 1)² at points between reals and fakes.
    Between,
    /// λ(‖g‖ − 1)² at points around reals.
    Around,
}

/// A penalty in a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Penalty {
    pub name: &'static str,
    pub kind: Kind,
    pub weight: Schedule,
    /// The noise's deviation, if slopes are measured by differences.
    pub deviation: Option<f64>,
    /// Real images between two steps with the penalty; 0 is every step. With fewer such steps the weight is larger.
    pub every: u64,
    /// Real images of a step.
    pub batch: usize,
}

impl Penalty {
    /// Returns an error unless the settings are possible.
    pub(super) fn check(&self, weight_key: &str) -> Result<()> {
        let key = |setting: &str| format!("heuristics.{}.{setting}", self.name);
        let sound = |value: f64| value.is_finite() && value >= 0.0;
        require(self.weight.all(sound), &key(weight_key), self.weight, "a number not below 0")?;
        if let Some(deviation) = self.deviation {
            require(sound(deviation) && deviation > 0.0, &key("deviation"), deviation, "a positive number")?;
        }
        let whole = self.every.is_multiple_of(self.batch as u64);
        require(whole, &key("every"), self.every, &format!("a multiple of the batch ({})", self.batch))
    }

    /// The weight in a step; `None` if the penalty is not due. A penalty in every k-th step has k times the weight
    /// (lazy regularisation, Karras et al. 2020, StyleGAN2).
    fn weight_at(&self, moment: &Moment) -> Option<f64> {
        let every = self.every.max(self.batch as u64);
        let due = moment.images.is_multiple_of(every);
        due.then(|| self.weight.at(moment.images) * (every / self.batch as u64) as f64)
    }
}

impl Hook for Penalty {
    fn name(&self) -> &'static str {
        self.name
    }

    fn discriminator_penalty(&self, discriminator: &Network, batches: &Batches, moment: &Moment) -> Option<Tensor<1>> {
        let weight = self.weight_at(moment)?;
        let (real, fake) = (batches.real.classed(), batches.fake.classed());
        let mut stream = moment.stream(&format!("penalty/{}", self.name));
        // A point between a real and a fake, or around a real, gets the real's class.
        let with_real_classes = |images| Classed { images, classes: batches.real.classes.clone() };
        Some(match self.kind {
            Kind::Between => {
                let points = between(real.images, fake.images, &mut stream);
                one_centred(discriminator, with_real_classes(points), weight)
            }
            Kind::Around => one_centred(discriminator, with_real_classes(around(real.images, &mut stream)), weight),
            Kind::Real | Kind::Fake => {
                let images = if self.kind == Kind::Real { real } else { fake };
                match self.deviation {
                    None => zero_centred(discriminator, images, weight),
                    Some(deviation) => {
                        // With γ/2 = λσ² both ways agree for a linear discriminator.
                        let weight = weight / (2.0 * deviation * deviation);
                        by_difference(discriminator, images, weight, deviation, &mut stream)
                    }
                }
            }
        })
    }
}

/// A recipe's count of images that may be 0. The meaning of 0 depends on the setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "toml::Value", into = "u64")]
pub struct Every(pub u64);

impl From<Every> for u64 {
    fn from(every: Every) -> Self {
        every.0
    }
}

impl TryFrom<toml::Value> for Every {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        match value {
            toml::Value::Integer(0) => Ok(Self(0)),
            other => other.try_into::<Count>().map(|count| Self(count.0)).map_err(|error| error.message().to_owned()),
        }
    }
}
