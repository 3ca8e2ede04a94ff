//! What was decided: every value spelled out, nothing implicit left.

mod check;
mod model;
mod optimizer;
mod origins;
mod training;

pub(crate) use check::{MAX_WEIGHTS, require, require_positive};
pub use model::{
    Block, ClassDraw, Conditioning, Downsampling, Family, MAX_CLASSES, MinibatchDiscrimination, ModelPlan, NetworkPlan,
    Norm, Output, ToldDiscriminator, ToldGenerator, Upsampling,
};
pub use optimizer::{OptimizerPlan, OptimizersPlan, Rule};
pub(crate) use origins::count_origin;
pub use training::{AveragePlan, Batching, MetricKind, MetricPlan, OnSevere, TrainPlan};

use crate::data::{DataFacts, DataPlan, sample_shape};
use crate::error::Result;
use crate::heuristics;
use crate::latent::LatentDistribution;
use crate::loss::Loss;
use crate::nn::Init;
use crate::optim::AdamSettings;
use crate::pixels::PixelRange;
use crate::recipe::{LayeredRecipe, Recipe};
use crate::schedule::resolve;
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
    /// What is measured as training goes on, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<MetricPlan>,
    /// The heuristics that are on, with their settings.
    pub heuristics: BTreeMap<String, toml::Table>,
    /// Where each recipe key's value came from.
    pub origins: BTreeMap<String, String>,
}

impl Plan {
    /// Decides a recipe for data of which this is known; see [`DataFacts`] for a number of channels alone.
    ///
    /// # Errors
    ///
    /// A value is impossible; the message names the key.
    pub fn decide(layered: &LayeredRecipe, data: impl Into<DataFacts>) -> Result<Self> {
        let recipe = layered.recipe()?;
        let mut plan = Self::without_heuristics(&recipe, data.into())?;
        let images = plan.train.images;
        plan.heuristics = layered.heuristics();
        plan.heuristics.values_mut().flat_map(|settings| settings.iter_mut()).for_each(|(_, v)| resolve(v, images));
        for heuristic in heuristics::chosen(&plan.heuristics)? {
            heuristic.plan(&mut plan)?;
        }
        if plan.model.conditioning.is_none() {
            // Names that nobody asks for, of a thousand classes perhaps, in each checkpoint.
            plan.model.classes.clear();
        }
        if sample_shape(&plan.data.source).is_some() {
            // Points have no range.
            plan.model.output = Output::Linear;
        }
        plan.optimizer.generator.take_over(&recipe.optimizer.generator, images)?;
        plan.optimizer.discriminator.take_over(&recipe.optimizer.discriminator, images)?;
        plan.train = plan.train.rounded_up();
        if let Some(metric) = &mut plan.metric {
            metric.every = plan.train.in_whole_rounds_below(metric.every);
        }
        let keys = plan.spelled_out(layered)?;
        plan.origins = keys.into_iter().map(|(key, (_, origin))| (key, origin)).collect();
        plan.check()?;
        Ok(plan)
    }

    /// Every heuristic off.
    fn without_heuristics(recipe: &Recipe, DataFacts { channels, classes }: DataFacts) -> Result<Self> {
        check::batch(recipe.train.batch)?;
        let (model, data) = (&recipe.model, recipe.data.plan());
        // What the discriminator has if it is asked for 0.
        let or_usual = |asked, usual| if asked == 0 { usual } else { asked };
        Ok(Self {
            format_version: FORMAT_VERSION,
            seed: recipe.seed,
            data: DataPlan { channels: Some(channels), ..data.clone() },
            model: ModelPlan {
                family: model.family.family(&recipe.data.source),
                block: model.block,
                size: data.size,
                channels,
                width: model.width,
                discriminator_width: or_usual(model.discriminator_width, model.width),
                depth: [model.depth, or_usual(model.discriminator_depth, model.depth)],
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
                classes,
                conditioning: None,
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
                on_severe: recipe.train.on_severe,
            },
            metric: MetricPlan::of(&recipe.train, &recipe.data.source)?,
            heuristics: BTreeMap::new(),
            origins: BTreeMap::new(),
        })
    }

    /// The plan for `images` real images in all (rounded up to whole rounds), for resuming with more.
    pub fn with_images(mut self, images: u64) -> Self {
        self.train.images = self.train.in_whole_rounds(images);
        self
    }
}
