//! The zero-sum game as first published.
//!
//! The pieces: [`Loss::Saturating`].
//!
//! # When it helps
//!
//! As a baseline only. Where the discriminator is certain, the loss's slope at the fakes vanishes and the generator
//! learns nothing. That is the reason for the non-saturating form, which has the same fixed point.

use super::losses::one_loss;
use super::{Card, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::loss::Loss;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "saturating",
    topic: Topic::Loss,
    claim: "Both players play for one value, as the theory has it.",
    without: "The non-saturating loss: sp(−d) + sp(d̃) for the discriminator, sp(−d̃) for the generator.",
    formula: "discriminator sp(−d) + sp(d̃); generator −sp(d̃)",
    default: "nothing to set",
    source: "Goodfellow et al. 2014, equation 1",
    evidence: Evidence::Against,
    conflicts: one_loss!["least-squares", "hinge", "wasserstein", "relativistic-pairing", "relativistic-average";],
};

/// The settings.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Saturating {}

impl Heuristic for Saturating {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.train.loss = Loss::Saturating;
        Ok(())
    }
}
