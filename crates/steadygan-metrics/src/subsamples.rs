//! Intervals and floors of metrics, from subsamples and disjoint sets.
//!
//! * **An interval** comes from ten subsamples of half the fakes and half the reals, drawn without replacement. The
//!   standard deviation over these halves estimates the standard deviation of the whole sample's value (the delete-half
//!   jackknife: Shao and Wu 1989, *A general theory for jackknife variance estimation*), because a half's value has
//!   twice the variance, and shares half of that with the whole. A bootstrap would not do: it draws images twice, and
//!   such an image would be its own nearest neighbour.
//! * **A floor** is the metric between two disjoint sets of reals: the value of a perfect generator.

use crate::data::shuffle;
use crate::rng;

/// The number of subsamples for an interval.
pub const SUBSAMPLES: usize = 10;

/// The 97.5% quantile of Student's distribution with nine degrees of freedom.
const STUDENT: f64 = 2.262;

/// A value with its standard deviation, from which its 95% confidence interval follows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The value over all samples.
    pub value: f64,
    /// The estimated standard deviation of the value over repeated draws of the samples.
    pub deviation: f64,
}

impl Estimate {
    /// An estimate from the value over all samples and the values over the halves.
    pub fn new(value: f64, of_halves: &[f64]) -> Self {
        Self { value, deviation: deviation(of_halves) }
    }

    /// An estimate from `of`, which is called with the numbers of all `count` samples and of each of the ten
    /// [`halves`].
    pub fn over(count: usize, side: &str, seed: u64, of: impl Fn(&[usize]) -> f64) -> Self {
        let all: Vec<usize> = (0..count).collect();
        let of_halves: Vec<f64> = halves(count, side, seed).iter().map(|half| of(half)).collect();
        Self::new(of(&all), &of_halves)
    }

    /// The interval's lower and upper end.
    pub fn interval(&self) -> [f64; 2] {
        [self.value - STUDENT * self.deviation, self.value + STUDENT * self.deviation]
    }
}

/// The sample standard deviation of some values; 0 for fewer than two.
pub(super) fn deviation(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let mean = mean(values.iter().copied());
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64).sqrt()
}

/// The mean of some values.
pub(super) fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

/// Ten halves of `count` samples, each in ascending order. `side` ("fakes", "reals") names the stream.
pub fn halves(count: usize, side: &str, seed: u64) -> Vec<Vec<usize>> {
    let draw_half = |number| {
        let mut half = permutation(count, &format!("metrics/half/{side}"), seed, number);
        half.truncate(count / 2);
        half.sort_unstable();
        half
    };
    (0..SUBSAMPLES as u64).map(draw_half).collect()
}

/// For each of `count` samples, a bit for each of the ten [`halves`] that says whether the half holds the sample. The
/// next bit stands for the set of all samples and is always set.
pub(super) fn memberships(count: usize, side: &str, seed: u64) -> Vec<u16> {
    let mut members = vec![1 << SUBSAMPLES; count];
    for (number, half) in halves(count, side, seed).into_iter().enumerate() {
        half.into_iter().for_each(|index| members[index] |= 1 << number);
    }
    members
}

/// The numbers of two disjoint sets of `each` samples, out of `count` samples, in ascending order.
///
/// # Panics
///
/// If `count` is below 2 · `each`.
pub fn two_disjoint(count: usize, each: usize, seed: u64) -> [Vec<usize>; 2] {
    assert!(2 * each <= count, "{count} samples are too few for two disjoint sets of {each}");
    let drawn = permutation(count, "metrics/floor", seed, 0);
    [0, each].map(|first| {
        let mut set = drawn[first..first + each].to_vec();
        set.sort_unstable();
        set
    })
}

/// The numbers of `amount` samples drawn at random from `count`, in ascending order.
pub fn draw(count: usize, amount: usize, purpose: &str, seed: u64) -> Vec<usize> {
    let mut drawn = draw_shuffled(count, amount, purpose, seed);
    drawn.sort_unstable();
    drawn
}

/// The numbers of `amount` samples drawn at random from `count`, in random order.
pub(super) fn draw_shuffled(count: usize, amount: usize, purpose: &str, seed: u64) -> Vec<usize> {
    let mut drawn = permutation(count, purpose, seed, 0);
    drawn.truncate(amount);
    drawn
}

fn permutation(count: usize, purpose: &str, seed: u64, number: u64) -> Vec<usize> {
    let mut all: Vec<usize> = (0..count).collect();
    shuffle(&mut all, &mut rng::stream(seed, purpose, number));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_distr::{Distribution, StandardNormal};
    use std::collections::BTreeSet;

    #[test]
    fn halves_are_different_and_have_no_sample_twice() {
        let halves = halves(9, "fakes", 1);
        assert_eq!(halves.len(), 10);
        for half in &halves {
            assert_eq!(half.len(), 4);
            assert!(half.is_sorted_by(|a, b| a < b) && half[3] < 9, "{half:?}");
        }
        assert!(halves.iter().collect::<BTreeSet<_>>().len() > 5);
    }

    #[test]
    fn members_are_those_of_the_halves_and_of_all() {
        let (halves, members) = (halves(9, "fakes", 1), memberships(9, "fakes", 1));
        for (index, bits) in members.into_iter().enumerate() {
            let expected = (0..SUBSAMPLES).filter(|&number| halves[number].contains(&index)).map(|number| 1 << number);
            assert_eq!(bits, expected.sum::<u16>() + (1 << SUBSAMPLES), "{index}");
        }
    }

    #[test]
    fn disjoint_sets_share_nothing() {
        let [a, b] = two_disjoint(10, 5, 7);
        let all: BTreeSet<usize> = a.iter().chain(&b).copied().collect();
        assert_eq!((a.len(), b.len(), all.len()), (5, 5, 10));
        assert_eq!(draw(10, 3, "test", 7).len(), 3);
    }

    /// The standard deviation of a mean of 400 normal numbers is 0.05. Each estimate of it is the root of a χ² with
    /// nine degrees of freedom, so it scatters by 24%, and is 3% too low on average; the mean of 200 estimates scatters
    /// by 2%.
    #[test]
    fn the_deviation_over_halves_is_that_of_the_whole() {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let estimates: Vec<f64> = (0..200)
            .map(|seed| {
                let mut stream = rng::stream(seed, "test", 0);
                let values: Vec<f64> = (0..400).map(|_| StandardNormal.sample(&mut stream)).collect();
                let halves = halves(400, "fakes", seed);
                let of = |half: &Vec<usize>| mean(&half.iter().map(|&at| values[at]).collect::<Vec<_>>());
                Estimate::new(mean(&values), &halves.iter().map(of).collect::<Vec<_>>()).deviation
            })
            .collect();
        let found = mean(&estimates);
        assert!((0.045..0.053).contains(&found), "{found}");
    }

    #[test]
    fn the_interval_is_student_s() {
        let estimate = Estimate::new(1.0, &[0.0, 2.0]);
        assert!((estimate.deviation - 2f64.sqrt()).abs() < 1e-15);
        assert_eq!(estimate.interval(), [1.0 - 2.262 * 2f64.sqrt(), 1.0 + 2.262 * 2f64.sqrt()]);
        assert_eq!(Estimate::new(1.0, &[]).deviation, 0.0);
    }
}
