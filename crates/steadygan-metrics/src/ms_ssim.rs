//! Multi-scale structural similarity: Wang, Simoncelli and Bovik 2003, *Multiscale structural similarity for image
//! quality assessment*; used between pairs of fakes as a measure of diversity by Odena, Olah and Shlens 2017
//! (arXiv:1610.09585).
//!
//! It is 1 for equal images. The more alike the fakes are, the higher it is; a value above the reals' own value means
//! that diversity was lost. It says nothing about quality.
//!
//! * An 11 × 11 Gaussian window with standard deviation 1.5, no padding; constants 0.01 and 0.03 times 255, squared.
//! * As many of the five scales as leave at least 11 pixels: 2 at 28 and 32 pixels, 3 at 48 and 64, 4 at 96 to 128.
//!   Their published weights are rescaled to sum to 1; each scale averages 2 × 2 pixels of the one before.
//! * A scale's mean below 0 counts as 0; the value of a colour image is the mean over its channels.

use rayon::prelude::*;

use super::subsamples::{Estimate, draw_shuffled, mean};
use crate::data::Images;
use crate::error::{Error, Result};

/// The exponents of the five scales, finest first.
const WEIGHTS: [f64; 5] = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];

/// Height and width of the window in pixels.
const WINDOW: usize = 11;

/// The window's standard deviation.
const DEVIATION: f64 = 1.5;

/// (0.01 · 255)² and (0.03 · 255)².
const STABILISERS: [f64; 2] = [2.55 * 2.55, 7.65 * 7.65];

/// The most pairs over which a mean is taken.
pub const MAX_PAIRS: usize = 2_500;

/// The fewest images, so that a half of their pairs has two pairs.
pub const MIN_IMAGES: usize = 8;

/// How many scales images of this size have; 0 if they are smaller than the window.
pub fn scales(size: usize) -> usize {
    let fits = |&scale: &usize| size >> scale >= WINDOW && size.is_multiple_of(1 << scale);
    (0..WEIGHTS.len()).take_while(fits).count()
}

/// The mean similarity over disjoint pairs of images, drawn by `seed`, with its deviation.
///
/// # Errors
///
/// There are fewer than eight images, or they are smaller than the window.
pub fn mean_ms_ssim(images: &Images, seed: u64) -> Result<Estimate> {
    if images.count() < MIN_IMAGES || scales(images.size) == 0 {
        let message = format!("{} images of {} pixels have no MS-SSIM among each other", images.count(), images.size);
        return Err(Error::data(message, format!("give at least {MIN_IMAGES} of at least {WINDOW} pixels")));
    }
    let pairs = MAX_PAIRS.min(images.count() / 2);
    let drawn = draw_shuffled(images.count(), 2 * pairs, "metrics/ms-ssim", seed);
    let similarity = |pair: &[usize; 2]| {
        let [a, b] = pair.map(|index| images.image(index));
        ms_ssim(a, b, images.channels, images.size)
    };
    let found: Vec<f64> = drawn.as_chunks().0.par_iter().map(similarity).collect();
    Ok(Estimate::over(pairs, "pairs", seed, |part| mean(part.iter().map(|&pair| found[pair]))))
}

/// The similarity of two images of `channels` planes of `size` × `size` bytes, from 0 to 1.
///
/// # Panics
///
/// If an image's length is not `channels` × `size` × `size`, or if the images are smaller than the window.
pub fn ms_ssim(a: &[u8], b: &[u8], channels: usize, size: usize) -> f64 {
    assert_eq!((a.len(), b.len()), (channels * size * size, channels * size * size), "images of another size");
    assert!(scales(size) > 0, "images of {size} pixels are smaller than the window");
    let plane = |image: &[u8], channel: usize| {
        let bytes = &image[channel * size * size..][..size * size];
        Plane { size, values: bytes.iter().map(|&byte| f64::from(byte)).collect() }
    };
    (0..channels).map(|channel| of_planes(plane(a, channel), plane(b, channel))).sum::<f64>() / channels as f64
}

/// One channel of an image, as a square of numbers.
struct Plane {
    size: usize,
    values: Vec<f64>,
}

fn of_planes(mut a: Plane, mut b: Plane) -> f64 {
    let weights = &WEIGHTS[..scales(a.size)];
    let total: f64 = weights.iter().sum();
    let mut product = 1.0;
    for (scale, weight) in weights.iter().enumerate() {
        if scale > 0 {
            (a, b) = (a.halved(), b.halved());
        }
        let mean = similarity(&a, &b, scale + 1 == weights.len());
        product *= mean.max(0.0).powf(weight / total);
    }
    product
}

