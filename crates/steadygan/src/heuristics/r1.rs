//! A zero-centred penalty on the discriminator's slope at the reals.
//!
//! The pieces: [`zero_centred`](crate::penalty::zero_centred), [`by_difference`](crate::penalty::by_difference), [`input_gradient`](crate::nn::Network::input_gradient).
//!
//! # When it helps
//!
//! In nearly every good GAN since 2018 (each StyleGAN has it), and proven to make the game converge locally. Alone it
//! was not enough on Stacked-MNIST (Huang et al. 2024), where `r2` beside it was. Computed lazily it costs little,
//! but failed on small data with many modes. A step with it costs about twice as much for the discriminator.

use super::penalties::{self, By, CONFLICTS, Every, Kind, Penalty};
use super::{Card, Conflict, Evidence, Family, Heuristic, Hook};
use crate::error::Result;
use crate::plan::Plan;
use crate::schedule::Schedule;
use serde::{Deserialize, Serialize};

/// What there is to know.
pub static CARD: Card = Card {
    name: "r1",
    family: Family::Penalty,
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
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct R1 {
    /// The weight γ, not below 0.
    pub gamma: Schedule,
    /// How the slope is measured.
    pub by: By,
    /// The noise's standard deviation σ where it is measured by differences.
    pub deviation: f64,
    /// Real images between two times that it is computed; 0 is in every step.
    pub every: Every,
}

impl Default for R1 {
    fn default() -> Self {
        Self { gamma: Schedule::constant(10.0), by: By::Gradient, deviation: 0.01, every: Every(0) }
    }
}

impl R1 {
    fn penalty(&self, plan: &Plan) -> Penalty {
        let deviation = (self.by == By::Difference).then_some(self.deviation);
        let (weight, every, batch) = (self.gamma, self.every.0, plan.train.batch);
        Penalty { name: CARD.name, kind: Kind::Real, weight, deviation, every, batch }
    }
}

impl Heuristic for R1 {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        self.penalty(plan).check("gamma")
    }

    fn conflict(&self, plan: &Plan) -> Option<&'static Conflict> {
        if self.by == By::Gradient { penalties::conflict(&CARD, plan) } else { None }
    }

    fn arm(&self, plan: &Plan) -> Option<Box<dyn Hook>> {
        Some(Box::new(self.penalty(plan)))
    }
}
