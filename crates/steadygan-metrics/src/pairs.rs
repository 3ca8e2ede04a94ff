//! Computes all dot products or distances between two sets of features, one block of rows at a time.

use std::ops::Range;

use rayon::prelude::*;
use steadygan_kernels::row_products;

use super::Features;

/// Rows in a block; with 10,000 columns a block takes 10 MB.
const BLOCK: usize = 256;

/// Calls `visit` for each sample of `a` with the sample's dot products with samples of `b`, and collects the results.
/// Only the samples of `b` from number `from(block)` on are included, where `block` is the number of the first sample
/// in the same block of rows.
pub(super) fn by_row<T: Send>(
    a: &Features,
    b: &Features,
    from: impl Fn(usize) -> usize,
    visit: impl Fn(usize, &[f32]) -> T + Sync,
) -> Vec<T> {
    let dimensions = a.dimensions();
    let numbers = |rows: Range<usize>| rows.start * dimensions..rows.end * dimensions;
    let mut made = Vec::with_capacity(a.count());
    for first in (0..a.count()).step_by(BLOCK) {
        let rows = first..a.count().min(first + BLOCK);
        let columns = from(first)..b.count();
        let mut products = vec![0.0; rows.len() * columns.len()];
        let (left, right) = (&a.values()[numbers(rows.clone())], &b.values()[numbers(columns.clone())]);
        row_products(left, right, dimensions, &mut products);
        let of_rows = rows.into_par_iter().zip(products.par_chunks(columns.len()));
        made.par_extend(of_rows.map(|(row, products)| visit(row, products)));
    }
    made
}

/// Like [`by_row`], but passes squared Euclidean distances instead of dot products to `visit`. Equal samples have a
/// distance of exactly 0.
pub(super) fn by_distance<T: Send>(
    a: &Features,
    b: &Features,
    from: impl Fn(usize) -> usize,
    visit: impl Fn(usize, &[f32]) -> T + Sync,
) -> Vec<T> {
    let (of_a, of_b) = (squares(a), squares(b));
    by_row(a, b, from, |row, products| {
        let squared = |(&product, &square): (&f32, &f32)| (of_a[row] + square - 2.0 * product).max(0.0);
        let of_b = &of_b[of_b.len() - products.len()..];
        visit(row, &products.iter().zip(of_b).map(squared).collect::<Vec<_>>())
    })
}

/// The squared norm of each sample, computed in the same way as the dot products, so that the rounding is the same.
fn squares(features: &Features) -> Vec<f32> {
    let dimensions = features.dimensions();
    let square = |row: &[f32]| {
        let mut square = [0.0];
        row_products(row, row, dimensions, &mut square);
        square[0]
    };
    features.values().par_chunks(dimensions).map(square).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;
    use rand_distr::{Distribution, StandardNormal};

    #[test]
    fn distances_are_those_of_the_definition_and_0_between_equals() {
        let mut stream = rng::stream(1, "test", 0);
        let mut draw = |count: usize| (0..count * 37).map(|_| StandardNormal.sample(&mut stream)).collect::<Vec<f32>>();
        let (a, mut values) = (Features::new(37, draw(300)).unwrap(), draw(5));
        values.extend(a.row(299));
        let b = Features::new(37, values).unwrap();
        let found = by_distance(&a, &b, |_| 0, |_, distances| distances.to_vec());
        for (row, distances) in found.iter().enumerate() {
            for (column, &distance) in distances.iter().enumerate() {
                let pairs = a.row(row).iter().zip(b.row(column));
                let exact: f64 = pairs.map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
                assert!((f64::from(distance) - exact).abs() < 1e-4 * exact.max(1.0), "{row} {column}");
            }
        }
        assert_eq!(found[299][5], 0.0);
        let later = by_distance(&a, &a, |block| block, |_, distances| distances.to_vec());
        let all = by_distance(&a, &a, |_| 0, |_, distances| distances.to_vec());
        let same = |row: usize| later[row] == all[row][row / BLOCK * BLOCK..];
        assert!((0..300).all(same), "leaving out columns changes no bit");
    }
}
