//! The stages of successive halving: many combinations are trained on few images, and the better ones on more.

use serde::{Deserialize, Serialize};

/// A stage of a search (successive halving).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchStage {
    /// Number of combinations that are trained in this stage.
    pub combinations: usize,
    /// Real images that each combination has seen by the end of the stage, earlier stages included.
    pub images: u64,
}

/// One combination out of this many goes on to the next stage (η of Hyperband, Li et al. 2018, which takes 3 or 4).
pub(crate) const REDUCTION_FACTOR: u64 = 3;

impl SearchStage {
    /// The stages from `combinations` down to one combination, which ends at `images` real images. Each stage has a
    /// third of the combinations of the stage before and three times its images. Runs are resumed from stage to stage.
    pub fn schedule(combinations: usize, images: u64) -> Vec<Self> {
        let counts: Vec<usize> = std::iter::successors(Some(combinations), |count| {
            (*count > 1).then_some((count / REDUCTION_FACTOR as usize).max(1))
        })
        .collect();
        let last = counts.len().saturating_sub(1);
        let shown = |stage: usize| (images / REDUCTION_FACTOR.pow((last - stage) as u32)).max(1);
        counts
            .into_iter()
            .enumerate()
            .map(|(stage, combinations)| Self { combinations, images: shown(stage) })
            .collect()
    }

    /// Real images that a search with these stages trains on in all. A resumed run only costs the additional images.
    pub fn cost(schedule: &[Self]) -> u64 {
        let before = |number: usize| if number == 0 { 0 } else { schedule[number - 1].images };
        schedule
            .iter()
            .enumerate()
            .map(|(number, stage)| stage.combinations as u64 * (stage.images - before(number)))
            .sum()
    }
}

/// The `count` lowest-scoring combinations in their original order; ties go to the earlier. Combinations without a
/// score are dropped.
pub fn survivors(scores: &[Option<f64>], count: usize) -> Vec<usize> {
    let mut scored: Vec<(usize, f64)> =
        scores.iter().enumerate().filter_map(|(index, score)| Some((index, (*score)?))).collect();
    scored.sort_by(|a, b| a.1.total_cmp(&b.1));
    scored.truncate(count);
    let mut kept: Vec<usize> = scored.into_iter().map(|(index, _)| index).collect();
    kept.sort_unstable();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first bracket of the table in the Hyperband paper, for R = 81 and η = 3.
    #[test]
    fn eighty_one_combinations_are_the_published_bracket() {
        let stages: Vec<_> =
            SearchStage::schedule(81, 81).iter().map(|stage| (stage.combinations, stage.images)).collect();
        assert_eq!(stages, [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)]);
        assert_eq!(SearchStage::cost(&SearchStage::schedule(81, 81)), 81 + 27 * 2 + 9 * 6 + 3 * 18 + 54);
    }

    #[test]
    fn it_ends_with_one_whatever_it_begins_with() {
        for combinations in 1..50 {
            let stages = SearchStage::schedule(combinations, 90_000);
            assert_eq!(stages.last(), Some(&SearchStage { combinations: 1, images: 90_000 }));
            assert!(
                stages
                    .windows(2)
                    .all(|pair| pair[0].combinations > pair[1].combinations && pair[0].images < pair[1].images)
            );
        }
    }

    #[test]
    fn the_lowest_go_on_and_ties_fall_to_the_earlier() {
        let scores = [Some(2.0), Some(1.0), None, Some(1.0), Some(f64::NAN), Some(0.5)];
        assert_eq!(survivors(&scores, 2), [1, 5]);
        assert_eq!(survivors(&scores, 9), [0, 1, 3, 4, 5]);
    }
}
