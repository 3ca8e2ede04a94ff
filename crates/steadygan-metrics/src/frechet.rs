//! The Fréchet distance: Heusel, Ramsauer, Unterthiner, Nessler and Hochreiter 2017, *GANs Trained by a Two Time-Scale
//! Update Rule Converge to a Local Nash Equilibrium* (arXiv:1706.08500).
//!
//! The features of fakes and of reals are each modelled as a Gaussian with mean μ and covariance Σ (divided by n − 1):
//! |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁Σ₂)^½). In Inception's features, with images resized as published, this is the FID.
//! In another network's features it has that network's name, because its values cannot be compared with the FID's.
//!
//! It is biased: even between samples of the same distribution it grows as the samples get fewer. With 1,280 features
//! and fewer than about two thousand samples it is mostly bias. Compare only values with equal numbers of samples.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::subsamples::{Estimate, SUBSAMPLES, halves};
use super::{FeatureNetwork, Features};
use crate::error::Result;

/// The fewest samples on each side, so that a half has a covariance.
pub const MIN_SAMPLES: usize = 4;

/// The name of the distance in a network's features, such as `fd-efficientnet-lite0`.
pub fn name(network: &FeatureNetwork) -> String {
    format!("fd-{}", network.name())
}

/// The Fréchet distance between fakes and reals, with its deviation over ten halves drawn by `seed`.
///
/// # Errors
///
/// There are fewer than four samples on a side, or the features of fakes and reals are not from one network.
pub fn frechet_distance(fakes: &Features, reals: &Features, seed: u64) -> Result<Estimate> {
    let value = frechet_value(fakes, reals)?;
    let halves = [halves(fakes.count(), "fakes", seed), halves(reals.count(), "reals", seed)];
    let of_half = |number: usize| distance(&fakes.select(&halves[0][number]), &reals.select(&halves[1][number]));
    let of_halves: Vec<f64> = (0..SUBSAMPLES).into_par_iter().map(of_half).collect();
    Ok(Estimate::new(value, &of_halves))
}

/// The Fréchet distance without its deviation.
///
/// # Errors
///
/// As [`frechet_distance`].
pub fn frechet_value(fakes: &Features, reals: &Features) -> Result<f64> {
    fakes.comparable(reals, MIN_SAMPLES)?;
    Ok(distance(fakes, reals))
}

fn distance(fakes: &Features, reals: &Features) -> f64 {
    let [(mean_a, a), (mean_b, b)] = [fakes, reals].map(centred);
    let covariance = &b * b.transpose();
    let root = root(a);
    // The product of the covariances has the same nonzero eigenvalues as this symmetric matrix.
    let product = root.transpose() * &covariance * &root;
    let traces = root.norm_squared() + covariance.trace();
    let roots: f64 = product.symmetric_eigenvalues().iter().map(|value| value.max(0.0).sqrt()).sum();
    (mean_a - mean_b).norm_squared() + traces - 2.0 * roots
}

/// The mean, and a matrix whose columns are the samples minus the mean, divided by √(n − 1); this matrix times its
/// transpose is the covariance.
fn centred(features: &Features) -> (DVector<f64>, DMatrix<f64>) {
    let count = features.count();
    let values = features.values().iter().map(|&value| f64::from(value));
    let mut columns = DMatrix::from_iterator(features.dimensions(), count, values);
    let mean = columns.column_mean();
    let scale = 1.0 / ((count - 1) as f64).sqrt();
    for mut column in columns.column_iter_mut() {
        column -= &mean;
        column *= scale;
    }
    (mean, columns)
}

/// A matrix R with R Rᵀ = C Cᵀ, where C is `centred`, and no more columns than rows: C itself if it is not wide,
/// otherwise a Cholesky factor of C Cᵀ, or its eigenvectors times root eigenvalues if features are linearly dependent.
fn root(centred: DMatrix<f64>) -> DMatrix<f64> {
    if centred.ncols() <= centred.nrows() {
        return centred;
    }
    let covariance = &centred * centred.transpose();
    match covariance.clone().cholesky() {
        Some(cholesky) => cholesky.l(),
        None => {
            let eigen = covariance.symmetric_eigen();
            let roots = eigen.eigenvalues.map(|value| value.max(0.0).sqrt());
            eigen.eigenvectors * DMatrix::from_diagonal(&roots)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[[f32; 2]]) -> Features {
        Features::new(2, rows.as_flattened().to_vec()).unwrap()
    }

    /// Covariances diag(4/3, 4/3) and diag(16/3, 4/3), means (0, 0) and (3, 4): 25 + (√(16/3) − √(4/3))² = 25 + 4/3.
    #[test]
    fn two_gaussians_by_hand() {
        let a = of(&[[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]]);
        let b = of(&[[5.0, 5.0], [1.0, 5.0], [5.0, 3.0], [1.0, 3.0]]);
        let found = frechet_value(&a, &b).unwrap();
        assert!((found - (25.0 + 4.0 / 3.0)).abs() < 1e-12, "{found}");
        assert!(frechet_value(&a, &a).unwrap().abs() < 1e-12);
        assert!(frechet_value(&a, &a.select(&[0, 1, 2])).is_err());
    }

    /// The second feature repeats the first, so the covariance has rank 1 and no Cholesky factor.
    #[test]
    fn features_that_depend_on_each_other_have_a_distance() {
        let line = |scale: f32| of(&[-2.0, -1.0, 0.0, 1.0, 2.0].map(|x| [scale * x, scale * x]));
        // Variances 2 · 2.5 and 4 · 2 · 2.5 along the diagonal.
        let expected = (20f64.sqrt() - 5f64.sqrt()).powi(2);
        let found = frechet_value(&line(1.0), &line(2.0)).unwrap();
        assert!((found - expected).abs() < 1e-6, "{found}");
    }

    #[test]
    fn it_is_the_same_bits_at_any_number_of_threads() {
        let values = |seed: f32| (0..90 * 20).map(|at| (at as f32 * seed).sin()).collect();
        let (a, b) = (Features::new(20, values(1.3)).unwrap(), Features::new(20, values(0.7)).unwrap());
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| frechet_distance(&a, &b, 1).unwrap())
        };
        assert_eq!(with(1), with(3));
        assert!(with(1).deviation > 0.0);
    }
}
