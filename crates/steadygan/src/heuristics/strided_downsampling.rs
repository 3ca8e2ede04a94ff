//! The discriminator halves the image by strided convolution.
//!
//! The pieces: [`ConvSpec::strided`](crate::nn::ConvSpec::strided), [`LayerTable`](crate::nn::LayerTable).
//!
//! # When it helps
//!
//! No published comparison of the two forms in a GAN is known: the only evidence is its authors' word. Max pooling
//! gives a gradient to one pixel in four; strided convolution does four ninths of the work of a 3×3 convolution before
//! pooling.
//!
//! # Example
//!
//! ```no_run
#![doc = include_str!("../../examples/strided_downsampling.rs")]
//! ```

use super::{Card, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::plan::{Downsampling, Plan};
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "strided-downsampling",
    topic: Topic::Architecture,
    claim: "The discriminator learns its own downsampling by strided convolution, and every pixel gets a gradient.",
    without: "3×3 convolution, activation, 2×2 max pooling; only a block's first maximum gets a gradient.",
    formula: "4×4 convolution, stride 2, padding 1: out = in / 2",
    default: "4×4, stride 2, in every halving of the discriminator",
    source: "Radford, Metz and Chintala 2016 (arXiv 1511.06434), section 3",
    evidence: Evidence::Weak,
    conflicts: &[],
};

/// The settings: none.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StridedDownsampling {}

impl Heuristic for StridedDownsampling {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.model.downsampling = Downsampling::Strided;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{plan_with, table};
    use crate::nn::{Builder, ConvSpec};
    use crate::plan::Downsampling;

    /// A 3×3 convolution from 3 to 64 channels with stride 2 and TensorFlow's "same" padding.
    #[test]
    fn halves_an_image_with_1792_parameters() {
        let same = ConvSpec::same(3, 64, 3, 2, true);
        let table = table([3, 64, 64], |builder: Builder| builder.conv(same));
        assert_eq!(table.rows[0].output, [64, 32, 32]);
        assert_eq!(table.rows[0].trainable, 1792);
        assert_eq!(table.rows[0].not_trainable, 0);
    }

    #[test]
    fn without_it_the_discriminator_pools() {
        assert_eq!(plan_with(&["strided-downsampling"]).model.downsampling, Downsampling::Strided);
        assert_eq!(plan_with(&[]).model.downsampling, Downsampling::MaxPool);
    }
}
