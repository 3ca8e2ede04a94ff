//! Converts between planes of pixels (NCHW) and grids of lines: one line per pixel, with sixteen channels.

use super::family::M;
use crate::conv::Conv;
use crate::simd::{LANES, Line, vectorised};

/// One side of the convolution: `x` or `y`, or their gradients.
pub(super) struct Side {
    pub(super) channels: usize,
    /// Pixels of a channel of one image.
    pub(super) plane: usize,
    /// Blocks of positions for sixteen channels: one per phase of inputs, one for outputs.
    pub(super) phases: usize,
    /// Whether this is the input side.
    pub(super) is_input: bool,
    /// Tiles of an image, down and across.
    pub(super) tiles: [usize; 2],
    /// Lines of a row of the grid, and of the whole grid.
    pub(super) columns: usize,
    pub(super) grid: usize,
    /// The grid's line of each pixel.
    places: Vec<usize>,
}

impl Side {
    /// The inputs of a convolution with padding 1, whose tiles have `a` positions along each axis and advance `step`
    /// pixels per output.
    pub(super) fn input(g: &Conv, a: usize, step: usize) -> Self {
        let tiles = tiles(g);
        let [rows, columns] = tiles.map(|count| step * (count * M + a - M));
        let place = |pixel| (pixel / g.in_width + 1) * columns + pixel % g.in_width + 1;
        Side {
            channels: g.in_channels,
            plane: g.in_height * g.in_width,
            phases: step * step,
            is_input: true,
            tiles,
            columns,
            grid: rows * columns,
            places: (0..g.in_height * g.in_width).map(place).collect(),
        }
    }

    /// The outputs of a convolution.
    pub(super) fn output(g: &Conv) -> Self {
        let tiles = tiles(g);
        let [rows, columns] = tiles.map(|count| count * M);
        let width = g.out_width();
        let plane = g.out_height() * width;
        Side {
            channels: g.out_channels,
            plane,
            phases: 1,
            is_input: false,
            tiles,
            columns,
            grid: rows * columns,
            places: (0..plane).map(|pixel| pixel / width * columns + pixel % width).collect(),
        }
    }

    /// Elements of one image.
    pub(super) fn image(&self) -> usize {
        self.channels * self.plane
    }

    /// Blocks of sixteen channels.
    pub(super) fn blocks(&self) -> usize {
        self.channels.div_ceil(LANES)
    }

    /// Channels of one block.
    pub(super) fn channels_of(&self, block: usize) -> usize {
        LANES.min(self.channels - block * LANES)
    }

    /// Fills the pixels of a grid from the planes of a block's channels; leaves the lines around them alone.
    pub(super) fn load(&self, channels: usize, planes: &[f32], grid: &mut [Line]) {
        load_planes(channels, self.plane, &self.places, planes, grid);
    }

    /// Writes the pixels of a grid into the planes of a block's channels.
    pub(super) fn store(&self, channels: usize, grid: &[Line], planes: &mut [f32]) {
        store_planes(channels, self.plane, &self.places, grid, planes);
    }
}

/// Tiles of an image, down and across.
fn tiles(g: &Conv) -> [usize; 2] {
    [g.out_height().div_ceil(M), g.out_width().div_ceil(M)]
}

vectorised! {
    fn load_planes<I>(channels: usize, plane: usize, places: &[usize], planes: &[f32], grid: &mut [Line]) {
        for (block, places) in places.chunks(LANES).enumerate() {
            let from = &planes[block * LANES..];
            if channels == LANES && places.len() == LANES {
                let mut rows = [I::splat(0.0); LANES];
                for channel in 0..LANES {
                    let pixels = &from[channel * plane..];
                    rows[channel] = I::load(pixels.first_chunk().expect("a plane holds its pixels"));
                }
                let pixels = I::transpose(rows);
                for pixel in 0..LANES {
                    I::store(pixels[pixel], &mut grid[places[pixel]].0);
                }
            } else {
                for (pixel, &place) in places.iter().enumerate() {
                    let line = &mut grid[place].0;
                    line[channels..].fill(0.0);
                    for (channel, value) in line[..channels].iter_mut().enumerate() {
                        *value = from[channel * plane + pixel];
                    }
                }
            }
        }
    }
}

vectorised! {
    fn store_planes<I>(channels: usize, plane: usize, places: &[usize], grid: &[Line], planes: &mut [f32]) {
        for (block, places) in places.chunks(LANES).enumerate() {
            let to = &mut planes[block * LANES..];
            if channels == LANES && places.len() == LANES {
                let mut pixels = [I::splat(0.0); LANES];
                for pixel in 0..LANES {
                    pixels[pixel] = I::load(&grid[places[pixel]].0);
                }
                let rows = I::transpose(pixels);
                for channel in 0..LANES {
                    let to = &mut to[channel * plane..];
                    I::store(rows[channel], to.first_chunk_mut().expect("a plane holds its pixels"));
                }
            } else {
                for (pixel, &place) in places.iter().enumerate() {
                    for (channel, &value) in grid[place].0[..channels].iter().enumerate() {
                        to[channel * plane + pixel] = value;
                    }
                }
            }
        }
    }
}
