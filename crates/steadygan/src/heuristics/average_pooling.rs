//! The discriminator halves an image by average pooling.
//!
//! The pieces: [`plan::Downsampling::AveragePool`](crate::plan::Downsampling::AveragePool).
//!
//! # When it helps
//!
//! ganhacks' other way to avoid sparse gradients. SNGAN's residual discriminators use it.

use super::{Card, Conflict, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::plan::{Downsampling, Plan};
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "average-pooling",
    topic: Topic::Architecture,
    claim: "Every pixel gets a gradient, where max pooling gives it to one of four.",
    without: "Max pooling, or what the base says.",
    formula: "3×3 convolution, activation, mean over 2×2 pixels",
    default: "nothing to set",
    source: "ganhacks tip 5; Miyato et al. 2018",
    evidence: Evidence::Weak,
    conflicts: &[Conflict { with: "strided-downsampling", why: "both say how the discriminator halves an image", instead: "" }],
};

/// The settings.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct AveragePooling {}

impl Heuristic for AveragePooling {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.model.downsampling = Downsampling::AveragePool;
        Ok(())
    }
}
