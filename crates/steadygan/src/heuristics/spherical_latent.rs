//! Latents on the sphere.
//!
//! The pieces: [`LatentDistribution::Spherical`].
//!
//! # When it helps
//!
//! In many dimensions it is nearly the same as `gaussian-latent`, whose draws lie close to the sphere of radius √n. No
//! difference in quality is known.

use super::{Card, Conflict, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::latent::LatentDistribution;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "spherical-latent",
    topic: Topic::Inputs,
    claim: "All latents have one length, so that a great circle between two stays where the generator was \
            trained.",
    without: "The base's latents: uniform, or N(0, I) with gaussian-latent.",
    formula: "z = √n · x / ‖x‖, x ~ N(0, I) in n dimensions",
    default: "nothing to set",
    source: "Karras et al. 2018 (ProGAN), appendix A.1",
    evidence: Evidence::Weak,
    conflicts: &[Conflict { with: "gaussian-latent", why: "a run has one distribution of latents", instead: "" }],
};

/// The settings.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct SphericalLatent {}

impl Heuristic for SphericalLatent {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.model.latent_distribution = LatentDistribution::Spherical;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::LatentDistribution;
    use crate::rng;

    #[test]
    fn every_latent_has_the_length_of_its_sphere() {
        let latents = LatentDistribution::Spherical.sample(50, 100, &mut rng::stream(0, "test", 0));
        for latent in latents.chunks(100) {
            let norm = latent.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
            assert!((norm - 10.0).abs() < 1e-5, "{norm}");
        }
    }
}
