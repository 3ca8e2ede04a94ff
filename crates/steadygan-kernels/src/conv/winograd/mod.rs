//! Convolution by Winograd's minimal filtering (Lavin and Gray 2016): kernels of 4 with stride 2, and kernels of 3 with stride 1.
//!
//! Images are cut into tiles of 4 x 4 outputs. In the domain of *positions* the convolution is one matrix product per position, of
//! tiles by channels, with 25/64 (4 x 4, stride 2) or 36/144 (3 x 3) of the direct computation's multiplications. The input
//! gradient is the same with all transforms transposed; the weight gradient multiplies the positions of both sides.
//!
//! Positions stand as `[block of 16 channels][phase][position][tile]` lines for a group of images, so that one layout serves all
//! three passes and nothing is repacked between transform and product.

mod family;
mod gradient;
mod kernel;
mod planes;
mod product;
mod transform;

use rayon::prelude::*;

use self::family::{Family, Halving, Same};
use self::kernel::{Kernel, weights_to_positions};
use self::planes::Side;
use self::product::{Product, multiply_position};
use self::transform::{
    Tiles, inputs_to_positions, outputs_to_positions, positions_to_inputs, positions_to_outputs,
};
use super::Conv;
use crate::scratch::with_lines;
use crate::simd::Line;

/// Tiles of a group of images: rows enough for the product, few enough for the positions to stay in a core's second-level cache.
const GROUP_TILES: usize = 32;
/// Weights at the positions up to this many lines (4 MiB) are computed once and shared by groups of images. Larger ones are
/// computed panel by panel where they are used, so that they never travel to memory and back.
const SHARED_WEIGHT_LINES: usize = 1 << 16;
/// Lines of positions held for all images at once (64 MiB).
const HELD_LINES: usize = 1 << 20;
/// Fewest channels on both sides for which lines of sixteen pay.
const MIN_CHANNELS: usize = 8;

/// Which transform a shape suits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    Halving,
    Same,
}

/// The transform for a shape, if there is one and it saves enough multiplications.
pub(super) fn choose(g: &Conv) -> Option<Choice> {
    let padded_by_one = g.pad_before == 1 && g.pad_after == 1;
    let channels = g.in_channels.min(g.out_channels);
    let (choice, per_tile) = match (g.kernel, g.stride) {
        (4, 2) => (Choice::Halving, 4 * 5 * 5),
        (3, 1) => (Choice::Same, 6 * 6),
        _ => return None,
    };
    let tiles = g.out_height().div_ceil(family::M) * g.out_width().div_ceil(family::M);
    let direct = g.out_height() * g.out_width() * g.kernel * g.kernel;
    let saves_a_quarter = 4 * tiles * per_tile <= 3 * direct;
    (padded_by_one && channels >= MIN_CHANNELS && saves_a_quarter).then_some(choice)
}

/// The convolution, `y` from `x`.
pub(super) fn forward(choice: Choice, g: &Conv, x: &[f32], w: &[f32], y: &mut [f32]) {
    match choice {
        Choice::Halving => Pass::<Halving, 5, 2>::new(g, true).run(x, w, y),
        Choice::Same => Pass::<Same, 6, 3>::new(g, true).run(x, w, y),
    }
}

/// The input gradient, `dx` from `dy`.
pub(super) fn input_gradient(choice: Choice, g: &Conv, dy: &[f32], w: &[f32], dx: &mut [f32]) {
    match choice {
        Choice::Halving => Pass::<Halving, 5, 2>::new(g, false).run(dy, w, dx),
        Choice::Same => Pass::<Same, 6, 3>::new(g, false).run(dy, w, dx),
    }
}

/// The weight gradient, `dw` from `x` and `dy`.
pub(super) fn weight_gradient(choice: Choice, g: &Conv, x: &[f32], dy: &[f32], dw: &mut [f32]) {
    match choice {
        Choice::Halving => gradient::run::<Halving, 5, 2>(g, x, dy, dw),
        Choice::Same => gradient::run::<Same, 6, 3>(g, x, dy, dw),
    }
}

/// Images that are transformed together, and how their positions stand.
#[derive(Clone, Copy)]
struct Group {
    images: usize,
    tiles_per_image: usize,
    /// Lines from one position to the next: odd, so that positions do not fall into the same cache set.
    stride: usize,
}

impl Group {
    fn new(batch: usize, side: &Side, tiles: usize) -> Self {
        let tiles_per_image = side.tiles[0] * side.tiles[1];
        let images = (tiles / tiles_per_image).clamp(1, batch);
        Group {
            images,
            tiles_per_image,
            stride: (images * tiles_per_image) | 1,
        }
    }

