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

/// Length, batches and cadences; every count is of real images shown and a multiple of a [round](TrainPlan::round).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TrainPlan {
    /// Real images shown in the whole run.
    pub images: u64,
    /// Real images of a discriminator step.
    pub batch: usize,
    /// The loss.
    pub loss: Loss,
    /// The largest absolute value of a discriminator's weight, to which larger ones are cut; 0 is no limit.
    pub clip_weights: f64,
    /// Discriminator steps before the generator's, each with reals of its own.
    pub discriminator_steps: usize,
    /// Generator steps after them.
    pub generator_steps: usize,
    /// The average of the generator's weights that images are made with.
    pub average: Option<AveragePlan>,
    /// How the discriminator is shown reals and fakes.
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
    /// What a severe finding does to the run.
    #[serde(default)]
    pub on_severe: OnSevere,
}

/// The labels of the discriminator's loss.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LabelPlan {
    /// Labels of images labelled as real.
    pub real: LabelRange,
    /// Labels of images labelled as fake.
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
    /// The probability of an exchange for each image, in [0, 1].
    pub probability: f64,
    /// What is exchanged.
    pub by: FlipBy,
}

/// What is exchanged between reals and fakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlipBy {
    /// The label of an image.
    Label,
    /// The images: the n-th of one batch with the n-th of the other.
    Image,
}

impl TrainPlan {
    /// Real images between two generator updates: of all the discriminator steps before it.
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

/// What is measured as training goes on: the distance by which the best checkpoint is chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricPlan {
    /// Which distance.
    #[serde(default)]
    pub kind: MetricKind,
    /// Images between two measurements, a multiple of a [round](TrainPlan::round). Rounded down, so that a run of five
    /// times what was asked for is measured near its end.
    pub every: u64,
    /// Fakes that are measured, and reals, if there are as many, that they are compared with.
    pub samples: usize,
    /// The feature network's name or path.
    pub network: String,
    /// The SHA-256 of its file.
    pub sha256: String,
}

impl MetricPlan {
    /// What a recipe asks for; of points nothing.
    pub(crate) fn of(recipe: &TrainRecipe, source: &str) -> Result<Option<Self>> {
        let Some(Count(every)) = recipe.metric_every.0.filter(|_| sample_shape(source).is_none()) else {
            return Ok(None);
        };
        let network = recipe.metric_network.clone();
        let sha256 = FeatureNetwork::digest(&network)?;
        Ok(Some(Self { kind: recipe.metric, every, samples: recipe.metric_samples, network, sha256 }))
    }
}

/// An average of the generator's weights (EMA): a weight's part in it halves every so many images.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AveragePlan {
    /// Images after which a weight's part has halved.
    pub half_life_images: Schedule,
    /// At first the half-life is at most this share of the images shown; 0 is no such limit.
    pub ramp: f64,
}

impl AveragePlan {
    /// The average's decay in a step that begins at `images` images and shows `shown` more.
    pub fn decay(&self, images: u64, shown: u64) -> f64 {
        let seen = (images + shown) as f64;
        let half_life = self.half_life_images.at(images);
        let half_life = if self.ramp > 0.0 { half_life.min(self.ramp * seen) } else { half_life };
        optim::decay(shown as f64, half_life)
    }
}

/// How the discriminator is shown reals and fakes. Under batch norm each form is another computation; without it the
/// first two are one, up to rounding. [When it matters](crate::heuristics::separate_batches#when-it-helps).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Batching {
    /// Both in one batch.
    Combined,
    /// A batch each, gradients summed, one optimiser step (PyTorch's example).
    SeparateOneUpdate,
    /// A batch each with an optimiser step each (Keras' `train_on_batch` twice).
    SeparateTwoUpdates,
}
