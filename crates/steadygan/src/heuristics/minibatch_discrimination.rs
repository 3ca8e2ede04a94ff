//! The discriminator learns features by which it compares the images of a batch.
//!
//! The pieces: [`nn::MinibatchDiscrimination`](crate::nn::MinibatchDiscrimination).
//!
//! # When it helps
//!
//! From 2016. It is costly, and `minibatch-std` does nearly the same with nothing to learn. ganhacks lists it under
//! mixed results.

use super::{Card, Evidence, Heuristic, Topic};
use crate::error::{Result, require};
use crate::plan::{MinibatchDiscriminationSize, Plan};
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "minibatch-discrimination",
    topic: Topic::Architecture,
    claim: "Fakes that are too alike give themselves away, in whatever they are alike.",
    without: "Images are judged one by one.",
    formula: "M = T·f(x), B × C numbers an image; o_b(x) = Σ over the batch of exp(−‖M_b(x) − M_b(x′)‖₁), before \
            the last layer",
    default: "features = 100 (B), dimensions = 5 (C)",
    source: "Salimans et al. 2016, section 3.2",
    evidence: Evidence::Weak,
    conflicts: &[],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct MinibatchDiscrimination {
    /// Features that the last layer gets in addition, B.
    pub features: usize,
    /// How many numbers of each image a feature compares, C.
    pub dimensions: usize,
}

impl Default for MinibatchDiscrimination {
    fn default() -> Self {
        Self { features: 100, dimensions: 5 }
    }
}

impl Heuristic for MinibatchDiscrimination {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        let Self { features, dimensions } = *self;
        for (setting, count) in [("features", features), ("dimensions", dimensions)] {
            let key = format!("heuristics.minibatch-discrimination.{setting}");
            require((1..=1024).contains(&count), &key, count, "in 1..=1024")?;
        }
        plan.model.discriminator.minibatch_discrimination = Some(MinibatchDiscriminationSize { features, dimensions });
        Ok(())
    }
}
