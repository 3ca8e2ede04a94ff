//! Each image is compared with the mean of the other kind.
//!
//! The pieces: [`Loss::RelativisticAverage`].
//!
//! # When it helps
//!
//! The mean makes each image's loss depend on the whole batch, and the theory behind it is weaker than for pairing.

use super::losses::{self, HARD_LABELS, NO_FLIPS, ONE_UPDATE, one_loss};
use super::{Card, Conflict, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::loss::Loss;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "relativistic-average",
    topic: Topic::Loss,
    claim: "An image is judged against the mean of the other kind.",
    without: "The non-saturating loss: sp(−d) + sp(d̃) for the discriminator, sp(−d̃) for the generator.",
    formula: "discriminator ½sp(−(d − mean d̃)) + ½sp(d̃ − mean d); generator with the kinds exchanged",
    default: "nothing to set",
    source: "Jolicoeur-Martineau 2019 (RaGAN)",
    evidence: Evidence::Weak,
    conflicts: one_loss!["saturating", "least-squares", "hinge", "wasserstein", "relativistic-pairing"; HARD_LABELS, NO_FLIPS, ONE_UPDATE],
};

/// The settings.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct RelativisticAverage {}

impl Heuristic for RelativisticAverage {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.train.loss = Loss::RelativisticAverage;
        Ok(())
    }

    fn conflict(&self, plan: &Plan) -> Option<&'static Conflict> {
        losses::relative_conflict(&CARD, plan)
    }
}
