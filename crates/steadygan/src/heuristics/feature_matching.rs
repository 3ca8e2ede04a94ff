//! The generator matches the mean of the discriminator's features.
//!
//! The pieces: [`Network::features`].
//!
//! # When it helps
//!
//! For semi-supervised classifiers, for which it was made; no gain in image quality is established. Here it is added to
//! the generator's loss.

use super::{Card, Evidence, Heuristic, Hook, Topic};
use crate::error::{Result, require};
use crate::class::Classed;
use crate::nn::{Network, Pass};
use crate::plan::Plan;
use burn::Tensor;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "feature-matching",
    topic: Topic::Loss,
    claim: "The generator aims at what the discriminator looks at, not at its verdict, which it can overshoot.",
    without: "The generator's loss alone.",
    formula: "weight · ‖mean f(x) − mean f(G(z))‖², f being what the discriminator's last layer is given",
    default: "weight = 1",
    source: "Salimans et al. 2016, section 3.1",
    evidence: Evidence::Moderate,
    conflicts: &[],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct FeatureMatching {
    /// The term's weight, not below 0.
    pub weight: f64,
}

impl Default for FeatureMatching {
    fn default() -> Self {
        Self { weight: 1.0 }
    }
}

impl Heuristic for FeatureMatching {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, _: &mut Plan) -> Result<()> {
        let sound = self.weight.is_finite() && self.weight >= 0.0;
        require(sound, "heuristics.feature-matching.weight", self.weight, "a number not below 0")
    }

    fn arm(&self, _: &Plan) -> Option<Box<dyn Hook>> {
        Some(Box::new(self.clone()))
    }
}

impl Hook for FeatureMatching {
    fn name(&self) -> &'static str {
        CARD.name
    }

    fn generator_penalty(
        &self,
        discriminator: &Network,
        fakes: &Classed,
        reals: &dyn Fn() -> Classed,
    ) -> Option<Tensor<1>> {
        let mean = |Classed { images, classes }| {
            discriminator.features(images, &mut Pass::train().with_classes(&classes)).mean_dim(0)
        };
        let difference = mean(fakes.clone()) - mean(reals()).detach();
        Some((difference.clone() * difference).sum() * self.weight)
    }
}
