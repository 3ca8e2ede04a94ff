//! Weights start from a narrow normal distribution.
//!
//! The pieces: [`nn::Initializer`](crate::nn::Initializer) with [`Init::Gaussian`].
//!
//! # When it helps
//!
//! It belongs with batch norm, which makes the scale of the weights before it irrelevant to the output. Without any
//! normalisation such small weights shrink the signal layer by layer, and a network may collapse entirely where
//! PyTorch's default rule survives.
//!
//! # Example
//!
//! ```no_run
#![doc = include_str!("../../examples/gaussian_init.rs")]
//! ```

use super::{Card, Evidence, Heuristic, Topic};
use crate::error::{Result, require_positive};
use crate::nn::Init;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "gaussian-init",
    topic: Topic::Initialisation,
    claim: "Small weights of one scale in every layer start both networks gently.",
    without: "PyTorch's default: weights and biases uniform on ±1/√fan_in, batch norm's scale 1.",
    formula: "w ~ N(0, 0.02²), biases 0; batch norm's scale ~ N(1, 0.02²)",
    default: "deviation 0.02",
    source: "Radford, Metz and Chintala 2016, section 4; the scale as in PyTorch's DCGAN example",
    evidence: Evidence::Weak,
    conflicts: &[],
};

/// The settings.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GaussianInit {
    /// Standard deviation, above 0.
    pub deviation: f64,
}

impl Default for GaussianInit {
    fn default() -> Self {
        Self { deviation: 0.02 }
    }
}

impl Heuristic for GaussianInit {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        require_positive(self.deviation, "heuristics.gaussian-init.deviation")?;
        plan.model.init = Init::Gaussian { deviation: self.deviation };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{networks, plan_with};
    use crate::nn::{NamedTensor, named_tensors};

    fn values(tensors: &[NamedTensor], name: &str) -> Vec<f32> {
        let tensor = tensors.iter().find(|tensor| tensor.name == name).expect("the tensor");
        tensor.data.try_to_vec().expect("floats")
    }

    fn mean_and_deviation(values: &[f32]) -> (f64, f64) {
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / values.len() as f64;
        (mean, variance.sqrt())
    }

    /// The first generator weight of the smallest plan has 100 · 32 · 16 = 51,200 values: the
    /// mean's standard error is 9e-5, the deviation's 6e-5; five of each are allowed.
    #[test]
    fn weights_have_mean_0_and_deviation_002() {
        let (generator, _) = networks(&plan_with(&["gaussian-init", "batch-norm"]));
        let tensors = named_tensors(&generator);
        let (mean, deviation) = mean_and_deviation(&values(&tensors, "main.0.weight"));
        assert!(mean.abs() < 4.5e-4, "{mean}");
        assert!((deviation - 0.02).abs() < 3e-4, "{deviation}");
        let scale = values(&tensors, "main.1.weight");
        assert!(scale.iter().all(|gamma| (gamma - 1.0).abs() < 0.12 && *gamma != 1.0));
    }

    /// Without it ±1/√fan_in: the transposed layer's fan-in is its 32 output channels times 16.
    #[test]
    fn without_it_weights_and_biases_fill_the_fan_in_range() {
        let (generator, discriminator) = networks(&plan_with(&[]));
        let tensors = named_tensors(&generator);
        let bound = 1.0 / (32.0f32 * 16.0).sqrt();
        let weights = values(&tensors, "main.0.weight");
        let largest = weights.iter().fold(0.0f32, |largest, w| largest.max(w.abs()));
        assert!(largest <= bound && largest > 0.999 * bound, "{largest} of {bound}");
        let (_, deviation) = mean_and_deviation(&weights);
        assert!((deviation - f64::from(bound) / 3f64.sqrt()).abs() < 0.01 * f64::from(bound), "{deviation}");
        let bias = values(&named_tensors(&discriminator), "main.0.bias");
        assert!(bias.iter().all(|b| b.abs() <= 1.0 / 9f32.sqrt() && *b != 0.0));
    }
}
