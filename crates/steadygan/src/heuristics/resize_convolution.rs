//! The generator doubles an image by interpolation.
//!
//! The pieces: [`plan::Upsampling::Bilinear`](crate::plan::Upsampling::Bilinear).
//!
//! # When it helps
//!
//! Against the checkerboards of transposed convolutions whose kernel size the stride does not divide.
//! `strided-upsampling` does not have them, because its stride of 2 divides its 4×4 kernel.

use super::{Card, Conflict, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::plan::{Plan, Upsampling};
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "resize-convolution",
    topic: Topic::Architecture,
    claim: "Neighbouring pixels are made by the same weights, so that no checkerboard can form.",
    without: "Nearest neighbour, then convolution (its own plainer form); or what the base says.",
    formula: "interpolation ×2, then 3×3 convolution",
    default: "resize = \"bilinear\"; \"nearest\" is the form without the heuristic",
    source: "Odena, Dumoulin and Olah 2016",
    evidence: Evidence::Weak,
    conflicts: &[Conflict { with: "strided-upsampling", why: "both say how the generator doubles an image", instead: "" }, Conflict { with: "pixel-shuffle", why: "both say how the generator doubles an image", instead: "" }],
};

/// How pixels are interpolated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resize {
    /// Nearest neighbour: each pixel is repeated four times.
    Nearest,
    /// Bilinear: neighbours are weighted by their distance from pixel centres.
    #[default]
    Bilinear,
}

/// The settings.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct ResizeConvolution {
    /// How pixels are interpolated.
    pub resize: Resize,
}

impl Heuristic for ResizeConvolution {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.model.upsampling = match self.resize {
            Resize::Nearest => Upsampling::Nearest,
            Resize::Bilinear => Upsampling::Bilinear,
        };
        Ok(())
    }
}
