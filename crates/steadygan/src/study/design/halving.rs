//! Successive halving: many combinations for a few images, the better ones for more.

use serde::{Deserialize, Serialize};

/// A stage of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    /// Combinations that are trained.
    pub combinations: usize,
    /// Real images that each has been shown in all at the stage's end.
    pub images: u64,
}

/// The share of combinations that goes on is one in so many (Li et al. 2018, Hyperband, take 3 or 4).
pub(in crate::study) const KEPT_OF: u64 = 3;

impl Rung {
    /// The stages that end at `images` with one combination: each has a third of the combinations of the one before, for three times the
    /// images. What is trained is resumed, so a stage costs the difference only.
    pub fn schedule(combinations: usize, images: u64) -> Vec<Self> {
        let counts: Vec<usize> = std::iter::successors(Some(combinations), |count| {
            (*count > 1).then_some((count / KEPT_OF as usize).max(1))
        })
        .collect();
        let last = counts.len().saturating_sub(1);
        let shown = |stage: usize| (images / KEPT_OF.pow((last - stage) as u32)).max(1);
        counts
            .into_iter()
            .enumerate()
            .map(|(stage, combinations)| Self { combinations, images: shown(stage) })
            .collect()
    }

    /// Real images that a search with these stages shows in all.
    pub fn cost(schedule: &[Self]) -> u64 {
        let before = |stage: usize| if stage == 0 { 0 } else { schedule[stage - 1].images };
        schedule.iter().enumerate().map(|(stage, rung)| rung.combinations as u64 * (rung.images - before(stage))).sum()
    }
}

/// Which combinations go on: the `count` with the lowest scores, the earlier of equals, in their order. One without a score does not.
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

    /// The first bracket of Hyperband's table for R = 81 and η = 3.
    #[test]
    fn eighty_one_combinations_are_the_published_bracket() {
        let rungs: Vec<_> = Rung::schedule(81, 81).iter().map(|rung| (rung.combinations, rung.images)).collect();
        assert_eq!(rungs, [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)]);
        assert_eq!(Rung::cost(&Rung::schedule(81, 81)), 81 + 27 * 2 + 9 * 6 + 3 * 18 + 54);
    }

    #[test]
    fn it_ends_with_one_whatever_it_begins_with() {
        for combinations in 1..50 {
            let rungs = Rung::schedule(combinations, 90_000);
            assert_eq!(rungs.last(), Some(&Rung { combinations: 1, images: 90_000 }));
            assert!(
                rungs
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
