//! Failure rates, apart from the effects.

use super::noise::Scores;
use crate::study::contrast::Contrast;
use crate::study::distribution::clopper_pearson;
use serde::{Deserialize, Serialize};

/// How many of some runs failed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Failures {
    /// Runs that diverged or collapsed.
    pub failed: usize,
    /// All of them.
    pub runs: usize,
    /// Ends of the interval of the rate (Clopper and Pearson 1934), by itself and not together with others.
    pub rate: [f64; 2],
}

/// The side of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arm {
    /// The rows with the level.
    Level,
    /// The rows that it is compared with.
    Against,
}

impl Arm {
    pub(super) fn opposite(self) -> Self {
        if self == Self::Level { Self::Against } else { Self::Level }
    }

    /// Whether no run on this side of a contrast trained.
    pub(super) fn has_all_failed(self, scores: &Scores, contrast: &Contrast) -> bool {
        self.rows(contrast).all(|row| scores.of(row).all(|score| score.failed))
    }

    fn rows(self, contrast: &Contrast) -> impl Iterator<Item = usize> {
        let wanted = move |weight: f64| if self == Self::Level { weight > 0.0 } else { weight < 0.0 };
        contrast.weights().iter().filter(move |(_, weight)| wanted(*weight)).map(|(row, _)| *row)
    }
}

impl Failures {
    /// The failures among the runs of some rows.
    pub fn of_rows(scores: &Scores, rows: impl Iterator<Item = usize>, confidence: f64) -> Self {
        let (mut failed, mut runs) = (0, 0);
        for row in rows {
            failed += scores.of(row).filter(|score| score.failed).count();
            runs += scores.of(row).count();
        }
        let rate = if runs == 0 { [0.0, 1.0] } else { clopper_pearson(failed, runs, confidence) };
        Self { failed, runs, rate }
    }

    /// The failures on one side of a contrast.
    pub fn of_arm(scores: &Scores, contrast: &Contrast, arm: Arm, confidence: f64) -> Self {
        Self::of_rows(scores, arm.rows(contrast), confidence)
    }

    /// The failures everywhere but on one side of a contrast.
    pub(super) fn without_arm(scores: &Scores, contrast: &Contrast, arm: Arm, confidence: f64) -> Self {
        let rows = (0..scores.0.len()).filter(|row| arm.rows(contrast).all(|other| other != *row));
        Self::of_rows(scores, rows, confidence)
    }
}
