//! The recipe: TOML in layers. For each key the origin of its value is kept.

mod auto;
mod keys;
mod layers;
mod presets;

pub use crate::count::{Cadence, Count};
pub use keys::Vocabulary;
pub use layers::{LayeredRecipe, line_of};
pub use presets::PRESETS;

use crate::data::{DataPlan, Fit, sample_shape};
use crate::error::Result;
use crate::metrics::network::DEFAULT_NETWORK;
use crate::nn::{Block, Family};
use crate::settings::{MetricKind, OnSevere};
use serde::de::Deserializer;
use serde::{Deserialize, Serialize};

/// The recipe used when the user names none.
pub const EMBEDDED: &str = include_str!("recipe/embedded.toml");

/// The base recipe of a study of points that names no base recipe.
pub const POINTS: &str = include_str!("recipe/points.toml");

/// Every key of a recipe except the heuristics, which the catalogue defines.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Recipe {
    /// The seed of every random stream.
    pub seed: u64,
    /// The data source and how its images are prepared.
    pub data: DataRecipe,
    /// The networks.
    pub model: ModelRecipe,
    /// The run's length, batches and cadences.
    pub train: TrainRecipe,
    /// Settings of the optimisers; they take precedence over the heuristic `adam`.
    pub optimizer: OptimizersRecipe,
}

/// `[data]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct DataRecipe {
    /// `embedded` (Fashion-MNIST's 10,000 test images), `ring` or `grid` (points), or the path of a folder or
    /// an archive of images, a file of arrays, or a pack.
    pub source: String,
    /// Height and width in pixels.
    pub size: usize,
    /// 1 or 3; with "auto", images are grey if every image of the source is.
    #[serde(with = "auto")]
    pub channels: Option<Channels>,
    /// The share of the images that are held out of training, chosen by content.
    pub holdout: f64,
    /// The background of transparent images, and of padded ones: red, green, blue.
    pub background: [u8; 3],
    /// How images that are not square become squares: "crop", "pad" or "stretch".
    pub fit: Fit,
    /// Whether reals are mirrored with probability one half.
    pub flip: bool,
}

impl Default for DataRecipe {
    fn default() -> Self {
        Self {
            source: "embedded".into(),
            size: 32,
            channels: None,
            holdout: 0.1,
            background: [255; 3],
            fit: Fit::Crop,
            flip: false,
        }
    }
}

impl DataRecipe {
    /// The plan for the data.
    pub fn plan(&self) -> DataPlan {
        let channels = self.channels.map(usize::from);
        // The shape of points does not depend on the recipe.
        let (channels, size) = match sample_shape(&self.source) {
            Some([channels, size, _]) => (Some(channels), size),
            None => (channels, self.size),
        };
        DataPlan {
            source: self.source.clone(),
            size,
            channels,
            holdout: self.holdout,
            background: self.background,
            fit: self.fit,
            flip: self.flip,
        }
    }
}

/// The number of channels that images are converted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "toml::Value", into = "usize")]
pub enum Channels {
    /// One.
    Grey,
    /// Three.
    Colour,
}

impl From<Channels> for usize {
    fn from(channels: Channels) -> Self {
        match channels {
            Channels::Grey => 1,
            Channels::Colour => 3,
        }
    }
}

impl TryFrom<toml::Value> for Channels {
    type Error = &'static str;

    fn try_from(channels: toml::Value) -> Result<Self, Self::Error> {
        match channels.as_integer() {
            Some(1) => Ok(Self::Grey),
            Some(3) => Ok(Self::Colour),
            _ => Err("channels are 1, 3 or \"auto\""),
        }
    }
}

/// `[model]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct ModelRecipe {
    /// Architecture; "auto" is `dcgan` for images and `mlp` for points.
    #[serde(with = "auto")]
    pub family: Option<Family>,
    /// The blocks of the family `resnet`.
    pub block: Block,
    /// The generator's channels at the largest hidden resolution; units of a hidden layer of the family `mlp`.
    pub width: usize,
    /// The discriminator's width; 0 stands for the generator's.
    pub discriminator_width: usize,
    /// The generator's hidden layers in the family `mlp`.
    pub depth: usize,
    /// The discriminator's hidden layers; 0 stands for the generator's.
    pub discriminator_depth: usize,
    /// Linear pieces of each unit of the family `mlp`'s discriminator; 0 is LeakyReLU.
    pub maxout: usize,
    /// Length of a latent.
    pub latent: usize,
    /// Weights to start from: paths of files of weights or of folders of exports. A network without a file starts from
    /// random weights, drawn by the rule of the plan's heuristics.
    #[serde(deserialize_with = "one_or_many")]
    pub weights: Vec<String>,
}

impl Default for ModelRecipe {
    fn default() -> Self {
        Self {
            family: None,
            block: Block::Sngan,
            width: 32,
            discriminator_width: 0,
            depth: 3,
            discriminator_depth: 0,
            maxout: 0,
            latent: 100,
            weights: Vec::new(),
        }
    }
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "neither a path nor a list of paths")]
    enum Paths {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Paths::deserialize(deserializer)? {
        Paths::One(path) => vec![path],
        Paths::Many(paths) => paths,
    })
}

/// `[train]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct TrainRecipe {
    /// Real images shown in the whole run.
    pub images: Count,
    /// Real images of a step.
    pub batch: usize,
    /// Images between two lines of stats.jsonl.
    pub stats_every: Count,
    /// Images between two sheets.
    pub sheets_every: Count,
    /// Images between two checkpoints.
    pub checkpoint_every: Count,
    /// Images on a sheet.
    pub sheet: usize,
    /// The effect of a severe finding on the run: "warn", "stop" or "rollback".
    pub on_severe: OnSevere,
    /// The distance that is measured during training: "kernel-distance" or "frechet-distance".
    pub metric: MetricKind,
    /// Images between two measurements, or "off". Points are not measured.
    pub metric_every: Cadence,
    /// Fakes of a measurement, and reals that they are compared with.
    pub metric_samples: usize,
    /// The feature network of the distance: `efficientnet-lite0`, `digits`, `fashion`, or the path of an ONNX file with
    /// its description.
    pub metric_network: String,
}

impl Default for TrainRecipe {
    fn default() -> Self {
        Self {
            images: Count(100_000),
            batch: 64,
            stats_every: Count(1_000),
            sheets_every: Count(10_000),
            checkpoint_every: Count(10_000),
            sheet: 64,
            on_severe: OnSevere::Warn,
            metric: MetricKind::KernelDistance,
            // The cost is affordable in the default run, whose images are small: see benchmarks/2026-11-24-features.
            metric_every: Cadence(Some(Count(50_000))),
            metric_samples: 128,
            metric_network: DEFAULT_NETWORK.into(),
        }
    }
}

/// `[optimizer]`
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OptimizersRecipe {
    /// The generator's optimiser.
    pub generator: OptimizerRecipe,
    /// The discriminator's optimiser.
    pub discriminator: OptimizerRecipe,
}

/// `[optimizer.generator]` and `[optimizer.discriminator]`: a value here takes precedence over the heuristic `adam`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OptimizerRecipe {
    /// Learning rate, a number or a [schedule](crate::schedule::Schedule).
    pub lr: Option<toml::Value>,
    /// Decay of the first moment.
    pub beta1: Option<f64>,
    /// Decay of the second moment, a number or a schedule.
    pub beta2: Option<toml::Value>,
    /// The number that is added to the root of the second moment.
    pub epsilon: Option<f64>,
}
