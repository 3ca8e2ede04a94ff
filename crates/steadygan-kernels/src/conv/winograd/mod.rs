//! Convolution by Winograd's minimal filtering (Lavin and Gray 2016): kernels of 4 with stride 2, and kernels of 3 with
//! stride 1.
//!
//! Images are cut into tiles of 4 x 4 outputs. In the domain of *positions* the convolution is one matrix product per
//! position, of tiles by channels, with 25/64 (4 x 4, stride 2) or 36/144 (3 x 3) of the direct computation's
//! multiplications. The input gradient is the same computation with all transforms transposed; the weight gradient
//! multiplies the positions of both sides.
//!
//! Positions are stored as `[position][block of 16 channels][phase][tile]` lines for a group of images. This layout
//! serves all three passes, and nothing is repacked between transform and product.

mod family;
mod gradient;
mod planes;
mod positions;
mod product;
mod transform;
mod weights;

use std::marker::PhantomData;

use rayon::prelude::*;

use self::family::{Family, Kernel3Stride1, Kernel4Stride2};
use self::planes::Side;
use self::positions::{Group, block_to_positions, blocks, to_positions};
use self::product::{Product, multiply_position};
use self::transform::{positions_to_inputs, positions_to_outputs};
use self::weights::{WeightLayout, weights_to_positions};
use super::Conv;
use crate::parallel::split_columns;
use crate::scratch::with_lines;
use crate::simd::{LANES, Line};

/// Tiles of a group of images: rows enough for the product, few enough for the positions to stay in a core's
/// second-level cache.
const GROUP_TILES: usize = 32;
/// Weights at the positions up to this many lines (4 MiB) are computed once and shared by groups of images. Larger ones
/// are computed panel by panel where they are used, so that they never travel to memory and back.
const SHARED_WEIGHT_LINES: usize = 1 << 16;
/// Lines of positions held for many images at once (16 MiB).
const HELD_LINES: usize = 1 << 18;
/// Blocks of sixteen columns that are multiplied together, if the weights are shared.
const PANEL_COLUMNS: usize = 4;
/// The same number if a panel computes its own weights: fewer weights stay nearer to the core (8% faster on 256 to 512
/// channels).
const OWN_PANEL_COLUMNS: usize = 2;
/// The fewest channels on both sides for which lines of sixteen channels are worth it.
const MIN_CHANNELS: usize = 8;

/// The transform that suits a shape.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Transform {
    Kernel4Stride2,
    Kernel3Stride1,
}

/// The transform for a shape, if there is one and it saves enough multiplications.
pub(super) fn choose(g: &Conv) -> Option<Transform> {
    let padded_by_one = g.pad_before == 1 && g.pad_after == 1;
    let channels = g.in_channels.min(g.out_channels);
    let (transform, per_tile) = match (g.kernel, g.stride) {
        (4, 2) => (Transform::Kernel4Stride2, 4 * 5 * 5),
        (3, 1) => (Transform::Kernel3Stride1, 6 * 6),
        _ => return None,
    };
    let tiles = g.out_height().div_ceil(family::M) * g.out_width().div_ceil(family::M);
    let direct = g.out_height() * g.out_width() * g.kernel * g.kernel;
    let saves_a_quarter = 4 * tiles * per_tile <= 3 * direct;
    (padded_by_one && channels >= MIN_CHANNELS && saves_a_quarter).then_some(transform)
}

/// The convolution, `y` from `x`.
pub(super) fn forward(transform: Transform, g: &Conv, x: &[f32], w: &[f32], y: &mut [f32]) {
    match transform {
        Transform::Kernel4Stride2 => Pass::<Kernel4Stride2, 5, 2>::new(g, true).run(x, w, y),
        Transform::Kernel3Stride1 => Pass::<Kernel3Stride1, 6, 3>::new(g, true).run(x, w, y),
    }
}

/// The input gradient, `dx` from `dy`.
pub(super) fn input_gradient(transform: Transform, g: &Conv, dy: &[f32], w: &[f32], dx: &mut [f32]) {
    match transform {
        Transform::Kernel4Stride2 => Pass::<Kernel4Stride2, 5, 2>::new(g, false).run(dy, w, dx),
        Transform::Kernel3Stride1 => Pass::<Kernel3Stride1, 6, 3>::new(g, false).run(dy, w, dx),
    }
}

