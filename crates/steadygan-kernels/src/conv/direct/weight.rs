//! The weight gradient over flat planes: inner products of an output gradient's plane with shifted input planes.

use std::ops::Range;

use rayon::prelude::*;

use super::flat::{Flat, Planes, SLACK, Side};
use crate::conv::{Conv, OutputGradient};
use crate::parallel::split_columns;
use crate::scratch::with_numbers;
use crate::simd::{Isa, LANES, RegisterBlock, vectorised};

/// Images are taken together until a flat plane of them has this many numbers.
const CHUNK_NUMBERS: usize = 8 * 1024;
/// Numbers summed before the lanes are added up: four planes of them fill a core's first-level cache.
const STRETCH: usize = 2048;
/// How many output channels, and how many (input channel, tap) pairs, a block of inner products has: its sums make one
/// line.
const SIDE: usize = 4;
/// (Input channel, tap) pairs per task.
const TASK_COLUMNS: usize = 256;

/// The weight gradient, `dw` from `x` and `dy`.
pub(in crate::conv) fn weight_gradient(g: &Conv, x: &[f32], dy: OutputGradient, dw: &mut [f32]) {
    let flat = Flat::new(g);
    let (input, output) = (Side::input(g), Side::output(g));
    let images = CHUNK_NUMBERS.div_ceil(flat.slot()).min(g.batch);
    let plane = flat.plane(images);
    let columns = g.in_channels * g.kernel * g.kernel;
    let offsets = offsets(g, &flat, plane);
    let inputs = g.in_channels * input.phases() * plane;
    let mut tasks: Vec<_> = dw
        .chunks_mut(SIDE * columns)
        .enumerate()
        .flat_map(|(block, rows)| {
            let parts = split_columns(rows, columns, TASK_COLUMNS).into_iter();
            parts.map(move |(part, rows)| (block * SIDE, part * TASK_COLUMNS, rows))
        })
        .collect();
    tasks.iter_mut().for_each(|(_, _, rows)| rows.iter_mut().for_each(|row| row.fill(0.0)));
    with_numbers(inputs + g.out_channels.next_multiple_of(SIDE) * plane, |memory| {
        let (inputs, outputs) = memory.split_at_mut(inputs);
        let chunks = Planes::inputs(x).chunks(images * input.image());
        let chunks = chunks.zip(Planes::gradients(dy).chunks(images * output.image()));
        for (x, dy) in chunks {
            let fill = |side: &Side, images, planes: &mut [f32]| {
                planes.par_chunks_mut(plane).enumerate().for_each(|(index, plane)| {
                    if index < side.channels * side.phases() {
                        side.flatten_plane(&flat, index, images, plane);
                    } else {
                        plane.fill(0.0);
                    }
                });
            };
            fill(&input, x, inputs);
            fill(&output, dy, outputs);
            let (inputs, outputs) = (&*inputs, &*outputs);
            let numbers = dy.numbers.len() / output.image() * flat.slot();
            tasks.par_iter_mut().for_each(|(first_row, first_column, rows)| {
                let outputs = &outputs[*first_row * plane + flat.lead()..];
                let end = offsets.len().min(*first_column + TASK_COLUMNS);
                let offsets = &offsets[*first_column..end];
                add_products(&Operands { inputs, outputs, plane }, offsets, numbers, rows);
            });
        }
    });
}

/// Where each (input channel, tap) pair is read for the outputs' first place. The last pair is repeated to fill up a
/// block.
fn offsets(g: &Conv, flat: &Flat, plane: usize) -> Vec<usize> {
    let area = g.kernel * g.kernel;
    let columns = g.in_channels * area;
    let offset = |column: usize| {
        let column = column.min(columns - 1);
        let (channel, tap) = (column / area, column % area);
        let (ky, kx) = (tap / g.kernel, tap % g.kernel);
        let phase = ky % g.stride * g.stride + kx % g.stride;
        let shift = ky / g.stride * flat.pitch + kx / g.stride;
        (channel * g.stride * g.stride + phase) * plane + flat.lead() + shift
    };
    (0..columns.next_multiple_of(SIDE)).map(offset).collect()
}

/// The flat planes of a chunk, `plane` numbers apart: all inputs, and the outputs from a task's first output on.
struct Operands<'a> {
    inputs: &'a [f32],
    outputs: &'a [f32],
    plane: usize,
}

/// `NR` outputs by `NC` inputs from `(row, column)` on: the inner products over one stretch, as lanes of
/// `sums[output][input]`.
#[inline(always)]
fn block<'a, I: Isa, const NR: usize, const NC: usize>(
    planes: &Operands<'a>,
    offsets: &[usize; SIDE],
    (row, column): (usize, usize),
    stretch: &Range<usize>,
    sums: &mut [I::Vector; LANES],
) {
    let steps = stretch.len().div_ceil(LANES);
    let of = |plane: &'a [f32], at: usize| plane[at + stretch.start..][..steps * LANES].as_chunks::<LANES>().0;
    let mut columns: [&[[f32; LANES]]; NC] = [&[]; NC];
    for j in 0..NC {
        columns[j] = of(planes.inputs, offsets[column + j]);
    }
    let mut outputs: [&[[f32; LANES]]; NR] = [&[]; NR];
    for i in 0..NR {
        outputs[i] = of(planes.outputs, (row + i) * planes.plane);
    }
    let mut products = [[I::splat(0.0); NC]; NR];
    for step in 0..steps {
        let mut values = [I::splat(0.0); NC];
        for j in 0..NC {
            values[j] = I::load(&columns[j][step]);
        }
        for i in 0..NR {
            let output = I::load(&outputs[i][step]);
            for j in 0..NC {
                products[i][j] = I::mul_add(output, values[j], products[i][j]);
            }
        }
    }
    for i in 0..NR {
        for j in 0..NC {
            sums[(row + i) * SIDE + column + j] = products[i][j];
        }
    }
}

vectorised! {
    /// Adds to `rows[output][column]` the inner products of up to four output planes with the input planes at
    /// `offsets`.
    fn add_products<I>(planes: &Operands, offsets: &[usize], numbers: usize, rows: &mut [&mut [f32]]) {
        const { assert!(LANES <= SLACK) }
        for first in (0..numbers).step_by(STRETCH) {
            let stretch = first..numbers.min(first + STRETCH);
            for (column, offsets) in offsets.as_chunks::<SIDE>().0.iter().enumerate() {
                let mut sums = [I::splat(0.0); LANES];
                if I::BLOCK == RegisterBlock::EightByTwo {
                    block::<I, SIDE, SIDE>(planes, offsets, (0, 0), &stretch, &mut sums);
                } else {
                    for corner in [(0, 0), (0, 2), (2, 0), (2, 2)] {
                        block::<I, 2, 2>(planes, offsets, corner, &stretch, &mut sums);
                    }
                }
                let mut total = I::splat(0.0);
                let lanes = I::transpose(sums);
                for lane in 0..LANES {
                    total = I::add(total, lanes[lane]);
                }
                let mut values = [0.0; LANES];
                I::store(total, &mut values);
                for (row, values) in rows.iter_mut().zip(values.chunks_exact(SIDE)) {
                    for (to, value) in row[column * SIDE..].iter_mut().zip(values) {
                        *to += value;
                    }
                }
            }
        }
    }
}
