//! The sliced Wasserstein distance of patches: Karras, Aila, Laine and Lehtinen 2018, *Progressive Growing of GANs for
//! Improved Quality, Stability, and Variation* (arXiv:1710.10196), section 5.
//!
//! Images become Laplacian pyramids down to 16 pixels. From each level come 128 patches of 7 × 7 pixels an image, whose
//! channels are normalised by mean and deviation over all patches, those of fakes and of reals each by their own. Both are
//! projected on 512 random directions, sorted, and the mean absolute difference is taken, times 10³; the distance is the
//! mean over levels. It needs no network and sees texture, not content.
//!
//! The paper takes 16,384 images of 1,024 pixels. Here it is at most 1,024 of each kind, and grey images have one channel:
//! compare values only with each other, at one count.

mod pyramid;

use rand_distr::{Distribution, StandardNormal, Uniform};
use rayon::prelude::*;
use steadygan_kernels::row_products;

use super::subsamples::{Estimate, SUBSAMPLES, memberships, some};
use crate::data::Images;
use crate::error::{Error, Result};
use crate::rng;
pub use pyramid::{Level, laplacian_pyramid};

/// The smallest level, in pixels.
pub const MIN_LEVEL: usize = 16;

/// Pixels of a patch on a side.
pub const PATCH: usize = 7;

/// Patches of an image at each level.
const PATCHES: usize = 128;

/// Directions: the authors take four times 128.
const DIRECTIONS: usize = 512;

/// Directions whose projections are held at a time.
const BLOCK: usize = 16;

/// The most images of each kind.
pub const MAX_IMAGES: usize = 1_024;

/// The fewest: halves have two.
pub const MIN_IMAGES: usize = 4;

/// The authors' unit.
const SCALE: f64 = 1e3;

/// Where patches are cut: image, row and column of the upper left pixel.
pub type Place = [usize; 3];

/// The distance of fakes to reals, as many of each, and its deviation; patches, directions and halves are drawn by `seed`.
///
/// # Errors
///
/// There are fewer than four images of a kind, they are of different shape, or smaller than a patch.
pub fn sliced_wasserstein(fakes: &Images, reals: &Images, seed: u64) -> Result<Estimate> {
    let count = fakes.count().min(reals.count()).min(MAX_IMAGES);
    check(fakes, reals, count)?;
    let sides = [(fakes, "fakes"), (reals, "reals")].map(|(images, side)| {
        let chosen = some(images.count(), count, &format!("metrics/swd/{side}"), seed);
        (laplacian_pyramid(images, &chosen), places(images.size, count, side, seed), marks(count, side, seed))
    });
    let [(fake_levels, fake_places, fake_marks), (real_levels, real_places, real_marks)] = &sides;
    let channels = fakes.channels;
    let directions = directions(channels * PATCH * PATCH, seed);
    let mut sums = [0.0; SUBSAMPLES + 1];
    for (level, (fakes, reals)) in fake_levels.iter().zip(real_levels).enumerate() {
        let (fakes, reals) = (descriptors(fakes, &fake_places[level]), descriptors(reals, &real_places[level]));
        let found = distances(&fakes, fake_marks, &reals, real_marks, &directions);
        sums.iter_mut().zip(found).for_each(|(sum, found)| *sum += found);
    }
    let values = sums.map(|sum| sum / fake_levels.len() as f64);
    Ok(Estimate::new(values[SUBSAMPLES], &values[..SUBSAMPLES]))
}

fn check(fakes: &Images, reals: &Images, count: usize) -> Result<()> {
    if (fakes.channels, fakes.size) != (reals.channels, reals.size) {
        let message = format!("images of {} and of {} pixels are compared", fakes.size, reals.size);
        return Err(Error::data(message, "resize both to one size, and make both grey or colour"));
    }
    if count < MIN_IMAGES || fakes.size < PATCH {
        let message = format!("{count} images of {} pixels have no sliced Wasserstein distance", fakes.size);
        return Err(Error::data(message, format!("give at least {MIN_IMAGES} of at least {PATCH} pixels")));
    }
    Ok(())
}

/// Where each level's patches are cut, image by image.
fn places(size: usize, count: usize, side: &str, seed: u64) -> Vec<Vec<Place>> {
    let level = |size: usize| {
        let mut stream = rng::stream(seed, &format!("metrics/swd/patches/{side}"), size as u64);
        let corner = Uniform::new_inclusive(0, size - PATCH).expect("a level holds a patch");
        let of_image = |image| {
            (0..PATCHES).map(|_| [image, corner.sample(&mut stream), corner.sample(&mut stream)]).collect::<Vec<_>>()
        };
        (0..count).flat_map(of_image).collect()
    };
    pyramid::sizes(size).into_iter().map(level).collect()
}

/// Of each patch: the [`memberships`] of its image.
fn marks(count: usize, side: &str, seed: u64) -> Vec<u16> {
    memberships(count, side, seed).into_iter().flat_map(|mark| [mark; PATCHES]).collect()
}

