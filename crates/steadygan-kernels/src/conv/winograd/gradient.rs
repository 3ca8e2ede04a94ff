//! The weight gradient: at each position, the product of the inputs' and the output gradients' positions, summed over tiles.

use rayon::prelude::*;

use super::family::Family;
use super::kernel::positions_to_weights;
use super::planes::Side;
use super::{Group, to_positions};
use crate::conv::Conv;
use crate::gemm::multiply_panel;
use crate::scratch::with_lines;
use crate::simd::{LANES, Line};

/// Tiles of a group of images: the summed dimension of one product.
const GROUP_TILES: usize = 64;
/// Lines of positions of both sides held at once (16 MiB).
const HELD_LINES: usize = 1 << 18;
/// Blocks of output channels of a task.
const PANEL: usize = 2;

/// Sums over `images` of the batch at a time; tasks are pairs of a block of input channels and a panel of output channels.
pub(super) fn run<F: Family<A, R>, const A: usize, const R: usize>(
    g: &Conv,
    x: &[f32],
    dy: &[f32],
    dw: &mut [f32],
) {
    let (input, output) = (Side::input(g, A, F::STEP), Side::output(g));
    let group = Group::new(g.batch, &output, GROUP_TILES);
    let block_lines = group.block_lines(A * A);
    let group_lines = (input.blocks() * input.phases + output.blocks()) * block_lines;
    let held = (HELD_LINES / group_lines).clamp(1, g.batch.div_ceil(group.images));
    let sums_lines = PANEL * LANES * A * A * input.phases;
    let mut tasks = tasks(&input, &output, dw);
    let chunks = g.batch.div_ceil(held * group.images);
    let kept = if chunks > 1 {
        tasks.len() * sums_lines
    } else {
        0
    };
    with_lines(held * group_lines + kept, |memory| {
        let (held_lines, kept) = memory.split_at_mut(held * group_lines);
        kept.fill(Line::ZERO);
        let images = held * group.images;
        for (x, dy) in x
            .chunks(images * input.image())
            .zip(dy.chunks(images * output.image()))
        {
            let groups = (x.len() / input.image()).div_ceil(group.images);
            let held_lines = &mut held_lines[..groups * group_lines];
            let sources = x
                .par_chunks(group.images * input.image())
                .zip(dy.par_chunks(group.images * output.image()));
            held_lines
                .par_chunks_mut(group_lines)
                .zip(sources)
                .for_each(|(lines, (x, dy))| {
                    let (inputs, outputs) =
                        lines.split_at_mut(input.blocks() * input.phases * block_lines);
                    inputs
                        .par_chunks_mut(input.phases * block_lines)
                        .enumerate()
                        .for_each(|(block, lines)| {
                            to_positions::<F, A, R>(&input, &group, block, x, lines);
                        });
                    outputs
                        .par_chunks_mut(block_lines)
                        .enumerate()
                        .for_each(|(block, lines)| {
                            to_positions::<F, A, R>(&output, &group, block, dy, lines);
                        });
                });
            let sum = Sum {
                input: &input,
                output: &output,
                group: &group,
                positions: A * A,
                lines: held_lines,
                images: x.len() / input.image(),
            };
            if chunks > 1 {
                kept.par_chunks_mut(sums_lines)
                    .zip(&tasks)
                    .for_each(|(sums, task)| sum.add(task, sums));
            } else {
                tasks.par_iter_mut().for_each(|task| {
                    with_lines(sums_lines, |sums| {
                        sums.fill(Line::ZERO);
                        sum.add(task, sums);
                        task.finish::<F, A, R>(sums);
                    });
                });
            }
        }
        if chunks > 1 {
            kept.par_chunks(sums_lines)
                .zip(&mut tasks)
                .for_each(|(sums, task)| task.finish::<F, A, R>(sums));
        }
    });
}

/// The part of `dw` of one block of input channels and one panel of output channels.
struct Task<'a> {
    input_block: usize,
    first_output_block: usize,
    /// For each output channel, its `[input channel][taps]`.
    rows: Vec<&'a mut [f32]>,
}

impl Task<'_> {
    /// Transforms `sums`, `[output block][phase][position][input channel]`, into the gradient.
    fn finish<F: Family<A, R>, const A: usize, const R: usize>(&mut self, sums: &[Line]) {
        let block = F::STEP * F::STEP * A * A * LANES;
        for (rows, sums) in self.rows.chunks_mut(LANES).zip(sums.chunks_exact(block)) {
            positions_to_weights::<F, A, R>(sums, rows);
        }
    }
}

/// Divides `dw` among tasks.
fn tasks<'a>(input: &Side, output: &Side, dw: &'a mut [f32]) -> Vec<Task<'a>> {
    let row = dw.len() / output.channels;
    let taps = row / input.channels;
    let mut tasks = Vec::new();
    for (panel, rows) in dw.chunks_mut(PANEL * LANES * row).enumerate() {
        let start = tasks.len();
        tasks.extend((0..input.blocks()).map(|input_block| Task {
            input_block,
            first_output_block: panel * PANEL,
            rows: Vec::new(),
        }));
        for row in rows.chunks_exact_mut(row) {
            for (task, part) in tasks[start..].iter_mut().zip(row.chunks_mut(LANES * taps)) {
                task.rows.push(part);
            }
        }
    }
    tasks
}

/// The positions of some groups of images.
struct Sum<'a> {
    input: &'a Side,
    output: &'a Side,
    group: &'a Group,
    positions: usize,
    lines: &'a [Line],
    images: usize,
}

impl Sum<'_> {
    /// Adds the products of all tiles to a task's `sums`, group after group.
    fn add(&self, task: &Task, sums: &mut [Line]) {
        let block_lines = self.group.block_lines(self.positions);
        let inputs = self.input.blocks() * self.input.phases;
        let group_lines = (inputs + self.output.blocks()) * block_lines;
        let rows = self.input.channels_of(task.input_block);
        let panel = task.rows.len().div_ceil(LANES);
        for (index, lines) in self.lines.chunks_exact(group_lines).enumerate() {
            let images = self
                .group
                .images
                .min(self.images - index * self.group.images);
            let tiles = images * self.group.tiles_per_image;
            let (inputs, outputs) = lines.split_at(inputs * block_lines);
            for phase in 0..self.input.phases {
                for position in 0..self.positions {
                    let a = ((task.input_block * self.input.phases + phase) * self.positions
                        + position)
                        * self.group.stride;
                    for block in 0..panel {
                        let b = ((task.first_output_block + block) * self.positions + position)
                            * self.group.stride;
                        let c = ((block * self.input.phases + phase) * self.positions + position)
                            * LANES;
                        multiply_panel::<true>(
                            rows,
                            &inputs[a..][..tiles],
                            &outputs[b..][..tiles],
                            &mut sums[c..][..LANES],
                        );
                    }
                }
            }
        }
    }
}
