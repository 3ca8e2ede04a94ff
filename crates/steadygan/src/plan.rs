//! The plan: every value of a run decided and spelled out.

pub(crate) mod check;
mod origins;
mod training;

pub use crate::nn::{
    Block, ClassDraw, Conditioning, DiscriminatorConditioning, Downsampling, Family, GeneratorConditioning,
    MAX_CLASSES, MinibatchDiscriminationSize, ModelPlan, NetworkPlan, Norm, Output, Upsampling,
};
pub use crate::optim::{OptimizerPlan, OptimizersPlan, Rule};
pub(crate) use origins::count_origin;
pub use training::{AveragePlan, Batching, FlipBy, FlipPlan, LabelPlan, MetricPlan, TrainPlan};

use crate::data::DataPlan;
use crate::role::{Role, WeightsFile};
pub use crate::settings::{MetricKind, OnSevere};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the plan's format.
pub const FORMAT_VERSION: u32 = 3;

/// Everything that a run depends on besides its data. Two runs with equal plans and equal data are equal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// [`FORMAT_VERSION`] of the program that wrote it.
    pub format_version: u32,
    /// The seed of every random stream.
    pub seed: u64,
    /// The data source and how its images are prepared.
    pub data: DataPlan,
    /// The two networks.
    pub model: ModelPlan,
    /// The files that the networks' weights start from. A network without a file starts from `model.init`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub initial_weights: BTreeMap<Role, WeightsFile>,
    /// The two optimisers.
    pub optimizer: OptimizersPlan,
    /// The run's length, batches and cadences.
    pub train: TrainPlan,
    /// The distance that is measured during training, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<MetricPlan>,
    /// The heuristics that are on, with their settings.
    pub heuristics: BTreeMap<String, toml::Table>,
    /// Where each recipe key's value came from.
    pub origins: BTreeMap<String, String>,
}

impl Plan {
    /// The plan with `images` real images in all (rounded up to whole rounds), for a resume with more images.
    pub fn with_images(mut self, images: u64) -> Self {
        self.train.images = self.train.in_whole_rounds(images);
        self
    }
}