    /// Lines of one block of sixteen channels and one phase, for `A * A` positions.
    fn block_lines(&self, positions: usize) -> usize {
        positions * self.stride
    }
}

/// Transforms one block of channels of a group's images: `out[phase][position][tile]`.
fn to_positions<F: Family<A, R>, const A: usize, const R: usize>(
    side: &Side,
    group: &Group,
    block: usize,
    images: &[f32],
    out: &mut [Line],
) {
    let channels = side.channels_of(block);
    with_lines(side.grid, |grid| {
        grid.fill(Line::ZERO);
        for (index, image) in images.chunks_exact(side.image()).enumerate() {
            side.load(channels, &image[block * 16 * side.plane..], grid);
            let tiles = Tiles {
                size: side.tiles,
                columns: side.columns,
                first: index * group.tiles_per_image,
                stride: group.stride,
            };
            if side.is_input {
                inputs_to_positions::<F, A, R>(tiles, grid, out);
            } else {
                outputs_to_positions::<F, A, R>(tiles, grid, out);
            }
        }
    });
}

/// One direction of the convolution: from inputs to outputs, or back.
struct Pass<F, const A: usize, const R: usize> {
    source: Side,
    target: Side,
    kernel: Kernel,
    group: Group,
    family: std::marker::PhantomData<F>,
}

impl<F: Family<A, R>, const A: usize, const R: usize> Pass<F, A, R> {
    const POSITIONS: usize = A * A;

    fn new(g: &Conv, is_forward: bool) -> Self {
        let (input, output) = (Side::input(g, A, F::STEP), Side::output(g));
        let group = Group::new(g.batch, &output, GROUP_TILES);
        let kernel = Kernel {
            in_channels: g.in_channels,
            out_channels: g.out_channels,
            lanes_are_inputs: !is_forward,
        };
        let (source, target) = if is_forward {
            (input, output)
        } else {
            (output, input)
        };
        Pass {
            source,
            target,
            kernel,
            group,
            family: std::marker::PhantomData,
        }
    }

    /// Steps of the products: lanes of all lines of positions of the source, and an odd distance between positions.
    fn steps(&self) -> (usize, usize) {
        let steps = self.source.blocks() * self.source.phases * 16;
        (steps, steps + 1)
    }

    /// Lines of the weights of one block of target channels.
    fn weight_lines(&self) -> usize {
        self.target.phases * Self::POSITIONS * self.steps().1
    }

    /// Blocks of target channels that are multiplied together, so that there are at least two column blocks.
    fn panel(&self) -> usize {
        if self.target.phases == 1 { 2 } else { 1 }
    }

    fn run(&self, from: &[f32], w: &[f32], to: &mut [f32]) {
        if self.weight_lines() * self.target.blocks() <= SHARED_WEIGHT_LINES {
            self.by_images(from, w, to);
        } else {
            let lines =
                self.source.blocks() * self.source.phases * self.group.block_lines(Self::POSITIONS);
            let groups = (HELD_LINES / lines).max(1);
            let images = groups * self.group.images;
            let chunks = to.chunks_mut(images * self.target.image());
            for (to, from) in chunks.zip(from.chunks(images * self.source.image())) {
                self.by_panels(from, w, to);
            }
        }
    }

    /// A task is a group of images: it holds its own positions, and all share the weights.
    fn by_images(&self, from: &[f32], w: &[f32], to: &mut [f32]) {
        let weight_lines = self.weight_lines();
        let source_lines = self.source.phases * self.group.block_lines(Self::POSITIONS);
        let panel_lines =
            self.panel() * self.target.phases * self.group.block_lines(Self::POSITIONS);
        with_lines(weight_lines * self.target.blocks(), |weights| {
            weights
                .par_chunks_mut(weight_lines)
                .enumerate()
                .for_each(|(block, lines)| {
                    weights_to_positions::<F, A, R>(self.kernel, w, block, self.steps().1, lines);
                });
            let weights = &*weights;
            let tasks = to.par_chunks_mut(self.group.images * self.target.image());
            tasks
                .zip(from.par_chunks(self.group.images * self.source.image()))
                .for_each(|(to, from)| {
                    with_lines(
                        source_lines * self.source.blocks() + panel_lines,
                        |memory| {
                            let (source, products) =
                                memory.split_at_mut(source_lines * self.source.blocks());
                            for (block, lines) in source.chunks_exact_mut(source_lines).enumerate()
                            {
                                to_positions::<F, A, R>(
                                    &self.source,
                                    &self.group,
                                    block,
                                    from,
                                    lines,
                                );
                            }
                            for first in (0..self.target.blocks()).step_by(self.panel()) {
                                let blocks = self.panel().min(self.target.blocks() - first);
                                let weights =
                                    &weights[first * weight_lines..][..blocks * weight_lines];
                                let start = first * 16 * self.target.plane;
                                let mut planes: Vec<_> = to
                                    .chunks_exact_mut(self.target.image())
                                    .map(|image| &mut image[start..])
                                    .collect();
                                self.multiply(
                                    first,
                                    blocks,
                                    source,
                                    weights,
                                    products,
                                    &mut planes,
                                );
                            }
                        },
                    );
                });
        });
    }

