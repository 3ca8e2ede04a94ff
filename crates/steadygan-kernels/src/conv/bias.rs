//! The bias of a convolution.

use rayon::prelude::*;

use crate::parallel::expect_len;
use crate::reduce::{add_images, sum_plane};

/// Adds a channel's bias to all its pixels: `y[n][c][p] = x[n][c][p] + bias[c]`, with `plane` pixels `p`.
///
/// # Panics
/// When `bias` has not `channels` elements, `x` is no whole number of images or `y` not as long as `x`.
pub fn add_bias(x: &[f32], bias: &[f32], channels: usize, plane: usize, y: &mut [f32]) {
    expect_len("bias", bias.len(), channels);
    expect_images("x", x.len(), channels, plane);
    expect_len("y", y.len(), x.len());
    let image = channels * plane;
    y.par_chunks_mut(image).zip(x.par_chunks(image)).for_each(|(y, x)| {
        // With one pixel per channel, the channels lie side by side.
        if plane == 1 {
            y.iter_mut().zip(x).zip(bias).for_each(|((y, x), bias)| *y = x + bias);
            return;
        }
        for ((y, x), &bias) in y.chunks_exact_mut(plane).zip(x.chunks_exact(plane)).zip(bias) {
            for (y, x) in y.iter_mut().zip(x) {
                *y = x + bias;
            }
        }
    });
}

/// The gradient of [`add_bias`] with respect to the bias: `db[c] = sum_{n,p} dy[n][c][p]`, summed in `f64` over images.
///
/// # Panics
/// When `db` has not `channels` elements or `dy` is no whole number of images.
pub fn bias_gradient(dy: &[f32], channels: usize, plane: usize, db: &mut [f32]) {
    expect_len("db", db.len(), channels);
    expect_images("dy", dy.len(), channels, plane);
    let image = channels * plane;
    let sums = add_images(dy.len() / image, channels, |index, sums| {
        let planes = dy[index * image..][..image].chunks_exact(plane);
        for (sums, plane) in sums.iter_mut().zip(planes) {
            let sum = if let [pixel] = plane { f64::from(*pixel) } else { sum_plane(plane) };
            *sums = [sum, 0.0];
        }
    });
    for (db, [sum, _]) in db.iter_mut().zip(sums) {
        *db = sum as f32;
    }
}

/// Panics unless `len` is a whole number of images of `channels` planes of `plane` pixels.
#[track_caller]
pub(crate) fn expect_images(name: &str, len: usize, channels: usize, plane: usize) {
    let image = channels * plane;
    assert!(image > 0, "`channels` and `plane` must not be zero");
    assert!(len.is_multiple_of(image), "`{name}` has {len} elements, expected a multiple of {channels} x {plane}");
}
