//! Groups of images in the domain of positions.

use super::family::{Family, M};
use super::planes::Side;
use super::transform::{Tiles, inputs_to_positions, outputs_to_positions};
use crate::conv::Conv;
use crate::scratch::with_lines;
use crate::simd::{LANES, Line};

/// Images that are transformed together.
#[derive(Clone, Copy)]
pub(super) struct Group {
    pub(super) images: usize,
    pub(super) tiles_per_image: usize,
    /// Lines from one block of tiles to the next: odd, so that blocks do not fall into the same cache set.
    pub(super) stride: usize,
}

impl Group {
    /// A group of as many images as have about `tiles` tiles.
    pub(super) fn new(g: &Conv, tiles: usize) -> Self {
        let tiles_per_image = g.out_height().div_ceil(M) * g.out_width().div_ceil(M);
        let images = (tiles / tiles_per_image).clamp(1, g.batch);
        Group { images, tiles_per_image, stride: (images * tiles_per_image) | 1 }
    }

    /// The tiles of the image `index` of the group.
    pub(super) fn tiles(&self, side: &Side, index: usize) -> Tiles {
        Tiles { size: side.tiles, columns: side.columns, first: index * self.tiles_per_image, stride: self.stride }
    }

    /// Lines of one side's `[position][block][phase][tile]` for a group.
    pub(super) fn lines(&self, side: &Side, positions: usize) -> usize {
        positions * self.position_lines(side)
    }

    /// Lines from one position to the next.
    pub(super) fn position_lines(&self, side: &Side) -> usize {
        side.blocks() * side.phases * self.stride
    }
}

/// Transforms a group's `images`: `out` is `[position][block of 16 channels][phase][tile]`.
pub(super) fn to_positions<F: Family<A, R>, const A: usize, const R: usize>(
    side: &Side,
    group: &Group,
    images: &[f32],
    out: &mut [Line],
) {
    for (block, mut lines) in blocks(side, group, out).into_iter().enumerate() {
        block_to_positions::<F, A, R>(side, group, block, images, &mut lines);
    }
}

/// Divides the positions of a group by blocks of channels: each gets a slice per position.
pub(super) fn blocks<'a>(side: &Side, group: &Group, positions: &'a mut [Line]) -> Vec<Vec<&'a mut [Line]>> {
    let mut blocks: Vec<_> = (0..side.blocks()).map(|_| Vec::new()).collect();
    for position in positions.chunks_exact_mut(group.position_lines(side)) {
        let slices = position.chunks_exact_mut(side.phases * group.stride);
        for (block, slice) in blocks.iter_mut().zip(slices) {
            block.push(slice);
        }
    }
    blocks
}

/// Transforms one block of channels of a group's `images`, into one slice `[phase][tile]` per position.
pub(super) fn block_to_positions<F: Family<A, R>, const A: usize, const R: usize>(
    side: &Side,
    group: &Group,
    block: usize,
    images: &[f32],
    positions: &mut [&mut [Line]],
) {
    let channels = side.channels_of(block);
    with_lines(side.grid, |grid| {
        grid.fill(Line::ZERO);
        for (index, image) in images.chunks_exact(side.image()).enumerate() {
            side.load(channels, &image[block * LANES * side.plane..], grid);
            let tiles = group.tiles(side, index);
            if side.is_input {
                inputs_to_positions::<F, A, R>(tiles, grid, positions);
            } else {
                outputs_to_positions::<F, A, R>(tiles, grid, positions);
            }
        }
    });
}
