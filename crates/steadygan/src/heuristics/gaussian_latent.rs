//! Latents from a normal distribution.
//!
//! The pieces: [`LatentDistribution`], [`slerp`](crate::latent::slerp).
//!
//! # When it helps
//!
//! Harmless, and no controlled comparison shows that it helps. With it, great circles are the right way between two
//! latents, see [`latent`](crate::latent).
//!
//! # Example
//!
//! ```no_run
#![doc = include_str!("../../examples/gaussian_latent.rs")]
//! ```

use super::{Card, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::latent::LatentDistribution;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "gaussian-latent",
    topic: Topic::Inputs,
    claim: "Latents from a sphere instead of a cube have no corners, and interpolate along great circles.",
    without: "Latents uniform on [−1, 1] in every coordinate.",
    formula: "z ~ N(0, I)",
    default: "N(0, I) of the length `model.latent`",
    source: "White 2016 (arXiv 1609.04468); ganhacks tip 3",
    evidence: Evidence::Weak,
    conflicts: &[],
};

/// The settings: none.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GaussianLatent {}

impl Heuristic for GaussianLatent {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.model.latent_distribution = LatentDistribution::Gaussian;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::plan_with;
    use crate::rng;

    fn draws(on: &[&str]) -> (f64, f64, f32) {
        let mut stream = rng::stream(0, "latent", 0);
        let values = plan_with(on).model.latent_distribution.sample(500, 100, &mut stream);
        assert_eq!(values.len(), 50_000);
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / 50_000.0;
        let variance = values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / 50_000.0;
        (mean, variance.sqrt(), values.iter().fold(0.0, |largest, v| largest.max(v.abs())))
    }

    /// With 50,000 draws the standard error of the mean is 0.0045 and of the deviation 0.0032; four of each are
    /// allowed.
    #[test]
    fn mean_0_and_deviation_1() {
        let (mean, deviation, largest) = draws(&["gaussian-latent"]);
        assert!(mean.abs() < 0.018, "{mean}");
        assert!((deviation - 1.0).abs() < 0.013, "{deviation}");
        assert!(largest > 3.0);
    }

    #[test]
    fn without_it_uniform_on_minus_1_to_1() {
        let (mean, deviation, largest) = draws(&[]);
        assert!(mean.abs() < 0.011, "{mean}");
        assert!((deviation - 1.0 / 3f64.sqrt()).abs() < 0.006, "{deviation}");
        assert!(largest <= 1.0 && largest > 0.999);
    }
}
