//! Failure rates, and how uncertain they make an effect.

use super::estimate::Scores;
use crate::contrast::Contrast;
use crate::distribution::clopper_pearson;
use serde::{Deserialize, Serialize};

/// How many of some runs failed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Failures {
    /// Runs that diverged or collapsed.
    pub failed: usize,
    /// All runs counted, failed or not.
    pub runs: usize,
    /// Lower and upper end of the rate's interval (Clopper and Pearson 1934). It is not simultaneous with other
    /// intervals.
    pub rate: [f64; 2],
}

/// One of the two sides that an effect compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arm {
    /// The rows with the level.
    Level,
    /// The rows that those are compared with.
    Against,
}

impl Arm {
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
            failed += scores.failed(row);
            runs += scores.of(row).count();
        }
        let rate = if runs == 0 { [0.0, 1.0] } else { clopper_pearson(failed, runs, confidence) };
        Self { failed, runs, rate }
    }

    /// The failures on one side of a contrast.
    pub fn of_arm(scores: &Scores, contrast: &Contrast, arm: Arm, confidence: f64) -> Self {
        Self::of_rows(scores, arm.rows(contrast), confidence)
    }
}

/// The squares of how much lower and how much higher a contrast may be than estimated, because failure rates are known
/// from few runs only.
///
/// Rows of the contrast whose runs all failed may fail less often: their rate is at least its lower Clopper–Pearson
/// bound. Rows of the contrast without a failure may fail: their rate is at most its upper bound, or the upper bound of
/// all the study's runs except the rows that always failed, whichever is lower.
///
/// Either moves the contrast by the sum of these rows' weights, times the change of the rate, times
/// [`Scores::failure_cost`]. So such rows on opposite sides cancel. In a contrast of two rows each row has a rate of
/// its own and nothing cancels; but while every row of the study fails always or never, rows without a failure still
/// share one rate.
///
/// The squares of the distances to the bounds add up (Zou and Donner 2008). If no run failed, the result is zero,
/// because nothing shows what a failure costs.
pub(super) fn failure_uncertainty(scores: &Scores, contrast: &Contrast, confidence: f64) -> [f64; 2] {
    let cost = scores.failure_cost();
    if cost == 0.0 {
        return [0.0, 0.0];
    }
    let rows = 0..scores.0.len();
    let rate = |rows: &mut dyn Iterator<Item = usize>| Failures::of_rows(scores, rows, confidence).rate;
    let always = WeightedRows::of(contrast, |row| scores.has_all_failed(row));
    let never = WeightedRows::of(contrast, |row| scores.failed(row) == 0);
    let elsewhere = rate(&mut rows.clone().filter(|row| !always.holds(*row)))[1];
    let by_chance = rows.clone().any(|row| scores.failed(row) > 0 && !scores.has_all_failed(row));
    let two = contrast.weights().len() <= 2;
    let less = always.groups(two).map(|group| (rate(&mut group.rows())[0] - 1.0) * group.sum());
    let more = never.groups(two && by_chance).map(|group| rate(&mut group.rows())[1].min(elsewhere) * group.sum());
    let moved: Vec<f64> = less.chain(more).map(|share| cost * share).collect();
    [-1.0, 1.0].map(|side| moved.iter().map(|moved| (side * moved).max(0.0).powi(2)).sum())
}

/// Some rows of a contrast with their weights.
struct WeightedRows(Vec<(usize, f64)>);

impl WeightedRows {
    fn of(contrast: &Contrast, counts: impl Fn(usize) -> bool) -> Self {
        Self(contrast.weights().iter().copied().filter(|(row, _)| counts(*row)).collect())
    }

    /// Each row as a group of its own, or one group of all rows.
    fn groups(&self, each: bool) -> impl Iterator<Item = Self> {
        let size = if each { 1 } else { self.0.len().max(1) };
        self.0.chunks(size).map(|rows| Self(rows.to_vec()))
    }

    fn rows(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(|(row, _)| *row)
    }

    fn holds(&self, row: usize) -> bool {
        self.rows().any(|own| own == row)
    }

    fn sum(&self) -> f64 {
        self.0.iter().map(|(_, weight)| weight).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::Score;
    use crate::design::Design;
    use crate::factor::testing::switches;

    /// Rows of two runs: `F` is a failed run with score 3, `.` a run that trained, with score 0.
    fn scores(rows: &[&str]) -> Scores {
        let score = |run| Some(Score { log_distance: if run == 'F' { 3.0 } else { 0.0 }, failed: run == 'F' });
        Scores(rows.iter().map(|row| row.chars().map(score).collect()).collect())
    }

    #[test]
    fn a_row_that_failed_whenever_it_ran_may_fail_less_often() {
        let scores = scores(&["FF", "..", "..", "F."]);
        let [low, high] = failure_uncertainty(&scores, &Contrast::between(0, 1), 0.95);
        // Bounds of the rate: two failures of two are at least √0.025, none of two is at most 1 − √0.025 = 0.8419, and
        // one of the six other runs is at most 0.6412, which is the lower of the two upper bounds.
        let (always, never) = (3.0 * (1.0 - 0.025f64.sqrt()), 3.0 * 0.6412);
        assert!((low - always * always - never * never).abs() < 1e-2 && high == 0.0, "{low} {high}");
        let turned = failure_uncertainty(&scores, &Contrast::between(1, 0), 0.95);
        assert!((turned[1] - low).abs() < 1e-12 && turned[0] == 0.0);
    }

    /// While every other row fails always or never, a row without failures is taken to never fail. One row that fails
    /// sometimes ends that assumption.
    #[test]
    fn where_failures_come_by_chance_rows_that_never_failed_may_fail() {
        let certain = scores(&["FF", "..", ".."]);
        assert_eq!(failure_uncertainty(&certain, &Contrast::between(1, 2), 0.95), [0.0, 0.0]);
        // One of all six runs failed, so the rate is at most 0.6412. That is below the bound from no failure in two
        // runs.
        let unsure = failure_uncertainty(&scores(&["F.", "..", ".."]), &Contrast::between(1, 2), 0.95);
        assert!(unsure.iter().all(|side| (side.sqrt() - 3.0 * 0.6412).abs() < 1e-3), "{unsure:?}");
    }

    #[test]
    fn rows_on_both_sides_make_up_for_each_other_except_two_that_always_failed() {
        let factors = switches(2);
        let rows = Design::Full.rows(&factors).unwrap();
        let main = |factor| Contrast::main(Design::Full, &rows, factor, 1, 0);
        // Every run without the first factor failed, with and without the second.
        let without = scores(&["FF", "..", "FF", ".."]);
        let first = if rows[0][0] == rows[2][0] { 0 } else { 1 };
        assert_eq!(failure_uncertainty(&without, &main(1 - first), 0.95), [0.0, 0.0]);
        assert!(failure_uncertainty(&without, &main(first), 0.95)[1] > 0.0);
        assert_eq!(failure_uncertainty(&without, &Contrast::between(1, 3), 0.95), [0.0, 0.0]);
        let each = (3.0 * (1.0 - 0.025f64.sqrt())).powi(2);
        let two = failure_uncertainty(&without, &Contrast::between(0, 2), 0.95);
        assert!(two.iter().all(|side| (side - each).abs() < 1e-9), "{two:?}");
        assert_eq!(failure_uncertainty(&scores(&["..", ".."]), &Contrast::between(0, 1), 0.95), [0.0, 0.0]);
    }
}
