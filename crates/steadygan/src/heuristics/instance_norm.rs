//! Each channel of each image normalised by itself.
//!
//! The pieces: [`plan::Norm::Instance`](crate::plan::Norm::Instance).
//!
//! # When it helps
//!
//! ganhacks recommends it where batch norm is not an option. It removes each image's own brightness and contrast, which
//! matter in some data. No controlled comparison is known for GANs that start from noise.

use super::norms;
use super::{Card, Conflict, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::plan::{Norm, Plan};
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "instance-norm",
    topic: Topic::Architecture,
    claim: "An image is normalised without looking at its batch.",
    without: "No normalisation, or what the base says; convolutions then have biases.",
    formula: "γ · (x − μ) / √(σ² + 1e-5) + β, moments over the pixels of each channel of each image",
    default: "both networks, where batch norm would stand",
    source: "Ulyanov, Vedaldi and Lempitsky 2016; ganhacks tip 4",
    evidence: Evidence::Weak,
    conflicts: norms::conflicts!["batch-norm", "virtual-batch-norm", "layer-norm"],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct InstanceNorm {
    /// Whether the generator has it.
    pub generator: bool,
    /// Whether the discriminator has it.
    pub discriminator: bool,
}

impl Default for InstanceNorm {
    fn default() -> Self {
        Self { generator: true, discriminator: true }
    }
}

impl Heuristic for InstanceNorm {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        norms::set(plan, Norm::Instance, self.generator, self.discriminator);
        Ok(())
    }

    fn conflict(&self, plan: &Plan) -> Option<&'static Conflict> {
        norms::conflict(&CARD, plan, self.generator, self.discriminator)
    }
}
