//! Checks that a plan can be trained, whether it was decided or read from a file.

use super::{
    FORMAT_VERSION, GeneratorConditioning, MAX_CLASSES, MetricPlan, MinibatchDiscriminationSize, ModelPlan,
    NetworkPlan, Norm, OptimizerPlan, Plan, TrainPlan,
};
use crate::data;
use crate::error::{Error, Result, require, require_positive};
use crate::metrics::kernel;
use crate::nn::{Init, MAX_WEIGHTS, base_and_doublings};

/// The largest image size of the DCGAN family.
const MAX_SIZE: usize = 128;

/// Limit on the steps of one network in a round: WGAN and its successors take 5.
const MAX_STEPS: usize = 100;

/// Limit on the fakes of a measurement during training: published distances take no more.
const MAX_MEASURED: usize = 50_000;

/// The largest count of images: a recipe's largest, 2⁵³, rounded up to whole rounds.
pub(crate) const MAX_IMAGES: u64 = 1 << 54;

/// The lowest threshold of truncation: below it, redrawing until a coordinate is within takes long.
pub(crate) const MIN_TRUNCATION: f64 = 0.04;

/// Limit on the images of a pack: PacGAN's authors went to 4.
const MAX_PACK: usize = 16;

/// Checks the batch size; called first, because everything else divides by it.
pub(crate) fn batch(batch: usize) -> Result<()> {
    require((2..=4096).contains(&batch), "train.batch", batch, "in 2..=4096")
}

/// Checked before counts of images are rounded to whole rounds.
pub(crate) fn steps(train: &TrainPlan) -> Result<()> {
    for (key, steps) in [
        ("heuristics.discriminator-steps.discriminator", train.discriminator_steps),
        ("heuristics.discriminator-steps.generator", train.generator_steps),
    ] {
        require((1..=MAX_STEPS).contains(&steps), key, steps, &format!("in 1..={MAX_STEPS}"))?;
    }
    Ok(())
}

impl Plan {
    /// Checks that the plan can be trained and is not absurdly large. A plan from a file is as untrusted as the file.
    /// The settings of its heuristics are checked by [`decide::hooks`](crate::decide::hooks).
    ///
    /// # Errors
    ///
    /// A value is impossible; the message names the recipe key.
    pub fn check(&self) -> Result<()> {
        if self.format_version != FORMAT_VERSION {
            let found = self.format_version;
            return Err(Error::checkpoint(
                format!("the plan has format version {found}, this program reads {FORMAT_VERSION}"),
                "use the program that wrote it",
            ));
        }
        self.check_settings()?;
        classes(&self.model)?;
        let fits = self.data.size == self.model.size && self.data.channels == Some(self.model.channels);
        require(fits, "data.size", self.data.size, "the model's, with the model's channels")?;
        let shape = [self.model.channels, self.model.size, self.model.size];
        let fits = data::sample_shape(&self.data.source).is_none_or(|given| given == shape);
        require(fits, "data.source", &self.data.source, &format!("a source of samples of shape {shape:?}"))
    }

    /// Checks everything that does not depend on the data.
    ///
    /// # Errors
    ///
    /// A value is impossible; the message names the recipe key.
    pub(crate) fn check_settings(&self) -> Result<()> {
        model(&self.model)?;
        require((0.0..1.0).contains(&self.data.holdout), "data.holdout", self.data.holdout, "in [0, 1)")?;
        train(&self.train, self.model.pack)?;
        self.metric.as_ref().map_or(Ok(()), |planned| metric(planned, self.train.round()))?;
        optimizer("generator", &self.optimizer.generator)?;
        optimizer("discriminator", &self.optimizer.discriminator)
    }
}

/// Checks the plan of networks that comes without the rest of a plan, as an export does: that images can be made with
/// the generator.
pub(crate) fn generator_alone(plan: &ModelPlan) -> Result<()> {
    require((1..=MAX_PACK).contains(&plan.pack), "heuristics.pac.images", plan.pack, &format!("in 1..={MAX_PACK}"))?;
    model(plan)?;
    classes(plan)?;
    let NetworkPlan { dropout, noise, .. } = plan.generator;
    require((0.0..1.0).contains(&dropout), "heuristics.dropout.probability", dropout, "in [0, 1)")?;
    let sound = noise.is_finite() && noise >= 0.0;
    require(sound, "heuristics.generator-noise.deviation", noise, "a number not below 0")?;
    let truncation = plan.truncation.unwrap_or(MIN_TRUNCATION);
    let sound = truncation.is_finite() && truncation >= MIN_TRUNCATION;
    require(sound, "heuristics.truncation.threshold", truncation, &format!("a number not below {MIN_TRUNCATION}"))
}

