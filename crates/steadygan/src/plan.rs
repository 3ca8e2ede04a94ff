//! What was decided: every value spelled out, nothing implicit left.

mod check;
mod origins;

pub(crate) use check::{MAX_WEIGHTS, require, require_positive};
pub(crate) use origins::count_origin;

use crate::data::{DataPlan, sample_shape};
use crate::error::{Error, Result};
use crate::heuristics;
use crate::latent::LatentDistribution;
use crate::loss::Loss;
use crate::nn::Init;
use crate::optim::{self, AdamSettings};
use crate::pixels::PixelRange;
use crate::recipe::{LayeredRecipe, OptimizerRecipe, Recipe};
use crate::schedule::{Schedule, resolve};
use crate::weights::{Role, WeightsFile};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the plan's format.
pub const FORMAT_VERSION: u32 = 2;

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
    /// The residual family's blocks.
    pub block: Block,
    /// Height and width of the images in pixels.
    pub size: usize,
    /// 1 (grey) or 3 (colour); 2 for points of the plane.
    pub channels: usize,
    /// The generator's channels at the widest resolution; they double as the image halves. Of the family `mlp` the
    /// width of each hidden layer.
    pub width: usize,
    /// The same of the discriminator.
    pub discriminator_width: usize,
    /// Hidden layers of the family `mlp`: of the generator, of the discriminator.
    pub depth: [usize; 2],
    /// Linear pieces of each unit of the family `mlp`'s discriminator (maxout, Goodfellow et al. 2013); 0 is LeakyReLU.
    pub maxout: usize,
    /// Images that the discriminator judges together, stacked on channels.
    pub pack: usize,
    /// Length of a latent.
    pub latent: usize,
    /// What latents are drawn from.
    pub latent_distribution: LatentDistribution,
    /// The largest absolute value of a latent's coordinate when images are made after training.
    pub truncation: Option<f64>,
    /// Whether the generator's dropout and noise act when images are made after training.
    pub noise_in_sampling: bool,
    /// How the discriminator halves an image.
    pub downsampling: Downsampling,
    /// How the generator doubles an image.
    pub upsampling: Upsampling,
    /// The range of the images, real and fake.
    pub range: PixelRange,
    /// What the generator ends in.
    pub output: Output,
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

    /// Channels that the discriminator is shown at once: those of a pack.
    pub fn judged_channels(&self) -> usize {
        self.pack * self.channels
    }
}

/// What differs between the two networks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NetworkPlan {
    /// What stands between convolutions and activations.
    pub norm: Norm,
    /// The activations' slope on the negative side; 0 is ReLU.
    pub slope: f32,
    /// Whether the convolutions' weights are divided by their largest singular value.
    pub spectral_norm: bool,
    /// Whether a self-attention layer stands at the middle resolution.
    pub attention: bool,
    /// Probability of dropout after each hidden activation.
    pub dropout: f64,
    /// Standard deviation of the Gaussian noise added after each hidden activation.
    pub noise: f64,
    /// Images in a group whose standard deviation is shown to the last layer; 0 is none.
    pub minibatch_std: usize,
    /// Features that compare an image with its batch, shown to the last layer.
    pub minibatch_discrimination: Option<MinibatchDiscrimination>,
}

impl NetworkPlan {
    /// Nothing but layers and ReLU.
    pub const PLAIN: Self = Self {
        norm: Norm::None,
        slope: 0.0,
        spectral_norm: false,
        attention: false,
        dropout: 0.0,
        noise: 0.0,
        minibatch_std: 0,
        minibatch_discrimination: None,
    };
}

/// What normalises activations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Norm {
    /// Nothing; convolutions then have biases.
    None,
    /// Each channel over the batch.
    Batch,
    /// Each channel over a batch that is drawn once, and the image itself.
    VirtualBatch,
    /// Each channel of each image.
    Instance,
    /// All channels of each image together.
    Layer,
}

/// The size of minibatch discrimination (Salimans et al. 2016).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinibatchDiscrimination {
    /// Features that the last layer gets, B.
    pub features: usize,
    /// Numbers that each feature compares, C.
    pub dimensions: usize,
}

/// What the generator ends in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// Hyperbolic tangent, to (−1, 1).
    Tanh,
    /// The logistic function, to (0, 1).
    Sigmoid,
    /// Nothing: any value.
    Linear,
}

/// An architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Convolutional networks after Radford, Metz and Chintala 2016.
    Dcgan,
    /// Residual networks, of the plan's blocks.
    Resnet,
    /// Fully connected networks, for points of the plane and small images.
    Mlp,
    /// The small network for Stacked-MNIST (Metz et al. 2017, as PacGAN's code has it): 28 pixels.
    Unrolled,
}

/// The residual family's blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Block {
    /// Two 3×3 convolutions with their activations before them (Miyato et al. 2018, appendix B).
    Sngan,
    /// Without normalisation, with the initialisation that this needs (after Huang et al. 2024, R3GAN).
    NormFree,
}

/// How the discriminator halves an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Downsampling {
    /// 4×4 convolution with stride 2.
    Strided,
    /// 3×3 convolution, activation, 2×2 max pooling.
    MaxPool,
    /// 3×3 convolution, activation, 2×2 average pooling.
    AveragePool,
}

