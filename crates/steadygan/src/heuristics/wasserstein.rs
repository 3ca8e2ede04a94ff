//! The critic of Wasserstein GAN.
//!
//! The pieces: [`Loss::Wasserstein`], [`clamped`](crate::nn::clamped).
//!
//! # When it helps
//!
//! With `gradient-penalty` and `clip = 0`. Clipping is what its authors themselves call a terrible way to bound a
//! slope; in a large collection of published runs it is far behind everything else.

use super::losses::{HARD_LABELS, one_loss};
use super::{Card, Conflict, Evidence, Heuristic, Topic};
use crate::error::{Result, require};
use crate::loss::Loss;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "wasserstein",
    topic: Topic::Loss,
    claim: "The discriminator's value is a distance between the distributions, as long as its slope is \
            bounded.",
    without: "The non-saturating loss: sp(−d) + sp(d̃) for the discriminator, sp(−d̃) for the generator.",
    formula: "discriminator d̃ − d, every weight cut to [−clip, clip] after each step; generator −d̃",
    default: "clip = 0.01; 0 cuts nothing",
    source: "Arjovsky, Chintala and Bottou 2017, algorithm 1",
    evidence: Evidence::Against,
    conflicts: one_loss!["saturating", "least-squares", "hinge", "relativistic-pairing", "relativistic-average"; HARD_LABELS, CLIPPED],
};

/// The conflict of clipped weights with a penalty that wants a slope of 1.
const CLIPPED: Conflict = Conflict {
    with: "gradient-penalty",
    why: "clipped weights cannot reach the slope of 1 that it asks for",
    instead: "heuristics.wasserstein.clip=0",
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Wasserstein {
    /// The largest absolute value of a discriminator's weight; 0 is no limit.
    pub clip: f64,
}

impl Default for Wasserstein {
    fn default() -> Self {
        Self { clip: 0.01 }
    }
}

impl Heuristic for Wasserstein {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        let sound = self.clip.is_finite() && self.clip >= 0.0;
        require(sound, "heuristics.wasserstein.clip", self.clip, "a number not below 0")?;
        plan.train.loss = Loss::Wasserstein;
        plan.train.clip_weights = self.clip;
        Ok(())
    }

    fn conflict(&self, plan: &Plan) -> Option<&'static Conflict> {
        let holds = |conflict: &&Conflict| plan.heuristics.contains_key(conflict.with);
        let clipped = |conflict: &&Conflict| conflict.with != CLIPPED.with || self.clip > 0.0;
        CARD.conflicts.iter().filter(holds).find(clipped)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{plan_of, trained, weights};

    #[test]
    fn weights_are_cut_and_a_gradient_penalty_needs_them_whole() {
        let plan = plan_of("base = 'plain'\n[heuristics]\nwasserstein = { clip = 0.02 }").expect("a plan");
        let state = trained(&plan, 16);
        let largest = crate::nn::named_tensors(&state.discriminator).iter().flat_map(|t| t.data.iter::<f32>().collect::<Vec<_>>())
            .fold(0.0f32, |largest, w| largest.max(w.abs()));
        assert!(largest <= 0.02 && weights(&state).iter().any(|w| w.abs() > 0.02), "{largest}");
        let both = |clip: f64| {
            plan_of(&format!("base = 'plain'\n[heuristics]\ngradient-penalty = true\nwasserstein = {{ clip = {clip} }}"))
        };
        let error = both(0.01).expect_err("no plan").to_string();
        assert!(error.contains("`wasserstein`") && error.contains("`gradient-penalty`"), "{error}");
        assert!(both(0.0).is_ok());
    }
}
