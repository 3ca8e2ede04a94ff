//! Gaussian noise in every layer of the generator.
//!
//! The pieces: [`nn::Pass::with_noise`](crate::nn::Pass::with_noise).
//!
//! # When it helps
//!
//! StyleGAN's generators learn how much noise each layer takes; a fixed amount is supported by ganhacks' tip only.

use super::{Card, Evidence, Heuristic, Topic};
use crate::error::{Result, require};
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "generator-noise",
    topic: Topic::Architecture,
    claim: "Noise in every layer gives the generator something to make details of.",
    without: "No noise but the latent.",
    formula: "h + ε, ε ~ N(0, σ²) after each hidden activation of the generator",
    default: "deviation = 0.1, sampling = true",
    source: "Zhao, Mathieu and LeCun 2017 (EBGAN); ganhacks tip 13",
    evidence: Evidence::Weak,
    conflicts: &[],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct GeneratorNoise {
    /// The noise's standard deviation σ, not below 0.
    pub deviation: f64,
    /// Whether it acts when images are made after training.
    pub sampling: bool,
}

impl Default for GeneratorNoise {
    fn default() -> Self {
        Self { deviation: 0.1, sampling: true }
    }
}

impl Heuristic for GeneratorNoise {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        let sound = self.deviation.is_finite() && self.deviation >= 0.0;
        require(sound, "heuristics.generator-noise.deviation", self.deviation, "a number not below 0")?;
        plan.model.generator.noise = self.deviation;
        plan.model.noise_in_sampling |= self.sampling;
        Ok(())
    }
}
