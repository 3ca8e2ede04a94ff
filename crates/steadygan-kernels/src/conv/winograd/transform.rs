//! The two-dimensional transforms between pixels, positions and taps, on lines of sixteen channels.
//!
//! A *position* is one of the `A * A` products of a tile. The factors of a product are stored as one slice
//! `[phase][tile]` per position, its results as `[phase][position][tile]`; neighbouring rows of tiles are `stride`
//! lines apart. Images are stored as grids of lines, one per pixel, with room for whole tiles.

use super::family::{Family, M};
use crate::simd::{Isa, LANES, Line, vectorised};

/// Where the tiles of one image stand: in a grid of `columns` lines a row, and among the positions from `first` on.
#[derive(Clone, Copy)]
pub(super) struct Tiles {
    /// Tiles of the image, down and across.
    pub(super) size: [usize; 2],
    /// Lines of a row of the grid.
    pub(super) columns: usize,
    /// The first tile's place among the tiles of a group of images.
    pub(super) first: usize,
    /// Room for the tiles of a group of images.
    pub(super) stride: usize,
}

/// Runs `$work` for each tile: its place among the positions' tiles, its row and its column.
macro_rules! each_tile {
    ($tiles:expr, |$tile:ident, $row:ident, $column:ident| $work:block) => {
        let mut $tile = $tiles.first;
        for $row in 0..$tiles.size[0] {
            for $column in 0..$tiles.size[1] {
                $work
                $tile += 1;
            }
        }
    };
}

/// Applies a transform `$f` to each row of an `$n` by `$n` block, then to each column of the result, `$k` by `$k`.
///
/// A macro with loops, because the compiler does not reliably inline functions passed as values, `array::map` and
/// `array::from_fn`, and what it does not inline is not compiled for the instruction set.
#[allow(clippy::needless_range_loop)]
macro_rules! separable {
    ($block:expr, $n:expr => $k:expr, $f:expr) => {{
        let block: [[I::Vector; $n]; $n] = $block;
        let zero = I::splat(0.0);
        let mut rows = [[zero; $k]; $n];
        for row in 0..$n {
            rows[row] = $f(block[row]);
        }
        let mut result = [[zero; $k]; $k];
        for column in 0..$k {
            let mut values = [zero; $n];
            for row in 0..$n {
                values[row] = rows[row][column];
            }
            let values: [I::Vector; $k] = $f(values);
            for row in 0..$k {
                result[row][column] = values[row];
            }
        }
        result
    }};
}

/// Reads an `N` by `N` block of lines: element `(i, j)` stands at `i * rows + j * columns`.
#[inline(always)]
pub(super) fn load_block<I: Isa, const N: usize>(lines: &[Line], rows: usize, columns: usize) -> [[I::Vector; N]; N] {
    let lines = &lines[..(N - 1) * (rows + columns) + 1];
    let mut block = [[I::splat(0.0); N]; N];
    for i in 0..N {
        for j in 0..N {
            block[i][j] = I::load(&lines[i * rows + j * columns].0);
        }
    }
    block
}

/// Writes an `N` by `N` block of lines: element `(i, j)` stands at `i * rows + j * columns`.
#[inline(always)]
pub(super) fn store_block<I: Isa, const N: usize>(
    block: [[I::Vector; N]; N],
    lines: &mut [Line],
    rows: usize,
    columns: usize,
) {
    let lines = &mut lines[..(N - 1) * (rows + columns) + 1];
    for i in 0..N {
        for j in 0..N {
            I::store(block[i][j], &mut lines[i * rows + j * columns].0);
        }
    }
}

/// Writes a block of positions, each to line `at` of its slice.
#[inline(always)]
fn scatter_block<I: Isa, const N: usize>(block: [[I::Vector; N]; N], positions: &mut [&mut [Line]], at: usize) {
    for i in 0..N {
        for j in 0..N {
            I::store(block[i][j], &mut positions[i * N + j][at].0);
        }
    }
}