fn train(train: &TrainPlan, pack: usize) -> Result<()> {
    batch(train.batch)?;
    require((1..=1024).contains(&train.sheet), "train.sheet", train.sheet, "in 1..=1024")?;
    steps(train)?;
    let packs = (1..=MAX_PACK).contains(&pack) && train.batch.is_multiple_of(pack);
    let wanted = format!("in 1..={MAX_PACK} and a divisor of the batch ({})", train.batch);
    require(packs, "heuristics.pac.images", pack, &wanted)?;
    let round = train.round();
    for (key, count) in [
        ("train.images", train.images),
        ("train.stats-every", train.stats_every),
        ("train.sheets-every", train.sheets_every),
        ("train.checkpoint-every", train.checkpoint_every),
    ] {
        let whole = (1..=MAX_IMAGES).contains(&count) && count.is_multiple_of(round);
        require(whole, key, count, &format!("a positive multiple of the batch ({round}), at most 2^54"))?;
    }
    Ok(())
}

fn metric(metric: &MetricPlan, round: u64) -> Result<()> {
    let whole = (1..=MAX_IMAGES).contains(&metric.every) && metric.every.is_multiple_of(round);
    require(
        whole,
        "train.metric-every",
        metric.every,
        &format!("a positive multiple of the batch ({round}), or \"off\""),
    )?;
    let samples = (kernel::MIN_WITH_FLOOR..=MAX_MEASURED).contains(&metric.samples);
    let wanted = format!("in {}..={MAX_MEASURED}", kernel::MIN_WITH_FLOOR);
    require(samples, "train.metric-samples", metric.samples, &wanted)
}

fn optimizer(network: &str, plan: &OptimizerPlan) -> Result<()> {
    let key = |name: &str| format!("optimizer.{network}.{name}");
    // Checked in 32 bits, because a decay just below 1 rounds to 1 there.
    let decay = |beta: f64| (0.0..1.0).contains(&(beta as f32));
    let positive = |value: f64| (value as f32).is_finite() && value as f32 > 0.0;
    // A learning rate may end at 0 but has to start above 0.
    let rates = positive(plan.lr.from) && (positive(plan.lr.to) || plan.lr.to == 0.0);
    require(rates, &key("lr"), plan.lr, "a positive number of 32 bits")?;
    require(decay(plan.beta1), &key("beta1"), plan.beta1, "in [0, 1)")?;
    require(plan.beta2.all(decay), &key("beta2"), plan.beta2, "in [0, 1)")?;
    require_positive(plan.epsilon, &key("epsilon"))
}

fn model(model: &ModelPlan) -> Result<()> {
    (model.family.architecture().check)(model)?;
    // Before the weights are counted, which would overflow.
    if model.makes_points() {
        let wanted = "\"mlp\" for points of the plane";
        require(model.family.architecture().makes_points, "model.family", format!("{:?}", model.family), wanted)?;
        require(model.size == 1, "data.size", model.size, "1 for points of the plane")?;
    } else {
        size(model.size)?;
        require(matches!(model.channels, 1 | 3), "data.channels", model.channels, "1, 3 or \"auto\"")?;
    }
    for (key, width) in [("model.width", model.width), ("model.discriminator-width", model.discriminator_width)] {
        require((1..=1024).contains(&width), key, width, "in 1..=1024")?;
    }
    for (key, depth) in [("model.depth", model.depth[0]), ("model.discriminator-depth", model.depth[1])] {
        require((1..=16).contains(&depth), key, depth, "in 1..=16")?;
    }
    require(model.maxout <= 16, "model.maxout", model.maxout, "at most 16")?;
    require((1..=4096).contains(&model.latent), "model.latent", model.latent, "in 1..=4096")?;
    if let Init::Gaussian { deviation } = model.init {
        require_positive(deviation, "heuristics.gaussian-init.deviation")?;
    }
    [&model.generator, &model.discriminator].into_iter().try_for_each(network)?;
    let threshold = model.truncation.unwrap_or(1.0);
    // Below it, latents would be drawn again for ever.
    require(threshold >= MIN_TRUNCATION, "heuristics.truncation.threshold", threshold, "a number not below 0.04")?;
    conditioning(model)?;
    let weights = (model.family.architecture().weights)(model);
    let wanted = format!("smaller: the networks would have {weights} weights, more than {MAX_WEIGHTS}");
    require(weights <= MAX_WEIGHTS, "model.width", model.width, &wanted)
}

