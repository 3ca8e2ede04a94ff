//! Precision, recall, density and coverage: Naeem, Oh, Uh, Choi and Yoo 2020, *Reliable Fidelity and Diversity Metrics
//! for Generative Models* (arXiv:2002.09797). Precision and recall are from Kynkäänniemi et al. 2019
//! (arXiv:1904.06991).
//!
//! A sample's ball reaches to its k-th nearest neighbour of its own kind (fake or real), with k = 5.
//!
//! * *Precision*: the share of fakes that lie in some real's ball. *Recall*: the share of reals in some fake's ball.
//! * *Density*: the mean number of reals' balls that a fake lies in, divided by k; about 1 if fakes and reals have the
//!   same distribution.
//! * *Coverage*: the share of reals whose ball holds a fake.
//!
//! All four depend on the numbers of fakes and reals, so quote these numbers with a value.

use std::sync::atomic::{AtomicU32, Ordering};

use super::Features;
use super::pairs::by_distance;
use super::subsamples::{Estimate, halves};
use crate::error::Result;

/// k, the neighbour that a ball reaches to: the authors' choice.
pub const NEIGHBOUR: usize = 5;

/// The fewest samples on each side, so that each sample of a half has a fifth neighbour.
pub const MIN_SAMPLES: usize = 2 * (NEIGHBOUR + 1);

/// The four metrics, as values or as estimates.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Prdc<T = f64> {
    /// The share of fakes in some real's ball.
    pub precision: T,
    /// The share of reals in some fake's ball.
    pub recall: T,
    /// The mean number of reals' balls that a fake lies in, divided by k.
    pub density: T,
    /// The share of reals whose ball holds a fake.
    pub coverage: T,
}

/// Estimates the four metrics, with deviations over ten halves drawn by `seed`.
///
/// # Errors
///
/// There are fewer than twelve samples on a side, or the features of fakes and reals are not from one network.
pub fn prdc(fakes: &Features, reals: &Features, seed: u64) -> Result<Prdc<Estimate>> {
    fakes.comparable(reals, MIN_SAMPLES)?;
    let with_all = |count: usize, side: &str| {
        let mut sets = halves(count, side, seed);
        sets.push((0..count).collect());
        sets
    };
    let mut found = of_sets(fakes, &with_all(fakes.count(), "fakes"), reals, &with_all(reals.count(), "reals"));
    let all = found.pop().unwrap_or_default();
    let estimate = |of: fn(&Prdc) -> f64| Estimate::new(of(&all), &found.iter().map(of).collect::<Vec<_>>());
    Ok(Prdc {
        precision: estimate(|found| found.precision),
        recall: estimate(|found| found.recall),
        density: estimate(|found| found.density),
        coverage: estimate(|found| found.coverage),
    })
}

/// The four metrics for several pairs of a set of fakes and a set of reals, in one pass over the distances.
fn of_sets(fakes: &Features, of_fakes: &[Vec<usize>], reals: &Features, of_reals: &[Vec<usize>]) -> Vec<Prdc> {
    let sets = of_fakes.len();
    let (fake_radii, real_radii) = (radii(fakes, of_fakes), radii(reals, of_reals));
    // For each set, the number of reals' balls that hold each fake.
    let balls: Vec<Vec<AtomicU32>> =
        of_fakes.iter().map(|set| set.iter().map(|_| AtomicU32::new(0)).collect()).collect();
    // For each real and set: whether the real is recalled, and whether it is covered.
    let check_real = |real: usize, distances: &[f32]| {
        let in_set = |set: usize| {
            let radius = real_radii[set][real];
            let (mut recalled, mut covered) = (false, false);
            for (&fake, balls) in of_fakes[set].iter().zip(&balls[set]) {
                recalled |= distances[fake] < fake_radii[set][fake];
                if distances[fake] < radius {
                    covered = true;
                    // Integers, so that the order of the threads does not change the sum.
                    balls.fetch_add(1, Ordering::Relaxed);
                }
            }
            [recalled, covered]
        };
        (0..sets).map(|set| if real_radii[set][real] < 0.0 { [false; 2] } else { in_set(set) }).collect::<Vec<_>>()
    };
    let recalled_and_covered = by_distance(reals, fakes, |_| 0, check_real);
    let of_set = |set: usize| {
        let balls: Vec<u32> = balls[set].iter().map(|count| count.load(Ordering::Relaxed)).collect();
        let (fakes, reals) = (balls.len() as f64, of_reals[set].len() as f64);
        let share = |which: usize| {
            of_reals[set].iter().filter(|&&real| recalled_and_covered[real][set][which]).count() as f64 / reals
        };
        Prdc {
            precision: balls.iter().filter(|&&count| count > 0).count() as f64 / fakes,
            recall: share(0),
            density: balls.iter().map(|&count| f64::from(count)).sum::<f64>() / (NEIGHBOUR as f64 * fakes),
            coverage: share(1),
        }
    };
    (0..sets).map(of_set).collect()
}

