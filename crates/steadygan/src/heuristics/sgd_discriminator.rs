//! Stochastic gradient descent for the discriminator.
//!
//! The pieces: [`Sgd`](crate::optim::Sgd).
//!
//! # When it helps
//!
//! ganhacks recommends it without an experiment, and none of the systems surveyed does it. Its effect is a slower
//! discriminator.

use super::{Card, Conflict, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::plan::{Plan, Rule};
use crate::schedule::Schedule;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "sgd-discriminator",
    topic: Topic::Optimisation,
    claim: "A plain optimiser keeps the discriminator from running ahead of the generator.",
    without: "Adam for both networks.",
    formula: "w ← w − lr · g",
    default: "lr = 0.01 (the tip names none; this is the usual rate of the rule)",
    source: "ganhacks tip 9",
    evidence: Evidence::Weak,
    conflicts: &[Conflict { with: "ttur", why: "both set the discriminator's learning rate", instead: "" }],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct SgdDiscriminator {
    /// Learning rate.
    pub lr: Schedule,
}

impl Default for SgdDiscriminator {
    fn default() -> Self {
        Self { lr: Schedule::constant(0.01) }
    }
}

impl Heuristic for SgdDiscriminator {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.optimizer.discriminator.rule = Rule::Sgd;
        plan.optimizer.discriminator.lr = self.lr;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{plan_of, plan_with, trained};

    #[test]
    fn the_discriminator_has_no_moments_and_the_generator_has() {
        let state = trained(&plan_with(&["adam", "sgd-discriminator"]), 16);
        assert!(state.discriminator_optimizer.adam().is_none() && state.generator_optimizer.adam().is_some());
        let error = plan_of("[heuristics]\nttur = true\nsgd-discriminator = true").expect_err("no plan").to_string();
        assert!(error.contains("`sgd-discriminator`") && error.contains("`ttur`"), "{error}");
    }
}
