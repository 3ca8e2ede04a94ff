//! Decides a plan from a recipe and its data.
//!
//! A [`Draft`] holds every value that the recipe decides, so that a mistake in the recipe is an error before any image
//! is read. The data then decide the rest: the number of channels, and the classes.

use crate::class::Class;
use crate::data::{DataFacts, sample_shape};
use crate::error::{Error, Result};
use crate::heuristics::{self, Heuristic};
use crate::hook::Hook;
use crate::latent::LatentDistribution;
use crate::loss::Loss;
use crate::nn::{
    Downsampling, GeneratorConditioning, Init, MAX_CLASSES, ModelPlan, NetworkPlan, Output, Upsampling, dcgan, mlp,
};
use crate::optim::{AdamSettings, OptimizerPlan, OptimizersPlan};
use crate::pixels::PixelRange;
use crate::plan::{Batching, FORMAT_VERSION, LabelPlan, MetricPlan, Plan, TrainPlan, check};
use crate::recipe::{LayeredRecipe, OptimizerRecipe, Recipe};
use crate::schedule::{Schedule, resolve};
use std::collections::BTreeMap;

/// Decides the plan of a recipe for data with these properties.
///
/// # Errors
///
/// A value is impossible; the message names the key.
pub fn decide(recipe: &LayeredRecipe, data: impl Into<DataFacts>) -> Result<Plan> {
    Draft::new(recipe)?.complete(data)
}

/// The part of a plan that a recipe decides without its data.
#[derive(Debug)]
pub struct Draft<'a> {
    layered: &'a LayeredRecipe,
    recipe: Recipe,
    plan: Plan,
}

impl<'a> Draft<'a> {
    /// Decides every value that does not depend on the data.
    ///
    /// # Errors
    ///
    /// A value is impossible whatever the data are; the message names the key.
    pub fn new(layered: &'a LayeredRecipe) -> Result<Self> {
        let recipe = layered.recipe()?;
        let mut plan = without_heuristics(&recipe)?;
        let images = plan.train.images;
        plan.heuristics = layered.heuristics();
        plan.heuristics.values_mut().flat_map(|settings| settings.iter_mut()).for_each(|(_, v)| resolve(v, images));
        let on = heuristics::chosen(&plan.heuristics)?;
        on.iter().try_for_each(|heuristic| heuristic.plan(&mut plan))?;
        if sample_shape(&plan.data.source).is_some() {
            // Points have no range.
            plan.model.output = Output::Linear;
        }
        override_optimizer(&mut plan.optimizer.generator, &recipe.optimizer.generator, images)?;
        override_optimizer(&mut plan.optimizer.discriminator, &recipe.optimizer.discriminator, images)?;
        plan.train = plan.train.rounded_up();
        if let Some(metric) = &mut plan.metric {
            metric.every = plan.train.in_whole_rounds_below(metric.every);
        }
        plan.check_settings()?;
        heuristics::check_conflicts(&plan, &on)?;
        Ok(Self { layered, recipe, plan })
    }

    /// The recipe.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The number of channels; `None` if the data decide it.
    pub fn channels(&self) -> Option<usize> {
        self.plan.data.channels
    }

    /// Whether the plan depends on the data's classes.
    pub fn depends_on_classes(&self) -> bool {
        self.plan.model.conditioning.is_some()
    }

    /// Completes the plan for data with these properties. A number of channels alone also converts to [`DataFacts`].
    ///
    /// # Errors
    ///
    /// The recipe cannot be used for these data; the message names the key.
    pub fn complete(self, data: impl Into<DataFacts>) -> Result<Plan> {
        let Self { layered, mut plan, .. } = self;
        let DataFacts { channels, classes } = data.into();
        plan.data.channels = Some(channels);
        plan.model.channels = channels;
        set_classes(&mut plan, classes)?;
        let mut keys = plan.spelled_out(layered)?;
        // A plan that crops, as all plans did before there was this key, says nothing of it, so that its bytes are the same.
        if plan.data.fit.is_crop() {
            keys.remove("data.fit");
        }
        plan.origins = keys.into_iter().map(|(key, (_, origin))| (key, origin)).collect();
        plan.check()?;
        Ok(plan)
    }
}