/// The radius of a sample that is not in a set.
const ABSENT: f32 = -1.0;

/// For each set and sample, the squared distance to the sample's fifth neighbour in that set.
fn radii(samples: &Features, sets: &[Vec<usize>]) -> Vec<Vec<f32>> {
    let members: Vec<Vec<bool>> = sets
        .iter()
        .map(|set| {
            let mut members = vec![false; samples.count()];
            set.iter().for_each(|&index| members[index] = true);
            members
        })
        .collect();
    let of_row = |row: usize, distances: &[f32]| {
        let radius = |set: usize| {
            if !members[set][row] {
                return ABSENT;
            }
            // One more than five, because the nearest is the sample itself.
            let mut nearest = [f32::INFINITY; NEIGHBOUR + 1];
            for &other in &sets[set] {
                let distance = distances[other];
                if distance < nearest[NEIGHBOUR] {
                    let place = nearest.partition_point(|&near| near <= distance);
                    nearest.copy_within(place..NEIGHBOUR, place + 1);
                    nearest[place] = distance;
                }
            }
            nearest[NEIGHBOUR]
        };
        (0..sets.len()).map(radius).collect::<Vec<_>>()
    };
    let of_rows = by_distance(samples, samples, |_| 0, of_row);
    (0..sets.len()).map(|set| of_rows.iter().map(|of_row| of_row[set]).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples on a line. In the line 0 to 11, the fifth neighbour of an inner sample is 3 away, of 0 and of 11 5 away.
    fn line(values: impl IntoIterator<Item = u8>) -> Features {
        Features::new(1, values.into_iter().map(f32::from).collect()).unwrap()
    }

    #[test]
    fn the_same_samples_are_precise_dense_and_covered() {
        let reals = line(0..12);
        let found = prdc(&reals, &reals, 1).unwrap();
        assert_eq!([found.precision.value, found.recall.value, found.coverage.value], [1.0; 3]);
        // Balls are open, so an inner ball holds 5 samples; the balls near the ends are wider, but cut off on one side.
        assert!((found.density.value - 1.0).abs() < 0.2, "{found:?}");
    }

    #[test]
    fn fakes_far_away_are_neither_precise_nor_cover_anything() {
        let found = prdc(&line(200..212), &line(0..12), 1).unwrap();
        let values = [found.precision, found.recall, found.density, found.coverage].map(|estimate| estimate.value);
        assert_eq!(values, [0.0; 4]);
    }

    #[test]
    fn one_fake_many_times_is_precise_and_recalls_nothing() {
        let found = prdc(&line([6; 12]), &line(0..12), 1).unwrap();
        assert_eq!((found.precision.value, found.recall.value), (1.0, 0.0));
        // The fake at 6 lies in the balls of 4 to 8 only (radius 3, open), so the coverage is 5/12.
        assert!(found.coverage.value < 0.7, "{found:?}");
        assert!(prdc(&line(0..11), &line(0..12), 1).is_err());
    }

    #[test]
    fn it_is_the_same_bits_at_any_number_of_threads() {
        let values = |seed: f32| (0..700 * 8).map(|at| (at as f32 * seed).sin()).collect();
        let (a, b) = (Features::new(8, values(1.3)).unwrap(), Features::new(8, values(0.7)).unwrap());
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| prdc(&a, &b, 1).unwrap())
        };
        assert_eq!(with(1), with(3));
    }
}
