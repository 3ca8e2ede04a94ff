//! Noise on every image that the discriminator sees.
//!
//! The pieces: [`Hook::transform_images`].
//!
//! # When it helps
//!
//! If the distributions of reals and fakes do not overlap, the discriminator can be certain; noise makes them overlap.
//! In the Dirac-GAN noise alone makes training converge (Mescheder et al. 2018). At scale it is rarely used: noise
//! hides detail that the generator has to learn in the end, so its deviation falls to 0 over the run.

use super::{BatchKind, Card, Evidence, Heuristic, Hook, Topic};
use crate::error::{Result, require};
use crate::labels::Moment;
use crate::penalty::normal;
use crate::plan::Plan;
use crate::schedule::{Schedule, Shape, WHOLE_RUN};
use burn::Tensor;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "instance-noise",
    topic: Topic::Inputs,
    claim: "Noise makes reals and fakes overlap, so that the discriminator cannot be sure.",
    without: "Images as they are.",
    formula: "x + ε, ε ~ N(0, σ²) for every value, reals and fakes alike, in both steps",
    default: "deviation = { from = 0.1, to = 0.0, over = 1.0 }: from a twentieth of the range [−1, 1] to none \
            over the whole run",
    source: "Sønderby et al. 2017; Arjovsky and Bottou 2017; ganhacks tip 13",
    evidence: Evidence::Moderate,
    conflicts: &[],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct InstanceNoise {
    /// The noise's standard deviation σ, in the images' own range.
    pub deviation: Schedule,
}

impl Default for InstanceNoise {
    fn default() -> Self {
        Self { deviation: Schedule { from: 0.1, to: 0.0, over: WHOLE_RUN, shape: Shape::Linear } }
    }
}

impl Heuristic for InstanceNoise {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, _: &mut Plan) -> Result<()> {
        let sound = |deviation: f64| deviation.is_finite() && deviation >= 0.0;
        require(self.deviation.all(sound), "heuristics.instance-noise.deviation", self.deviation, "a number not below 0")
    }

    fn arm(&self, _: &Plan) -> Option<Box<dyn Hook>> {
        Some(Box::new(self.clone()))
    }
}

impl Hook for InstanceNoise {
    fn name(&self) -> &'static str {
        CARD.name
    }

    fn transform_images(&self, images: Tensor<4>, kind: BatchKind, moment: &Moment) -> Tensor<4> {
        let deviation = self.deviation.at(moment.images);
        if deviation == 0.0 {
            return images;
        }
        let noise = normal(&images, deviation, &mut moment.stream(&kind.stream_name(CARD.name)));
        images + noise
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{plan_of, prepared};

    /// White reals and black fakes with noise of deviation 0.5: mean and deviation of 64,000 values.
    #[test]
    fn both_kinds_get_noise_of_the_deviation() {
        let plan = plan_of("base = 'plain'\n[heuristics]\ninstance-noise = { deviation = 0.5 }").expect("a plan");
        let batches = prepared(&plan, 1000);
        for (images, level) in [(batches.real.images, 1.0), (batches.fake.images, 0.0)] {
            let values: Vec<f64> = images.into_data().iter::<f64>().map(|value| value - level).collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let variance = values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64;
            assert!(mean.abs() < 0.01 && (variance.sqrt() - 0.5).abs() < 0.01, "{mean} {variance}");
        }
    }
}
