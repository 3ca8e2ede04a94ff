//! Scores, the noise between seeds, and the standard error of a contrast.

use crate::contrast::Contrast;
use crate::noise::Noise;
use serde::{Deserialize, Serialize};

/// A run's response.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The logarithm of the distance between fakes and reals. For a failed run: of the distance between an untrained
    /// generator's fakes and reals.
    pub log_distance: f64,
    /// Whether training diverged or collapsed.
    pub failed: bool,
}

/// The score of a run with this distance: the logarithm of the distance.
///
/// A run that failed, or whose distance is not finite, counts as failed and gets `untrained`, the distance of an
/// untrained generator. A larger distance is lowered to `untrained`. A distance below `floor` (a kernel distance may be
/// negative) is raised to `floor`, the spread of the distance between two sets of reals.
pub fn score(distance: f64, failed: bool, untrained: f64, floor: f64) -> Score {
    let failed = failed || !distance.is_finite();
    let distance = if failed { untrained } else { distance.min(untrained) };
    Score { log_distance: distance.max(floor).ln(), failed }
}

/// For each row the scores of its seeds, in the same order of seeds for all rows; `None` where a run is missing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scores(pub Vec<Vec<Option<Score>>>);

impl Scores {
    /// A row's scores.
    pub fn of(&self, row: usize) -> impl Iterator<Item = Score> {
        self.0[row].iter().flatten().copied()
    }

    fn values(&self, row: usize) -> Vec<f64> {
        self.of(row).map(|score| score.log_distance).collect()
    }

    /// The mean of a row's scores; `None` if there are none.
    pub fn mean(&self, row: usize) -> Option<f64> {
        let values = self.values(row);
        (!values.is_empty()).then(|| mean(&values))
    }

    /// The mean score of the failed runs minus the mean score of the others. 0 if all runs failed or none did.
    pub(super) fn failure_cost(&self) -> f64 {
        let of = |failed: bool| {
            let scores = (0..self.0.len()).flat_map(|row| self.of(row)).filter(|score| score.failed == failed);
            mean(&scores.map(|score| score.log_distance).collect::<Vec<_>>())
        };
        let cost = of(true) - of(false);
        if cost.is_finite() { cost } else { 0.0 }
    }

    /// How many of a row's runs failed.
    pub(crate) fn failed(&self, row: usize) -> usize {
        self.of(row).filter(|score| score.failed).count()
    }

    /// Whether a row has runs and all of them failed.
    pub(super) fn has_all_failed(&self, row: usize) -> bool {
        let failed = self.failed(row);
        failed > 0 && failed == self.of(row).count()
    }

    /// The rows that have runs and no failure.
    fn clean_rows(&self) -> Vec<usize> {
        (0..self.0.len()).filter(|row| self.failed(*row) == 0 && self.of(*row).next().is_some()).collect()
    }
}

/// The noise in a set of scores, and the variation that seeds cause in all rows alike.
#[derive(Debug, Clone, Copy)]
struct Spread {
    noise: Noise,
    /// Degrees of freedom for an effect that averages over rows, which may differ in their noise.
    averaged_freedom: f64,
    /// Variance between seeds of the mean over the rows without failures; zero where seeds are not blocks.
    between_seeds: f64,
    seeds: usize,
}