/// How the generator doubles an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Upsampling {
    /// 4×4 transposed convolution with stride 2.
    Strided,
    /// Nearest neighbour, then 3×3 convolution.
    Nearest,
    /// Bilinear interpolation, then 3×3 convolution.
    Bilinear,
    /// 3×3 convolution to four times the channels, which become 2×2 pixels each.
    PixelShuffle,
}

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
    /// Images between two lines of stats.jsonl.
    pub stats_every: u64,
    /// Images between two sheets.
    pub sheets_every: u64,
    /// Images between two checkpoints.
    pub checkpoint_every: u64,
    /// Images on a sheet.
    pub sheet: usize,
}

impl TrainPlan {
    /// Real images between two generator updates: of all the discriminator steps before it.
    pub fn round(&self) -> u64 {
        (self.batch * self.discriminator_steps) as u64
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

impl Plan {
    /// Decides a recipe for images of `channels` channels.
    ///
    /// # Errors
    ///
    /// A value is impossible; the message names the key.
    pub fn decide(layered: &LayeredRecipe, channels: usize) -> Result<Self> {
        let recipe = layered.recipe()?;
        let mut plan = Self::without_heuristics(&recipe, channels)?;
        let images = plan.train.images;
        plan.heuristics = layered.heuristics();
        plan.heuristics.values_mut().flat_map(|settings| settings.iter_mut()).for_each(|(_, v)| resolve(v, images));
        for heuristic in heuristics::chosen(&plan.heuristics)? {
            heuristic.plan(&mut plan)?;
        }
        if sample_shape(&plan.data.source).is_some() {
            // Points have no range.
            plan.model.output = Output::Linear;
        }
        override_adam(&mut plan.optimizer.generator, &recipe.optimizer.generator, images)?;
        override_adam(&mut plan.optimizer.discriminator, &recipe.optimizer.discriminator, images)?;
        plan.train = plan.train.in_rounds();
        let keys = plan.spelled_out(layered)?;
        plan.origins = keys.into_iter().map(|(key, (_, origin))| (key, origin)).collect();
        plan.check()?;
        Ok(plan)
    }

    /// Every heuristic off.
    fn without_heuristics(recipe: &Recipe, channels: usize) -> Result<Self> {
        check::batch(recipe.train.batch)?;
        let model = &recipe.model;
        Ok(Self {
            format_version: FORMAT_VERSION,
            seed: recipe.seed,
            data: DataPlan { channels: Some(channels), ..recipe.data.plan() },
            model: ModelPlan {
                family: model.family.family(&recipe.data.source),
                block: model.block,
                size: recipe.data.plan().size,
                channels,
                width: model.width,
                discriminator_width: if model.discriminator_width == 0 {
                    model.width
                } else {
                    model.discriminator_width
                },
                depth: [
                    model.depth,
                    if model.discriminator_depth == 0 { model.depth } else { model.discriminator_depth },
                ],
                maxout: model.maxout,
                pack: 1,
                latent: model.latent,
                latent_distribution: LatentDistribution::Uniform,
                truncation: None,
                noise_in_sampling: false,
                downsampling: Downsampling::MaxPool,
                upsampling: Upsampling::Nearest,
                range: PixelRange::Unit,
                output: Output::Sigmoid,
                init: Init::FanInUniform,
                generator: NetworkPlan::PLAIN,
                discriminator: NetworkPlan::PLAIN,
            },
            initial_weights: BTreeMap::new(),
            optimizer: OptimizersPlan {
                generator: AdamSettings::USUAL.into(),
                discriminator: AdamSettings::USUAL.into(),
                max_gradient_norm: 0.0,
            },
            train: TrainPlan {
                images: recipe.train.images.0,
                batch: recipe.train.batch,
                loss: Loss::NonSaturating,
                clip_weights: 0.0,
                discriminator_steps: 1,
                generator_steps: 1,
                average: None,
                batches: Batching::Combined,
                stats_every: recipe.train.stats_every.0,
                sheets_every: recipe.train.sheets_every.0,
                checkpoint_every: recipe.train.checkpoint_every.0,
                sheet: recipe.train.sheet,
            },
            heuristics: BTreeMap::new(),
            origins: BTreeMap::new(),
        })
    }

    /// The plan for `images` real images in all (rounded up to whole rounds), for resuming with more.
    pub fn with_images(mut self, images: u64) -> Self {
        self.train.images = images.div_ceil(self.train.round()) * self.train.round();
        self
    }
}

impl TrainPlan {
    /// Every count of images rounded up to whole rounds.
    fn in_rounds(self) -> Self {
        let whole = |images: u64| images.div_ceil(self.round()) * self.round();
        Self {
            images: whole(self.images),
            stats_every: whole(self.stats_every),
            sheets_every: whole(self.sheets_every),
            checkpoint_every: whole(self.checkpoint_every),
            ..self
        }
    }
}

fn override_adam(plan: &mut OptimizerPlan, recipe: &OptimizerRecipe, images: u64) -> Result<()> {
    let schedule = |asked: &toml::Value| -> Result<Schedule> {
        let mut value = asked.clone();
        resolve(&mut value, images);
        value.try_into().map_err(|error: toml::de::Error| {
            let hint = "write a number, or { from = 4e-4, to = 1e-4, over = \"50k\" }";
            Error::recipe(format!("`{asked}` is neither a number nor a schedule: {}", error.message()), hint)
        })
    };
    if let Some(lr) = &recipe.lr {
        plan.lr = schedule(lr)?;
    }
    if let Some(beta2) = &recipe.beta2 {
        plan.beta2 = schedule(beta2)?;
    }
    plan.beta1 = recipe.beta1.unwrap_or(plan.beta1);
    plan.epsilon = recipe.epsilon.unwrap_or(plan.epsilon);
    Ok(())
}
