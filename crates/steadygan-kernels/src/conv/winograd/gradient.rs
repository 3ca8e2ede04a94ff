//! The weight gradient: at each position, the product of the inputs and the output gradients there, summed over tiles.

use rayon::prelude::*;

use super::family::Family;
use super::planes::Side;
use super::positions::{Group, block_to_positions, blocks};
use super::weights::positions_to_weights;
use crate::conv::Conv;
use crate::gemm::multiply_panel;
use crate::parallel::split_columns;
use crate::scratch::with_lines;
use crate::simd::{LANES, Line};

/// Tiles of a group of images: the summed dimension of one product.
const GROUP_TILES: usize = 128;
/// Lines of positions of both sides held at once when the sums are small (4 MiB).
const HELD_LINES: usize = 1 << 16;
/// Blocks of output channels per task.
const PANEL: usize = 2;

/// A task is a block of input channels and a panel of output channels; all tasks share the positions of the images.
///
/// Images are processed in rounds, each of as many images as may be held. If there are several rounds, the sums of all
/// tasks are kept between them; otherwise sums live only as long as their task.
pub(super) fn run<F: Family<A, R>, const A: usize, const R: usize>(g: &Conv, x: &[f32], dy: &[f32], dw: &mut [f32]) {
    let (input, output) = (Side::input(g, A, F::STEP), Side::output(g));
    let group = Group::new(g, GROUP_TILES);
    let group_lines = [group.lines(&input, A * A), group.lines(&output, A * A)];
    let groups = g.batch.div_ceil(group.images);
    // If the sums are larger, more lines are held, so that the sums are added up in fewer rounds.
    let all_sums = A * A * input.phases * g.in_channels * g.out_channels / LANES;
    let held = HELD_LINES.max(2 * all_sums) / (group_lines[0] + group_lines[1]);
    let held = held.clamp(1, groups);
    let images = held * group.images;
    let sums_lines = PANEL * LANES * A * A * input.phases;
    let mut tasks = tasks(&input, &output, dw);
    let kept = if held < groups { tasks.len() * sums_lines } else { 0 };
    with_lines(held * (group_lines[0] + group_lines[1]) + kept, |memory| {
        let (inputs, memory) = memory.split_at_mut(held * group_lines[0]);
        let (outputs, kept) = memory.split_at_mut(held * group_lines[1]);
        kept.fill(Line::ZERO);
        for (x, dy) in x.chunks(images * input.image()).zip(dy.chunks(images * output.image())) {
            rayon::join(
                || fill::<F, A, R>(&input, &group, x, inputs),
                || fill::<F, A, R>(&output, &group, dy, outputs),
            );
            let sum = Sum {
                input: &input,
                output: &output,
                group: &group,
                positions: A * A,
                inputs,
                outputs,
                images: x.len() / input.image(),
            };
            if held < groups {
                kept.par_chunks_mut(sums_lines).zip(&tasks).for_each(|(sums, task)| sum.add(task, sums));
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
        if held < groups {
            kept.par_chunks(sums_lines).zip(&mut tasks).for_each(|(sums, task)| task.finish::<F, A, R>(sums));
        }
    });
}

/// Transforms images into the positions of their groups.
fn fill<F: Family<A, R>, const A: usize, const R: usize>(
    side: &Side,
    group: &Group,
    images: &[f32],
    lines: &mut [Line],
) {
    let images = images.par_chunks(group.images * side.image());
    lines.par_chunks_mut(group.lines(side, A * A)).zip(images).for_each(|(lines, images)| {
        let blocks = blocks(side, group, lines);
        blocks.into_par_iter().enumerate().for_each(|(block, mut lines)| {
            block_to_positions::<F, A, R>(side, group, block, images, &mut lines);
        });
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
    let panels = dw.chunks_mut(PANEL * LANES * row).enumerate();
    let tasks = panels.flat_map(|(panel, rows)| {
        let parts = split_columns(rows, row, LANES * taps).into_iter();
        parts.map(move |(input_block, rows)| Task { input_block, first_output_block: panel * PANEL, rows })
    });
    tasks.collect()
}

/// The positions of some groups of images, `[group][position][block][phase][tile]` of both sides.
struct Sum<'a> {
    input: &'a Side,
    output: &'a Side,
    group: &'a Group,
    positions: usize,
    inputs: &'a [Line],
    outputs: &'a [Line],
    images: usize,
}

impl Sum<'_> {
    /// Adds the products of all tiles to a task's `sums`, group after group.
    fn add(&self, task: &Task, sums: &mut [Line]) {
        let stride = self.group.stride;
        let phases = self.input.phases;
        let rows = self.input.channels_of(task.input_block);
        let panel = task.rows.len().div_ceil(LANES);
        let input_lines = self.group.position_lines(self.input);
        let output_lines = self.group.position_lines(self.output);
        for first in (0..self.images).step_by(self.group.images) {
            let group = first / self.group.images;
            let tiles = self.group.images.min(self.images - first) * self.group.tiles_per_image;
            for position in 0..self.positions {
                let at = group * self.positions + position;
                let inputs = &self.inputs[at * input_lines + task.input_block * phases * stride..];
                let outputs = &self.outputs[at * output_lines + task.first_output_block * stride..];
                for (phase, inputs) in inputs.chunks(stride).enumerate().take(phases) {
                    for (block, outputs) in outputs.chunks(stride).enumerate().take(panel) {
                        let at = ((block * phases + phase) * self.positions + position) * LANES;
                        let sums = &mut sums[at..][..LANES];
                        multiply_panel::<true>(rows, &inputs[..tiles], &outputs[..tiles], sums);
                    }
                }
            }
        }
    }
}
