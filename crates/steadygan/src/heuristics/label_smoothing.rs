//! Soft labels for the discriminator.
//!
//! The pieces: [`labels::smooth`](crate::labels::smooth), [`LabelRange`].
//!
//! # When it helps
//!
//! An ablation supports one-sided smoothing (Salimans et al. 2016). The random two-sided ranges are folklore, and
//! theory speaks against them. More in [`labels`](crate::labels#when-it-helps).
//!
//! # Example
//!
//! ```no_run
#![doc = include_str!("../../examples/label_smoothing.rs")]
//! ```

use super::{Card, Evidence, Heuristic, Hook, Topic};
use crate::error::{Result, require};
use crate::labels::{Batches, LabelRange, Moment, smooth};
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "label-smoothing",
    topic: Topic::Labels,
    claim: "Soft labels keep the discriminator from becoming too sure, so that its gradient stays useful.",
    without: "Labels of exactly 1 for reals and 0 for fakes.",
    formula: "real ~ U[0.7, 1.2], fake ~ U[0, 0.3], fresh for each image, in the discriminator's step only. In \
              expectation the fixed labels 0.95 and 0.15; the loss is then at least 0.62",
    default: "real = [0.7, 1.2], fake = [0.0, 0.3]; `fake = 0` is one-sided",
    source: "Salimans et al. 2016 (one-sided); ganhacks tip 6 (the random ranges)",
    evidence: Evidence::Moderate,
    conflicts: &[],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LabelSmoothing {
    /// The range of labels of images that are labelled as real, in [−1, 2].
    pub real: LabelRange,
    /// The range of labels of images that are labelled as fake, in [−1, 2].
    pub fake: LabelRange,
}

impl Default for LabelSmoothing {
    fn default() -> Self {
        Self { real: LabelRange { low: 0.7, high: 1.2 }, fake: LabelRange { low: 0.0, high: 0.3 } }
    }
}

impl Heuristic for LabelSmoothing {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        for (name, LabelRange { low, high }) in [("real", self.real), ("fake", self.fake)] {
            let key = format!("heuristics.label-smoothing.{name}");
            let sound = low <= high && low >= -1.0 && high <= 2.0;
            require(sound, &key, format!("[{low}, {high}]"), "a range in [-1, 2], low end first")?;
        }
        (plan.train.labels.real, plan.train.labels.fake) = (self.real, self.fake);
        Ok(())
    }

    fn arm(&self, _: &Plan) -> Option<Box<dyn Hook>> {
        Some(Box::new(self.clone()))
    }
}

impl Hook for LabelSmoothing {
    fn name(&self) -> &'static str {
        CARD.name
    }

    fn smooth_labels(&self, batches: &mut Batches, moment: &Moment) {
        for (name, batch) in batches.named() {
            let mut stream = moment.stream(&format!("label-smoothing/{name}"));
            batch.labels = smooth(&batch.labelled_real(), self.real, self.fake, &mut stream);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{labels_of, plan_of};

    /// The probability that no one of 1,000 uniform draws lies within 1% of the range from an end is 0.99¹⁰⁰⁰ ≈ e⁻¹⁰.
    #[test]
    fn a_thousand_draws_fill_their_ranges() {
        let (real, fake) = labels_of("base = 'plain'\n[heuristics]\nlabel-smoothing = true", 1000);
        let ends = |labels: &[f32]| {
            labels.iter().fold((f32::MAX, f32::MIN), |(low, high), &label| (low.min(label), high.max(label)))
        };
        let (low, high) = ends(&real);
        assert!((0.7..0.705).contains(&low) && (1.195..=1.2).contains(&high), "{low} {high}");
        let (low, high) = ends(&fake);
        assert!((0.0..0.003).contains(&low) && (0.297..=0.3).contains(&high), "{low} {high}");
    }

    #[test]
    fn one_number_is_one_sided_and_off_is_hard() {
        let text = "base = 'plain'\n[heuristics]\nlabel-smoothing = { real = 0.9, fake = 0 }";
        assert_eq!(labels_of(text, 3), (vec![0.9; 3], vec![0.0; 3]));
        assert_eq!(labels_of("base = 'plain'", 3), (vec![1.0; 3], vec![0.0; 3]));
    }

    #[test]
    fn a_range_the_wrong_way_round_is_refused_by_name() {
        let error = plan_of("[heuristics]\nlabel-smoothing = { real = [1.2, 0.7] }").expect_err("no plan");
        assert!(error.to_string().contains("heuristics.label-smoothing.real"), "{error}");
    }
}