    /// A task is a panel of target channels: all share the positions of the images, and each computes its own weights.
    fn by_panels(&self, from: &[f32], w: &[f32], to: &mut [f32]) {
        let weight_lines = self.weight_lines();
        let source_lines = self.source.phases * self.group.block_lines(Self::POSITIONS);
        let group_lines = source_lines * self.source.blocks();
        let panel_lines =
            self.panel() * self.target.phases * self.group.block_lines(Self::POSITIONS);
        let groups = (from.len() / self.source.image()).div_ceil(self.group.images);
        with_lines(groups * group_lines, |source| {
            let images = from.par_chunks(self.group.images * self.source.image());
            source
                .par_chunks_mut(group_lines)
                .zip(images)
                .for_each(|(lines, images)| {
                    lines
                        .par_chunks_mut(source_lines)
                        .enumerate()
                        .for_each(|(block, lines)| {
                            to_positions::<F, A, R>(
                                &self.source,
                                &self.group,
                                block,
                                images,
                                lines,
                            );
                        });
                });
            let source = &*source;
            let mut tasks: Vec<Vec<&mut [f32]>> = Vec::new();
            for image in to.chunks_exact_mut(self.target.image()) {
                for (panel, planes) in image
                    .chunks_mut(self.panel() * 16 * self.target.plane)
                    .enumerate()
                {
                    if panel == tasks.len() {
                        tasks.push(Vec::new());
                    }
                    tasks[panel].push(planes);
                }
            }
            tasks
                .into_par_iter()
                .enumerate()
                .for_each(|(panel, mut planes)| {
                    let first = panel * self.panel();
                    let blocks = self.panel().min(self.target.blocks() - first);
                    with_lines(self.panel() * weight_lines + panel_lines, |memory| {
                        let (weights, products) = memory.split_at_mut(self.panel() * weight_lines);
                        let weights = &mut weights[..blocks * weight_lines];
                        for (block, lines) in weights.chunks_exact_mut(weight_lines).enumerate() {
                            weights_to_positions::<F, A, R>(
                                self.kernel,
                                w,
                                first + block,
                                self.steps().1,
                                lines,
                            );
                        }
                        for (source, planes) in source
                            .chunks_exact(group_lines)
                            .zip(planes.chunks_mut(self.group.images))
                        {
                            self.multiply(first, blocks, source, weights, products, planes);
                        }
                    });
                });
        });
    }

    /// Multiplies a group's positions with the weights of `blocks` blocks of target channels, and transforms the products into the
    /// images' `planes` of these channels.
    fn multiply(
        &self,
        first: usize,
        blocks: usize,
        source: &[Line],
        weights: &[Line],
        products: &mut [Line],
        planes: &mut [&mut [f32]],
    ) {
        let (stride, (_, step_stride)) = (self.group.stride, self.steps());
        let block_stride = self.group.block_lines(Self::POSITIONS);
        for position in 0..Self::POSITIONS {
            let product = Product {
                a: &source[position * stride..],
                b: &weights[position * step_stride..],
                blocks: self.source.blocks() * self.source.phases,
                block_stride,
                column_stride: Self::POSITIONS * step_stride,
                column_blocks: blocks * self.target.phases,
                tiles: planes.len() * self.group.tiles_per_image,
            };
            multiply_position(product, &mut products[position * stride..]);
        }
        let target = &self.target;
        with_lines(target.grid, |grid| {
            for block in 0..blocks {
                let products = &products[block * target.phases * block_stride..]
                    [..target.phases * block_stride];
                for (index, planes) in planes.iter_mut().enumerate() {
                    let tiles = Tiles {
                        size: target.tiles,
                        columns: target.columns,
                        first: index * self.group.tiles_per_image,
                        stride,
                    };
                    if target.is_input {
                        grid.fill(Line::ZERO);
                        positions_to_inputs::<F, A, R>(tiles, products, grid);
                    } else {
                        positions_to_outputs::<F, A, R>(tiles, products, grid);
                    }
                    target.store(
                        target.channels_of(first + block),
                        grid,
                        &mut planes[block * 16 * target.plane..],
                    );
                }
            }
        });
    }
}