/// Random unit vectors.
fn directions(length: usize, seed: u64) -> Vec<f32> {
    let mut stream = rng::stream(seed, "metrics/swd/directions", 0);
    let mut made = Vec::with_capacity(DIRECTIONS * length);
    for _ in 0..DIRECTIONS {
        let vector: Vec<f64> = (0..length).map(|_| StandardNormal.sample(&mut stream)).collect();
        let norm = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
        made.extend(vector.iter().map(|x| (x / norm) as f32));
    }
    made
}

/// The level's patches, a row each of `channels × 7 × 7` numbers, each channel of mean 0 and deviation 1 over all.
pub fn descriptors(level: &Level, places: &[Place]) -> Vec<f32> {
    let Level { channels, size, .. } = *level;
    let area = PATCH * PATCH;
    let mut rows = vec![0.0; places.len() * channels * area];
    rows.par_chunks_mut(channels * area).zip(places).for_each(|(row, &[image, y, x])| {
        for (channel, patch) in row.chunks_exact_mut(area).enumerate() {
            let plane = &level.planes[(image * channels + channel) * size * size..][..size * size];
            for (line, out) in patch.chunks_exact_mut(PATCH).enumerate() {
                out.copy_from_slice(&plane[(y + line) * size + x..][..PATCH]);
            }
        }
    });
    let count = (places.len() * area) as f64;
    for channel in 0..channels {
        let of_channel = || rows.chunks_exact(channels * area).flat_map(|row| &row[channel * area..][..area]);
        let mean = of_channel().map(|&x| f64::from(x)).sum::<f64>() / count;
        let deviation = (of_channel().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / count).sqrt();
        // Constant images have patches of nothing but their mean.
        let scale = if deviation > 0.0 { 1.0 / deviation } else { 0.0 };
        for row in rows.chunks_exact_mut(channels * area) {
            row[channel * area..][..area].iter_mut().for_each(|x| *x = ((f64::from(*x) - mean) * scale) as f32);
        }
    }
    rows
}

/// The mean over directions of the distance between both sides' projections, of each half and, last, of all. A row's bits
/// in `marks` say what it is part of; each part has as many rows of both sides.
pub fn distances(
    fakes: &[f32],
    fake_marks: &[u16],
    reals: &[f32],
    real_marks: &[u16],
    directions: &[f32],
) -> [f64; SUBSAMPLES + 1] {
    let (rows, length) = (fake_marks.len(), fakes.len() / fake_marks.len());
    let mut sums = [0.0; SUBSAMPLES + 1];
    let mut projected = [vec![0.0; BLOCK * rows], vec![0.0; BLOCK * rows]];
    for block in directions.chunks(BLOCK * length) {
        let size = block.len() / length * rows;
        for (projected, side) in projected.iter_mut().zip([fakes, reals]) {
            row_products(block, side, length, &mut projected[..size]);
        }
        let [of_fakes, of_reals] = &projected;
        let pairs = of_fakes[..size].par_chunks(rows).zip(of_reals[..size].par_chunks(rows));
        let found: Vec<_> = pairs.map(|(a, b)| of_direction(&sorted(a, fake_marks), &sorted(b, real_marks))).collect();
        for found in found {
            sums.iter_mut().zip(found).for_each(|(sum, found)| *sum += found);
        }
    }
    sums.map(|sum| SCALE * sum / (directions.len() / length) as f64)
}

/// Projections in ascending order, each with its marks. Numbers are sorted as integers of the same order, several times
/// faster than by comparing floats.
fn sorted(projected: &[f32], marks: &[u16]) -> Vec<(f32, u16)> {
    let key = |value: f32| {
        let bits = value.to_bits();
        if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
    };
    let value = |key: u32| f32::from_bits(if key >> 31 == 1 { key ^ 1 << 31 } else { !key });
    let pairs = projected.iter().zip(marks);
    let mut keys: Vec<u64> = pairs.map(|(&value, &marks)| u64::from(key(value)) << 32 | u64::from(marks)).collect();
    keys.sort_unstable();
    keys.into_iter().map(|both| (value((both >> 32) as u32), both as u16)).collect()
}

/// The mean absolute difference between both sides' projections, of each part.
fn of_direction(fakes: &[(f32, u16)], reals: &[(f32, u16)]) -> [f64; SUBSAMPLES + 1] {
    let mut kept = [vec![0.0; fakes.len() + 1], vec![0.0; reals.len() + 1]];
    std::array::from_fn(|part| {
        let mut count = 0;
        for (kept, side) in kept.iter_mut().zip([fakes, reals]) {
            count = 0;
            // Without a branch, which would be taken at random: each is written, and overwritten unless it belongs.
            for &(value, marks) in side {
                kept[count] = value;
                count += usize::from(marks >> part & 1);
            }
        }
        let differences = kept[0][..count].iter().zip(&kept[1]).map(|(a, b)| f64::from((a - b).abs()));
        differences.sum::<f64>() / count as f64
    })
}

#[cfg(test)]
mod tests;
