//! The discriminator gets images in packs.
//!
//! The pieces: [`train::packed`](crate::train::packed).
//!
//! # When it helps
//!
//! Against lost modes: on Stacked-MNIST and mixtures of Gaussians packs of two to four found modes that the same
//! networks lost (Lin et al. 2018). The discriminator sees fewer inputs in a batch.

use super::{Card, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "pac",
    topic: Topic::Inputs,
    claim: "A discriminator that sees several images at once notices that fakes are too alike.",
    without: "Each image is judged alone.",
    formula: "m images, all real or all fake, stacked on channels are one input; a batch of n is n/m packs",
    default: "images = 2",
    source: "Lin et al. 2018 (PacGAN)",
    evidence: Evidence::Moderate,
    conflicts: &[],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Pac {
    /// Images in a pack, a divisor of the batch.
    pub images: usize,
}

impl Default for Pac {
    fn default() -> Self {
        Self { images: 2 }
    }
}

impl Heuristic for Pac {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.model.pack = self.images;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{plan_of, prepared, trained};

    #[test]
    fn packs_are_channels_in_the_order_of_the_batch_and_have_one_label() {
        let plan = plan_of("base = 'plain'\n[heuristics]\npac = { images = 4 }").expect("a plan");
        let batches = prepared(&plan, 8);
        assert_eq!((batches.real.images.dims(), batches.real.labels.len()), ([2, 4, 8, 8], 2));
        assert_eq!(trained(&plan, 16).discriminator.input(), [4, 8, 8]);
        let error = plan_of("[heuristics]\npac = { images = 3 }").expect_err("no plan").to_string();
        assert!(error.contains("heuristics.pac.images"), "{error}");
    }
}
