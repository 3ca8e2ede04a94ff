//! A slope of 1 around the reals (DRAGAN).
//!
//! The pieces: [`one_centred`](crate::penalty::one_centred), [`around`](crate::penalty::around).
//!
//! # When it helps
//!
//! One study supports it. In a large collection of published runs it decays after its best point, as other methods do.

use super::penalties::{self, CONFLICTS, Kind, OneCentred};
use super::{Card, Conflict, Evidence, Heuristic, Hook, Topic};
use crate::error::Result;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "dragan",
    topic: Topic::Penalty,
    claim: "A discriminator that is smooth around the data has fewer sharp places for the generator to get \
            stuck at.",
    without: "No penalty.",
    formula: "λ · mean (√(‖∇D(x̂)‖² + 1e-12) − 1)², x̂ near a real: x + u · ½ · s · r, s the standard deviation \
            of the batch, r and u uniform on [0, 1]",
    default: "weight = 10 (λ; 0.1 on toys), every = 0 (in each step)",
    source: "Kodali et al. 2017",
    evidence: Evidence::Weak,
    conflicts: &CONFLICTS,
};

/// The settings.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Dragan(pub OneCentred);

impl Heuristic for Dragan {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        self.0.penalty(CARD.name, Kind::Around, plan).check("weight")
    }

    fn conflict(&self, plan: &Plan) -> Option<&'static Conflict> {
        penalties::conflict(&CARD, plan)
    }

    fn arm(&self, plan: &Plan) -> Option<Box<dyn Hook>> {
        Some(Box::new(self.0.penalty(CARD.name, Kind::Around, plan)))
    }
}