/// The mean, over all places of the window, of contrast times structure (times luminance if `with_luminance`).
fn similarity(a: &Plane, b: &Plane, with_luminance: bool) -> f64 {
    let products = |x: &Plane, y: &Plane| {
        let values = x.values.iter().zip(&y.values).map(|(x, y)| x * y).collect();
        Plane { size: x.size, values }.blurred()
    };
    let (mean_a, mean_b) = (a.blurred(), b.blurred());
    let (square_a, square_b, product) = (products(a, a), products(b, b), products(a, b));
    let [c1, c2] = STABILISERS;
    let at = |place: usize| {
        let (ma, mb) = (mean_a[place], mean_b[place]);
        let (va, vb, vab) = (square_a[place] - ma * ma, square_b[place] - mb * mb, product[place] - ma * mb);
        let contrast = (2.0 * vab + c2) / (va + vb + c2);
        if with_luminance { contrast * (2.0 * ma * mb + c1) / (ma * ma + mb * mb + c1) } else { contrast }
    };
    (0..mean_a.len()).map(at).sum::<f64>() / mean_a.len() as f64
}

impl Plane {
    /// The weighted mean under the window at each place where it fits.
    fn blurred(&self) -> Vec<f64> {
        let window = window();
        let (size, out) = (self.size, self.size - WINDOW + 1);
        let mut across = Vec::with_capacity(size * out);
        for row in self.values.chunks_exact(size) {
            across.extend(row.windows(WINDOW).map(|part| part.iter().zip(&window).map(|(x, w)| x * w).sum::<f64>()));
        }
        let mut made = vec![0.0; out * out];
        for (y, row) in made.chunks_exact_mut(out).enumerate() {
            for (tap, weight) in window.iter().enumerate() {
                let from = &across[(y + tap) * out..][..out];
                row.iter_mut().zip(from).for_each(|(sum, value)| *sum += weight * value);
            }
        }
        made
    }

    /// The plane at half the size: means of 2 × 2 pixels.
    fn halved(&self) -> Self {
        let pairs = self.values.chunks_exact(2 * self.size);
        let rows = pairs.flat_map(|pair| {
            let (upper, lower) = pair.split_at(self.size);
            let squares = upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0);
            squares.map(|([a, b], [c, d])| (a + b + c + d) / 4.0)
        });
        Self { size: self.size / 2, values: rows.collect() }
    }
}

/// The window's weights along one axis.
fn window() -> [f64; WINDOW] {
    let weight = |at: usize| (-0.5 * ((at as f64 - (WINDOW / 2) as f64) / DEVIATION).powi(2)).exp();
    let weights: [f64; WINDOW] = std::array::from_fn(weight);
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_leave_the_window_room() {
        let expected =
            [(8, 0), (11, 1), (28, 2), (32, 2), (44, 3), (48, 3), (64, 3), (96, 4), (112, 4), (128, 4), (256, 5)];
        for (size, expected) in expected {
            assert_eq!(scales(size), expected, "{size}");
        }
    }

    #[test]
    fn equal_images_are_1_alike_and_constant_ones_by_luminance() {
        let image: Vec<u8> = (0..3 * 32 * 32).map(|at| (at * 7 % 256) as u8).collect();
        assert!((ms_ssim(&image, &image, 3, 32) - 1.0).abs() < 1e-12);
        let [c1, _] = STABILISERS;
        let weight = WEIGHTS[1] / (WEIGHTS[0] + WEIGHTS[1]);
        let expected = ((2.0 * 100.0 * 200.0 + c1) / (100f64.powi(2) + 200f64.powi(2) + c1)).powf(weight);
        let found = ms_ssim(&[100; 1024], &[200; 1024], 1, 32);
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    }

    #[test]
    #[should_panic(expected = "images of 10 pixels are smaller than the window")]
    fn images_smaller_than_the_window_have_no_similarity() {
        ms_ssim(&[0; 100], &[255; 100], 1, 10);
    }

    #[test]
    fn a_collapsed_generator_is_1_alike() {
        let image: Vec<u8> = (0..28 * 28).map(|at| (at * 7 % 256) as u8).collect();
        let images = Images { channels: 1, size: 28, pixels: image.repeat(10), classes: None };
        let found = mean_ms_ssim(&images, 1).unwrap();
        assert!((found.value - 1.0).abs() < 1e-12 && found.deviation < 1e-12);
        let few = Images { pixels: image.repeat(7), ..images };
        assert_eq!(mean_ms_ssim(&few, 1).unwrap_err().hint(), "give at least 8 of at least 11 pixels");
    }
}
