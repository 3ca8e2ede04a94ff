//! The kernel distance: Bińkowski, Sutherland, Arbel and Gretton 2018, *Demystifying MMD GANs* (arXiv:1801.01401).
//!
//! The squared maximum mean discrepancy between fakes and reals in features, with the kernel k(a, b) = (a·b / d + 1)³
//! over d features and the unbiased estimator: the means of k over pairs of different fakes and of different reals, less
//! twice that over pairs of both. It does not depend on the sample count but for noise, so that few samples will do; it
//! may come out below 0.
//!
//! All pairs of samples are taken. The published protocol, the mean over 100 subsets of 1,000, estimates the same number
//! with more noise.

use super::pairs::by_row;
use super::subsamples::{Estimate, SUBSAMPLES, memberships};
use super::{FeatureNetwork, Features};
use crate::error::Result;

/// Of which sums are made: the ten halves, and all.
const SUMS: usize = SUBSAMPLES + 1;

/// Whether a sample is in each of the halves, and in all: 1 or 0.
type Weights = [f64; SUMS];

/// The fewest samples on each side: halves have pairs.
pub const MIN_SAMPLES: usize = 4;

/// The fewest reals that can be divided in two for a floor.
pub const MIN_WITH_FLOOR: usize = 2 * MIN_SAMPLES;

/// What the distance in a network's features is called: `kd-efficientnet-lite0`.
pub fn name(network: &FeatureNetwork) -> String {
    format!("kd-{}", network.name())
}

/// The kernel distance of fakes to reals, its deviation over ten halves drawn by `seed`.
///
/// # Errors
///
/// There are fewer than four samples on a side, or their features are not of one network.
pub fn kernel_distance(fakes: &Features, reals: &Features, seed: u64) -> Result<Estimate> {
    fakes.comparable(reals, MIN_SAMPLES)?;
    let (of_fakes, of_reals) = (weights(fakes.count(), "fakes", seed), weights(reals.count(), "reals", seed));
    let among_fakes = sums_of_pairs(fakes, &of_fakes);
    let among_reals = sums_of_pairs(reals, &of_reals);
    let between = sums_between(fakes, &of_fakes, reals, &of_reals);
    let squared = |at: usize| {
        let count = |weights: &[Weights]| weights.iter().map(|weights| weights[at]).sum::<f64>();
        let (m, n) = (count(&of_fakes), count(&of_reals));
        let pairs = |count: f64| count * (count - 1.0) / 2.0;
        among_fakes[at] / pairs(m) + among_reals[at] / pairs(n) - 2.0 * between[at] / (m * n)
    };
    let values: Vec<f64> = (0..SUMS).map(squared).collect();
    Ok(Estimate::new(values[SUBSAMPLES], &values[..SUBSAMPLES]))
}

fn weights(count: usize, side: &str, seed: u64) -> Vec<Weights> {
    let of_sample = |bits: u16| std::array::from_fn(|part| f64::from(bits >> part & 1));
    memberships(count, side, seed).into_iter().map(of_sample).collect()
}

/// Sums of the kernel over pairs of different samples.
fn sums_of_pairs(samples: &Features, weights: &[Weights]) -> Weights {
    let of_row = |row: usize, products: &[f32]| {
        // Each with those after it.
        let after = &weights[row + 1..];
        sums_of_row(&products[products.len() - after.len()..], after, samples.dimensions())
    };
    added(&by_row(samples, samples, |block| block, of_row), weights)
}

/// Sums of the kernel over pairs of a fake and a real.
fn sums_between(fakes: &Features, of_fakes: &[Weights], reals: &Features, of_reals: &[Weights]) -> Weights {
    let of_row = |_: usize, products: &[f32]| sums_of_row(products, of_reals, fakes.dimensions());
    added(&by_row(fakes, reals, |_| 0, of_row), of_fakes)
}

/// Sums of the kernel of one sample and others, of which these are the dot products and the weights.
fn sums_of_row(products: &[f32], weights: &[Weights], dimensions: usize) -> Weights {
    let mut sums = [0.0; SUMS];
    for (&product, weights) in products.iter().zip(weights) {
        let kernel = (f64::from(product) / dimensions as f64 + 1.0).powi(3);
        for (sum, weight) in sums.iter_mut().zip(weights) {
            *sum += kernel * weight;
        }
    }
    sums
}

fn added(of_rows: &[Weights], weights: &[Weights]) -> Weights {
    let mut sums = [0.0; SUMS];
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

    /// One feature: k(a, b) = (ab + 1)³. Fakes 0, 1, 2, 3: k over their pairs is 1, 1, 1, 27, 64, 343. Reals four times 1:
    /// 8 each. Between: 1, 8, 27, 64, four times each.
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
