//! Residual networks with one of two kinds of blocks.

mod norm_free;
mod sngan;

use super::{Initializer, Network};
use crate::plan::{Block, ModelPlan};

/// The most channels at any size; both papers have this limit.
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
