//! All channels of each image normalised together.
//!
//! The pieces: [`plan::Norm::Layer`](crate::plan::Norm::Layer).
//!
//! # When it helps
//!
//! WGAN-GP's authors recommend it in the discriminator in place of batch norm.

use super::norms;
use super::{Card, Conflict, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::plan::{Norm, Plan};
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "layer-norm",
    topic: Topic::Architecture,
    claim: "An image is normalised without looking at its batch, and keeps the proportions of its channels.",
    without: "No normalisation, or what the base says; convolutions then have biases.",
    formula: "γ · (x − μ) / √(σ² + 1e-5) + β, moments over channels and pixels of each image, γ and β for each \
            channel",
    default: "both networks, where batch norm would stand",
    source: "Ba, Kiros and Hinton 2016; Gulrajani et al. 2017, section 4",
    evidence: Evidence::Weak,
    conflicts: norms::conflicts!["batch-norm", "virtual-batch-norm", "instance-norm"],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct LayerNorm {
    /// Whether the generator has it.
    pub generator: bool,
    /// Whether the discriminator has it.
    pub discriminator: bool,
}

impl Default for LayerNorm {
    fn default() -> Self {
        Self { generator: true, discriminator: true }
    }
}

impl Heuristic for LayerNorm {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        norms::set(plan, Norm::Layer, self.generator, self.discriminator);
        Ok(())
    }

    fn conflict(&self, plan: &Plan) -> Option<&'static Conflict> {
        norms::conflict(&CARD, plan, self.generator, self.discriminator)
    }
}
