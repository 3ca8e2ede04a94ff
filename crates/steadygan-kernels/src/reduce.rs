//! Sums whose bits do not depend on the number of threads: fixed pieces, added in their order.

use rayon::prelude::*;

use crate::parallel::PIECE;
use crate::simd::{LANES, vectorised};

/// Numbers summed in `f32` before the sum goes on in `f64`.
const SHORT: usize = 1024;

/// The sum of all elements, in `f64` beyond stretches of 1,024.
pub fn sum(x: &[f32]) -> f64 {
    add_pieces(x, sum_piece)
}

/// The sum of the squares of all elements, in `f64` beyond stretches of 1,024.
pub fn sum_of_squares(x: &[f32]) -> f64 {
    add_pieces(x, sum_of_squares_piece)
}

fn add_pieces(x: &[f32], piece: fn(&[f32]) -> f64) -> f64 {
    let sums: Vec<f64> = x.par_chunks(PIECE).map(piece).collect();
    sums.iter().sum()
}

vectorised! {
    fn sum_piece<I>(x: &[f32]) -> f64 {
        sum_short(x, |value| value)
    }
}

vectorised! {
    fn sum_of_squares_piece<I>(x: &[f32]) -> f64 {
        sum_short(x, |value| value * value)
    }
}

#[inline(always)]
fn sum_short(x: &[f32], of: impl Fn(f32) -> f32 + Copy) -> f64 {
    x.chunks(SHORT).map(|x| f64::from(sum_lanes(x, of))).sum()
}

/// Sums `of(value)` in sixteen interleaved lanes, then the lanes pairwise.
#[inline(always)]
pub(crate) fn sum_lanes(x: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    let (lines, rest) = x.as_chunks::<LANES>();
    for line in lines {
        for (lane, &value) in lanes.iter_mut().zip(line) {
            *lane += of(value);
        }
    }
    for (lane, &value) in lanes.iter_mut().zip(rest) {
        *lane += of(value);
    }
    add_lanes(lanes)
}

/// Adds sixteen lanes pairwise.
#[inline(always)]
pub(crate) fn add_lanes(mut lanes: [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0]
}
