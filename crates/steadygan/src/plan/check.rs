//! What a plan must be like to be trained, whether it was decided or read from a file.

use super::{FORMAT_VERSION, ModelPlan, Plan, TrainPlan};
use crate::error::{Error, Result};
use crate::heuristics;
use crate::nn::Init;
use crate::nn::dcgan::{base_and_doublings, channels};
use crate::optim::AdamSettings;
use std::fmt::Display;

/// The largest image size of the DCGAN family.
const MAX_SIZE: usize = 128;

/// The most weights of both networks together: BigGAN's largest for 128 pixels have 170 million
/// (Brock, Donahue and Simonyan 2019, table 1).
pub(crate) const MAX_WEIGHTS: usize = 250_000_000;

/// An error unless `ok`: `key` must be `wanted`.
pub(crate) fn require(ok: bool, key: &str, found: impl Display, wanted: &str) -> Result<()> {
    if ok {
        return Ok(());
    }
    let hint = format!("set it with --set {key}=VALUE or in the recipe");
    Err(Error::recipe(format!("`{key}` is {found} but must be {wanted}"), hint))
}

/// An error unless `value` is positive and finite in 32 bits, in which it is computed with.
pub(crate) fn require_positive(value: f64, key: &str) -> Result<()> {
    let narrow = value as f32;
    require(narrow.is_finite() && narrow > 0.0, key, value, "a positive number of 32 bits")
}

/// Batches are divided by, so that this is checked before anything is counted in batches.
pub(super) fn batch(batch: usize) -> Result<()> {
    require((2..=4096).contains(&batch), "train.batch", batch, "in 2..=4096")
}

impl Plan {
    /// Checks that the plan can be trained and is not absurdly large. A plan from a file is as untrusted
    /// as the file.
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
        model(&self.model)?;
        let fits = self.data.size == self.model.size && self.data.channels == Some(self.model.channels);
        require(fits, "data.size", self.data.size, "that of the model")?;
        require((0.0..1.0).contains(&self.data.holdout), "data.holdout", self.data.holdout, "in [0, 1)")?;
        train(&self.train)?;
        adam("generator", &self.optimizer.generator)?;
        adam("discriminator", &self.optimizer.discriminator)?;
        // Each checks its settings' ranges when it plans; what it would write is in this plan already.
        let mut planned_again = self.clone();
        heuristics::chosen(&self.heuristics)?.iter().try_for_each(|heuristic| heuristic.plan(&mut planned_again))
    }
}

fn train(train: &TrainPlan) -> Result<()> {
    batch(train.batch)?;
    require((1..=1024).contains(&train.sheet), "train.sheet", train.sheet, "in 1..=1024")?;
    let step = train.batch as u64;
    for (key, count) in [
        ("train.images", train.images),
        ("train.stats-every", train.stats_every),
        ("train.sheets-every", train.sheets_every),
        ("train.checkpoint-every", train.checkpoint_every),
    ] {
        let whole = count > 0 && count.is_multiple_of(step);
        require(whole, key, count, &format!("a positive multiple of the batch ({step})"))?;
    }
    Ok(())
}

fn adam(network: &str, adam: &AdamSettings) -> Result<()> {
    let key = |name: &str| format!("optimizer.{network}.{name}");
    // Computed in 32 bits, where a decay just below 1 would be 1.
    let decay = |beta: f64| (0.0..1.0).contains(&(beta as f32));
    require_positive(adam.lr, &key("lr"))?;
    require(decay(adam.beta1), &key("beta1"), adam.beta1, "in [0, 1)")?;
    require(decay(adam.beta2), &key("beta2"), adam.beta2, "in [0, 1)")?;
    require_positive(adam.epsilon, &key("epsilon"))
}

fn model(model: &ModelPlan) -> Result<()> {
    size(model.size)?;
    require(matches!(model.channels, 1 | 3), "data.channels", model.channels, "1, 3 or \"auto\"")?;
    require((1..=1024).contains(&model.width), "model.width", model.width, "in 1..=1024")?;
    require((1..=4096).contains(&model.latent), "model.latent", model.latent, "in 1..=4096")?;
    if let Init::Gaussian { deviation } = model.init {
        require_positive(deviation, "heuristics.gaussian-init.deviation")?;
    }
    for slope in [model.generator.slope, model.discriminator.slope] {
        require((0.0..1.0).contains(&slope), "heuristics.leaky-relu.slope", slope, "in [0, 1)")?;
    }
    let weights = weights(model);
    let wanted = format!("smaller: the networks would have {weights} weights, more than {MAX_WEIGHTS}");
    require(weights <= MAX_WEIGHTS, "model.width", model.width, &wanted)
}

/// The weights of both networks' convolutions in the strided form, the larger one.
fn weights(model: &ModelPlan) -> usize {
    let kernel = 4 * 4;
    let (base, _) = base_and_doublings(model.size).expect("the size has been checked");
    let widths = channels(model);
    let between: usize = widths.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let ends = model.channels * model.width;
    base * base * widths[0] * (model.latent + 1) + 2 * kernel * (between + ends)
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
