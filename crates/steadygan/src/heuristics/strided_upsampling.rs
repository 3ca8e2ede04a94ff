//! The generator doubles the image by strided transposed convolution.
//!
//! The pieces: [`Builder::conv_transpose`](crate::nn::Builder::conv_transpose) with
//! [`ConvSpec::strided`](crate::nn::ConvSpec::strided).
//!
//! # When it helps
//!
//! The only evidence is its authors' word. Another form is known to hurt: a 3×3 kernel at stride 2, whose uneven
//! overlap draws a checkerboard (Odena, Dumoulin and Olah 2016). A 4×4 kernel overlaps evenly, because the stride
//! divides it. Repeating pixels gives no checkerboard at all, at more than twice the work.
//!
//! # Example
//!
//! ```no_run
#![doc = include_str!("../../examples/strided_upsampling.rs")]
//! ```

use super::{Card, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::plan::{Plan, Upsampling};
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "strided-upsampling",
    topic: Topic::Architecture,
    claim: "The generator learns its own upsampling by transposed convolution whose kernel the stride divides.",
    without: "Nearest-neighbour doubling, then a 3×3 convolution.",
    formula: "4×4 transposed convolution, stride 2, padding 1: out = 2 · in",
    default: "4×4, stride 2, in every doubling of the generator",
    source: "Radford, Metz and Chintala 2016 (arXiv 1511.06434), section 3",
    evidence: Evidence::Weak,
    conflicts: &[],
};

/// The settings: none.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StridedUpsampling {}

impl Heuristic for StridedUpsampling {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.model.upsampling = Upsampling::Strided;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{plan_with, table};
    use crate::nn::ConvSpec;
    use crate::plan::Upsampling;

    /// A 4×4 transposed convolution from 3 to 64 channels with stride 2.
    #[test]
    fn doubles_an_image_with_3136_parameters() {
        let table = table([3, 64, 64], |builder| builder.conv_transpose(ConvSpec::strided(3, 64, true)));
        assert_eq!(table.rows[0].output, [64, 128, 128]);
        assert_eq!(table.rows[0].trainable, 3136);
    }

    #[test]
    fn without_it_the_generator_repeats_pixels() {
        assert_eq!(plan_with(&["strided-upsampling"]).model.upsampling, Upsampling::Strided);
        assert_eq!(plan_with(&[]).model.upsampling, Upsampling::Nearest);
    }
}
