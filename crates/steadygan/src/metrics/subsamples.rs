//! How sure a metric is, and how low it can get: subsamples and disjoint sets.
//!
//! * **An interval** comes from ten subsamples of half the fakes and half the reals, drawn without replacement. The
//!   deviation over halves of a sample estimates that of the whole sample's value (the delete-half jackknife: Shao and Wu
//!   1989, *A general theory for jackknife variance estimation*): a half has twice the variance, of which half is shared
//!   with the whole. No bootstrap: an image that is drawn twice is its own nearest neighbour.
//! * **A floor** is the metric between two disjoint sets of reals: what a perfect generator would get.

use crate::data::shuffle;
use crate::rng;

/// Subsamples of an interval.
pub const SUBSAMPLES: usize = 10;

/// 97.5% of Student's distribution with nine degrees of freedom lies below.
const STUDENT: f64 = 2.262;

/// A value with its deviation and, from that, the interval in which it lies with 95% confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The value over all samples.
    pub value: f64,
    /// The standard deviation that it has as samples change.
    pub deviation: f64,
}

impl Estimate {
    /// A value over all samples, and those of the halves.
    pub fn new(value: f64, of_halves: &[f64]) -> Self {
        Self { value, deviation: deviation(of_halves) }
    }

    /// What `of` makes of all of `count` samples, and of the ten [`halves`], each the samples' numbers.
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

/// The sample's standard deviation; 0 for fewer than two values.
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
    let draw = |number| {
        let mut half = permutation(count, &format!("metrics/half/{side}"), seed, number);
        half.truncate(count / 2);
        half.sort_unstable();
        half
    };
    (0..SUBSAMPLES as u64).map(draw).collect()
}

/// Of each of `count` samples: in which of the ten [`halves`] it is, a bit each; the bit after them is that of all samples.
pub(super) fn memberships(count: usize, side: &str, seed: u64) -> Vec<u16> {
    let mut members = vec![1 << SUBSAMPLES; count];
    for (number, half) in halves(count, side, seed).into_iter().enumerate() {
        half.into_iter().for_each(|index| members[index] |= 1 << number);
    }
    members
}

/// Two disjoint sets of `each` of `count` samples, each in ascending order.
///
/// # Panics
///
/// If there are not that many.
pub fn two_disjoint(count: usize, each: usize, seed: u64) -> [Vec<usize>; 2] {
    assert!(2 * each <= count, "{count} samples have no two disjoint sets of {each}");
    let drawn = permutation(count, "metrics/floor", seed, 0);
    [0, each].map(|first| {
        let mut set = drawn[first..first + each].to_vec();
        set.sort_unstable();
        set
    })
}

/// `amount` of `count` samples, in ascending order.
pub fn some(count: usize, amount: usize, purpose: &str, seed: u64) -> Vec<usize> {
    let mut drawn = some_in_random_order(count, amount, purpose, seed);
    drawn.sort_unstable();
    drawn
}

/// `amount` of `count` samples.
pub(super) fn some_in_random_order(count: usize, amount: usize, purpose: &str, seed: u64) -> Vec<usize> {
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
        assert_eq!(some(10, 3, "test", 7).len(), 3);
    }

    /// The deviation of a mean of 400 normal numbers is 0.05; over 200 experiments the estimates' mean is within 3%
    /// (each is a root of χ² with nine degrees, deviation 24%).
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
