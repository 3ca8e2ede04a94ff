//! LeakyReLU instead of ReLU.
//!
//! The pieces: [`nn::LeakyRelu`](crate::nn::LeakyRelu), [`ops::leaky_relu`](crate::ops::leaky_relu).
//!
//! # When it helps
//!
//! The sources disagree: the DCGAN paper has it in the discriminator only, ganhacks in both networks; no controlled
//! comparison is known. With ReLU in the discriminator, a unit that is negative for every fake passes no gradient
//! to the generator.
//!
//! # Example
//!
//! ```no_run
#![doc = include_str!("../../examples/leaky_relu.rs")]
//! ```

use super::{Card, Evidence, Heuristic, Topic};
use crate::error::{Result, require};
use crate::plan::{NetworkPlan, Plan};
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "leaky-relu",
    topic: Topic::Architecture,
    claim: "A slope on the negative side keeps gradients from vanishing on their way to the generator.",
    without: "ReLU in both networks.",
    formula: "x if x > 0, else slope · x",
    default: "slope 0.2 in both networks; `generator = \"relu\"` is DCGAN's own form",
    source: "Radford, Metz and Chintala 2016 (discriminator only); ganhacks tip 5 (both)",
    evidence: Evidence::Weak,
    conflicts: &[],
};

/// The settings.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LeakyRelu {
    /// The slope on the negative side, in [0, 1).
    pub slope: f64,
    /// The generator's activation.
    pub generator: Activation,
    /// The discriminator's activation.
    pub discriminator: Activation,
}

/// One network's activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// LeakyReLU, with the slope.
    LeakyRelu,
    /// ReLU, with no slope.
    Relu,
}

impl Default for LeakyRelu {
    fn default() -> Self {
        Self { slope: 0.2, generator: Activation::LeakyRelu, discriminator: Activation::LeakyRelu }
    }
}

impl Heuristic for LeakyRelu {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        require((0.0..1.0).contains(&self.slope), "heuristics.leaky-relu.slope", self.slope, "in [0, 1)")?;
        let apply = |network: &mut NetworkPlan, activation| {
            network.slope = if activation == Activation::LeakyRelu { self.slope as f32 } else { 0.0 };
        };
        apply(&mut plan.model.generator, self.generator);
        apply(&mut plan.model.discriminator, self.discriminator);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{plan_of, plan_with};

    #[test]
    fn each_network_can_be_set() {
        let slopes = |plan: crate::plan::Plan| (plan.model.generator.slope, plan.model.discriminator.slope);
        assert_eq!(slopes(plan_with(&[])), (0.0, 0.0));
        assert_eq!(slopes(plan_with(&["leaky-relu"])), (0.2, 0.2));
        let one = "base = 'plain'\n[heuristics]\nleaky-relu = { slope = 0.1, generator = 'relu' }";
        assert_eq!(slopes(plan_of(one).expect("a plan")), (0.0, 0.1));
    }

    #[test]
    fn a_slope_beyond_its_range_is_refused_by_name() {
        let error = plan_of("[heuristics]\nleaky-relu = { slope = 1.5 }").expect_err("no plan");
        assert!(error.to_string().contains("heuristics.leaky-relu.slope"), "{error}");
    }
}
