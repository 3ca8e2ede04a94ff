//! Images in [−1, 1] and a generator that ends in tanh.
//!
//! The pieces: [`PixelRange`].
//!
//! # When it helps
//!
//! A mismatch hurts for certain: reals and fakes in different ranges. In favour of [−1, 1] over [0, 1] there is only
//! the authors' word.
//!
//! # Example
//!
//! ```no_run
#![doc = include_str!("../../examples/image_scaling.rs")]
//! ```

use super::{Card, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::pixels::PixelRange;
use crate::plan::{Output, Plan};
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "image-scaling",
    topic: Topic::Inputs,
    claim: "Reals and fakes share a range that is symmetric about zero, and the output saturates at its ends.",
    without: "Images in [0, 1] and a generator that ends in a sigmoid.",
    formula: "x = (pixel − 127.5) / 127.5; the generator ends in tanh",
    default: "[−1, 1]",
    source: "Radford, Metz and Chintala 2016, section 4; ganhacks tip 1",
    evidence: Evidence::Weak,
    conflicts: &[],
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
        plan.model.output = Output::Tanh;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{networks, plan_with};
    use crate::nn::Layer;

    #[test]
    fn the_generator_ends_in_tanh_or_in_a_sigmoid() {
        let last = |on: &[&str]| {
            let (generator, _) = networks(&plan_with(on));
            generator.layers().last().map(Layer::name).expect("a layer")
        };
        assert_eq!(last(&["image-scaling"]), "Tanh");
        assert_eq!(last(&[]), "Sigmoid");
    }
}
