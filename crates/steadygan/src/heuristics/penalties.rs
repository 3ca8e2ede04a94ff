//! What the heuristics r1, r2, gradient-penalty and dragan have in common.

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

/// A layer that has no pull-back, in the discriminator.
const fn without_gradient(with: &'static str, instead: &'static str) -> Conflict {
    Conflict { with, why: WHY, instead }
}

/// What no exact penalty can be together with.
pub(super) static CONFLICTS: [Conflict; 5] = [
    without_gradient("batch-norm", "heuristics.batch-norm.discriminator=false"),
    without_gradient("virtual-batch-norm", "heuristics.virtual-batch-norm.discriminator=false"),
    without_gradient("instance-norm", "heuristics.instance-norm.discriminator=false"),
    without_gradient("layer-norm", "heuristics.layer-norm.discriminator=false"),
    without_gradient("minibatch-discrimination", ""),
];

/// The conflict of an exact penalty with what the discriminator is planned to have.
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

/// How a slope is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// By its gradient, exactly.
    #[default]
    Gradient,
    /// By the difference between an image and the image with a little noise: no gradients of gradients.
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
    /// The noise's standard deviation σ where it is measured by differences.
    pub deviation: f64,
    /// Real images between two times that it is computed; 0 is in every step.
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

/// The settings of a penalty that asks for a slope of 1.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct OneCentred {
    /// The weight λ, not below 0.
    pub weight: Schedule,
    /// Real images between two times that it is computed; 0 is in every step.
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

/// Where the slope is bounded, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// (γ/2)‖g‖² at reals.
    Real,
    /// (γ/2)‖g‖² at fakes.
    Fake,
    /// λ(‖g‖ − 1)² between them.
    Between,
    /// λ(‖g‖ − 1)² around reals.
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
    /// Real images between two times that it is computed, each weighing that much more; 0 is in every step.
    pub every: u64,
    /// Real images of a step.
    pub batch: usize,
}

impl Penalty {
    /// An error unless the settings are possible.
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

    /// The weight in a step: lazily (Karras et al. 2020, StyleGAN2) as often as is asked, times as much.
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
        // A point between a real and a fake is one of the real's class.
        let near = |images| Classed { images, classes: batches.real.classes.clone() };
        Some(match self.kind {
            Kind::Between => {
                let points = between(real.images, fake.images, &mut stream);
                one_centred(discriminator, near(points), weight)
            }
            Kind::Around => one_centred(discriminator, near(around(real.images, &mut stream)), weight),
            Kind::Real | Kind::Fake => {
                let images = if self.kind == Kind::Real { real } else { fake };
                match self.deviation {
                    None => zero_centred(discriminator, images, weight),
                    Some(deviation) => {
                        // What makes the two agree for a linear discriminator: γ/2 = λσ².
                        let weight = weight / (2.0 * deviation * deviation);
                        by_difference(discriminator, images, weight, deviation, &mut stream)
                    }
                }
            }
        })
    }
}

/// Images between two computations, as a recipe has it; 0 is every step.
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
