//! A layer in which every position looks at every other.
//!
//! The pieces: [`plan::NetworkPlan::attention`](crate::plan::NetworkPlan::attention).
//!
//! # When it helps
//!
//! For structure at a distance in images of 64 pixels and more. It starts without effect (its scale γ is 0), and the
//! scale is learned.

use super::{Card, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "self-attention",
    topic: Topic::Architecture,
    claim: "Distant parts of an image are made, and judged, to fit each other.",
    without: "Convolutions only.",
    formula: "x + γ · attention(x), γ = 0 at first; queries and keys of c/8 channels, values of c/2",
    default: "both networks, at the middle resolution",
    source: "Zhang et al. 2019 (SAGAN)",
    evidence: Evidence::Moderate,
    conflicts: &[],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct SelfAttention {
    /// Whether the generator has it.
    pub generator: bool,
    /// Whether the discriminator has it.
    pub discriminator: bool,
}

impl Default for SelfAttention {
    fn default() -> Self {
        Self { generator: true, discriminator: true }
    }
}

impl Heuristic for SelfAttention {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.model.generator.attention = self.generator;
        plan.model.discriminator.attention = self.discriminator;
        Ok(())
    }
}
