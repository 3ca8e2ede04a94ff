//! Adam with a small step and little momentum.
//!
//! The pieces: [`optim::Adam`](crate::optim::Adam), [`AdamSettings`], [`Gradients`](crate::optim::Gradients).
//!
//! # When it helps
//!
//! Little momentum is the best supported of the eleven heuristics of preset `hacks`: several studies find beta1 = 0.9
//! bad. Later networks with spectral norm or gradient penalties go down to 0.
//!
//! # Example
//!
//! ```no_run
#![doc = include_str!("../../examples/adam.rs")]
//! ```

use super::{Card, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::optim::AdamSettings;
use crate::plan::{OptimizerPlan, Plan};
use crate::schedule::Schedule;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "adam",
    topic: Topic::Optimisation,
    claim: "A smaller step and less momentum than usual keep the two players from overshooting each other.",
    without: "Adam as usual: lr 1e-3, beta1 0.9.",
    formula: "m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; w ← w − lr · m̂ / (√v̂ + ε)",
    default: "lr 2e-4, beta1 0.5, beta2 0.999, epsilon 1e-8, both networks",
    source: "Kingma and Ba 2015; settings of Radford, Metz and Chintala 2016, section 4",
    evidence: Evidence::Strong,
    conflicts: &[],
};

/// The settings, for both networks; `[optimizer.generator]` and `[optimizer.discriminator]` take
/// precedence in the same layer of a recipe and in later ones.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Adam {
    /// Learning rate.
    pub lr: Schedule,
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: Schedule,
    /// Added to the second moment's root.
    pub epsilon: f64,
}

impl Default for Adam {
    fn default() -> Self {
        let OptimizerPlan { lr, beta1, beta2, epsilon, .. } = AdamSettings::DCGAN.into();
        Self { lr, beta1, beta2, epsilon }
    }
}

impl Heuristic for Adam {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        for optimizer in [&mut plan.optimizer.generator, &mut plan.optimizer.discriminator] {
            let Self { lr, beta1, beta2, epsilon } = *self;
            *optimizer = OptimizerPlan { lr, beta1, beta2, epsilon, ..*optimizer };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{plan_of, plan_with};
    use super::*;

    #[test]
    fn on_off_and_overridden_for_one_network() {
        assert_eq!(plan_with(&[]).optimizer.generator, AdamSettings::USUAL.into());
        let on = plan_with(&["adam"]).optimizer;
        assert_eq!(on.generator.adam_at(7), AdamSettings { lr: 2e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-8 });
        assert_eq!(on.discriminator, on.generator);
        let text = "[heuristics]\nadam = { lr = 1e-4 }\n[optimizer.discriminator]\nlr = 4e-4";
        let optimizer = plan_of(text).expect("a plan").optimizer;
        assert_eq!((optimizer.generator.lr.from, optimizer.discriminator.lr.from), (1e-4, 4e-4));
    }

    /// A setting for both networks in a later layer overrides an earlier setting for one network. Within a layer the
    /// setting for one network wins.
    #[test]
    fn a_later_layer_for_both_beats_an_earlier_one_for_one() {
        let planned = |layers: &[(&str, &str)]| {
            let mut recipe = crate::heuristics::recipe();
            layers.iter().for_each(|(text, origin)| recipe.lay_text(text, origin).expect("a layer"));
            let optimizer = crate::decide::decide(&recipe, 1).expect("a plan").optimizer;
            (optimizer.generator.lr.at(0), optimizer.discriminator.lr.at(0), optimizer.generator.beta1)
        };
        let one = ("[optimizer.generator]\nlr = 1e-3\nbeta1 = 0.9", "file");
        let both = "[heuristics.adam]\nlr = 1e-4";
        assert_eq!(planned(&[one, (both, "--set")]), (1e-4, 1e-4, 0.9));
        assert_eq!(planned(&[one, (both, "file")]), (1e-3, 1e-4, 0.9));
        assert_eq!(planned(&[(both, "file"), (one.0, "--set")]), (1e-3, 1e-4, 0.9));
    }

    #[test]
    fn impossible_settings_are_refused_by_name() {
        for (text, key) in [("lr = -1.0", "lr"), ("beta1 = 1.0", "beta1"), ("epsilon = 0.0", "epsilon")] {
            let error = plan_of(&format!("[heuristics]\nadam = {{ {text} }}")).expect_err("no plan");
            assert!(error.to_string().contains(key), "{error}");
        }
    }
}
