//! Images in [−1, 1] and a generator that ends in tanh.

use super::{Card, Evidence, Family, Heuristic};
use crate::error::Result;
use crate::plan::{PixelRange, Plan};
use serde::{Deserialize, Serialize};

/// What there is to know.
pub static CARD: Card = Card {
    name: "image-scaling",
    family: Family::Inputs,
    claim: "Reals and fakes share a range that is symmetric about zero, and the output saturates at its ends.",
    without: "Images in [0, 1] and a generator that ends in a sigmoid.",
    formula: "x = (pixel − 127.5) / 127.5; the generator ends in tanh",
    default: "[−1, 1]",
    source: "Radford, Metz and Chintala 2016, section 4; ganhacks tip 1",
    evidence: Evidence::Weak,
};

/// The settings: none.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageScaling {}

impl Heuristic for ImageScaling {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.model.range = PixelRange::Symmetric;
        Ok(())
    }
}

impl PixelRange {
    /// A pixel as networks see it.
    pub fn scale(self, pixel: u8) -> f32 {
        match self {
            Self::Symmetric => (f32::from(pixel) - 127.5) / 127.5,
            Self::Unit => f32::from(pixel) / 255.0,
        }
    }

    /// The pixel of a value; values out of the range become its ends, and NaN 0.
    pub fn unscale(self, value: f32) -> u8 {
        let pixel = match self {
            Self::Symmetric => value * 127.5 + 127.5,
            Self::Unit => value * 255.0,
        };
        // A float's cast to an integer saturates.
        pixel.round() as u8
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{networks, plan_with};
    use super::*;

    #[test]
    fn scaling_has_the_range_s_ends_and_an_exact_inverse() {
        for (range, low, high) in [(PixelRange::Symmetric, -1.0, 1.0), (PixelRange::Unit, 0.0, 1.0)] {
            assert_eq!((range.scale(0), range.scale(255)), (low, high));
            assert!((0..=255).all(|pixel| range.unscale(range.scale(pixel)) == pixel));
            assert_eq!((range.unscale(-9.0), range.unscale(9.0), range.unscale(f32::NAN)), (0, 255, 0));
        }
    }

    #[test]
    fn the_generator_ends_in_tanh_or_in_a_sigmoid() {
        use crate::nn::Layer;
        let last = |on: &[&str]| {
            let (generator, _) = networks(&plan_with(on));
            generator.layers().last().map(Layer::name).expect("a layer")
        };
        assert_eq!(last(&["image-scaling"]), "Tanh");
        assert_eq!(last(&[]), "Sigmoid");
    }
}