vectorised! {
    /// `BT d B` of every tile and phase of an image `grid` of inputs.
    pub(super) fn inputs_to_positions<I, F: Family<A, R>; const A: usize, const R: usize>(
        tiles: Tiles, grid: &[Line], positions: &mut [&mut [Line]],
    ) {
        each_tile!(tiles, |tile, row, column| {
            let corner = (row * tiles.columns + column) * M * F::STEP;
            for phase in 0..F::STEP * F::STEP {
                let from = &grid[corner + phase / F::STEP * tiles.columns + phase % F::STEP..];
                let d = load_block::<I, A>(from, F::STEP * tiles.columns, F::STEP);
                let v = separable!(d, A => A, F::data::<I>);
                scatter_block::<I, A>(v, positions, phase * tiles.stride + tile);
            }
        });
    }
}

vectorised! {
    /// Adds `B n BT` of every tile and phase to an image `grid` of input gradients: the adjoint of
    /// `inputs_to_positions`.
    pub(super) fn positions_to_inputs<I, F: Family<A, R>; const A: usize, const R: usize>(
        tiles: Tiles, positions: &[Line], grid: &mut [Line],
    ) {
        each_tile!(tiles, |tile, row, column| {
            let corner = (row * tiles.columns + column) * M * F::STEP;
            for phase in 0..F::STEP * F::STEP {
                let positions = &positions[phase * A * A * tiles.stride..];
                let n = load_block::<I, A>(&positions[tile..], A * tiles.stride, tiles.stride);
                let mut d = separable!(n, A => A, F::data_adjoint::<I>);
                let to = &mut grid[corner + phase / F::STEP * tiles.columns + phase % F::STEP..];
                let (rows, columns) = (F::STEP * tiles.columns, F::STEP);
                let old = load_block::<I, A>(to, rows, columns);
                for i in 0..A {
                    for j in 0..A {
                        d[i][j] = I::add(old[i][j], d[i][j]);
                    }
                }
                store_block::<I, A>(d, to, rows, columns);
            }
        });
    }
}

vectorised! {
    /// `AT m A` of every tile, into an image `grid` of outputs.
    pub(super) fn positions_to_outputs<I, F: Family<A, R>; const A: usize, const R: usize>(
        tiles: Tiles, positions: &[Line], grid: &mut [Line],
    ) {
        each_tile!(tiles, |tile, row, column| {
            let m = load_block::<I, A>(&positions[tile..], A * tiles.stride, tiles.stride);
            let y = separable!(m, A => M, F::output::<I>);
            store_block::<I, M>(y, &mut grid[(row * tiles.columns + column) * M..], tiles.columns, 1);
        });
    }
}

vectorised! {
    /// `A y AT` of every tile of an image `grid` of output gradients: the adjoint of `positions_to_outputs`.
    pub(super) fn outputs_to_positions<I, F: Family<A, R>; const A: usize, const R: usize>(
        tiles: Tiles, grid: &[Line], positions: &mut [&mut [Line]],
    ) {
        each_tile!(tiles, |tile, row, column| {
            let y = load_block::<I, M>(&grid[(row * tiles.columns + column) * M..], tiles.columns, 1);
            let z = separable!(y, M => A, F::output_adjoint::<I>);
            scatter_block::<I, A>(z, positions, tile);
        });
    }
}

/// `G w GT` of one phase of a kernel of lines, `[ky][kx]`.
#[inline(always)]
pub(super) fn taps_to_positions<I: Isa, F: Family<A, R>, const A: usize, const R: usize>(
    taps: &[Line; LANES],
    phase: usize,
) -> [[I::Vector; A]; A] {
    let side = F::STEP * R;
    let from = &taps[phase / F::STEP * side + phase % F::STEP..];
    separable!(load_block::<I, R>(from, F::STEP * side, F::STEP), R => A, F::weight::<I>)
}

/// `GT u G` of one phase, into its taps: the adjoint of `taps_to_positions`.
#[inline(always)]
pub(super) fn positions_to_taps<I: Isa, F: Family<A, R>, const A: usize, const R: usize>(
    u: [[I::Vector; A]; A],
    phase: usize,
    taps: &mut [Line; LANES],
) {
    let side = F::STEP * R;
    let to = &mut taps[phase / F::STEP * side + phase % F::STEP..];
    store_block::<I, R>(separable!(u, A => R, F::weight_adjoint::<I>), to, F::STEP * side, F::STEP);
}
