//! The discriminator sees an all-real and an all-fake batch.
//!
//! The pieces: [`discriminator_step`](crate::train::discriminator_step), [`Batching`],
//! [`Batches`](crate::labels::Batches).
//!
//! # When it helps
//!
//! It matters under batch norm in the discriminator only: there the three forms compute different things, because the
//! images of a batch share its moments. Without batch norm `updates = "one"` computes the same as one batch, up to
//! rounding, and only `"two"` differs, because it takes two steps. The sources disagree (PyTorch's example has one
//! step, Keras' `train_on_batch` two), and nobody has published a comparison.
//!
//! # Example
//!
//! ```no_run
#![doc = include_str!("../../examples/separate_batches.rs")]
//! ```

use super::{Card, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::plan::{Batching, Plan};
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "separate-batches",
    topic: Topic::Inputs,
    claim: "Batch norm in the discriminator normalises reals and fakes each by their own moments.",
    without: "Reals and fakes in one batch; loss = mean over reals + mean over fakes.",
    formula: "updates = \"one\": gradients summed, one step; \"two\": a step each. Without batch norm in \
              the discriminator \"one\" computes the same as one batch",
    default: "updates = \"one\"",
    source: "ganhacks tip 4; \"one\" as PyTorch's DCGAN example, \"two\" as Keras' train_on_batch twice",
    evidence: Evidence::Weak,
    conflicts: &[],
};

/// The settings.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SeparateBatches {
    /// Optimiser steps for the two batches.
    pub updates: Updates,
}

/// Optimiser steps for the two batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Updates {
    /// One, after both.
    #[default]
    One,
    /// One after each.
    Two,
}

impl Heuristic for SeparateBatches {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn only_through(&self) -> &'static [&'static str] {
        match self.updates {
            Updates::One => &["batch-norm"],
            Updates::Two => &[],
        }
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.train.batches = match self.updates {
            Updates::One => Batching::SeparateOneUpdate,
            Updates::Two => Batching::SeparateTwoUpdates,
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{plan_of, trained};

    /// The discriminator's first moments after one step: half its gradient at beta1 = 0.5.
    fn moments(batch_norm: bool, separate: &str) -> Vec<f32> {
        // 16 pixels: the smallest discriminator with a batch norm in it.
        let text = format!(
            "base = 'plain'\n[data]\nsize = 16\n[heuristics]\nadam = true\nbatch-norm = {batch_norm}\n\
             separate-batches = {separate}"
        );
        let state = trained(&plan_of(&text).expect("a plan"), 8);
        let moments = state.discriminator_optimizer.adam().expect("Adam").moments.clone().into_values();
        moments.flat_map(|(first, _)| first.into_data().iter::<f32>().collect::<Vec<_>>()).collect()
    }

    fn distance(a: &[f32], b: &[f32]) -> f32 {
        let norm = |values: &mut dyn Iterator<Item = f32>| values.map(|value| value * value).sum::<f32>().sqrt();
        norm(&mut a.iter().zip(b).map(|(a, b)| a - b)) / norm(&mut b.iter().copied())
    }

    #[test]
    fn under_batch_norm_both_forms_and_the_off_form_differ() {
        let [off, one, two] = ["false", "{ updates = 'one' }", "{ updates = 'two' }"].map(|form| moments(true, form));
        for (a, b) in [(&off, &one), (&one, &two), (&off, &two)] {
            assert!(distance(a, b) > 0.01, "{}", distance(a, b));
        }
    }

    #[test]
    fn without_batch_norm_one_update_is_the_off_form() {
        let (off, one) = (moments(false, "false"), moments(false, "true"));
        assert!(distance(&off, &one) < 1e-5, "{}", distance(&off, &one));
        assert!(distance(&off, &moments(false, "{ updates = 'two' }")) > 0.01);
    }
}
