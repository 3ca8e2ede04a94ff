//! The kernel of the direct convolution: weighted sums of shifted planes.

use super::flat::SLACK;
use crate::simd::{Isa, LANES, Line, RegisterBlock, vectorised};

/// The summed terms: where each is read for place 0, and its weights for sixteen rows.
#[derive(Clone, Copy)]
pub(super) struct Taps<'a> {
    pub(super) offsets: &'a [usize],
    pub(super) weights: &'a [Line],
}

/// `MR` rows from `first` on, `NL` vectors of places from `at` on.
#[inline(always)]
fn block<I: Isa, const MR: usize, const NL: usize>(
    taps: Taps,
    first: usize,
    source: &[f32],
    at: usize,
    row: usize,
    out: &mut [f32],
) {
    let mut sums = [[I::splat(0.0); NL]; MR];
    let weights = &taps.weights[..taps.offsets.len()];
    for k in 0..taps.offsets.len() {
        let places = &source[taps.offsets[k] + at..][..NL * LANES];
        let weights: &[f32; MR] = weights[k].0[first..].first_chunk().expect("rows lie in a panel");
        let mut values = [I::splat(0.0); NL];
        for j in 0..NL {
            values[j] = I::load(places[j * LANES..].first_chunk().expect("a vector of places"));
        }
        for i in 0..MR {
            let weight = I::splat(weights[i]);
            for j in 0..NL {
                sums[i][j] = I::mul_add(weight, values[j], sums[i][j]);
            }
        }
    }
    for i in 0..MR {
        let out = &mut out[(first + i) * row + at..][..NL * LANES];
        for j in 0..NL {
            let out = out[j * LANES..].first_chunk_mut().expect("a vector of places");
            I::store(sums[i][j], out);
        }
    }
}

/// `MR` rows from `first` on, all places.
#[inline(always)]
fn rows_of<I: Isa, const MR: usize, const NL: usize>(
    taps: Taps,
    first: usize,
    source: &[f32],
    numbers: usize,
    row: usize,
    out: &mut [f32],
) {
    const { assert!(NL * LANES <= SLACK) }
    for at in (0..numbers).step_by(NL * LANES) {
        block::<I, MR, NL>(taps, first, source, at, row, out);
    }
}

vectorised! {
    /// `out[row][place] = sum over taps of weight[row] * source[offset + place]` for the places up to `numbers`; rows of `out` are `row`
    /// numbers apart. Places after the last are written too, to the end of the block.
    pub(super) fn correlate<I>(rows: usize, taps: Taps, source: &[f32], numbers: usize, row: usize, out: &mut [f32]) {
        match (I::BLOCK, rows) {
            (RegisterBlock::EightByTwo, 1) => rows_of::<I, 1, 8>(taps, 0, source, numbers, row, out),
            (RegisterBlock::EightByTwo, 2 | 3) => rows_of::<I, 3, 8>(taps, 0, source, numbers, row, out),
            (RegisterBlock::EightByTwo, 4) => rows_of::<I, 4, 6>(taps, 0, source, numbers, row, out),
            (RegisterBlock::EightByTwo, _) => {
                for first in (0..rows).step_by(8) {
                    rows_of::<I, 8, 2>(taps, first, source, numbers, row, out);
                }
            }
            (RegisterBlock::SixByOne, 1) => rows_of::<I, 1, 4>(taps, 0, source, numbers, row, out),
            (RegisterBlock::SixByOne, _) => {
                for first in (0..rows).step_by(4) {
                    rows_of::<I, 4, 1>(taps, first, source, numbers, row, out);
                }
            }
            (RegisterBlock::TwoByOne, 1) => rows_of::<I, 1, 2>(taps, 0, source, numbers, row, out),
            (RegisterBlock::TwoByOne, _) => {
                for first in (0..rows).step_by(2) {
                    rows_of::<I, 2, 1>(taps, first, source, numbers, row, out);
                }
            }
        }
    }
}
