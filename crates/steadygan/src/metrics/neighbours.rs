//! Nearest neighbours in pixels: whether training images were learnt by heart, and how many images there are.
//!
//! Images are compared by the Euclidean distance of their levels, at most 32 pixels large (larger ones are reduced): what
//! is near there is nearly a copy.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use rayon::prelude::*;

use super::Features;
use super::pairs::by_distance;
use super::subsamples::{Estimate, halves};
use crate::data::Images;
use crate::error::Result;

/// Pixels on a side in which images are compared.
pub const COMPARED_SIZE: usize = 32;

/// The fewest images on each side.
pub const MIN_IMAGES: usize = 10;

/// The share of reals that have a nearer neighbour than what counts as a near duplicate.
const DUPLICATE_SHARE: f64 = 0.01;

/// Images as rows of levels from 0 to 1, reduced to at most 32 pixels.
///
/// # Errors
///
/// There are no images.
pub fn pixel_rows(images: &Images) -> Result<Features> {
    let size = images.size.min(COMPARED_SIZE);
    let row = |index: usize| {
        let planes = images.image(index).chunks_exact(images.size * images.size);
        let reduced = planes.flat_map(|plane| reduced(plane, images.size, size));
        reduced.map(|level| f32::from(level) / 255.0).collect::<Vec<f32>>()
    };
    let rows: Vec<f32> = (0..images.count()).into_par_iter().flat_map_iter(row).collect();
    Features::new(images.channels * size * size, rows)
}

fn reduced(plane: &[u8], from: usize, to: usize) -> Vec<u8> {
    if from == to {
        return plane.to_vec();
    }
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Box));
    let source = ImageRef::new(from as u32, from as u32, plane, PixelType::U8).expect("a plane has its side's bytes");
    let mut made = Image::new(to as u32, to as u32, PixelType::U8);
    Resizer::new().resize(&source, &mut made, &options).expect("both images have one kind of pixel");
    made.into_vec()
}

/// How much nearer fakes are to the images trained on than to images held out of the same data: 0 if training left no
/// trace, 1 if each fake's nearest image is one trained on.
///
/// Of t images trained on and h held out, the one nearest to an image that is like both is one trained on with probability
/// t / (t + h). The excess of the share of fakes for which it is, over what is left to 1. (The comparison of nearest training
/// with nearest held-out images is that of Meehan, Chaudhuri and Dasgupta 2020, arXiv:2004.05675.)
///
/// # Errors
///
/// There are fewer than ten images of a kind, or of other sizes.
pub fn memorisation(fakes: &Features, train: &Features, holdout: &Features, seed: u64) -> Result<Estimate> {
    fakes.comparable(train, MIN_IMAGES)?;
    fakes.comparable(holdout, MIN_IMAGES)?;
    let nearest =
        |to: &Features| by_distance(fakes, to, |_, distances| distances.iter().copied().fold(f32::INFINITY, f32::min));
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
    let excess = |of: &mut dyn ExactSizeIterator<Item = f64>| {
        let count = of.len() as f64;
        (of.sum::<f64>() / count - expected) / (1.0 - expected)
    };
    let of_halves = halves(closer.len(), "fakes", seed);
    let of_halves: Vec<f64> = of_halves.iter().map(|half| excess(&mut half.iter().map(|&at| closer[at]))).collect();
    Ok(Estimate::new(excess(&mut closer.iter().copied()), &of_halves))
}

/// How many different images there seem to be, by the birthday paradox: Arora, Risteski and Zhang 2018, *Do GANs learn the
/// distribution? Some Theory and Empirics* (arXiv:1706.08224).
///
/// Of n(n − 1)/2 pairs of equally likely images out of s, one in s is a pair of duplicates; so s is about pairs over
/// duplicates. A near duplicate is nearer than the nearest neighbours of 99% of the reals are, so that the reals' own value
/// is the one to compare with. Without duplicates the number of pairs: there are at least about that many.
///
/// # Errors
///
/// There are fewer than ten images of a kind, or of other sizes.
pub fn support(images: &Features, reals: &Features, seed: u64) -> Result<Estimate> {
    images.comparable(reals, MIN_IMAGES)?;
    let mut nearest = by_distance(reals, reals, |row, distances| {
        let others = distances.iter().enumerate().filter(|&(other, _)| other != row);
        others.map(|(_, &distance)| distance).fold(f32::INFINITY, f32::min)
    });
    nearest.sort_unstable_by(f32::total_cmp);
    let radius = nearest[(DUPLICATE_SHARE * nearest.len() as f64) as usize];
    let count = images.count();
    let mut members = vec![0u16; count];
    let halves = halves(count, "fakes", seed);
    for (number, half) in halves.iter().enumerate() {
        half.iter().for_each(|&index| members[index] |= 1 << number);
    }
    // Of each image, the later ones that are its near duplicates: the sets that both are in.
    let duplicates = by_distance(images, images, |row, distances| {
        let later = distances.iter().zip(&members).skip(row + 1);
        later.filter(|&(&distance, _)| distance < radius).map(|(_, other)| other & members[row]).collect::<Vec<u16>>()
    });
    let pairs = |count: usize| (count * (count - 1) / 2) as f64;
    let all = pairs(count) / duplicates.iter().map(Vec::len).sum::<usize>().max(1) as f64;
    let of_half = |number: usize| {
        let found = duplicates.iter().flatten().filter(|&&sets| sets >> number & 1 == 1).count();
        pairs(halves[number].len()) / found.max(1) as f64
    };
    Ok(Estimate::new(all, &(0..halves.len()).map(of_half).collect::<Vec<_>>()))
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

    /// Fresh fakes have an excess of 0 with a deviation of √(p(1 − p)/n)/(1 − p), p = 0.9: 0.067.
    #[test]
    fn copies_of_the_training_images_are_1_and_fresh_ones_0() {
        let (train, holdout) = (normal(900, 1), normal(100, 2));
        let copied = memorisation(&train.select(&Vec::from_iter(0..300)), &train, &holdout, 1).unwrap();
        assert_eq!((copied.value, copied.deviation), (1.0, 0.0));
        let fresh = memorisation(&normal(2_000, 3), &train, &holdout, 1).unwrap();
        assert!(fresh.value.abs() < 0.35, "{fresh:?}");
        assert!((0.03..0.15).contains(&fresh.deviation), "{fresh:?}");
        let held = memorisation(&holdout, &train, &holdout, 1).unwrap();
        assert!((held.value + 9.0).abs() < 1e-12, "each is its own nearest: {held:?}");
    }

    #[test]
    fn the_support_of_few_images_is_their_number() {
        let reals = normal(1_000, 4);
        let mut stream = rng::stream(5, "test", 0);
        let number = rand_distr::Uniform::new(0, 200).unwrap();
        let drawn: Vec<usize> = (0..1_000).map(|_| number.sample(&mut stream)).collect();
        let found = support(&normal(200, 6).select(&drawn), &reals, 1).unwrap();
        assert!((170.0..230.0).contains(&found.value), "{found:?}");
        let own = support(&reals, &reals, 1).unwrap();
        assert!(own.value > 20_000.0, "{own:?}");
        assert!(support(&normal(9, 7), &reals, 1).is_err());
    }
}
