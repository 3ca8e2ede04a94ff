//! What was decided: every value spelled out, nothing implicit left.

mod check;
mod origins;

pub(crate) use check::{MAX_WEIGHTS, require, require_positive};
pub(crate) use origins::count_origin;

use crate::data::DataPlan;
use crate::error::Result;
use crate::heuristics;
use crate::latent::LatentDistribution;
use crate::nn::Init;
use crate::optim::AdamSettings;
use crate::pixels::PixelRange;
use crate::recipe::{LayeredRecipe, OptimizerRecipe, Recipe};
use crate::weights::{Role, WeightsFile};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the plan's format.
pub const FORMAT_VERSION: u32 = 1;

/// Everything that a run depends on. Two runs with equal plans and equal data are equal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// [`FORMAT_VERSION`] of the program that wrote it.
    pub format_version: u32,
    /// The seed of every random stream.
    pub seed: u64,
    /// What to read and how.
    pub data: DataPlan,
    /// The two networks.
    pub model: ModelPlan,
    /// The files that networks start from; one that is not here starts from `model.init`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub initial_weights: BTreeMap<Role, WeightsFile>,
    /// The two optimisers.
    pub optimizer: OptimizersPlan,
    /// Length, batches and cadences.
    pub train: TrainPlan,
    /// The heuristics that are on, with their settings.
    pub heuristics: BTreeMap<String, toml::Table>,
    /// Where each recipe key's value came from.
    pub origins: BTreeMap<String, String>,
}

/// The two networks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelPlan {
    /// Architecture.
    pub family: Family,
    /// Height and width of the images in pixels.
    pub size: usize,
    /// 1 (grey) or 3 (colour).
    pub channels: usize,
    /// Channels at the widest resolution; they double as the image halves.
    pub width: usize,
    /// Length of a latent.
    pub latent: usize,
    /// What latents are drawn from.
    pub latent_distribution: LatentDistribution,
    /// How the discriminator halves an image.
    pub downsampling: Downsampling,
    /// How the generator doubles an image.
    pub upsampling: Upsampling,
    /// The range of the images, real and fake.
    pub range: PixelRange,
    /// Initial weights.
    pub init: Init,
    /// The generator's layers.
    pub generator: NetworkPlan,
    /// The discriminator's layers.
    pub discriminator: NetworkPlan,
}

impl ModelPlan {
    /// Values of one image.
    pub fn image_len(&self) -> usize {
        self.channels * self.size * self.size
    }
}

/// What differs between the two networks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NetworkPlan {
    /// Whether batch norm stands between convolutions and activations; without it convolutions have biases.
    pub batch_norm: bool,
    /// The activations' slope on the negative side; 0 is ReLU.
    pub slope: f32,
}

/// An architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Convolutional networks after Radford, Metz and Chintala 2016.
    Dcgan,
}

/// How the discriminator halves an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Downsampling {
    /// 4×4 convolution with stride 2.
    Strided,
    /// 3×3 convolution, activation, 2×2 max pooling.
    MaxPool,
}

/// How the generator doubles an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Upsampling {
    /// 4×4 transposed convolution with stride 2.
    Strided,
    /// Nearest neighbour, then 3×3 convolution.
    Nearest,
}

/// The two optimisers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OptimizersPlan {
    /// The generator's.
    pub generator: AdamSettings,
    /// The discriminator's.
    pub discriminator: AdamSettings,
}

/// Length, batches and cadences; every count is of real images shown and a multiple of the batch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TrainPlan {
    /// Real images shown in the whole run.
    pub images: u64,
    /// Real images of a step.
    pub batch: usize,
    /// How the discriminator is shown reals and fakes.
    pub batches: Batching,
    /// Images between two lines of stats.jsonl.
    pub stats_every: u64,
    /// Images between two sheets.
    pub sheets_every: u64,
    /// Images between two checkpoints.
    pub checkpoint_every: u64,
    /// Images on a sheet.
    pub sheet: usize,
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

impl Plan {
    /// Decides a recipe for images of `channels` channels.
    ///
    /// # Errors
    ///
    /// A value is impossible; the message names the key.
    pub fn decide(layered: &LayeredRecipe, channels: usize) -> Result<Self> {
        let recipe = layered.recipe()?;
        let mut plan = Self::without_heuristics(&recipe, channels)?;
        for heuristic in heuristics::chosen(&layered.heuristics())? {
            heuristic.plan(&mut plan)?;
        }
        override_adam(&mut plan.optimizer.generator, &recipe.optimizer.generator);
        override_adam(&mut plan.optimizer.discriminator, &recipe.optimizer.discriminator);
        plan.heuristics = layered.heuristics();
        let keys = plan.spelled_out(layered)?;
        plan.origins = keys.into_iter().map(|(key, (_, origin))| (key, origin)).collect();
        plan.check()?;
        Ok(plan)
    }

    /// Every heuristic off.
    fn without_heuristics(recipe: &Recipe, channels: usize) -> Result<Self> {
        check::batch(recipe.train.batch)?;
        let batch = recipe.train.batch as u64;
        let steps = |images: u64| images.div_ceil(batch) * batch;
        let plain = NetworkPlan { batch_norm: false, slope: 0.0 };
        Ok(Self {
            format_version: FORMAT_VERSION,
            seed: recipe.seed,
            data: DataPlan { channels: Some(channels), ..recipe.data.plan() },
            model: ModelPlan {
                family: recipe.model.family,
                size: recipe.data.size,
                channels,
                width: recipe.model.width,
                latent: recipe.model.latent,
                latent_distribution: LatentDistribution::Uniform,
                downsampling: Downsampling::MaxPool,
                upsampling: Upsampling::Nearest,
                range: PixelRange::Unit,
                init: Init::FanInUniform,
                generator: plain,
                discriminator: plain,
            },
            initial_weights: BTreeMap::new(),
            optimizer: OptimizersPlan { generator: AdamSettings::USUAL, discriminator: AdamSettings::USUAL },
            train: TrainPlan {
                images: steps(recipe.train.images.0),
                batch: recipe.train.batch,
                batches: Batching::Combined,
                stats_every: steps(recipe.train.stats_every.0),
                sheets_every: steps(recipe.train.sheets_every.0),
                checkpoint_every: steps(recipe.train.checkpoint_every.0),
                sheet: recipe.train.sheet,
            },
            heuristics: BTreeMap::new(),
            origins: BTreeMap::new(),
        })
    }

    /// The plan for `images` real images in all (rounded up to whole batches), for resuming with more.
    pub fn with_images(mut self, images: u64) -> Self {
        let batch = self.train.batch as u64;
        self.train.images = images.div_ceil(batch) * batch;
        self
    }
}

fn override_adam(plan: &mut AdamSettings, recipe: &OptimizerRecipe) {
    let fields = [
        (&mut plan.lr, recipe.lr),
        (&mut plan.beta1, recipe.beta1),
        (&mut plan.beta2, recipe.beta2),
        (&mut plan.epsilon, recipe.epsilon),
    ];
    for (planned, asked) in fields {
        if let Some(value) = asked {
            *planned = value;
        }
    }
}
