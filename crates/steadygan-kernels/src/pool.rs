//! 2 x 2 maximum pooling and upsampling by nearest neighbours, over any number of planes.

use rayon::prelude::*;

use crate::parallel::expect_len;

/// Numbers of the larger side in one task.
const TASK: usize = 16 * 1024;

/// Planes of `plane` numbers that make a task.
fn planes_per_task(plane: usize) -> usize {
    TASK.div_ceil(plane.max(1))
}

#[track_caller]
fn expect_even(height: usize, width: usize) {
    let even = height.is_multiple_of(2) && width.is_multiple_of(2);
    assert!(even && height > 0 && width > 0, "`height` and `width` must be even and not zero, got {height} x {width}");
}

/// The place of the maximum in a 2 x 2 window, counted row by row. The first of equals wins, and the first NaN wins
/// over all numbers.
#[inline(always)]
fn winner(window: [f32; 4]) -> usize {
    let mut best = 0;
    for place in 1..4 {
        if window[place] > window[best] || (window[place].is_nan() && !window[best].is_nan()) {
            best = place;
        }
    }
    best
}

/// Visits the windows of two rows: `visit(column of the window, its four numbers)`.
#[inline(always)]
fn windows(top: &[f32], bottom: &[f32], mut visit: impl FnMut(usize, [f32; 4])) {
    let pairs = top.as_chunks::<2>().0.iter().zip(bottom.as_chunks::<2>().0);
    for (column, (top, bottom)) in pairs.enumerate() {
        visit(column, [top[0], top[1], bottom[0], bottom[1]]);
    }
}

/// 2 x 2 maximum pooling with stride 2: `y[p][i][j] = max(x[p][2i..2i+2][2j..2j+2])`. A NaN in a window is its maximum.
///
/// # Panics
/// When a size is odd or a slice has the wrong length.
pub fn max_pool2(x: &[f32], planes: usize, height: usize, width: usize, y: &mut [f32]) {
    expect_even(height, width);
    expect_len("x", x.len(), planes * height * width);
    expect_len("y", y.len(), x.len() / 4);
    let task = planes_per_task(height * width) * height * width;
    y.par_chunks_mut(task / 4).zip(x.par_chunks(task)).for_each(|(y, x)| {
        for (y, x) in y.chunks_exact_mut(width / 2).zip(x.chunks_exact(2 * width)) {
            let (top, bottom) = x.split_at(width);
            windows(top, bottom, |column, window| y[column] = window[winner(window)]);
        }
    });
}

/// The gradient of [`max_pool2`] with respect to `x`: `dy` at the place of each window's maximum, zeros elsewhere.
///
/// # Panics
/// When a size is odd or a slice has the wrong length.
pub fn max_pool2_scatter(x: &[f32], planes: usize, height: usize, width: usize, dy: &[f32], dx: &mut [f32]) {
    expect_even(height, width);
    expect_len("x", x.len(), planes * height * width);
    expect_len("dy", dy.len(), x.len() / 4);
    expect_len("dx", dx.len(), x.len());
    let task = planes_per_task(height * width) * height * width;
    let tasks = dx.par_chunks_mut(task).zip(x.par_chunks(task).zip(dy.par_chunks(task / 4)));
    tasks.for_each(|(dx, (x, dy))| {
        let rows = x.chunks_exact(2 * width).zip(dy.chunks_exact(width / 2));
        for (dx, (x, dy)) in dx.chunks_exact_mut(2 * width).zip(rows) {
            let (top, bottom) = x.split_at(width);
            let (to_top, to_bottom) = dx.split_at_mut(width);
            windows(top, bottom, |column, window| {
                let place = winner(window);
                let value = |at: usize| if place == at { dy[column] } else { 0.0 };
                to_top[2 * column..][..2].copy_from_slice(&[value(0), value(1)]);
                to_bottom[2 * column..][..2].copy_from_slice(&[value(2), value(3)]);
            });
        }
    });
}

/// Picks `v` where [`max_pool2`] of `x` takes its maxima: `y[p][i][j] = v[winner of x's window]`; the adjoint of
/// [`max_pool2_scatter`].
///
/// # Panics
/// When a size is odd or a slice has the wrong length.
pub fn max_pool2_gather(x: &[f32], planes: usize, height: usize, width: usize, v: &[f32], y: &mut [f32]) {
    expect_even(height, width);
    expect_len("x", x.len(), planes * height * width);
    expect_len("v", v.len(), x.len());
    expect_len("y", y.len(), x.len() / 4);
    let task = planes_per_task(height * width) * height * width;
    let tasks = y.par_chunks_mut(task / 4).zip(x.par_chunks(task).zip(v.par_chunks(task)));
    tasks.for_each(|(y, (x, v))| {
        let rows = x.chunks_exact(2 * width).zip(v.chunks_exact(2 * width));
        for (y, (x, v)) in y.chunks_exact_mut(width / 2).zip(rows) {
            let (top, bottom) = x.split_at(width);
            windows(top, bottom, |column, window| {
                let place = winner(window);
                y[column] = v[place / 2 * width + 2 * column + place % 2];
            });
        }
    });
}

/// Upsampling by 2 to nearest neighbours: `y[p][i][j] = x[p][i/2][j/2]`; `height` and `width` are the size of `x`.
///
/// # Panics
/// When a size is zero or a slice has the wrong length.
pub fn upsample2(x: &[f32], planes: usize, height: usize, width: usize, y: &mut [f32]) {
    assert!(height > 0 && width > 0, "`height` and `width` must not be zero");
    expect_len("x", x.len(), planes * height * width);
    expect_len("y", y.len(), 4 * x.len());
    let task = planes_per_task(4 * height * width) * height * width;
    y.par_chunks_mut(4 * task).zip(x.par_chunks(task)).for_each(|(y, x)| {
        for (y, x) in y.chunks_exact_mut(4 * width).zip(x.chunks_exact(width)) {
            let (top, bottom) = y.split_at_mut(2 * width);
            for (pair, &value) in top.as_chunks_mut::<2>().0.iter_mut().zip(x) {
                *pair = [value; 2];
            }
            bottom.copy_from_slice(top);
        }
    });
}

/// The gradient of [`upsample2`]: each `dx` is the sum of the 2 x 2 window of `dy`; `height` and `width` are the size
/// of `dx`.
///
/// # Panics
/// When a size is zero or a slice has the wrong length.
pub fn upsample2_gradient(dy: &[f32], planes: usize, height: usize, width: usize, dx: &mut [f32]) {
    assert!(height > 0 && width > 0, "`height` and `width` must not be zero");
    expect_len("dx", dx.len(), planes * height * width);
    expect_len("dy", dy.len(), 4 * dx.len());
    let task = planes_per_task(4 * height * width) * height * width;
    dx.par_chunks_mut(task).zip(dy.par_chunks(4 * task)).for_each(|(dx, dy)| {
        for (dx, dy) in dx.chunks_exact_mut(width).zip(dy.chunks_exact(4 * width)) {
            let (top, bottom) = dy.split_at(2 * width);
            windows(top, bottom, |column, [a, b, c, d]| dx[column] = (a + b) + (c + d));
        }
    });
}
