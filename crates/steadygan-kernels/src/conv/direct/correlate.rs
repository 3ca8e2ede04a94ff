//! The kernel of the direct convolution: weighted sums of shifted planes.

use super::flat::SLACK;
use crate::activation::leaky;
use crate::simd::{Isa, LANES, Line, RegisterBlock, vectorised};

/// The terms of the sums: where each term is read for place 0, and its weights for sixteen rows.
#[derive(Clone, Copy)]
pub(super) struct Taps<'a> {
    pub(super) offsets: &'a [usize],
    pub(super) weights: &'a [Line],
}

/// The sums of `MR` rows from `first` on, for the `NL` vectors of places that start at `at`.
#[inline(always)]
fn block<I: Isa, const MR: usize, const NL: usize>(
    taps: Taps,
    first: usize,
    source: &[f32],
    at: [usize; NL],
) -> [[I::Vector; NL]; MR] {
    let mut sums = [[I::splat(0.0); NL]; MR];
    let weights = &taps.weights[..taps.offsets.len()];
    for k in 0..taps.offsets.len() {
        let places = &source[taps.offsets[k]..];
        let weights: &[f32; MR] = weights[k].0[first..].first_chunk().expect("rows lie in a panel");
        let mut values = [I::splat(0.0); NL];
        for j in 0..NL {
            values[j] = I::load(places[at[j]..].first_chunk().expect("a vector of places"));
        }
        for i in 0..MR {
            let weight = I::splat(weights[i]);
            for j in 0..NL {
                sums[i][j] = I::mul_add(weight, values[j], sums[i][j]);
            }
        }
    }
    sums
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
        let mut places = [at; NL];
        for j in 0..NL {
            places[j] = at + j * LANES;
        }
        let sums = block::<I, MR, NL>(taps, first, source, places);
        for i in 0..MR {
            let out = &mut out[(first + i) * row + at..][..NL * LANES];
            for j in 0..NL {
                I::store(sums[i][j], out[j * LANES..].first_chunk_mut().expect("a vector of places"));
            }
        }
    }
}

/// Planes whose rows are whole vectors, so that sums can be written directly to their places.
#[derive(Clone, Copy)]
pub(super) struct WholeRows {
    /// Vectors of a plane, and of a row.
    pub(super) vectors: usize,
    pub(super) row_vectors: usize,
    /// Numbers from one row of the source to the next.
    pub(super) pitch: usize,
    /// The slope of the leaky ReLU that follows; 1 for none.
    pub(super) slope: f32,
}

/// `MR` rows (channels) from `first` on of one image, all vectors of their planes, `NL` at a time.
#[inline(always)]
fn planes_of<I: Isa, const MR: usize, const NL: usize>(
    taps: Taps,
    first: usize,
    source: &[f32],
    rows: WholeRows,
    planes: &mut [f32],
) {
    let plane = rows.vectors * LANES;
    for vector in (0..rows.vectors).step_by(NL) {
        // The last block is moved back so that it is full; vectors that two blocks share are computed again.
        let vector = vector.min(rows.vectors.saturating_sub(NL));
        let mut places = [0; NL];
        for j in 0..NL {
            let vector = (vector + j).min(rows.vectors - 1);
            places[j] = vector / rows.row_vectors * rows.pitch + vector % rows.row_vectors * LANES;
        }
        let sums = block::<I, MR, NL>(taps, first, source, places);
        for i in 0..MR {
            let out = &mut planes[(first + i) * plane..][..plane];
            for j in 0..NL.min(rows.vectors) {
                let out = out[(vector + j) * LANES..].first_chunk_mut().expect("a vector of the plane");
                I::store(sums[i][j], out);
                for number in out {
                    *number = leaky(*number, rows.slope);
                }
            }
        }
    }
}

vectorised! {
    /// The planes of `channels` channels of one image,
    /// `plane[row][column] = f(sum over taps of weight * source[offset + place])`.
    pub(super) fn correlate_planes<I>(
        channels: usize, taps: Taps, source: &[f32], rows: WholeRows, planes: &mut [f32],
    ) {
        let mut first = 0;
        if I::BLOCK == RegisterBlock::EightByTwo {
            while first + 8 <= channels {
                planes_of::<I, 8, 2>(taps, first, source, rows, planes);
                first += 8;
            }
        }
        if I::BLOCK != RegisterBlock::TwoByOne {
            while first + 4 <= channels {
                planes_of::<I, 4, 1>(taps, first, source, rows, planes);
                first += 4;
            }
        }
        while first < channels {
            planes_of::<I, 1, 1>(taps, first, source, rows, planes);
            first += 1;
        }
    }
}

vectorised! {
    /// `out[row][place] = sum over taps of weight[row] * source[offset + place]` for the places up to `numbers`; rows
    /// of `out` are `row` numbers apart. Places after the last are written too, to the end of the block.
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
