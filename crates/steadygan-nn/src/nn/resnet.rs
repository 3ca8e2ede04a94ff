//! Residual networks with one of two kinds of blocks.

mod norm_free;
mod sngan;

use super::family::convolutional_weights;
use super::{Architecture, Block, Family, Initializer, ModelPlan, Network, Norm};
use crate::error::{Result, require};

/// The residual family.
pub const FAMILY: Family = Family(&Architecture {
    name: "resnet",
    makes_points: false,
    generator,
    discriminator,
    weights: convolutional_weights,
    check,
});

/// Refuses a normalisation together with [`Block::NormFree`].
fn check(model: &ModelPlan) -> Result<()> {
    let fits = model.block != Block::NormFree || [model.generator.norm, model.discriminator.norm] == [Norm::None; 2];
    require(fits, "model.block", "norm-free", "\"sngan\" for a normalisation (or --without it)")
}

/// Limit on the channels at any size; both papers have it.
const MAX_CHANNELS: usize = 1024;

/// Channels at each size, from the smallest image up to the whole image: they double where the size halves, up to
/// [`MAX_CHANNELS`].
fn widths(width: usize, doublings: usize) -> Vec<usize> {
    (0..=doublings).rev().map(|step| (width << step).min(MAX_CHANNELS)).collect()
}

/// `[n, latent, 1, 1]` to images `[n, channels, size, size]`.
pub fn generator(plan: &ModelPlan, init: Initializer) -> Network {
    match plan.block {
        Block::Sngan => sngan::generator(plan, init),
        Block::NormFree => norm_free::generator(plan, init),
    }
}

/// Images `[n, pack · channels, size, size]` to logits `[n, 1, 1, 1]`.
pub fn discriminator(plan: &ModelPlan, init: Initializer) -> Network {
    match plan.block {
        Block::Sngan => sngan::discriminator(plan, init),
        Block::NormFree => norm_free::discriminator(plan, init),
    }
}
