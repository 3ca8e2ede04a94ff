//! The discriminator sees an all-real and an all-fake batch.

use super::{Card, Evidence, Family, Heuristic};
use crate::error::Result;
use crate::plan::{Batches, Plan};
use serde::{Deserialize, Serialize};

/// What there is to know.
pub static CARD: Card = Card {
    name: "separate-batches",
    family: Family::Inputs,
    claim: "Batch norm in the discriminator normalises reals and fakes each by their own moments.",
    without: "Reals and fakes in one batch; loss = mean over reals + mean over fakes.",
    formula: "updates = \"one\": gradients summed, one step; \"two\": a step each. Without batch norm in \
              the discriminator \"one\" computes the same as one batch",
    default: "updates = \"one\"",
    source: "ganhacks tip 4; \"one\" as PyTorch's DCGAN example, \"two\" as Keras' train_on_batch twice",
    evidence: Evidence::Weak,
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

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.train.batches = match self.updates {
            Updates::One => Batches::SeparateOneUpdate,
            Updates::Two => Batches::SeparateTwoUpdates,
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{after_one_step, plan_of};

    fn form(batch_norm: bool, separate: &str) -> Vec<f32> {
        // 16 pixels: the smallest discriminator with a batch norm in it.
        let text = format!(
            "base = 'plain'\n[data]\nsize = 16\n[heuristics]\nadam = true\nbatch-norm = {batch_norm}\nseparate-batches = {separate}"
        );
        after_one_step(&plan_of(&text).expect("a plan")).discriminator
    }

    fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).fold(0.0, |largest, (a, b)| largest.max((a - b).abs()))
    }

    /// Adam's first step moves every weight by lr = 2e-4 in its gradient's direction, so forms that
    /// differ, differ by up to 4e-4; equal forms by rounding where a gradient is all but zero.
    #[test]
    fn under_batch_norm_both_forms_and_the_off_form_differ() {
        let [off, one, two] = ["false", "{ updates = 'one' }", "{ updates = 'two' }"].map(|form_| form(true, form_));
        for (a, b) in [(&off, &one), (&one, &two), (&off, &two)] {
            assert!(largest_difference(a, b) > 1e-4);
        }
    }

    #[test]
    fn without_batch_norm_one_update_is_the_off_form() {
        let (off, one) = (form(false, "false"), form(false, "true"));
        let moved = off.iter().zip(&one).filter(|(a, b)| (*a - *b).abs() > 1e-6).count();
        assert!(moved * 1000 < off.len(), "{moved} of {} weights differ", off.len());
        assert!(largest_difference(&off, &form(false, "{ updates = 'two' }")) > 1e-4);
    }
}
