//! How work is divided: always by sizes that do not depend on the number of threads.

use rayon::prelude::*;

/// Numbers in one piece of an elementwise job: 64 KiB, small enough to stay in a core's cache, large enough to hide the
/// cost of handing it out.
pub(crate) const PIECE: usize = 16 * 1024;

/// Panics unless `found` is `expected`, naming the argument.
#[track_caller]
pub(crate) fn expect_len(name: &str, found: usize, expected: usize) {
    assert!(found == expected, "`{name}` has {found} elements, expected {expected}");
}

/// Calls `work(piece of x, piece of y)` over all pieces of two slices of one length.
pub(crate) fn map1(x: &[f32], y: &mut [f32], work: impl Fn(&[f32], &mut [f32]) + Sync) {
    expect_len("y", y.len(), x.len());
    y.par_chunks_mut(PIECE).zip(x.par_chunks(PIECE)).for_each(|(y, x)| work(x, y));
}

/// Calls `work(piece of a, piece of b, piece of y)` over all pieces of three slices of one length.
pub(crate) fn map2(a: &[f32], b: &[f32], y: &mut [f32], work: impl Fn(&[f32], &[f32], &mut [f32]) + Sync) {
    expect_len("second input", b.len(), a.len());
    expect_len("output", y.len(), a.len());
    y.par_chunks_mut(PIECE).zip(a.par_chunks(PIECE).zip(b.par_chunks(PIECE))).for_each(|(y, (a, b))| work(a, b, y));
}

/// Divides rows of `row` numbers into parts of `part` numbers (the last one may be shorter); each part's index comes
/// with its slices of all rows, so that parts can be written in parallel.
pub(crate) fn split_columns(rows: &mut [f32], row: usize, part: usize) -> Vec<(usize, Vec<&mut [f32]>)> {
    let mut parts: Vec<_> = (0..row.div_ceil(part)).map(|index| (index, Vec::new())).collect();
    for row in rows.chunks_exact_mut(row) {
        for ((_, slices), slice) in parts.iter_mut().zip(row.chunks_mut(part)) {
            slices.push(slice);
        }
    }
    parts
}
