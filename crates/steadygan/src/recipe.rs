//! What the user asked: TOML in layers, each key knowing where its value came from.

mod keys;
mod layers;
mod presets;

pub use layers::LayeredRecipe;
pub use presets::PRESETS;

use crate::data::DataPlan;
use crate::error::Result;
use crate::plan::Family;
use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize};

/// The recipe of who names none.
pub const EMBEDDED: &str = include_str!("recipe/embedded.toml");

/// Every key of a recipe but the heuristics, which the catalogue defines.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Recipe {
    /// The seed of every random stream.
    pub seed: u64,
    /// What to read and how.
    pub data: DataRecipe,
    /// The networks.
    pub model: ModelRecipe,
    /// Length, batches and cadences.
    pub train: TrainRecipe,
    /// Values that take precedence over the heuristic `adam`.
    pub optimizer: OptimizersRecipe,
}

/// `[data]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct DataRecipe {
    /// `embedded` (Fashion-MNIST's 10,000 test images), a folder, or an IDX file.
    pub source: String,
    /// Height and width in pixels.
    pub size: usize,
    /// 1, 3 or "auto": grey if every image is.
    pub channels: Channels,
    /// The share of the images kept from training, by content.
    pub holdout: f64,
    /// What transparent images are laid over: red, green, blue.
    pub background: [u8; 3],
    /// Whether reals are mirrored with probability one half.
    pub flip: bool,
}

impl Default for DataRecipe {
    fn default() -> Self {
        Self {
            source: "embedded".into(),
            size: 32,
            channels: Channels::Auto,
            holdout: 0.1,
            background: [255; 3],
            flip: false,
        }
    }
}

impl DataRecipe {
    /// What the loader is asked for.
    pub fn plan(&self) -> DataPlan {
        DataPlan {
            source: self.source.clone(),
            size: self.size,
            channels: match self.channels {
                Channels::Auto => None,
                Channels::Grey => Some(1),
                Channels::Colour => Some(3),
            },
            holdout: self.holdout,
            background: self.background,
            flip: self.flip,
        }
    }
}

/// How many channels images are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channels {
    /// Grey if every image is grey.
    Auto,
    /// One.
    Grey,
    /// Three.
    Colour,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "neither a whole number nor a word")]
enum NumberOrWord {
    Number(u64),
    Word(String),
}

impl Serialize for Channels {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auto => serializer.serialize_str("auto"),
            Self::Grey => serializer.serialize_u64(1),
            Self::Colour => serializer.serialize_u64(3),
        }
    }
}

impl<'de> Deserialize<'de> for Channels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match NumberOrWord::deserialize(deserializer)? {
            NumberOrWord::Number(1) => Ok(Self::Grey),
            NumberOrWord::Number(3) => Ok(Self::Colour),
            NumberOrWord::Word(word) if word == "auto" => Ok(Self::Auto),
            _ => Err(de::Error::custom("channels are 1, 3 or \"auto\"")),
        }
    }
}

/// `[model]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct ModelRecipe {
    /// Architecture.
    pub family: Family,
    /// Channels at the widest resolution.
    pub width: usize,
    /// Length of a latent.
    pub latent: usize,
}

impl Default for ModelRecipe {
    fn default() -> Self {
        Self { family: Family::Dcgan, width: 32, latent: 100 }
    }
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
        }
    }
}

/// A number of images: an integer, or a word such as "100k" or "1.5M".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Count(pub u64);

impl std::str::FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (number, unit) = match text.strip_suffix(['k', 'K']) {
            Some(number) => (number, 1e3),
            None => (text.strip_suffix('M').unwrap_or(text), if text.ends_with('M') { 1e6 } else { 1.0 }),
        };
        let count = number.parse::<f64>().map_or(f64::NAN, |number| number * unit);
        // 2⁵³: the largest range in which every integer is a double.
        if (1.0..=9_007_199_254_740_992.0).contains(&count) && count.fract() == 0.0 {
            return Ok(Self(count as u64));
        }
        Err(format!("`{text}` is no number of images; write it like 50000, 50k or 1.5M"))
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match NumberOrWord::deserialize(deserializer)? {
            NumberOrWord::Number(count) => count.to_string().parse(),
            NumberOrWord::Word(word) => word.parse(),
        }
        .map_err(de::Error::custom)
    }
}

/// `[optimizer]`
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OptimizersRecipe {
    /// The generator's.
    pub generator: OptimizerRecipe,
    /// The discriminator's.
    pub discriminator: OptimizerRecipe,
}

/// `[optimizer.generator]` and `[optimizer.discriminator]`: what is set here takes precedence over
/// the heuristic `adam`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OptimizerRecipe {
    /// Learning rate.
    pub lr: Option<f64>,
    /// Decay of the first moment.
    pub beta1: Option<f64>,
    /// Decay of the second moment.
    pub beta2: Option<f64>,
    /// Added to the second moment's root.
    pub epsilon: Option<f64>,
}