impl Spread {
    /// Estimated from the rows without failures. If each of them (two or more) has a run with every seed, seeds are
    /// blocks: the part that a seed adds to all rows is taken out of the noise. `None` without replicates.
    fn of(scores: &Scores) -> Option<Self> {
        let rows: Vec<Vec<f64>> = scores.clean_rows().into_iter().map(|row| scores.values(row)).collect();
        let seeds = scores.0.iter().map(Vec::len).max()?;
        let blocks = rows.len() > 1 && rows.iter().all(|row| row.len() == seeds);
        let means: Vec<f64> = rows.iter().map(|row| mean(row)).collect();
        let overall = mean(&means);
        let by_seed: Vec<f64> = match blocks {
            true => (0..seeds)
                .map(|seed| rows.iter().map(|row| row[seed]).sum::<f64>() / rows.len() as f64 - overall)
                .collect(),
            false => vec![0.0; seeds],
        };
        let residual = |(row, mean): (&Vec<f64>, &f64)| -> f64 {
            row.iter().zip(&by_seed).map(|(value, seed)| (value - mean - seed).powi(2)).sum()
        };
        let by_row: Vec<f64> = rows.iter().zip(&means).map(residual).collect();
        let squares: f64 = by_row.iter().sum();
        let replicates: usize = rows.iter().map(|row| row.len() - 1).sum();
        let freedom = if blocks { replicates - (seeds - 1) } else { replicates };
        let between_seeds = by_seed.iter().map(|seed| seed * seed).sum::<f64>() / (seeds.max(2) - 1) as f64;
        // Welch's degrees of freedom (1947) for a mean over rows with unequal variances.
        let denominator: f64 =
            by_row.iter().zip(&rows).map(|(squares, row)| squares.powi(2) / (row.len() + 1) as f64).sum();
        let welch = (squares * squares / denominator - 2.0).max(1.0);
        let noise = Noise { deviation: (squares / freedom as f64).sqrt(), freedom: freedom as f64 };
        (freedom > 0).then_some(Self { noise, averaged_freedom: welch.min(noise.freedom), between_seeds, seeds })
    }
}

/// An estimated contrast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EffectEstimate {
    /// The value.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Degrees of freedom of the standard error: the noise's, or without a noise estimate the number of rows that fail
    /// sometimes.
    pub freedom: f64,
}

/// Estimates the contrasts of a study, with the noise estimated from all of its scores.
#[derive(Debug, Clone, Copy)]
pub struct EffectEstimator<'a> {
    pub(super) scores: &'a Scores,
    spread: Option<Spread>,
    other_noise: Option<Noise>,
}

impl<'a> EffectEstimator<'a> {
    /// An estimator for these scores; `other_noise` is an estimate of the same noise from other runs, if there is one.
    pub fn of(scores: &'a Scores, other_noise: Option<Noise>) -> Self {
        Self { scores, spread: Spread::of(scores), other_noise }
    }

    /// The noise estimated from the scores' own replicates.
    pub fn noise(&self) -> Option<Noise> {
        self.spread.map(|spread| spread.noise)
    }

    /// Estimates a contrast. `None` if one of its rows has no run, or if nothing shows the noise.
    pub fn estimate(&self, contrast: &Contrast) -> Option<EffectEstimate> {
        let of_row = |(row, weight): &(usize, f64)| Some(weight * self.scores.mean(*row)?);
        let value = contrast.weights().iter().map(of_row).sum::<Option<f64>>()?;
        let (mut clean, mut left) = (0.0, 0.0);
        let mut mixed = Vec::new();
        for (row, weight) in contrast.weights() {
            let values = self.scores.values(*row);
            match self.scores.failed(*row) {
                0 => {
                    clean += weight * weight / values.len() as f64;
                    left += weight;
                }
                failed if failed == values.len() => {}
                _ => mixed.push(weight * weight * variance(&values) / values.len() as f64),
            }
        }
        let (mut squared, freedom) = match self.noise_of(contrast) {
            Some(noise) => (noise.deviation.powi(2) * clean, noise.freedom),
            None if clean > 0.0 || mixed.is_empty() => return None,
            None => (0.0, mixed.len() as f64),
        };
        squared += mixed.iter().sum::<f64>() * (1.0 + UNSEEN / mixed.len().max(1) as f64);
        if let Some(spread) = self.spread {
            // The effect of a seed on all rows cancels where rows without failures are compared with each other (`left`
            // is 0).
            let unseen = 1.0 + 1.0 / (spread.seeds.max(2) - 1) as f64;
            squared += left * left * spread.between_seeds / spread.seeds as f64 * unseen;
        }
        Some(EffectEstimate { value, standard_error: squared.sqrt(), freedom })
    }

    /// The noise to use for a contrast: a contrast of more than two rows has Welch's degrees of freedom.
    fn noise_of(&self, contrast: &Contrast) -> Option<Noise> {
        let own = self.spread.map(|spread| match contrast.weights().len() {
            0..=2 => spread.noise,
            _ => Noise { freedom: spread.averaged_freedom, ..spread.noise },
        });
        match (own, self.other_noise) {
            (Some(own), Some(other)) => Some(own.pooled(other)),
            (own, other) => own.or(other),
        }
    }
}

