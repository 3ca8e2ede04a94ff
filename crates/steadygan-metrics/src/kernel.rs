//! The kernel distance: Bińkowski, Sutherland, Arbel and Gretton 2018, *Demystifying MMD GANs* (arXiv:1801.01401).
//!
//! The squared maximum mean discrepancy between the features of fakes and reals, with the kernel k(a, b) = (a·b / d +
//! 1)³ for d features and the unbiased estimator: the mean of k over pairs of different fakes, plus the mean over pairs
//! of different reals, minus twice the mean over pairs of a fake and a real. The number of samples affects only its
//! noise, so few samples suffice; and it may be below 0.
//!
//! All pairs of samples are used. The published protocol, the mean over 100 subsets of 1,000, estimates the same number
//! with more noise.

use super::pairs::by_row;
use super::subsamples::{Estimate, SUBSAMPLES, memberships};
use super::{FeatureNetwork, Features};
use crate::error::Result;

/// The number of subsets of the samples: the ten halves and, last, the set of all samples.
const SUBSETS: usize = SUBSAMPLES + 1;

/// A number for each subset: a sample's weight, which is 1 if the subset holds it and 0 if not, or a sum over samples.
type PerSubset = [f64; SUBSETS];

/// The fewest samples on each side, so that a half has a pair.
pub const MIN_SAMPLES: usize = 4;

/// The fewest reals that can be divided into two sets for a floor.
pub const MIN_WITH_FLOOR: usize = 2 * MIN_SAMPLES;

/// The name of the distance in a network's features, such as `kd-efficientnet-lite0`.
pub fn name(network: &FeatureNetwork) -> String {
    format!("kd-{}", network.name())
}

/// The kernel distance between fakes and reals, with its deviation over ten halves drawn by `seed`.
///
/// # Errors
///
/// There are fewer than four samples on a side, or the features of fakes and reals are not from one network.
pub fn kernel_distance(fakes: &Features, reals: &Features, seed: u64) -> Result<Estimate> {
    fakes.comparable(reals, MIN_SAMPLES)?;
    let (of_fakes, of_reals) = (weights(fakes.count(), "fakes", seed), weights(reals.count(), "reals", seed));
    let among_fakes = sums_of_pairs(fakes, &of_fakes);
    let among_reals = sums_of_pairs(reals, &of_reals);
    let between = sums_between(fakes, &of_fakes, reals, &of_reals);
    let squared = |at: usize| {
        let count = |weights: &[PerSubset]| weights.iter().map(|weights| weights[at]).sum::<f64>();
        let (m, n) = (count(&of_fakes), count(&of_reals));
        let pairs = |count: f64| count * (count - 1.0) / 2.0;
        among_fakes[at] / pairs(m) + among_reals[at] / pairs(n) - 2.0 * between[at] / (m * n)
    };
    let values: Vec<f64> = (0..SUBSETS).map(squared).collect();
    Ok(Estimate::new(values[SUBSAMPLES], &values[..SUBSAMPLES]))
}

fn weights(count: usize, side: &str, seed: u64) -> Vec<PerSubset> {
    let of_sample = |bits: u16| std::array::from_fn(|subset| f64::from(bits >> subset & 1));
    memberships(count, side, seed).into_iter().map(of_sample).collect()
}

/// For each subset, the sum of the kernel over pairs of different samples.
fn sums_of_pairs(samples: &Features, weights: &[PerSubset]) -> PerSubset {
    let of_row = |row: usize, products: &[f32]| {
        // Each sample is paired with the samples after it.
        let after = &weights[row + 1..];
        sums_of_row(&products[products.len() - after.len()..], after, samples.dimensions())
    };
    weighted_sum(&by_row(samples, samples, |block| block, of_row), weights)
}

/// For each subset, the sum of the kernel over pairs of a fake and a real.
fn sums_between(fakes: &Features, of_fakes: &[PerSubset], reals: &Features, of_reals: &[PerSubset]) -> PerSubset {
    let of_row = |_: usize, products: &[f32]| sums_of_row(products, of_reals, fakes.dimensions());
    weighted_sum(&by_row(fakes, reals, |_| 0, of_row), of_fakes)
}

/// The sums of the kernel between one sample and others, given the dot products with the others and their weights.
fn sums_of_row(products: &[f32], weights: &[PerSubset], dimensions: usize) -> PerSubset {
    let mut sums = [0.0; SUBSETS];
    for (&product, weights) in products.iter().zip(weights) {
        let kernel = (f64::from(product) / dimensions as f64 + 1.0).powi(3);
        for (sum, weight) in sums.iter_mut().zip(weights) {
            *sum += kernel * weight;
        }
    }
    sums
}

/// The rows' sums, added with the rows' weights.
fn weighted_sum(of_rows: &[PerSubset], weights: &[PerSubset]) -> PerSubset {
    let mut sums = [0.0; SUBSETS];
    for (of_row, weights) in of_rows.iter().zip(weights) {
        for (sum, (value, weight)) in sums.iter_mut().zip(of_row.iter().zip(weights)) {
            *sum += value * weight;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With one feature, k(a, b) = (ab + 1)³. The fakes are 0, 1, 2, 3: k over their pairs is 1, 1, 1, 27, 64, 343. The
    /// reals are four times 1: k is 8 for each pair. Between fakes and reals k is 1, 8, 27, 64, each four times.
    #[test]
    fn four_samples_by_hand() {
        let fakes = Features::new(1, vec![0.0, 1.0, 2.0, 3.0]).unwrap();
        let reals = Features::new(1, vec![1.0; 4]).unwrap();
        let found = kernel_distance(&fakes, &reals, 1).unwrap();
        assert!((found.value - (437.0 / 6.0 + 8.0 - 2.0 * 25.0)).abs() < 1e-12, "{found:?}");
        assert!(found.deviation > 0.0);
        let error = kernel_distance(&fakes.select(&[0, 1, 2]), &reals, 1).unwrap_err();
        assert_eq!(error.to_string(), "3 samples are too few: this metric needs 4 on each side");
    }

    #[test]
    fn it_is_symmetric_and_the_same_bits_at_any_number_of_threads() {
        let values = |seed: f32| (0..700 * 20).map(|at| (at as f32 * seed).sin()).collect();
        let (a, b) = (Features::new(20, values(1.3)).unwrap(), Features::new(20, values(0.7)).unwrap());
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| kernel_distance(&a, &b, 1).unwrap())
        };
        assert_eq!(with(1), with(3));
        assert!((with(1).value - kernel_distance(&b, &a, 1).unwrap().value).abs() < 1e-12);
    }
}
