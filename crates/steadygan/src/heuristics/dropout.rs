//! Dropout in the generator, in training and also when images are made afterwards.
//!
//! The pieces: [`nn::Pass::with_noise`](crate::nn::Pass::with_noise).
//!
//! # When it helps
//!
//! It is pix2pix' only source of noise. In generators that start from noise, only ganhacks' tip supports it.

use super::{Card, Evidence, Heuristic, Topic};
use crate::error::{Result, require};
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "dropout",
    topic: Topic::Architecture,
    claim: "Noise in every layer, in training and after, makes for more varied images.",
    without: "No dropout.",
    formula: "each hidden activation of the generator is 0 with probability p, else divided by 1 − p",
    default: "probability = 0.5, sampling = true",
    source: "Isola et al. 2017 (pix2pix); ganhacks tip 17",
    evidence: Evidence::Weak,
    conflicts: &[],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Dropout {
    /// Probability of a zero, in [0, 1).
    pub probability: f64,
    /// Whether it acts when images are made after training.
    pub sampling: bool,
}

impl Default for Dropout {
    fn default() -> Self {
        Self { probability: 0.5, sampling: true }
    }
}

impl Heuristic for Dropout {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        let sound = (0.0..1.0).contains(&self.probability);
        require(sound, "heuristics.dropout.probability", self.probability, "in [0, 1)")?;
        plan.model.generator.dropout = self.probability;
        plan.model.noise_in_sampling |= self.sampling;
        Ok(())
    }
}
