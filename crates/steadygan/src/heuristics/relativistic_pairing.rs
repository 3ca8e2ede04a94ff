//! Each real is compared with one fake.
//!
//! The pieces: [`Loss::RelativisticPairing`].
//!
//! # When it helps
//!
//! With R1 and R2 together it reached all modes of Stacked-MNIST where the same network with the usual loss lost a
//! third of them (Huang et al. 2024). Without penalties it converges no better than the usual loss.

use super::losses::{self, HARD_LABELS, NO_FLIPS, ONE_UPDATE, one_loss};
use super::{Card, Conflict, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::loss::Loss;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "relativistic-pairing",
    topic: Topic::Loss,
    claim: "Each fake is compared with a real, so that no mode is judged by one boundary for all.",
    without: "The non-saturating loss: sp(−d) + sp(d̃) for the discriminator, sp(−d̃) for the generator.",
    formula: "discriminator sp(−(d − d̃)); generator sp(−(d̃ − d)), pair by pair",
    default: "nothing to set",
    source: "Jolicoeur-Martineau 2019; Huang et al. 2024 (R3GAN)",
    evidence: Evidence::Moderate,
    conflicts: one_loss!["saturating", "least-squares", "hinge", "wasserstein", "relativistic-average"; HARD_LABELS, NO_FLIPS, ONE_UPDATE],
};

/// The settings.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct RelativisticPairing {}

impl Heuristic for RelativisticPairing {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.train.loss = Loss::RelativisticPairing;
        Ok(())
    }

    fn conflict(&self, plan: &Plan) -> Option<&'static Conflict> {
        losses::relative_conflict(&CARD, plan)
    }
}