/// Rows in which only some seeds fail are few, so their variance is computed as if two more such rows had been seen,
/// just as Agresti and Coull (1998) add two successes and two failures.
const UNSEEN: f64 = 2.0;

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(rows: &[&[f64]]) -> Scores {
        let score = |value: &f64| Some(Score { log_distance: *value, failed: *value >= 9.0 });
        Scores(rows.iter().map(|row| row.iter().map(score).collect()).collect())
    }

    /// Two rows and three seeds as blocks: the same as the paired t test of the differences 1, 2 and 3.
    #[test]
    fn two_rows_are_a_paired_t_test() {
        let scores = scores(&[&[1.0, 3.0, 7.0], &[0.0, 1.0, 4.0]]);
        let found = EffectEstimator::of(&scores, None).estimate(&Contrast::between(0, 1)).unwrap();
        assert!(
            (found.value - 2.0).abs() < 1e-12 && (found.standard_error - (1.0f64 / 3.0).sqrt()).abs() < 1e-12,
            "{found:?}"
        );
        assert_eq!(found.freedom, 2.0);
    }

    /// With one run missing nothing is paired: the same as the pooled two-sample t test.
    #[test]
    fn without_pairs_it_is_the_two_sample_t_test() {
        let mut scores = scores(&[&[1.0, 3.0, 5.0], &[0.0, 2.0, 9.0]]);
        scores.0[1][2] = None;
        let found = EffectEstimator::of(&scores, None).estimate(&Contrast::between(0, 1)).unwrap();
        // Sums of squares 8 and 2, 3 degrees of freedom.
        let error = (10.0f64 / 3.0 * (1.0 / 3.0 + 1.0 / 2.0)).sqrt();
        assert!(
            (found.value - 2.0).abs() < 1e-12 && (found.standard_error - error).abs() < 1e-12 && found.freedom == 3.0
        );
    }

    /// A row that failed with one of two seeds has a spread of its own.
    #[test]
    fn a_row_that_fails_sometimes_is_as_uncertain_as_it_looks() {
        let scores = scores(&[&[1.0, 1.2], &[1.1, 1.0], &[2.0, 2.1], &[9.0, 1.0], &[9.0, 9.0]]);
        let clean = EffectEstimator::of(&scores, None).estimate(&Contrast::between(0, 1)).unwrap();
        assert!(clean.standard_error < 0.2 && clean.freedom == 2.0);
        let mixed = EffectEstimator::of(&scores, None).estimate(&Contrast::between(3, 0)).unwrap();
        // The mixed row's variance over its runs, 32 / 2, times 1 + UNSEEN = 3.
        assert!((mixed.standard_error - 48f64.sqrt()).abs() < 0.01 && mixed.freedom == 2.0, "{mixed:?}");
        let always = EffectEstimator::of(&scores, None).estimate(&Contrast::between(4, 0)).unwrap();
        assert!(always.standard_error < 0.2 && (always.value - 7.9).abs() < 1e-12);
    }

    #[test]
    fn one_seed_shows_no_noise_but_other_runs_may() {
        let scores = scores(&[&[1.0], &[2.0]]);
        assert_eq!(EffectEstimator::of(&scores, None).estimate(&Contrast::between(1, 0)), None);
        let other = Noise { deviation: 0.5, freedom: 7.0 };
        let found = EffectEstimator::of(&scores, Some(other)).estimate(&Contrast::between(1, 0)).unwrap();
        assert_eq!((found.value, found.freedom), (1.0, 7.0));
        assert!((found.standard_error - 0.5f64.sqrt()).abs() < 1e-12);
        assert_eq!(other.pooled(Noise { deviation: 0.5, freedom: 3.0 }), Noise { deviation: 0.5, freedom: 10.0 });
    }

    #[test]
    fn a_failed_run_scores_as_untrained_and_none_scores_worse() {
        let score = |distance, failed| score(distance, failed, 100.0, 0.01);
        assert_eq!(score(20.0, false), Score { log_distance: 20f64.ln(), failed: false });
        assert_eq!(score(20.0, true), Score { log_distance: 100f64.ln(), failed: true });
        assert_eq!(score(f64::NAN, false), Score { log_distance: 100f64.ln(), failed: true });
        assert_eq!(score(300.0, false), Score { log_distance: 100f64.ln(), failed: false });
        assert_eq!(score(-0.002, false), Score { log_distance: 0.01f64.ln(), failed: false });
    }
}
