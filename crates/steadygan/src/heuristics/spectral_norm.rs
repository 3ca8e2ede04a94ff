//! Weights divided by their largest singular value.
//!
//! The pieces: [`plan::NetworkPlan::spectral_norm`](crate::plan::NetworkPlan::spectral_norm).
//!
//! # When it helps
//!
//! The best supported single remedy on a small budget (Kurach et al. 2019): in one large collection it takes a
//! DCGAN-like network from 31.5 to 9.0 FID on CIFAR-10. It is used in place of batch norm in the discriminator, with
//! Adam's beta1 at 0 and often several discriminator steps. Later systems have it in the generator too.

use super::{Card, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "spectral-norm",
    topic: Topic::Architecture,
    claim: "A discriminator whose layers cannot stretch has a bounded slope everywhere.",
    without: "Weights as they are.",
    formula: "W / σ(W), σ the largest singular value, by one step of power iteration in each discriminator step",
    default: "discriminator only; generator = true for both",
    source: "Miyato et al. 2018",
    evidence: Evidence::Strong,
    conflicts: &[],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct SpectralNorm {
    /// Whether the generator has it.
    pub generator: bool,
    /// Whether the discriminator has it.
    pub discriminator: bool,
}

impl Default for SpectralNorm {
    fn default() -> Self {
        Self { generator: false, discriminator: true }
    }
}

impl Heuristic for SpectralNorm {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.model.generator.spectral_norm = self.generator;
        plan.model.discriminator.spectral_norm = self.discriminator;
        Ok(())
    }
}
