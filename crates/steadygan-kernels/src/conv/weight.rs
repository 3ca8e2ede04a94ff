//! The weight gradient of any convolution: a matrix product summed over pixels.
//!
//! `dw` is a matrix of output channels by (input channel, tap). A few images at a time, `dy` is packed as panels of sixteen output
//! channels and the shifted images as panels of sixteen (input channel, tap) pairs, one line per pixel; every 16 x 16 tile of `dw`
//! then adds its product, in the order of the images.

use rayon::prelude::*;

use super::Conv;
use crate::gemm::{Matrix, multiply_panel, pack_rows, unpack_tiles};
use crate::scratch::with_lines;
use crate::simd::{LANES, Line};

/// Output pixels packed at a time: a pair of panels of columns is 128 KiB, within a core's second-level cache.
const CHUNK_PIXELS: usize = 1024;
/// Panels of columns of one task.
const TASK_PANELS: usize = 8;

pub(super) fn gradient(g: &Conv, x: &[f32], dy: &[f32], dw: &mut [f32]) {
    let plane = g.out_height() * g.out_width();
    let images = CHUNK_PIXELS.div_ceil(plane).min(g.batch);
    let columns = g.in_channels * g.kernel * g.kernel;
    let row_panels = g.out_channels.div_ceil(LANES);
    let column_panels = columns.div_ceil(LANES);
    let tiles = row_panels * column_panels * LANES;
    let packed = (row_panels + column_panels) * images * plane;
    with_lines(tiles + packed, |memory| {
        let (tiles, packed) = memory.split_at_mut(tiles);
        for first in (0..g.batch).step_by(images) {
            let images = images.min(g.batch - first);
            let pixels = images * plane;
            let (rows, shifted) = packed.split_at_mut(row_panels * pixels);
            let shifted = &mut shifted[..column_panels * pixels];
            let dy = &dy[first * g.out_channels * plane..];
            rows.par_chunks_mut(pixels)
                .enumerate()
                .for_each(|(panel, lines)| {
                    for (image, lines) in lines.chunks_exact_mut(plane).enumerate() {
                        let dy = &dy[image * g.out_channels * plane..];
                        pack_rows(Matrix::new(dy, plane), panel * LANES, g.out_channels, lines);
                    }
                });
            let x = &x[first * g.in_channels * g.in_height * g.in_width..];
            shifted
                .par_chunks_mut(pixels)
                .enumerate()
                .for_each(|(panel, lines)| {
                    pack_columns(g, x, panel * LANES, lines);
                });
            let (rows, shifted) = (&*rows, &*shifted);
            tiles
                .par_chunks_mut(column_panels * LANES)
                .enumerate()
                .for_each(|(panel, tiles)| {
                    let used = LANES.min(g.out_channels - panel * LANES);
                    let rows = &rows[panel * pixels..][..pixels];
                    let tasks = tiles.par_chunks_mut(TASK_PANELS * LANES);
                    tasks
                        .zip(shifted.par_chunks(TASK_PANELS * pixels))
                        .for_each(|(tiles, shifted)| {
                            if first == 0 {
                                multiply_panel::<false>(used, rows, shifted, tiles);
                            } else {
                                multiply_panel::<true>(used, rows, shifted, tiles);
                            }
                        });
                });
        }
        dw.par_chunks_mut(LANES * columns)
            .zip(tiles.par_chunks(column_panels * LANES))
            .for_each(|(dw, tiles)| unpack_tiles(tiles, columns, dw));
    });
}

/// Fills `[image][output pixel]` lines with the inputs that sixteen (input channel, tap) pairs from `first` on meet there.
fn pack_columns(g: &Conv, x: &[f32], first: usize, lines: &mut [Line]) {
    let area = g.kernel * g.kernel;
    let (height, width) = (g.out_height(), g.out_width());
    lines.fill(Line::ZERO);
    for lane in 0..LANES.min(g.in_channels * area - first) {
        let (channel, tap) = ((first + lane) / area, (first + lane) % area);
        let (ky, kx) = (tap / g.kernel, tap % g.kernel);
        let (left, right) = inside(g, kx, g.in_width, width);
        let (top, bottom) = inside(g, ky, g.in_height, height);
        if left >= right {
            continue;
        }
        for (image, lines) in lines.chunks_exact_mut(height * width).enumerate() {
            let plane = &x[(image * g.in_channels + channel) * g.in_height * g.in_width..];
            for oy in top..bottom {
                let row = &plane[(oy * g.stride + ky - g.pad_before) * g.in_width..][..g.in_width];
                let from = row[(left * g.stride + kx).saturating_sub(g.pad_before)..].iter();
                let to = &mut lines[oy * width + left..oy * width + right];
                for (line, &value) in to.iter_mut().zip(from.step_by(g.stride)) {
                    line.0[lane] = value;
                }
            }
        }
    }
}

/// The output positions of one axis whose input position under tap `k` lies in the image.
fn inside(g: &Conv, k: usize, in_size: usize, out_size: usize) -> (usize, usize) {
    let first = g.pad_before.saturating_sub(k).div_ceil(g.stride);
    let end = (in_size + g.pad_before)
        .saturating_sub(k)
        .div_ceil(g.stride);
    (first.min(out_size), end.min(out_size))
}
