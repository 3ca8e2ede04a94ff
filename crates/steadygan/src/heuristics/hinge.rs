//! A margin beyond which nothing is gained.
//!
//! The pieces: [`Loss::Hinge`].
//!
//! # When it helps
//!
//! With spectral norm, where it is the usual choice; without it one controlled study found no gain. The discriminator
//! often takes 2 to 5 steps for each of the generator's.

use super::losses::{HARD_LABELS, one_loss};
use super::{Card, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::loss::Loss;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "hinge",
    topic: Topic::Loss,
    claim: "The discriminator stops caring about images that it judges right by a margin of 1.",
    without: "The non-saturating loss: sp(−d) + sp(d̃) for the discriminator, sp(−d̃) for the generator.",
    formula: "discriminator max(0, 1 − d) + max(0, 1 + d̃); generator −d̃",
    default: "nothing to set",
    source: "Lim and Ye 2017; Miyato et al. 2018",
    evidence: Evidence::Moderate,
    conflicts: one_loss!["saturating", "least-squares", "wasserstein", "relativistic-pairing", "relativistic-average"; HARD_LABELS],
};

/// The settings.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Hinge {}

impl Heuristic for Hinge {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.train.loss = Loss::Hinge;
        Ok(())
    }
}