/// Conditions the networks on these classes, if the plan has class conditioning. Unconditional networks do not need
/// class names; keeping them would add up to 1,000 strings to every checkpoint.
fn set_classes(plan: &mut Plan, classes: Vec<Class>) -> Result<()> {
    let Some(conditioning) = plan.model.conditioning else { return Ok(()) };
    let count = classes.len();
    if !(2..=MAX_CLASSES).contains(&count) || classes.iter().all(|class| class.images == 0) {
        let source = &plan.data.source;
        let message = format!(
            "`class-conditioning` needs images of 2 to {MAX_CLASSES} classes, but those of `{source}` have {count}"
        );
        let hint = "put the images of each class into a folder of its own, or --without class-conditioning";
        return Err(Error::data(message, hint));
    }
    if conditioning.generator == GeneratorConditioning::BatchNorm {
        plan.model.generator.class_scales = count;
    }
    plan.model.classes = classes;
    Ok(())
}

/// The number of channels until the data decide it: the fewest that a sample can have.
const FEWEST_CHANNELS: usize = 1;

/// The plan of a recipe with every heuristic off, before the data decide the channels.
fn without_heuristics(recipe: &Recipe) -> Result<Plan> {
    check::batch(recipe.train.batch)?;
    let (model, data) = (&recipe.model, recipe.data.plan());
    // In a recipe, 0 gives the discriminator the generator's value.
    let or_default = |asked, default| if asked == 0 { default } else { asked };
    let default_family = if sample_shape(&data.source).is_some() { mlp::FAMILY } else { dcgan::FAMILY };
    Ok(Plan {
        format_version: FORMAT_VERSION,
        seed: recipe.seed,
        model: ModelPlan {
            family: model.family.unwrap_or(default_family),
            block: model.block,
            size: data.size,
            channels: data.channels.unwrap_or(FEWEST_CHANNELS),
            width: model.width,
            discriminator_width: or_default(model.discriminator_width, model.width),
            depth: [model.depth, or_default(model.discriminator_depth, model.depth)],
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
            classes: Vec::new(),
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
            labels: LabelPlan::HARD,
            stats_every: recipe.train.stats_every.0,
            sheets_every: recipe.train.sheets_every.0,
            checkpoint_every: recipe.train.checkpoint_every.0,
            sheet: recipe.train.sheet,
            on_severe: recipe.train.on_severe,
        },
        metric: MetricPlan::of(&recipe.train, &data.source)?,
        heuristics: BTreeMap::new(),
        origins: BTreeMap::new(),
        data,
    })
}

/// Replaces an optimiser's planned settings by the ones that a recipe's `[optimizer]` sets.
fn override_optimizer(optimizer: &mut OptimizerPlan, recipe: &OptimizerRecipe, images: u64) -> Result<()> {
    if let Some(lr) = &recipe.lr {
        optimizer.lr = schedule(lr, images)?;
    }
    if let Some(beta2) = &recipe.beta2 {
        optimizer.beta2 = schedule(beta2, images)?;
    }
    optimizer.beta1 = recipe.beta1.unwrap_or(optimizer.beta1);
    optimizer.epsilon = recipe.epsilon.unwrap_or(optimizer.epsilon);
    Ok(())
}

fn schedule(asked: &toml::Value, images: u64) -> Result<Schedule> {
    let mut value = asked.clone();
    resolve(&mut value, images);
    value.try_into().map_err(|error: toml::de::Error| {
        let hint = "write a number, or { from = 4e-4, to = 1e-4, over = \"50k\" }";
        Error::recipe(format!("`{asked}` is neither a number nor a schedule: {}", error.message()), hint)
    })
}

/// Checks a plan and makes its hooks. A plan from a file is as untrusted as the file, so everything that [`decide`]
/// checks is checked again.
///
/// # Errors
///
/// A value or a combination is impossible; the message names the recipe key.
pub fn hooks(plan: &Plan) -> Result<Vec<Box<dyn Hook>>> {
    plan.check()?;
    let on = heuristics::chosen(&plan.heuristics)?;
    // Planning again checks the heuristics' settings. What it writes is dropped, because the plan has it already.
    let mut planned_again = plan.clone();
    on.iter().try_for_each(|heuristic| heuristic.plan(&mut planned_again))?;
    heuristics::check_conflicts(plan, &on)?;
    Ok(arm(plan, &on))
}

/// Makes the hooks of a plan without checking the plan, which may be impossible on purpose: a test that plants failures
/// needs this. Training needs [`hooks`].
///
/// # Errors
///
/// A heuristic is unknown, or a setting has the wrong type.
pub fn unchecked_hooks(plan: &Plan) -> Result<Vec<Box<dyn Hook>>> {
    Ok(arm(plan, &heuristics::chosen(&plan.heuristics)?))
}

fn arm(plan: &Plan, on: &[Box<dyn Heuristic>]) -> Vec<Box<dyn Hook>> {
    on.iter().filter_map(|heuristic| heuristic.arm(plan)).collect()
}
