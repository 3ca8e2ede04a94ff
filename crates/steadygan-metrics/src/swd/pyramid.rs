//! Laplacian pyramids: Burt and Adelson 1983, *The Laplacian Pyramid as a Compact Image Code*.

use rayon::prelude::*;

use super::MIN_LEVEL;
use crate::data::Images;

/// The filter along one axis.
const TAPS: [f32; 5] = [1.0 / 16.0, 4.0 / 16.0, 6.0 / 16.0, 4.0 / 16.0, 1.0 / 16.0];

/// One level of the pyramids of several images.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// Channels of an image.
    pub channels: usize,
    /// Pixels on a side.
    pub size: usize,
    /// `images × channels × size × size` numbers.
    pub planes: Vec<f32>,
}

/// The size in pixels of each level: halved as long as it is even and at least 16 pixels remain.
pub(super) fn sizes(size: usize) -> Vec<usize> {
    let halved = |&size: &usize| (size.is_multiple_of(2) && size / 2 >= MIN_LEVEL).then_some(size / 2);
    std::iter::successors(Some(size), halved).collect()
}

/// The levels of the pyramids of the images with these numbers, finest first. A level is the difference between the
/// image at that size and its blurred, halved and re-enlarged copy; the last level is the image at the smallest size
/// itself.
pub fn laplacian_pyramid(images: &Images, chosen: &[usize]) -> Vec<Level> {
    let (channels, sizes) = (images.channels, sizes(images.size));
    let planes = chosen.par_iter().flat_map_iter(|&index| images.image(index).chunks_exact(images.size.pow(2)));
    let pyramids: Vec<Vec<Vec<f32>>> = planes.map(|bytes| of_plane(bytes, &sizes)).collect();
    let level = |(number, &size): (usize, &usize)| {
        let planes = pyramids.iter().flat_map(|pyramid| pyramid[number].iter().copied()).collect();
        Level { channels, size, planes }
    };
    sizes.iter().enumerate().map(level).collect()
}

fn of_plane(bytes: &[u8], sizes: &[usize]) -> Vec<Vec<f32>> {
    let mut levels = vec![bytes.iter().map(|&byte| f32::from(byte)).collect::<Vec<f32>>()];
    for pair in sizes.windows(2) {
        let (size, finer) = (pair[0], levels.len() - 1);
        let smaller = reduced(&levels[finer], size);
        let larger = expanded(&smaller, size);
        levels[finer].iter_mut().zip(larger).for_each(|(pixel, larger)| *pixel -= larger);
        levels.push(smaller);
    }
    levels
}

/// Blurs the plane and keeps every other pixel of every other row.
fn reduced(plane: &[f32], size: usize) -> Vec<f32> {
    let blurred = blurred(plane, size, 1.0);
    let rows = blurred.chunks_exact(size).step_by(2);
    rows.flat_map(|row| row.iter().copied().step_by(2)).collect()
}

/// Puts zeros between the pixels and blurs, with a gain of 4 because only a quarter of the pixels is not zero.
fn expanded(plane: &[f32], size: usize) -> Vec<f32> {
    let mut spread = vec![0.0; size * size];
    for (row, pixels) in plane.chunks_exact(size / 2).enumerate() {
        pixels.iter().enumerate().for_each(|(column, &pixel)| spread[2 * row * size + 2 * column] = pixel);
    }
    blurred(&spread, size, 4.0)
}

/// Applies the filter along both axes, times `gain`; pixels beyond an edge are mirrored, without repeating the edge.
fn blurred(plane: &[f32], size: usize, gain: f32) -> Vec<f32> {
    let mut across = vec![0.0; size * size];
    for (row, out) in plane.chunks_exact(size).zip(across.chunks_exact_mut(size)) {
        for (x, out) in out.iter_mut().enumerate() {
            *out = (0..TAPS.len()).map(|tap| TAPS[tap] * row[mirrored(x + tap, size)]).sum();
        }
    }
    let mut made = vec![0.0; size * size];
    for (y, out) in made.chunks_exact_mut(size).enumerate() {
        for (tap, weight) in TAPS.iter().enumerate() {
            let row = &across[mirrored(y + tap, size) * size..][..size];
            out.iter_mut().zip(row).for_each(|(sum, pixel)| *sum += gain * weight * pixel);
        }
    }
    made
}

/// The place `at` − 2, mirrored at the ends of an axis of `size` places.
fn mirrored(at: usize, size: usize) -> usize {
    let place = at.abs_diff(2);
    if place < size { place } else { 2 * (size - 1) - place }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_halved_down_to_16_pixels() {
        for (size, expected) in
            [(8, &[8][..]), (28, &[28]), (32, &[32, 16]), (48, &[48, 24]), (128, &[128, 64, 32, 16])]
        {
            assert_eq!(sizes(size), expected, "{size}");
        }
    }

    #[test]
    fn edges_are_mirrored() {
        let places: Vec<usize> = (0..8).map(|at| mirrored(at, 4)).collect();
        assert_eq!(places, [2, 1, 0, 1, 2, 3, 2, 1]);
    }

    #[test]
    fn a_constant_image_is_its_last_level() {
        let images = Images { channels: 1, size: 32, pixels: vec![77; 2 * 1024], classes: None };
        let levels = laplacian_pyramid(&images, &[1, 0]);
        assert!(
            levels[0].planes.iter().all(|&x| x.abs() < 1e-4)
                && levels[1].planes.iter().all(|&x| (x - 77.0).abs() < 1e-4)
        );
        assert_eq!((levels[0].planes.len(), levels[1].planes.len()), (2048, 512));
    }
}
