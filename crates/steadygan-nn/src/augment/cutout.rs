//! Cutout: sets a rectangle of an image to zero.

use crate::ops::{self, Hole};
use burn::Tensor;
use std::ops::Range;

/// The hole's height and width as a share of the image's (DiffAugment's `rand_cutout`).
pub const CUTOUT_SHARE: f64 = 0.5;

/// The hole in an image of `[height, width]`, as in DiffAugment: its sides are `share` of the image's, rounded to whole
/// pixels (half up), and it is clipped at the borders. Its middle is uniformly random: any pixel if the side is odd;
/// any line between two pixels or at the border if the side is even. `at` holds two numbers uniform on [0, 1), for the
/// row and the column.
pub fn hole(size: [usize; 2], share: f64, at: [f64; 2]) -> Hole {
    let along = |side: usize, at: f64| -> Range<usize> {
        let length = (share * side as f64 + 0.5) as usize;
        let middles = side + 1 - length % 2;
        let middle = (at * middles as f64) as usize;
        let first = middle.saturating_sub(length / 2);
        first..(middle + length - length / 2).min(side)
    };
    let (rows, columns) = (along(size[0], at[0]), along(size[1], at[1]));
    Hole { top: rows.start, bottom: rows.end, left: columns.start, right: columns.end }
}

/// Sets each of the images `[n, c, h, w]` to zero within its own hole. The gradient is zero in the same hole. If every
/// hole is empty, the images are returned as they are.
///
/// # Panics
///
/// If there are not as many holes as images, or a hole is not inside the image.
pub fn cutout(images: Tensor<4>, holes: Vec<Hole>) -> Tensor<4> {
    if holes.iter().all(Hole::is_empty) {
        return images;
    }
    ops::erase(images, holes)
}
