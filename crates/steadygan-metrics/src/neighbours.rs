//! Nearest neighbours in pixels: whether the generator memorised training images, and how many different images it
//! makes.
//!
//! Images are compared by the Euclidean distance of their levels, after reduction to at most 32 × 32 pixels. An image
//! that is near another by this distance is nearly a copy.

use fast_image_resize::{FilterType, Resizer};
use rayon::prelude::*;

use super::Features;
use super::pairs::by_distance;
use super::resize::resized;
use super::subsamples::{Estimate, SUBSAMPLES, mean, memberships};
use crate::data::Images;
use crate::error::Result;

/// The largest size in pixels at which images are compared.
pub const COMPARED_SIZE: usize = 32;

/// The fewest images on each side.
pub const MIN_IMAGES: usize = 10;

/// Near duplicates are defined so that this share of the reals has one.
const DUPLICATE_SHARE: f64 = 0.01;

/// Images as rows of levels from 0 to 1, reduced to at most 32 pixels.
///
/// # Errors
///
/// There are no images.
pub fn pixel_rows(images: &Images) -> Result<Features> {
    let size = images.size.min(COMPARED_SIZE);
    let row = |resizer: &mut Resizer, index: usize| {
        let planes = images.image(index).chunks_exact(images.size * images.size);
        let reduced = planes.flat_map(|plane| resized(plane, [images.size, size], FilterType::Box, resizer));
        reduced.map(|level| f32::from(level) / 255.0).collect::<Vec<f32>>()
    };
    let rows: Vec<f32> = (0..images.count()).into_par_iter().map_init(Resizer::new, row).flatten_iter().collect();
    Features::new(images.channels * size * size, rows)
}

/// How much more often a fake's nearest image is a training image than a held-out image of the same data: 0 if as often
/// as by chance, 1 if it always is a training image.
///
/// With t training images and h held-out images, the image nearest to a fresh image of the same distribution is a
/// training image with probability p = t / (t + h). If it is for a share s of the fakes, the value is (s − p) / (1 −
/// p). Comparing the nearest training image with the nearest held-out image is from Meehan, Chaudhuri and Dasgupta 2020
/// (arXiv:2004.05675).
///
/// # Errors
///
/// There are fewer than ten images of a kind, or their sizes differ.
pub fn memorisation(fakes: &Features, train: &Features, holdout: &Features, seed: u64) -> Result<Estimate> {
    fakes.comparable(train, MIN_IMAGES)?;
    fakes.comparable(holdout, MIN_IMAGES)?;
    let least = |_: usize, distances: &[f32]| distances.iter().copied().fold(f32::INFINITY, f32::min);
    let nearest = |to: &Features| by_distance(fakes, to, |_| 0, least);
    let closer: Vec<f64> = nearest(train)
        .into_iter()
        .zip(nearest(holdout))
        .map(|(train, holdout)| match train.total_cmp(&holdout) {
            std::cmp::Ordering::Less => 1.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Greater => 0.0,
        })
        .collect();
    let expected = train.count() as f64 / (train.count() + holdout.count()) as f64;
    let excess = |part: &[usize]| (mean(part.iter().map(|&at| closer[at])) - expected) / (1.0 - expected);
    Ok(Estimate::over(closer.len(), "fakes", seed, excess))
}

/// The squared distance below which two images count as near duplicates: 99% of the reals have no nearer neighbour.
///
/// # Errors
///
/// There are fewer than ten reals.
pub fn duplicate_radius(reals: &Features) -> Result<f32> {
    reals.comparable(reals, MIN_IMAGES)?;
    let nearest = |row: usize, distances: &[f32]| {
        let others = distances.iter().enumerate().filter(|&(other, _)| other != row);
        others.map(|(_, &distance)| distance).fold(f32::INFINITY, f32::min)
    };
    let mut nearest = by_distance(reals, reals, |_| 0, nearest);
    nearest.sort_unstable_by(f32::total_cmp);
    Ok(nearest[(DUPLICATE_SHARE * nearest.len() as f64) as usize])
}

