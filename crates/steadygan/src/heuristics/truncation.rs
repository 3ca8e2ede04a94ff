//! Latents far from the middle are drawn again when images are made.
//!
//! The pieces: [`LatentDistribution::sample_truncated`](crate::latent::LatentDistribution::sample_truncated).
//!
//! # When it helps
//!
//! For pictures to show: each is more likely to be good, together they are less varied. Training and its sheets are not
//! truncated. Metrics of a truncated generator measure the truncated distribution, not the one that was learned.

use super::{Card, Conflict, Evidence, Heuristic, Topic};
use crate::error::{Result, require};
use crate::plan::Plan;
use crate::plan::check::MIN_TRUNCATION;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "truncation",
    topic: Topic::Sampling,
    claim: "Latents near the middle make better images, at the price of variety.",
    without: "Latents are drawn as in training.",
    formula: "every coordinate with |z| > threshold is drawn again, in `generate`, `evaluate` and the explorer only",
    default: "threshold = 0.7",
    source: "Brock, Donahue and Simonyan 2019 (BigGAN), section 3.1",
    evidence: Evidence::Strong,
    conflicts: &[Conflict { with: "spherical-latent", why: "latents of one length have no tail", instead: "" }],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Truncation {
    /// The largest absolute value of a coordinate, at least 0.04 (BigGAN's smallest).
    pub threshold: f64,
}

impl Default for Truncation {
    fn default() -> Self {
        Self { threshold: 0.7 }
    }
}

impl Heuristic for Truncation {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        let sound = self.threshold.is_finite() && self.threshold >= MIN_TRUNCATION;
        let wanted = format!("a number not below {MIN_TRUNCATION}");
        require(sound, "heuristics.truncation.threshold", self.threshold, &wanted)?;
        plan.model.truncation = Some(self.threshold);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::latent::LatentDistribution;
    use crate::rng;

    /// A Gaussian cut at 0.7 has the variance 1 − 2tφ(t)/(2Φ(t) − 1) = 0.1533.
    #[test]
    fn coordinates_stay_below_the_threshold() {
        let draws = LatentDistribution::Gaussian.sample_truncated(500, 100, 0.7, &mut rng::stream(0, "test", 0));
        assert!(draws.iter().all(|z| z.abs() <= 0.7));
        let variance = draws.iter().map(|z| f64::from(*z).powi(2)).sum::<f64>() / draws.len() as f64;
        assert!((variance - 0.1533).abs() < 0.003, "{variance}");
    }
}
