//! Sums whose bits do not depend on the number of threads: fixed pieces, added in their order.

use rayon::prelude::*;

use crate::parallel::PIECE;
use crate::simd::{LANES, vectorised};

/// How many numbers are summed in `f32` before their sum is added to a sum in `f64`.
const SHORT: usize = 1024;

/// The sum of all elements: in `f32` within stretches of 1,024, in `f64` over the stretches.
pub fn sum(x: &[f32]) -> f64 {
    add_pieces(x, sum_plane)
}

/// The sum of the squares of all elements: in `f32` within stretches of 1,024, in `f64` over the stretches.
pub fn sum_of_squares(x: &[f32]) -> f64 {
    add_pieces(x, sum_of_squares_piece)
}

/// Whether every element is finite.
pub fn is_finite(x: &[f32]) -> bool {
    x.par_chunks(PIECE).all(is_finite_piece)
}

fn add_pieces(x: &[f32], piece: fn(&[f32]) -> f64) -> f64 {
    let sums: Vec<f64> = x.par_chunks(PIECE).map(piece).collect();
    sums.iter().sum()
}

vectorised! {
    /// The sum of one plane or piece.
    pub(crate) fn sum_plane<I>(x: &[f32]) -> f64 {
        sum_pairs(x, x, |x, _| (x, 0.0))[0]
    }
}

vectorised! {
    /// Zero times a number is zero if the number is finite, and a NaN otherwise.
    fn is_finite_piece<I>(x: &[f32]) -> bool {
        sum_pairs(x, x, |x, _| (0.0 * x, 0.0))[0] == 0.0
    }
}

vectorised! {
    fn sum_of_squares_piece<I>(x: &[f32]) -> f64 {
        sum_pairs(x, x, |x, _| (x * x, 0.0))[0]
    }
}

/// Adds a pair of sums per channel over images, in their order: `image(index, sums)` writes the sums of one image.
///
/// Images are read from front to back, which is three times as fast as reading one channel of all images after the
/// other.
pub(crate) fn add_images(
    images: usize,
    channels: usize,
    image: impl Fn(usize, &mut [[f64; 2]]) + Sync,
) -> Vec<[f64; 2]> {
    let mut sums = vec![[0.0; 2]; images * channels];
    sums.par_chunks_mut(channels).enumerate().for_each(|(index, sums)| image(index, sums));
    let mut total = vec![[0.0; 2]; channels];
    for sums in sums.chunks_exact(channels) {
        for (total, sum) in total.iter_mut().zip(sums) {
            *total = [total[0] + sum[0], total[1] + sum[1]];
        }
    }
    total
}

/// Sums both parts of `of(a, b)` over two slices, in sixteen lanes that move to `f64` after every 1,024 numbers.
#[inline(always)]
pub(crate) fn sum_pairs(a: &[f32], b: &[f32], of: impl Fn(f32, f32) -> (f32, f32)) -> [f64; 2] {
    let mut total = [0.0; 2];
    for (a, b) in a.chunks(SHORT).zip(b.chunks(SHORT)) {
        let mut lanes = [[0.0_f32; LANES]; 2];
        let (a_lines, a_rest) = a.as_chunks::<LANES>();
        let (b_lines, b_rest) = b.as_chunks::<LANES>();
        for (a, b) in a_lines.iter().zip(b_lines) {
            for lane in 0..LANES {
                let (first, second) = of(a[lane], b[lane]);
                lanes[0][lane] += first;
                lanes[1][lane] += second;
            }
        }
        for (lane, (&a, &b)) in a_rest.iter().zip(b_rest).enumerate() {
            let (first, second) = of(a, b);
            lanes[0][lane] += first;
            lanes[1][lane] += second;
        }
        total[0] += f64::from(add_lanes(lanes[0]));
        total[1] += f64::from(add_lanes(lanes[1]));
    }
    total
}

/// Adds sixteen lanes pairwise.
#[inline(always)]
fn add_lanes(mut lanes: [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0]
}
