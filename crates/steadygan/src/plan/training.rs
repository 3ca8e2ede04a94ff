//! Length, batches and cadences of a plan.

use crate::count::Count;
use crate::data::sample_shape;
use crate::error::Result;
use crate::labels::LabelRange;
use crate::loss::Loss;
use crate::metrics::FeatureNetwork;
use crate::optim;
use crate::recipe::TrainRecipe;
use crate::schedule::Schedule;
use crate::settings::{MetricKind, OnSevere};
use serde::{Deserialize, Serialize};

/// Length, batches and cadences. Every `u64` counts real images shown and is a multiple of a [round](TrainPlan::round).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TrainPlan {
    /// Real images shown in the whole run.
    pub images: u64,
    /// Real images of a discriminator step.
    pub batch: usize,
    /// The loss.
    pub loss: Loss,
    /// The discriminator's weights are clipped to this absolute value; 0 is no limit.
    pub clip_weights: f64,
    /// Discriminator steps of a round, each with its own reals.
    pub discriminator_steps: usize,
    /// Generator steps of a round, after the discriminator's.
    pub generator_steps: usize,
    /// The average of the generator's weights, if one is kept. Images are then generated with it.
    pub average: Option<AveragePlan>,
    /// How reals and fakes are batched for the discriminator.
    pub batches: Batching,
    /// The labels of the discriminator's loss.
    pub labels: LabelPlan,
    /// Images between two lines of stats.jsonl.
    pub stats_every: u64,
    /// Images between two sheets.
    pub sheets_every: u64,
    /// Images between two checkpoints.
    pub checkpoint_every: u64,
    /// Images on a sheet.
    pub sheet: usize,
    /// The effect of a severe finding on the run.
    #[serde(default)]
    pub on_severe: OnSevere,
}

/// The labels of the discriminator's loss.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LabelPlan {
    /// The label of an image that is labelled as real.
    pub real: LabelRange,
    /// The label of an image that is labelled as fake.
    pub fake: LabelRange,
    /// Wrong labels, if there are any.
    pub flips: Option<FlipPlan>,
}

impl LabelPlan {
    /// 1 for reals and 0 for fakes.
    pub const HARD: Self =
        Self { real: LabelRange { low: 1.0, high: 1.0 }, fake: LabelRange { low: 0.0, high: 0.0 }, flips: None };
}

/// Wrong labels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FlipPlan {
    /// The probability that an image is exchanged, in [0, 1].
    pub probability: f64,
    /// Whether the label or the image is exchanged.
    pub by: FlipBy,
}

/// How a wrong label comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlipBy {
    /// The label of an image is replaced by the other one.
    Label,
    /// The n-th image of the real batch is exchanged with the n-th of the fake batch.
    Image,
}

impl TrainPlan {
    /// Real images of a round: the batches of all its discriminator steps.
    pub fn round(&self) -> u64 {
        (self.batch * self.discriminator_steps) as u64
    }

    /// A count of images rounded up to whole rounds.
    pub(crate) fn in_whole_rounds(&self, images: u64) -> u64 {
        images.div_ceil(self.round()) * self.round()
    }

    /// A count of images rounded down to whole rounds, but to at least one.
    pub(crate) fn in_whole_rounds_below(&self, images: u64) -> u64 {
        (images / self.round()).max(1) * self.round()
    }

    /// The plan with every count of images rounded up to whole rounds.
    pub(crate) fn rounded_up(self) -> Self {
        Self {
            images: self.in_whole_rounds(self.images),
            stats_every: self.in_whole_rounds(self.stats_every),
            sheets_every: self.in_whole_rounds(self.sheets_every),
            checkpoint_every: self.in_whole_rounds(self.checkpoint_every),
            ..self
        }
    }
}

/// The distance that is measured during training, by which the best checkpoint is chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricPlan {
    /// Which distance.
    #[serde(default)]
    pub kind: MetricKind,
    /// Images between two measurements, a multiple of a [round](TrainPlan::round). It is rounded down, because rounded
    /// up, the last measurement of a run whose length is a multiple of it would lie beyond the run's end.
    pub every: u64,
    /// Fakes of a measurement, and reals that they are compared with, if there are as many.
    pub samples: usize,
    /// The feature network's name or path.
    pub network: String,
    /// The SHA-256 of its file.
    pub sha256: String,
}

impl MetricPlan {
    /// The measurement that a recipe asks for; `None` if it is off or the data are points.
    pub(crate) fn of(recipe: &TrainRecipe, source: &str) -> Result<Option<Self>> {
        let Some(Count(every)) = recipe.metric_every.0.filter(|_| sample_shape(source).is_none()) else {
            return Ok(None);
        };
        let network = recipe.metric_network.clone();
        let sha256 = FeatureNetwork::digest(&network)?;
        Ok(Some(Self { kind: recipe.metric, every, samples: recipe.metric_samples, network, sha256 }))
    }
}

/// An exponential moving average of the generator's weights (EMA).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AveragePlan {
    /// Images after which the part of the present weights in the average has halved.
    pub half_life_images: Schedule,
    /// The half-life is at most this share of the images shown, which matters at first; 0 is no such limit.
    pub ramp: f64,
}

impl AveragePlan {
    /// The average's decay in a round that begins at `images` images and has `round` images.
    pub fn decay(&self, images: u64, round: u64) -> f64 {
        let seen = (images + round) as f64;
        let half_life = self.half_life_images.at(images);
        let half_life = if self.ramp > 0.0 { half_life.min(self.ramp * seen) } else { half_life };
        optim::decay(round as f64, half_life)
    }
}

/// How reals and fakes are batched for the discriminator. Under batch norm the three forms compute different updates;
/// without it the first two agree up to rounding. [When it matters](crate::heuristics::separate_batches#when-it-helps).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Batching {
    /// Reals and fakes in one batch.
    Combined,
    /// A batch of reals and a batch of fakes, gradients summed, one optimiser step (PyTorch's example).
    SeparateOneUpdate,
    /// A batch of reals and a batch of fakes, each with its own optimiser step (Keras' `train_on_batch` twice).
    SeparateTwoUpdates,
}
