//! A slope of 1 between reals and fakes (WGAN-GP).
//!
//! The pieces: [`one_centred`](crate::penalty::one_centred), [`between`](crate::penalty::between).
//!
//! # When it helps
//!
//! With the loss `wasserstein` (clip = 0), several discriminator steps and no batch norm in the discriminator. It
//! does not make the game converge locally (Mescheder et al. 2018), and published results depend much on the rest of
//! the setup.

use super::penalties::{self, CONFLICTS, Kind, OneCentred};
use super::{Card, Conflict, Evidence, Heuristic, Hook, Topic};
use crate::error::Result;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "gradient-penalty",
    topic: Topic::Penalty,
    claim: "A slope of 1 on the way from fakes to reals is that of the best Wasserstein critic.",
    without: "No penalty.",
    formula: "λ · mean (√(‖∇D(x̂)‖² + 1e-12) − 1)², x̂ uniform on the segment from a real to a fake",
    default: "weight = 10 (λ; 0.1 on toys), every = 0 (in each step)",
    source: "Gulrajani et al. 2017",
    evidence: Evidence::Moderate,
    conflicts: &CONFLICTS,
};

/// The settings.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GradientPenalty(pub OneCentred);

impl Heuristic for GradientPenalty {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        self.0.penalty(CARD.name, Kind::Between, plan).check("weight")
    }

    fn conflict(&self, plan: &Plan) -> Option<&'static Conflict> {
        penalties::conflict(&CARD, plan)
    }

    fn arm(&self, plan: &Plan) -> Option<Box<dyn Hook>> {
        Some(Box::new(self.0.penalty(CARD.name, Kind::Between, plan)))
    }
}
