//! The energy distance of points: Székely and Rizzo 2013, *Energy statistics: A class of statistics based on distances*
//! (Journal of Statistical Planning and Inference 143).
//!
//! 2 E|X − Y| − E|X − X′| − E|Y − Y′|, with means over pairs of different points (U-statistics). Between samples of the
//! same distribution its expectation is 0, whatever their counts, so it may be below 0. Between different distributions
//! its expectation is above 0: lost modes, uneven modes and points between modes all add to it.

use rayon::prelude::*;

/// The energy distance between two sets of points, of at least two each, in the unit of their coordinates.
/// [`relative_energy_distance`](super::relative_energy_distance) is divided by the reals' own mean distance.
pub fn energy_distance(a: &[[f32; 2]], b: &[[f32; 2]]) -> f64 {
    2.0 * mean(a, |_| b) - mean(a, |row| &a[row + 1..]) - mean(b, |row| &b[row + 1..])
}

/// The mean distance over pairs of `points[row]` with a point of `paired(row)`. Rows are always added in the same
/// order, so that the number of threads does not change the result.
fn mean<'a>(points: &[[f32; 2]], paired: impl Fn(usize) -> &'a [[f32; 2]] + Sync) -> f64 {
    let distance = |[x, y]: [f32; 2], [u, v]: [f32; 2]| {
        let (x, y) = (f64::from(x - u), f64::from(y - v));
        (x * x + y * y).sqrt()
    };
    let row = |(row, point): (usize, &[f32; 2])| paired(row).iter().map(|other| distance(*point, *other)).sum();
    let rows: Vec<f64> = points.par_iter().enumerate().map(row).collect();
    let pairs: usize = (0..points.len()).map(|row| paired(row).len()).sum();
    rows.iter().sum::<f64>() / pairs as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Mixture;
    use crate::rng;

    #[test]
    fn four_points_by_hand() {
        // The sides and the diagonals of a rectangle.
        let (a, b) = ([[0.0, 0.0], [3.0, 4.0]], [[3.0, 0.0], [0.0, 4.0]]);
        let between = (3.0 + 4.0 + 4.0 + 3.0) / 4.0;
        assert!((energy_distance(&a, &b) - (2.0 * between - 5.0 - 5.0)).abs() < 1e-12);
    }

    /// The distance is near 0 for the mixture itself, large for a single mode, and in between for half of the modes.
    #[test]
    fn a_mixture_is_near_itself_and_far_from_one_of_its_modes() {
        let ring = Mixture::ring();
        let drawn = |seed| ring.draw(2_500, &mut rng::stream(seed, "test", 0));
        let itself = energy_distance(&drawn(1), &drawn(2));
        assert!(itself.abs() < 2e-3, "{itself}");
        let center = ring.centers[0].map(|number| number as f32);
        let one_mode = energy_distance(&vec![center; 2_500], &drawn(2));
        assert!(one_mode > 0.5, "{one_mode}");
        let halved: Vec<_> = drawn(3).into_iter().filter(|[x, _]| *x > 0.0).collect();
        let half = energy_distance(&halved, &drawn(2));
        assert!(half > 50.0 * itself.abs() && half < one_mode, "{half}");
    }
}
