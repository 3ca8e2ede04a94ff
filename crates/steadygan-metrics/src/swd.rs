//! The sliced Wasserstein distance of patches: Karras, Aila, Laine and Lehtinen 2018, *Progressive Growing of GANs for
//! Improved Quality, Stability, and Variation* (arXiv:1710.10196), section 5.
//!
//! Images become Laplacian pyramids with levels down to 16 pixels. From each level of each image 128 patches of 7 × 7
//! pixels are cut. Their channels are normalised by mean and standard deviation over all patches, separately for fakes
//! and for reals. The patches are projected on 512 random directions and sorted, and the mean absolute difference
//! between fakes and reals is taken, times 10³. The distance is the mean over levels. It needs no network, and it sees
//! texture, not content.
//!
//! The paper uses 16,384 images of 1,024 pixels. Here at most 1,024 fakes and as many reals are used, and grey images
//! have one channel. So compare values only with each other, and at one number of images.

mod pyramid;

use rand_distr::{Distribution, StandardNormal, Uniform};
use rayon::prelude::*;
use steadygan_kernels::row_products;

use super::subsamples::{Estimate, SUBSAMPLES, draw, memberships};
use crate::data::Images;
use crate::error::{Error, Result};
use crate::rng;
pub use pyramid::{Level, laplacian_pyramid};

/// The smallest level, in pixels.
pub const MIN_LEVEL: usize = 16;

/// Height and width of a patch in pixels.
pub const PATCH: usize = 7;

/// Patches cut from an image at each level.
const PATCHES: usize = 128;

/// The number of directions; the authors use four times 128.
const DIRECTIONS: usize = 512;

/// How many directions' projections are held in memory at a time.
const BLOCK: usize = 16;

/// The most fakes and the most reals.
pub const MAX_IMAGES: usize = 1_024;

/// The fewest fakes and the fewest reals, so that a half has two.
pub const MIN_IMAGES: usize = 4;

/// The factor of the authors' unit.
const SCALE: f64 = 1e3;

/// Where a patch is cut: the number of the image, and row and column of the upper left pixel.
pub type PatchPosition = [usize; 3];

/// The distance between fakes and equally many reals, with its deviation; patches, directions and halves are drawn by
/// `seed`.
///
/// # Errors
///
/// There are fewer than four fakes or reals, their shapes differ, or they are smaller than a patch.
pub fn sliced_wasserstein(fakes: &Images, reals: &Images, seed: u64) -> Result<Estimate> {
    let count = fakes.count().min(reals.count()).min(MAX_IMAGES);
    check(fakes, reals, count)?;
    let sides = [(fakes, "fakes"), (reals, "reals")].map(|(images, side)| {
        let chosen = draw(images.count(), count, &format!("metrics/swd/{side}"), seed);
        (laplacian_pyramid(images, &chosen), patch_positions(images.size, count, side, seed), marks(count, side, seed))
    });
    let [(fake_levels, fake_positions, fake_marks), (real_levels, real_positions, real_marks)] = &sides;
    let channels = fakes.channels;
    let directions = directions(channels * PATCH * PATCH, seed);
    let mut sums = [0.0; SUBSAMPLES + 1];
    for (level, (fakes, reals)) in fake_levels.iter().zip(real_levels).enumerate() {
        let (fakes, reals) = (descriptors(fakes, &fake_positions[level]), descriptors(reals, &real_positions[level]));
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

/// Draws where each level's patches are cut, image by image.
fn patch_positions(size: usize, count: usize, side: &str, seed: u64) -> Vec<Vec<PatchPosition>> {
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

/// For each patch, the [`memberships`] of its image.
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

/// The level's patches, each a row of `channels × 7 × 7` numbers. Each channel is normalised to mean 0 and standard
/// deviation 1 over all patches.
pub fn descriptors(level: &Level, positions: &[PatchPosition]) -> Vec<f32> {
    let Level { channels, size, .. } = *level;
    let area = PATCH * PATCH;
    let mut rows = vec![0.0; positions.len() * channels * area];
    rows.par_chunks_mut(channels * area).zip(positions).for_each(|(row, &[image, y, x])| {
        for (channel, patch) in row.chunks_exact_mut(area).enumerate() {
            let plane = &level.planes[(image * channels + channel) * size * size..][..size * size];
            for (line, out) in patch.chunks_exact_mut(PATCH).enumerate() {
                out.copy_from_slice(&plane[(y + line) * size + x..][..PATCH]);
            }
        }
    });
    let count = (positions.len() * area) as f64;
    for channel in 0..channels {
        let of_channel = || rows.chunks_exact(channels * area).flat_map(|row| &row[channel * area..][..area]);
        let mean = of_channel().map(|&x| f64::from(x)).sum::<f64>() / count;
        let deviation = (of_channel().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / count).sqrt();
        // If all patches are constant, dividing by the deviation is impossible, and all numbers become 0.
        let scale = if deviation > 0.0 { 1.0 / deviation } else { 0.0 };
        for row in rows.chunks_exact_mut(channels * area) {
            row[channel * area..][..area].iter_mut().for_each(|x| *x = ((f64::from(*x) - mean) * scale) as f32);
        }
    }
    rows
}

/// The mean over directions of the distance between the projections of fakes and reals, for each half and, last, for
/// all rows. A row's bits in the marks say which of these parts hold it; each part holds equally many fakes and reals.
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

/// Projections in ascending order, each with its marks. The floats are sorted as integers with the same order, which is
/// several times faster.
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

/// The mean absolute difference between the sorted projections of fakes and reals, for each part.
fn of_direction(fakes: &[(f32, u16)], reals: &[(f32, u16)]) -> [f64; SUBSAMPLES + 1] {
    let mut kept = [vec![0.0; fakes.len() + 1], vec![0.0; reals.len() + 1]];
    std::array::from_fn(|part| {
        let mut count = 0;
        for (kept, side) in kept.iter_mut().zip([fakes, reals]) {
            count = 0;
            // Every value is written, and the next one overwrites it unless the part holds it. This avoids a branch
            // that the processor could not predict.
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
