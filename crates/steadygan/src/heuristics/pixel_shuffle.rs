//! The generator doubles an image by rearranging four channels into 2×2 pixels.
//!
//! The pieces: [`plan::Upsampling::PixelShuffle`](crate::plan::Upsampling::PixelShuffle).
//!
//! # When it helps
//!
//! One of ganhacks' two ways to upsample. It starts with a checkerboard unless the four channels start alike (Aitken et
//! al. 2017).

use super::{Card, Conflict, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::plan::{Plan, Upsampling};
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "pixel-shuffle",
    topic: Topic::Architecture,
    claim: "All convolutions work on the smaller image, and every pixel has weights of its own.",
    without: "Nearest neighbour, then convolution; or what the base says.",
    formula: "3×3 convolution to 4c channels, which become c channels of 2×2 pixels each",
    default: "nothing to set",
    source: "Shi et al. 2016; ganhacks tip 5",
    evidence: Evidence::Weak,
    conflicts: &[Conflict { with: "strided-upsampling", why: "both say how the generator doubles an image", instead: "" }, Conflict { with: "resize-convolution", why: "both say how the generator doubles an image", instead: "" }],
};

/// The settings.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct PixelShuffle {}

impl Heuristic for PixelShuffle {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.model.upsampling = Upsampling::PixelShuffle;
        Ok(())
    }
}
