//! Each image is normalised by a reference batch that is drawn once.
//!
//! The pieces: [`plan::Norm::VirtualBatch`](crate::plan::Norm::VirtualBatch).
//!
//! # When it helps
//!
//! From 2016. It costs a second forward pass; later work does without.

use super::norms;
use super::{Card, Conflict, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::plan::{Norm, Plan};
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "virtual-batch-norm",
    topic: Topic::Architecture,
    claim: "What is said of an image does not depend on the others of its batch, as under batch norm it does.",
    without: "No normalisation, or what the base says; convolutions then have biases.",
    formula: "γ · (x − μ) / √(σ² + 1e-5) + β, moments over a reference batch drawn at the start of the run, and \
            the image itself",
    default: "both networks, where batch norm would stand",
    source: "Salimans et al. 2016, section 3.4",
    evidence: Evidence::Moderate,
    conflicts: norms::conflicts!["batch-norm", "instance-norm", "layer-norm"],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct VirtualBatchNorm {
    /// Whether the generator has it.
    pub generator: bool,
    /// Whether the discriminator has it.
    pub discriminator: bool,
}

impl Default for VirtualBatchNorm {
    fn default() -> Self {
        Self { generator: true, discriminator: true }
    }
}

impl Heuristic for VirtualBatchNorm {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        norms::set(plan, Norm::VirtualBatch, self.generator, self.discriminator);
        Ok(())
    }

    fn conflict(&self, plan: &Plan) -> Option<&'static Conflict> {
        norms::conflict(&CARD, plan, self.generator, self.discriminator)
    }
}