/// Estimates how many different images a generator can make, by the birthday paradox: Arora, Risteski and Zhang 2018,
/// *Do GANs learn the distribution? Some Theory and Empirics* (arXiv:1706.08224).
///
/// If a generator makes s images equally often, one in s of the n(n − 1)/2 pairs of n fakes is a pair of duplicates; so
/// s is about the number of pairs divided by the number of duplicate pairs. `radius` is the reals'
/// [`duplicate_radius`], so compare the value with the reals' own. With one duplicate pair or none, the value is the
/// number of pairs, which is roughly a lower bound.
///
/// # Errors
///
/// There are fewer than ten images.
pub fn support(images: &Features, radius: f32, seed: u64) -> Result<Estimate> {
    images.comparable(images, MIN_IMAGES)?;
    let members = memberships(images.count(), "fakes", seed);
    // For each near duplicate after an image, the bits of the subsamples that hold both.
    let near = |row: usize, distances: &[f32]| {
        let after = &members[row + 1..];
        let later = distances[distances.len() - after.len()..].iter().zip(after);
        later.filter(|&(&distance, _)| distance < radius).map(|(_, other)| other & members[row]).collect::<Vec<u16>>()
    };
    let duplicates = by_distance(images, images, |block| block, near).concat();
    let of_part = |part: usize| {
        let of = |bits: &[u16]| bits.iter().filter(|&&bits| bits >> part & 1 == 1).count();
        let count = of(&members);
        (count * (count - 1) / 2) as f64 / of(&duplicates).max(1) as f64
    };
    let values: Vec<f64> = (0..=SUBSAMPLES).map(of_part).collect();
    Ok(Estimate::new(values[SUBSAMPLES], &values[..SUBSAMPLES]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;
    use rand_distr::{Distribution, StandardNormal};

    fn normal(count: usize, seed: u64) -> Features {
        let mut stream = rng::stream(seed, "test", 0);
        Features::new(6, (0..6 * count).map(|_| StandardNormal.sample(&mut stream)).collect()).unwrap()
    }

    #[test]
    fn images_become_rows_of_at_most_32_pixels() {
        let images = |size: usize| Images { channels: 3, size, pixels: vec![51; 2 * 3 * size * size], classes: None };
        for (size, expected) in [(16, 16), (32, 32), (64, 32)] {
            let rows = pixel_rows(&images(size)).unwrap();
            assert_eq!((rows.count(), rows.dimensions()), (2, 3 * expected * expected));
            assert!(rows.values().iter().all(|&level| level == 0.2));
        }
    }

    /// Fresh fakes have an expected value of 0 with a standard deviation of √(p(1 − p)/n)/(1 − p) = 0.067 for p = 0.9.
    #[test]
    fn copies_of_the_training_images_are_1_and_fresh_ones_0() {
        let (train, holdout) = (normal(900, 1), normal(100, 2));
        let copied = memorisation(&train.select(&Vec::from_iter(0..300)), &train, &holdout, 1).unwrap();
        assert_eq!((copied.value, copied.deviation), (1.0, 0.0));
        let fresh = memorisation(&normal(2_000, 3), &train, &holdout, 1).unwrap();
        assert!(fresh.value.abs() < 0.35, "{fresh:?}");
        assert!((0.03..0.15).contains(&fresh.deviation), "{fresh:?}");
        let held = memorisation(&holdout, &train, &holdout, 1).unwrap();
        assert!((held.value + 9.0).abs() < 1e-12, "each held-out image is its own nearest image: {held:?}");
    }

    #[test]
    fn the_support_of_few_images_is_their_number() {
        let reals = normal(1_000, 4);
        let mut stream = rng::stream(5, "test", 0);
        let number = rand_distr::Uniform::new(0, 200).unwrap();
        let drawn: Vec<usize> = (0..1_000).map(|_| number.sample(&mut stream)).collect();
        let radius = duplicate_radius(&reals).unwrap();
        let found = support(&normal(200, 6).select(&drawn), radius, 1).unwrap();
        assert!((170.0..230.0).contains(&found.value), "{found:?}");
        let own = support(&reals, radius, 1).unwrap();
        assert!(own.value > 20_000.0, "{own:?}");
        assert!(support(&normal(9, 7), radius, 1).is_err());
        assert!(duplicate_radius(&normal(9, 7)).is_err());
    }
}
