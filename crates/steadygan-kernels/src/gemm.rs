//! Matrix products on lines of sixteen numbers.
//!
//! Both operands are cut into panels of sixteen rows (of the left one) or sixteen columns (of the right one); a panel
//! is one [`Line`] per step of the summed dimension. A product of two panels is a 16 x 16 tile, held as sixteen lines.
//! Sums run over the summed dimension in order, so a result depends only on the operands.

use rayon::prelude::*;

use crate::parallel::expect_len;
use crate::scratch::with_lines;
use crate::simd::{Isa, LANES, Line, RegisterBlock, vectorised};

/// Sums `MR` rows by `NL` panels of columns in registers: `c[j][row] = sum_k a[k][row] * b[j][k]`, plus the old `c` if
/// `ADD`.
#[inline(always)]
fn block<I: Isa, const MR: usize, const NL: usize, const ADD: bool>(
    a: &[Line],
    first_row: usize,
    b: &[Line],
    c: &mut [Line],
) {
    let steps = a.len();
    let b = &b[..NL * steps];
    let mut sums = [[I::splat(0.0); NL]; MR];
    for k in 0..steps {
        let rows: &[f32; MR] = a[k].0[first_row..].first_chunk().expect("a block lies inside its panel");
        let mut columns = [I::splat(0.0); NL];
        for j in 0..NL {
            columns[j] = I::load(&b[j * steps + k].0);
        }
        for i in 0..MR {
            let row = I::splat(rows[i]);
            for j in 0..NL {
                sums[i][j] = I::mul_add(row, columns[j], sums[i][j]);
            }
        }
    }
    for i in 0..MR {
        for j in 0..NL {
            let to = &mut c[j * LANES + first_row + i].0;
            let total = if ADD { I::add(I::load(to), sums[i][j]) } else { sums[i][j] };
            I::store(total, to);
        }
    }
}

/// One panel of rows by `NL` panels of columns, in register blocks of the instruction set's height.
#[inline(always)]
fn panel<I: Isa, const NL: usize, const ADD: bool>(rows: usize, a: &[Line], b: &[Line], c: &mut [Line]) {
    match I::BLOCK {
        RegisterBlock::EightByTwo => {
            if NL == 1 && rows > 8 {
                block::<I, 16, NL, ADD>(a, 0, b, c);
            } else {
                block::<I, 8, NL, ADD>(a, 0, b, c);
                if rows > 8 {
                    block::<I, 8, NL, ADD>(a, 8, b, c);
                }
            }
        }
        RegisterBlock::SixByOne => {
            block::<I, 6, NL, ADD>(a, 0, b, c);
            if rows > 6 {
                block::<I, 6, NL, ADD>(a, 6, b, c);
            }
            if rows > 12 {
                block::<I, 4, NL, ADD>(a, 12, b, c);
            }
        }
        RegisterBlock::TwoByOne => {
            for first in (0..rows).step_by(2) {
                block::<I, 2, NL, ADD>(a, first, b, c);
            }
        }
    }
}

vectorised! {
    /// Multiplies one panel of rows `a` (`[k]` lines) with all panels of columns `b` (`[n][k]` lines): writes, or adds
    /// to, the tiles `c` (`[n][16]` lines). Only the first `rows` rows of the tiles are meaningful.
    pub(crate) fn multiply_panel<I; const ADD: bool>(rows: usize, a: &[Line], b: &[Line], c: &mut [Line]) {
        let steps = a.len();
        if steps == 0 {
            if !ADD {
                c.fill(Line::ZERO);
            }
            return;
        }
        let mut b = b.chunks_exact(steps * if I::BLOCK == RegisterBlock::EightByTwo { 2 } else { 1 });
        let mut c = c.chunks_exact_mut(LANES * if I::BLOCK == RegisterBlock::EightByTwo { 2 } else { 1 });
        for (b, c) in b.by_ref().zip(c.by_ref()) {
            if I::BLOCK == RegisterBlock::EightByTwo {
                panel::<I, 2, ADD>(rows, a, b, c);
            } else {
                panel::<I, 1, ADD>(rows, a, b, c);
            }
        }
        let (b, c) = (b.remainder(), c.into_remainder());
        if !b.is_empty() {
            panel::<I, 1, ADD>(rows, a, b, c);
        }
    }
}

