//! Batch normalisation in both networks.
//!
//! The pieces: [`nn::BatchNorm`](crate::nn::BatchNorm), [`Pass`](crate::nn::Pass),
//! [`Network::absorb`](crate::nn::Network::absorb).
//!
//! # When it helps
//!
//! In DCGANs it is well supported. It does not go with a gradient penalty: under batch norm in the discriminator an
//! image has no gradient of its own ([`Network::input_gradient`](crate::nn::Network::input_gradient) returns none). An
//! image's logit also depends on the other images of the batch, see [`separate_batches`](super::separate_batches). In
//! later discriminators spectral norm and penalties have replaced batch norm.
//!
//! # Example
//!
//! ```no_run
#![doc = include_str!("../../examples/batch_norm.rs")]
//! ```

use super::{Card, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::plan::{Norm, Plan};
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "batch-norm",
    topic: Topic::Architecture,
    claim: "Normalising each channel over the batch lets gradients flow in deep networks and keeps a \
            generator from collapsing every latent to one image.",
    without: "No normalisation; convolutions have biases.",
    formula: "γ · (x − μ) / √(σ² + 1e-5) + β over batch and pixels; running statistics at sampling",
    default: "both networks, not on the discriminator's input layer nor the generator's output",
    source: "Ioffe and Szegedy 2015; Radford, Metz and Chintala 2016, section 3",
    evidence: Evidence::Moderate,
    conflicts: &[],
};

/// The settings.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BatchNorm {
    /// Whether the generator has it.
    pub generator: bool,
    /// Whether the discriminator has it.
    pub discriminator: bool,
}

impl Default for BatchNorm {
    fn default() -> Self {
        Self { generator: true, discriminator: true }
    }
}

impl Heuristic for BatchNorm {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        let norm = |on| if on { Norm::Batch } else { Norm::None };
        plan.model.generator.norm = norm(self.generator);
        plan.model.discriminator.norm = norm(self.discriminator);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{plan_of, plan_with, table};
    use super::{Norm, Plan};
    use crate::nn::ConvSpec;

    #[test]
    fn its_64_channels_add_256_parameters_of_which_128_are_running_statistics() {
        let same = ConvSpec::same(3, 64, 3, 2, true);
        let table = table([3, 64, 64], |builder| builder.conv(same).batch_norm(64).leaky_relu(0.2));
        assert_eq!((table.rows[1].trainable, table.rows[1].not_trainable), (128, 128));
        assert_eq!((table.trainable(), table.not_trainable()), (1920, 128));
    }

    #[test]
    fn each_network_can_be_set() {
        let norms = |plan: Plan| (plan.model.generator.norm, plan.model.discriminator.norm);
        assert_eq!(norms(plan_with(&[])), (Norm::None, Norm::None));
        assert_eq!(norms(plan_with(&["batch-norm"])), (Norm::Batch, Norm::Batch));
        let one = "base = 'plain'\n[heuristics]\nbatch-norm = { discriminator = false }";
        assert_eq!(norms(plan_of(one).expect("a plan")), (Norm::Batch, Norm::None));
    }
}
