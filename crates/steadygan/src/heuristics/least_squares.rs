//! Squares instead of logarithms.
//!
//! The pieces: [`Loss::LeastSquares`].
//!
//! # When it helps
//!
//! Under a certain discriminator the loss, a parabola, still has a slope at the fakes. Among the losses in one large
//! collection of published runs it collapsed hardest in the end: keep the best checkpoint.

use super::losses::one_loss;
use super::{Card, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::loss::Loss;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "least-squares",
    topic: Topic::Loss,
    claim: "Fakes are pulled towards the label however sure the discriminator is.",
    without: "The non-saturating loss: sp(−d) + sp(d̃) for the discriminator, sp(−d̃) for the generator.",
    formula: "discriminator ½(d − t)², t being the label; generator ½(d̃ − 1)²",
    default: "nothing to set",
    source: "Mao et al. 2017",
    evidence: Evidence::Moderate,
    conflicts: one_loss!["saturating", "hinge", "wasserstein", "relativistic-pairing", "relativistic-average";],
};

/// The settings.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct LeastSquares {}

impl Heuristic for LeastSquares {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.train.loss = Loss::LeastSquares;
        Ok(())
    }
}