/// The weight gradient, `dw` from `x` and `dy`.
pub(super) fn weight_gradient(transform: Transform, g: &Conv, x: &[f32], dy: &[f32], dw: &mut [f32]) {
    match transform {
        Transform::Kernel4Stride2 => gradient::run::<Kernel4Stride2, 5, 2>(g, x, dy, dw),
        Transform::Kernel3Stride1 => gradient::run::<Kernel3Stride1, 6, 3>(g, x, dy, dw),
    }
}

/// One direction of the convolution: from inputs to outputs, or back.
struct Pass<F, const A: usize, const R: usize> {
    source: Side,
    target: Side,
    layout: WeightLayout,
    group: Group,
    family: PhantomData<F>,
}

impl<F: Family<A, R>, const A: usize, const R: usize> Pass<F, A, R> {
    const POSITIONS: usize = A * A;

    fn new(g: &Conv, is_forward: bool) -> Self {
        let (input, output) = (Side::input(g, A, F::STEP), Side::output(g));
        let (source, target) = if is_forward { (input, output) } else { (output, input) };
        Pass {
            source,
            target,
            layout: WeightLayout {
                in_channels: g.in_channels,
                out_channels: g.out_channels,
                lanes_are_inputs: !is_forward,
            },
            group: Group::new(g, GROUP_TILES),
            family: PhantomData,
        }
    }

    /// Terms in the sums of the products: the lanes of all lines of the source at one position and tile.
    fn steps(&self) -> usize {
        self.source.blocks() * self.source.phases * LANES
    }

    /// Lines from the weights of one position to the weights of the next: an odd number, like a group's stride.
    fn step_stride(&self) -> usize {
        self.steps() + 1
    }

    /// Lines of the weights of one block of target channels.
    fn weight_lines(&self) -> usize {
        self.target.phases * Self::POSITIONS * self.step_stride()
    }

    /// Lines of the products of one block of target channels.
    fn product_lines(&self) -> usize {
        self.target.phases * Self::POSITIONS * self.group.stride
    }

    /// Whether the weights at the positions are computed once for all panels.
    fn shares_weights(&self) -> bool {
        self.weight_lines() * self.target.blocks() <= SHARED_WEIGHT_LINES
    }

    /// Blocks of target channels that are multiplied together.
    fn panel(&self) -> usize {
        let columns = if self.shares_weights() { PANEL_COLUMNS } else { OWN_PANEL_COLUMNS };
        columns.div_ceil(self.target.phases)
    }

    fn run(&self, from: &[f32], w: &[f32], to: &mut [f32]) {
        if self.shares_weights() {
            self.by_images(from, w, to);
        } else {
            let groups = HELD_LINES.div_ceil(self.group.lines(&self.source, Self::POSITIONS));
            let images = groups * self.group.images;
            let chunks = to.chunks_mut(images * self.target.image());
            for (to, from) in chunks.zip(from.chunks(images * self.source.image())) {
                self.by_panels(from, w, to);
            }
        }
    }

    /// Computes the weights of the blocks of target channels from `first` on.
    fn weights(&self, w: &[f32], first: usize, lines: &mut [Line]) {
        for (block, lines) in lines.chunks_exact_mut(self.weight_lines()).enumerate() {
            weights_to_positions::<F, A, R>(self.layout, w, first + block, self.step_stride(), lines);
        }
    }

    /// A task is a group of images, which has its own positions; all tasks share the weights. The group's panels are
    /// tasks in turn.
    fn by_images(&self, from: &[f32], w: &[f32], to: &mut [f32]) {
        let weight_lines = self.weight_lines();
        let source_lines = self.group.lines(&self.source, Self::POSITIONS);
        with_lines(weight_lines * self.target.blocks(), |weights| {
            let blocks = weights.par_chunks_mut(weight_lines).enumerate();
            blocks.for_each(|(block, lines)| self.weights(w, block, lines));
            let weights = &*weights;
            let tasks = to.par_chunks_mut(self.group.images * self.target.image());
            let tasks = tasks.zip(from.par_chunks(self.group.images * self.source.image()));
            tasks.for_each(|(to, from)| {
                with_lines(source_lines, |source| {
                    to_positions::<F, A, R>(&self.source, &self.group, from, source);
                    let source = &*source;
                    self.panels(to).into_par_iter().for_each(|(first, mut planes)| {
                        self.multiply(first, source, &weights[first * weight_lines..], &mut planes);
                    });
                });
            });
        });
    }

