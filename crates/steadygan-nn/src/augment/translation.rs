//! Translation by whole pixels.

use crate::ops::{self, Shift};
use burn::Tensor;

/// The largest translation as a share of height and width (DiffAugment's `rand_translation`).
pub const TRANSLATION_SHARE: f64 = 0.125;

/// The shift of an image of `[height, width]`, as in DiffAugment: uniform from −m to m pixels in each direction, where
/// m is `share` of the side, rounded to whole pixels (half up). `at` holds two numbers uniform on `[0, 1)`, for down
/// and right.
pub fn shift(size: [usize; 2], share: f64, at: [f64; 2]) -> Shift {
    let along = |side: usize, at: f64| {
        let largest = (share * side as f64 + 0.5).floor();
        (at * (2.0 * largest + 1.0)).floor() as isize - largest as isize
    };
    Shift { down: along(size[0], at[0]), right: along(size[1], at[1]) }
}

/// Moves each of the images `[n, c, h, w]` by its own shift. Zeros fill the uncovered pixels, and pixels that leave the
/// image are lost. The gradient is moved by the opposite shift. If every shift is zero, the images are returned as they
/// are.
///
/// # Panics
///
/// If there are not as many shifts as images.
pub fn translate(images: Tensor<4>, shifts: Vec<Shift>) -> Tensor<4> {
    if shifts.iter().all(|&shift| shift == Shift::default()) {
        return images;
    }
    ops::translate(images, shifts)
}