/// Checks the settings of one network's layers. Heuristics check theirs, but a plan from a file may say something else.
fn network(network: &NetworkPlan) -> Result<()> {
    let NetworkPlan { slope, dropout, noise, minibatch_discrimination, .. } = *network;
    require((0.0..1.0).contains(&slope), "heuristics.leaky-relu.slope", slope, "in [0, 1)")?;
    require((0.0..1.0).contains(&dropout), "heuristics.dropout.probability", dropout, "in [0, 1)")?;
    let sound = noise.is_finite() && noise >= 0.0;
    require(sound, "heuristics.generator-noise.deviation", noise, "a number not below 0")?;
    let Some(MinibatchDiscriminationSize { features, dimensions }) = minibatch_discrimination else { return Ok(()) };
    for (name, count) in [("features", features), ("dimensions", dimensions)] {
        let key = format!("heuristics.minibatch-discrimination.{name}");
        require((1..=1024).contains(&count), &key, count, "in 1..=1024")?;
    }
    Ok(())
}

/// Checks the settings of class conditioning.
fn conditioning(model: &ModelPlan) -> Result<()> {
    let Some(conditioning) = model.conditioning else { return Ok(()) };
    let key = |setting: &str| format!("heuristics.class-conditioning.{setting}");
    let fits = conditioning.generator != GeneratorConditioning::BatchNorm || model.generator.norm != Norm::None;
    let wanted = "\"embedding\" for a generator without normalisation";
    require(fits, &key("generator"), "\"batch-norm\"", wanted)?;
    require((1..=1024).contains(&conditioning.embedding), &key("embedding"), conditioning.embedding, "in 1..=1024")?;
    let sound = conditioning.weight.is_finite() && conditioning.weight >= 0.0;
    require(sound, &key("weight"), conditioning.weight, "a number not below 0")
}

/// Checks the classes that the networks are conditioned on.
fn classes(model: &ModelPlan) -> Result<()> {
    let scaled =
        model.conditioning.is_some_and(|conditioning| conditioning.generator == GeneratorConditioning::BatchNorm);
    let expected = [if scaled { model.classes.len() } else { 0 }, 0];
    let scales = [model.generator.class_scales, model.discriminator.class_scales];
    let found = format!("built with scales for {scales:?} classes (generator, discriminator)");
    require(scales == expected, "model", found, &format!("built with scales for {expected:?}"))?;
    if model.conditioning.is_none() {
        return Ok(());
    }
    let count = model.classes.len();
    let has_images = model.classes.iter().any(|class| class.images > 0);
    let wanted = format!("2 to {MAX_CLASSES}, some of them with images");
    require((2..=MAX_CLASSES).contains(&count) && has_images, "model.classes", format!("{count} classes"), &wanted)
}

fn size(size: usize) -> Result<()> {
    let fits = |size: &usize| *size <= MAX_SIZE && base_and_doublings(*size).is_some();
    if fits(&size) {
        return Ok(());
    }
    let below = (1..size.min(MAX_SIZE + 1)).rev().find(fits);
    let above = (size..=MAX_SIZE).find(fits);
    let nearest: Vec<String> = below.into_iter().chain(above).map(|size| size.to_string()).collect();
    Err(Error::recipe(
        format!("`data.size` is {size} but must be s·2^k with s in 4..=7, at most {MAX_SIZE}"),
        format!("the nearest are {}: --set data.size={}", nearest.join(" and "), nearest[nearest.len() - 1]),
    ))
}
