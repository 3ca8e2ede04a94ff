//! Metrics of samples.
//!
//! [`FeatureNetwork`] turns images into [`Features`]. Each metric has a file, which names its paper. [`subsamples`] has
//! the rules for intervals and floors.

pub mod energy;
mod features;
pub mod frechet;
pub mod kernel;
pub mod modes;
pub mod ms_ssim;
pub mod neighbours;
pub mod network;
pub mod overfit_gap;
mod pairs;
pub mod pictures;
pub mod prdc;
mod resize;
pub mod subsamples;
pub mod swd;
mod texture;

pub use features::Features;
pub use frechet::frechet_distance;
pub use kernel::kernel_distance;
pub use ms_ssim::mean_ms_ssim;
pub use neighbours::{duplicate_radius, memorisation, pixel_rows, support};
pub use network::FeatureNetwork;
pub use overfit_gap::overfit_gap;
pub use prdc::prdc;
pub use subsamples::Estimate;
pub use swd::sliced_wasserstein;
pub use texture::Texture;

use crate::data::Samples;
use steadygan_base::{error, files, names, rng};
use steadygan_data as data;

/// The mean Euclidean distance over all pairs of samples: for images in levels of 8 bits, for points in their own
/// units. 0 for fewer than two samples.
///
/// The ratio of the fakes' value to the reals' value shows total collapse at once.
pub fn mean_pairwise_distance(samples: &Samples) -> f64 {
    let count = samples.count();
    match samples {
        Samples::Images(images) => mean_over_pairs(count, |a, b| of_images(images.image(a), images.image(b))),
        Samples::Points(points) => mean_over_pairs(count, |a, b| of_points(points[a], points[b])),
    }
}

/// The mean Euclidean distance between a sample of `a` and a sample of `b`, over all such pairs. Both must have the
/// same kind and shape.
///
/// # Panics
///
/// If one holds images and the other points.
pub fn mean_distance_between(a: &Samples, b: &Samples) -> f64 {
    let of_one = |i| (0..b.count()).map(|j| distance(a, i, b, j)).sum::<f64>();
    (0..a.count()).map(of_one).sum::<f64>() / (a.count() * b.count()) as f64
}

/// The mean, over samples of `a`, of the distance to the nearest sample of `b`. Both must have the same kind and shape.
///
/// # Panics
///
/// If one holds images and the other points.
pub fn mean_nearest_distance(a: &Samples, b: &Samples) -> f64 {
    let nearest = |i| (0..b.count()).map(|j| distance(a, i, b, j)).fold(f64::INFINITY, f64::min);
    (0..a.count()).map(nearest).sum::<f64>() / a.count() as f64
}

fn distance(a: &Samples, i: usize, b: &Samples, j: usize) -> f64 {
    match (a, b) {
        (Samples::Images(a), Samples::Images(b)) => of_images(a.image(i), b.image(j)),
        (Samples::Points(a), Samples::Points(b)) => of_points(a[i], b[j]),
        _ => panic!("images have no distance from points"),
    }
}

/// The energy distance between `fakes` and `reals`, 2 E|X − Y| − E|X − X'| − E|Y − Y'| (Székely and Rizzo 2013),
/// divided by the reals' mean pairwise distance E|Y − Y'|. Its expectation is 0 if both have the same distribution (so
/// it may be negative). It is 1 for a single image repeated that is as far from the reals as they are from each other.
/// `own` holds E|X − X'| and E|Y − Y'|. [`energy::energy_distance`] of points is not divided.
pub fn relative_energy_distance(fakes: &Samples, reals: &Samples, own: [f64; 2]) -> f64 {
    (2.0 * mean_distance_between(fakes, reals) - own[0] - own[1]) / own[1]
}

fn of_images(a: &[u8], b: &[u8]) -> f64 {
    (squared_distance(a, b) as f64).sqrt()
}

/// The squared Euclidean distance of two images of one shape, in levels of 8 bits.
pub fn squared_distance(a: &[u8], b: &[u8]) -> u64 {
    // Sums in 32 bits are much faster; the sum of 65,536 squares of a byte fits.
    let parts = a.chunks(1 << 16).zip(b.chunks(1 << 16));
    let part = |(a, b): (&[u8], &[u8])| a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2)).sum::<u32>();
    parts.map(|pair| u64::from(part(pair))).sum()
}

fn of_points(a: [f32; 2], b: [f32; 2]) -> f64 {
    let ([ax, ay], [bx, by]) = (a.map(f64::from), b.map(f64::from));
    (ax - bx).hypot(ay - by)
}

fn mean_over_pairs(count: usize, distance: impl Fn(usize, usize) -> f64) -> f64 {
    if count < 2 {
        return 0.0;
    }
    let pairs = (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b)));
    pairs.map(|(a, b)| distance(a, b)).sum::<f64>() / (count * (count - 1) / 2) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Images;

    #[test]
    fn three_images_of_four_pixels() {
        // Distances 5, 0 and 5.
        let images = |pixels: &[u8]| Images { channels: 1, size: 2, pixels: pixels.to_vec(), classes: None }.into();
        let three = [0, 0, 7, 7, 3, 4, 7, 7, 0, 0, 7, 7];
        assert_eq!(mean_pairwise_distance(&images(&three)), 10.0 / 3.0);
        assert_eq!(mean_pairwise_distance(&images(&three[..4])), 0.0);
    }

    /// Reals at 0 and 1 have E|Y − Y'| = 1. For fakes at 0 and 0, E|X − Y| = ½, so the value is (2 · ½ − 0 − 1) / 1 =
    /// 0; for fakes at 3 and 3 it is (2 · 2.5 − 0 − 1) / 1 = 4.
    #[test]
    fn fakes_far_off_have_a_large_relative_energy_distance() {
        let points = |x: &[f32]| Samples::Points(x.iter().map(|&x| [x, 0.0]).collect());
        let reals = points(&[0.0, 1.0]);
        let of = |fakes: &Samples| relative_energy_distance(fakes, &reals, [mean_pairwise_distance(fakes), 1.0]);
        assert_eq!((of(&points(&[0.0, 0.0])), of(&points(&[3.0, 3.0])), of(&reals)), (0.0, 4.0, -1.0));
        let far = |x: u8| -> Samples { Images { channels: 1, size: 2, pixels: vec![x; 4], classes: None }.into() };
        assert_eq!(mean_distance_between(&far(0), &far(3)), 6.0);
        assert_eq!(mean_nearest_distance(&points(&[0.25, 3.0]), &reals), 1.125);
    }

    #[test]
    fn points_are_not_rounded() {
        // Distances 0.5, 1.25 and 0.75 on a line.
        let points = vec![[0.0, 0.0], [0.3, 0.4], [0.75, 1.0]];
        assert!((mean_pairwise_distance(&Samples::Points(points)) - 2.5 / 3.0).abs() < 1e-7);
        assert_eq!(mean_pairwise_distance(&Samples::Points(Vec::new())), 0.0);
    }
}
