//! A zero-centred penalty on the discriminator's slope at the reals.
//!
//! The pieces: [`zero_centred`](crate::penalty::zero_centred), [`by_difference`](crate::penalty::by_difference), [`input_gradient`](crate::nn::Network::input_gradient).
//!
//! # When it helps
//!
//! In nearly every good GAN since 2018 (each StyleGAN has it), and proven to make the game converge locally. Alone it
//! was not enough on Stacked-MNIST; with `r2` it was (Huang et al. 2024). Computed in few of the steps (`every`) it
//! costs little, but failed on small data with many modes. A discriminator step with it costs about twice as much.

use super::penalties::{CONFLICTS, Kind, ZeroCentred};
use super::{Card, Conflict, Evidence, Heuristic, Hook, Topic};
use crate::error::Result;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "r1",
    topic: Topic::Penalty,
    claim: "With no slope at the reals, the discriminator lets the game come to rest where the distributions \
            meet.",
    without: "No penalty.",
    formula: "(γ/2) · mean ‖∇D(x)‖² over the reals, exactly; by = \"difference\" estimates it by (γ / 2σ²) · \
            mean (D(x) − D(x + σε))²",
    default: "gamma = 10, by = \"gradient\", deviation = 0.01 (σ), every = 0 (in each step; every = 1024 \
            computes it once in so many images and weighs it that much more)",
    source: "Mescheder, Geiger and Nowozin 2018; by difference: Lin et al. 2025 (APT, arXiv 2501.08316)",
    evidence: Evidence::Strong,
    conflicts: &CONFLICTS,
};

/// The settings.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct R1(pub ZeroCentred);

impl Heuristic for R1 {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        self.0.penalty(CARD.name, Kind::Real, plan).check("gamma")
    }

    fn conflict(&self, plan: &Plan) -> Option<&'static Conflict> {
        self.0.conflict(&CARD, plan)
    }

    fn arm(&self, plan: &Plan) -> Option<Box<dyn Hook>> {
        Some(Box::new(self.0.penalty(CARD.name, Kind::Real, plan)))
    }
}
