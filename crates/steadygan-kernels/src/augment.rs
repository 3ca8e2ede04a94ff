//! Augmentations of whole images, each image with its own parameters: colours, translation, holes. The gradient of each
//! is an operation of the same kind.

use rayon::prelude::*;

use crate::parallel::expect_len;
use crate::reduce::sum_pairs;
use crate::scratch::with_numbers;
use crate::simd::vectorised;

/// A change of an image's colours:
/// `y = own x + grey (mean of the pixel's channels) + mean (mean of the image) + shift`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColourMix {
    /// The factor of the number itself.
    pub own: f32,
    /// The factor of the mean over the pixel's channels.
    pub grey: f32,
    /// The factor of the mean over the image.
    pub mean: f32,
    /// The constant that is added.
    pub shift: f32,
}

impl ColourMix {
    /// The mix that turns the gradient with respect to `y` into the gradient with respect to `x`. Only the shift
    /// differs, because means are symmetric and the shift is constant.
    pub fn gradient(self) -> Self {
        Self { shift: 0.0, ..self }
    }
}

/// A translation by whole pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shift {
    /// Rows that the image moves down; up if negative.
    pub down: isize,
    /// Columns that the image moves to the right; to the left if negative.
    pub right: isize,
}

impl Shift {
    /// The opposite shift, which also gives the gradient.
    pub fn back(self) -> Self {
        Self { down: -self.down, right: -self.right }
    }
}

/// The part that stays inside when a side of `length` moves by `shift`: where it begins in the source, where it begins
/// in the result, and its length.
pub fn overlap(length: usize, shift: isize) -> (usize, usize, usize) {
    let by = shift.unsigned_abs().min(length);
    let (from, to) = if shift < 0 { (by, 0) } else { (0, by) };
    (from, to, length - by)
}

/// A rectangle: rows `top..bottom`, columns `left..right`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hole {
    /// The first row.
    pub top: usize,
    /// The row after the last.
    pub bottom: usize,
    /// The first column.
    pub left: usize,
    /// The column after the last.
    pub right: usize,
}

impl Hole {
    /// Whether no pixel is in it.
    pub fn is_empty(&self) -> bool {
        self.top >= self.bottom || self.left >= self.right
    }
}

/// Mixes the colours of each image of `[images, channels, height, width]` by the image's own mix. Sums run within an
/// image, in its order.
///
/// # Panics
/// When a size is zero or a slice has the wrong length.
pub fn mix_colours(x: &[f32], shape: [usize; 4], mixes: &[ColourMix], y: &mut [f32]) {
    let plane = shape[2] * shape[3];
    each_image(x, shape, mixes, y, |x, mix, y| with_numbers(plane, |means| mix_image(x, *mix, means, y)));
}

vectorised! {
    /// Mixes the colours of one image; `means` has room for a plane.
    fn mix_image<I>(x: &[f32], mix: ColourMix, means: &mut [f32], y: &mut [f32]) {
        let plane = means.len();
        let (first, others) = x.split_at(plane);
        means.copy_from_slice(first);
        for channel in others.chunks_exact(plane) {
            for (sum, &x) in means.iter_mut().zip(channel) {
                *sum += x;
            }
        }
        let sum = sum_pairs(means, means, |x, _| (x, 0.0))[0];
        let level = (f64::from(mix.mean) * sum / x.len() as f64) as f32 + mix.shift;
        let channels = (x.len() / plane) as f32;
        let grey = mix.grey / channels;
        for mean in means.iter_mut() {
            *mean = grey * *mean + level;
        }
        for (y, x) in y.chunks_exact_mut(plane).zip(x.chunks_exact(plane)) {
            for (y, (&x, &rest)) in y.iter_mut().zip(x.iter().zip(&*means)) {
                *y = mix.own * x + rest;
            }
        }
    }
}

/// Moves each image of `[images, channels, height, width]` by its own shift: `y[i][j] = x[i - down][j - right]`, zeros
/// where that is outside.
///
/// # Panics
/// When a size is zero or a slice has the wrong length.
pub fn translate(x: &[f32], shape: [usize; 4], shifts: &[Shift], y: &mut [f32]) {
    let [_, _, height, width] = shape;
    each_image(x, shape, shifts, y, |x, shift, y| {
        let (from_row, to_row, rows) = overlap(height, shift.down);
        let (from, to, columns) = overlap(width, shift.right);
        for (y, x) in y.chunks_exact_mut(height * width).zip(x.chunks_exact(height * width)) {
            y.fill(0.0);
            let moved = x[from_row * width..].chunks_exact(width).take(rows);
            for (y, x) in y[to_row * width..].chunks_exact_mut(width).zip(moved) {
                y[to..to + columns].copy_from_slice(&x[from..from + columns]);
            }
        }
    });
}

/// Fills a hole in each image of `[images, channels, height, width]` with zeros. The gradient is the same operation.
///
/// # Panics
/// When a size is zero, a slice has the wrong length or a hole is not within the image.
pub fn erase(x: &[f32], shape: [usize; 4], holes: &[Hole], y: &mut [f32]) {
    let [_, _, height, width] = shape;
    let within = |hole: &Hole| {
        hole.top <= hole.bottom && hole.bottom <= height && hole.left <= hole.right && hole.right <= width
    };
    assert!(holes.iter().all(within), "`holes` must be within {height} x {width}");
    each_image(x, shape, holes, y, |x, hole, y| {
        y.copy_from_slice(x);
        for plane in y.chunks_exact_mut(height * width) {
            for row in plane[hole.top * width..hole.bottom * width].chunks_exact_mut(width) {
                row[hole.left..hole.right].fill(0.0);
            }
        }
    });
}

/// Calls `work(image of x, its change, image of y)` for every image.
fn each_image<T: Sync>(
    x: &[f32],
    shape: [usize; 4],
    changes: &[T],
    y: &mut [f32],
    work: impl Fn(&[f32], &T, &mut [f32]) + Sync,
) {
    assert!(!shape.contains(&0), "no size may be zero, got {shape:?}");
    let [images, channels, height, width] = shape;
    let image = channels * height * width;
    expect_len("x", x.len(), images * image);
    expect_len("y", y.len(), x.len());
    assert!(changes.len() == images, "{} changes for {images} images", changes.len());
    let tasks = y.par_chunks_mut(image).zip(x.par_chunks(image).zip(changes));
    tasks.for_each(|(y, (x, change))| work(x, change, y));
}