/// A matrix in memory: element `(row, column)` stands at `row * row_stride + column * column_stride`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matrix<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) row_stride: usize,
    pub(crate) column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// A row-major matrix of `columns` columns.
    pub(crate) fn new(values: &'a [f32], columns: usize) -> Self {
        Matrix { values, row_stride: columns, column_stride: 1 }
    }

    /// The same numbers with rows and columns exchanged.
    pub(crate) fn transposed(self) -> Self {
        Matrix { values: self.values, row_stride: self.column_stride, column_stride: self.row_stride }
    }
}

/// Writes lines `line[step][lane] = matrix(first + lane, step)`, with zeros in lanes of rows from `rows` on.
pub(crate) fn pack_rows(matrix: Matrix, first: usize, rows: usize, lines: &mut [Line]) {
    let lanes = LANES.min(rows - first);
    let from = &matrix.values[first * matrix.row_stride..];
    if matrix.row_stride == 1 {
        for (step, line) in lines.iter_mut().enumerate() {
            line.0[lanes..].fill(0.0);
            line.0[..lanes].copy_from_slice(&from[step * matrix.column_stride..][..lanes]);
        }
    } else {
        // Sixteen steps at a time keep the lines being written in the first cache level.
        for (block, lines) in lines.chunks_mut(LANES).enumerate() {
            if lanes < LANES {
                lines.fill(Line::ZERO);
            }
            for lane in 0..lanes {
                let start = lane * matrix.row_stride + block * LANES * matrix.column_stride;
                for (step, line) in lines.iter_mut().enumerate() {
                    line.0[lane] = from[start + step * matrix.column_stride];
                }
            }
        }
    }
}

/// `c = a b`, with `a` of `m` by `k`, `b` of `k` by `n`, `c` row-major.
pub(crate) fn multiply(m: usize, n: usize, k: usize, a: Matrix, b: Matrix, c: &mut [f32]) {
    let panels = n.div_ceil(LANES);
    let columns = b.transposed();
    with_lines(panels * k, |packed| {
        packed.par_chunks_mut(k.max(1)).enumerate().for_each(|(j, lines)| pack_rows(columns, j * LANES, n, lines));
        let packed = &*packed;
        c.par_chunks_mut(LANES * n).enumerate().for_each(|(i, c)| multiply_rows(m, n, k, a, i * LANES, packed, c));
    });
}

/// The sixteen rows of `multiply`'s result that start at `first`.
pub(crate) fn multiply_rows(m: usize, n: usize, k: usize, a: Matrix, first: usize, b: &[Line], c: &mut [f32]) {
    let rows = LANES.min(m - first);
    let panels = n.div_ceil(LANES);
    with_lines(k, |lines| {
        pack_rows(a, first, m, lines);
        with_lines(panels * LANES, |tiles| {
            multiply_panel::<false>(rows, lines, b, tiles);
            unpack_tiles(tiles, n, c);
        });
    });
}

/// Writes tiles (`[n / 16][16]` lines) as rows of `n` numbers.
pub(crate) fn unpack_tiles(tiles: &[Line], n: usize, c: &mut [f32]) {
    for (row, c) in c.chunks_mut(n).enumerate() {
        for (j, c) in c.chunks_mut(LANES).enumerate() {
            c.copy_from_slice(&tiles[j * LANES + row].0[..c.len()]);
        }
    }
}

/// `products[i][j] = sum_k a[i][k] * b[j][k]`: the dot products of the rows of `a` (`[m][k]`) with the rows of `b`
/// (`[n][k]`), written to `products` (`[m][n]`).
///
/// # Panics
///
/// If a slice has no whole rows of `k` numbers, or `products` is not of `m` by `n`.
pub fn row_products(a: &[f32], b: &[f32], k: usize, products: &mut [f32]) {
    let (m, n) = (a.len() / k, b.len() / k);
    expect_len("a", a.len(), m * k);
    expect_len("b", b.len(), n * k);
    expect_len("products", products.len(), m * n);
    if m > 0 && n > 0 {
        multiply(m, n, k, Matrix::new(a, k), Matrix::new(b, k).transposed(), products);
    }
}
