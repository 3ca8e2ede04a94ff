//! A limit on the norm of each network's gradients.
//!
//! The pieces: [`Gradients::clip`](crate::optim::Gradients::clip).
//!
//! # When it helps
//!
//! A guard against single steps that ruin a run. Under Adam, which divides by the gradients' size, it does little else.
//! The norm above 100 in ganhacks is a sign to watch for, not a limit.

use super::{Card, Evidence, Heuristic, Topic};
use crate::error::{Result, require};
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "gradient-clipping",
    topic: Topic::Optimisation,
    claim: "No single batch can throw a network far away.",
    without: "Gradients of any size.",
    formula: "g ← g · min(1, norm / ‖g‖), ‖g‖ over all of a network's parameters",
    default: "norm = 10",
    source: "Pascanu, Mikolov and Bengio 2013",
    evidence: Evidence::Weak,
    conflicts: &[],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct GradientClipping {
    /// The largest norm, above 0.
    pub norm: f64,
}

impl Default for GradientClipping {
    fn default() -> Self {
        Self { norm: 10.0 }
    }
}

impl Heuristic for GradientClipping {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        let sound = self.norm.is_finite() && self.norm > 0.0;
        require(sound, "heuristics.gradient-clipping.norm", self.norm, "a positive number")?;
        plan.optimizer.max_gradient_norm = self.norm;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::optim::Gradients;
    use burn::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn longer_gradients_are_scaled_to_the_limit_and_shorter_ones_left() {
        let device = Device::flex();
        let gradients = || {
            let of = |values: [f32; 1]| Tensor::<1>::from_data(values, &device);
            Gradients(BTreeMap::from([("a".to_owned(), of([3.0])), ("b".to_owned(), of([-4.0]))]))
        };
        for (limit, expected) in [(10.0, [3.0, -4.0]), (1.0, [0.6, -0.8])] {
            let mut clipped = gradients();
            clipped.clip(clipped.norm(), limit);
            let values: Vec<f32> = clipped.0.into_values().map(|g| g.into_scalar()).collect();
            assert!(values.iter().zip(expected).all(|(v, e): (&f32, f32)| (v - e).abs() < 1e-6), "{values:?}");
        }
    }
}
