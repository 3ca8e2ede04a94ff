//! Several steps of one network for each step of the other.
//!
//! The pieces: [`train::discriminator_step`](crate::train::discriminator_step), [`train::generator_step`](crate::train::generator_step).
//!
//! # When it helps
//!
//! Where the discriminator's value should be a distance (WGAN takes 5) or its slope is bounded (spectral norm, 2 to 5).
//! Each discriminator step takes new reals, and a run's length is in real images: the generator gets fewer steps for
//! the same images. A much copied TensorFlow DCGAN takes two generator steps without saying so.

use super::{Card, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::plan::{Plan, check};
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "discriminator-steps",
    topic: Topic::Optimisation,
    claim: "Several discriminator steps bring it nearer to its best answer before the generator moves.",
    without: "One step each.",
    formula: "a round: discriminator steps, each on new reals and fakes, then generator steps",
    default: "discriminator = 5, generator = 1",
    source: "Goodfellow et al. 2014, algorithm 1; Arjovsky, Chintala and Bottou 2017; ganhacks tip 14",
    evidence: Evidence::Moderate,
    conflicts: &[],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct DiscriminatorSteps {
    /// The discriminator's steps in a round.
    pub discriminator: usize,
    /// The generator's steps after them.
    pub generator: usize,
}

impl Default for DiscriminatorSteps {
    fn default() -> Self {
        Self { discriminator: 5, generator: 1 }
    }
}

impl Heuristic for DiscriminatorSteps {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.train.discriminator_steps = self.discriminator;
        plan.train.generator_steps = self.generator;
        check::steps(&plan.train)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{plan_of, trained};

    #[test]
    fn steps_are_counted_and_images_are_those_of_all_of_the_discriminator_s() {
        let text = "base = 'plain'\n[heuristics]\ndiscriminator-steps = { discriminator = 3, generator = 2 }";
        let plan = plan_of(text).expect("a plan");
        assert_eq!((plan.train.batch, plan.train.round(), plan.train.images), (8, 24, 24));
        let state = trained(&plan, 48);
        assert_eq!(state.discriminator_optimizer.adam().expect("Adam").steps, 6);
        assert_eq!(state.generator_optimizer.adam().expect("Adam").steps, 4);
        for key in ["discriminator", "generator"] {
            for steps in [0, 101, i64::MAX] {
                let text = format!("[heuristics]\ndiscriminator-steps = {{ {key} = {steps} }}");
                let error = plan_of(&text).expect_err("no plan").to_string();
                assert!(error.contains(&format!("heuristics.discriminator-steps.{key}")), "{error}");
            }
        }
    }
}