    /// A task is a panel of target channels, which has its own weights; all tasks share the positions of the images.
    /// The panel's groups of images are tasks in turn.
    fn by_panels(&self, from: &[f32], w: &[f32], to: &mut [f32]) {
        let weight_lines = self.panel() * self.weight_lines();
        let group_lines = self.group.lines(&self.source, Self::POSITIONS);
        let groups = (from.len() / self.source.image()).div_ceil(self.group.images);
        with_lines(groups * group_lines, |source| {
            let images = from.par_chunks(self.group.images * self.source.image());
            source.par_chunks_mut(group_lines).zip(images).for_each(|(lines, images)| {
                let blocks = blocks(&self.source, &self.group, lines);
                blocks.into_par_iter().enumerate().for_each(|(block, mut lines)| {
                    block_to_positions::<F, A, R>(&self.source, &self.group, block, images, &mut lines);
                });
            });
            let source = &*source;
            self.panels(to).into_par_iter().for_each(|(first, mut planes)| {
                with_lines(weight_lines, |weights| {
                    let blocks = self.panel().min(self.target.blocks() - first);
                    self.weights(w, first, &mut weights[..blocks * self.weight_lines()]);
                    let weights = &*weights;
                    let groups = planes.par_chunks_mut(self.group.images);
                    groups.zip(source.par_chunks_exact(group_lines)).for_each(|(planes, source)| {
                        self.multiply(first, source, weights, planes);
                    });
                });
            });
        });
    }

    /// Divides images by panels of target channels: each panel's first block and its planes in every image.
    fn panels<'a>(&self, images: &'a mut [f32]) -> Vec<(usize, Vec<&'a mut [f32]>)> {
        let part = self.panel() * LANES * self.target.plane;
        let parts = split_columns(images, self.target.image(), part).into_iter();
        parts.map(|(index, planes)| (index * self.panel(), planes)).collect()
    }

    /// Multiplies a group's positions with the weights of the panel that starts at block `first`, and transforms the
    /// products into the images' `planes` of the panel's channels.
    fn multiply(&self, first: usize, source: &[Line], weights: &[Line], planes: &mut [&mut [f32]]) {
        let target = &self.target;
        let blocks = self.panel().min(target.blocks() - first);
        let source_blocks = self.source.blocks() * self.source.phases;
        let lines = blocks * self.product_lines();
        with_lines(lines + target.grid, |memory| {
            let (products, grid) = memory.split_at_mut(lines);
            for position in 0..Self::POSITIONS {
                let product = Product {
                    a: &source[position * source_blocks * self.group.stride..],
                    b: &weights[position * self.step_stride()..],
                    blocks: source_blocks,
                    stride: self.group.stride,
                    column_stride: Self::POSITIONS * self.step_stride(),
                    out_stride: Self::POSITIONS * self.group.stride,
                    column_blocks: blocks * target.phases,
                    tiles: planes.len() * self.group.tiles_per_image,
                };
                multiply_position(product, &mut products[position * self.group.stride..]);
            }
            for (block, products) in products.chunks_exact(self.product_lines()).enumerate() {
                let channels = target.channels_of(first + block);
                for (index, planes) in planes.iter_mut().enumerate() {
                    let tiles = self.group.tiles(target, index);
                    if target.is_input {
                        grid.fill(Line::ZERO);
                        positions_to_inputs::<F, A, R>(tiles, products, grid);
                    } else {
                        positions_to_outputs::<F, A, R>(tiles, products, grid);
                    }
                    target.store(channels, grid, &mut planes[block * LANES * target.plane..]);
                }
            }
        });
    }
}
