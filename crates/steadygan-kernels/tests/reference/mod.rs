//! Plain `f64` definitions of the operators, and helpers that the tests share.
#![allow(dead_code, reason = "each test file uses some of it")]

use steadygan_kernels::Conv;

/// Numbers in [-1, 1), the same for the same seed (a 64-bit linear congruential generator, Knuth's MMIX constants).
pub(crate) fn numbers(seed: u64, len: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 40) as f32 / (1u64 << 23) as f32) - 1.0
    };
    (0..8).for_each(|_| {
        next();
    });
    (0..len).map(|_| next()).collect()
}

/// Asserts that `|found - expected| <= 1e-5 |expected|` in the Euclidean norm.
#[track_caller]
pub(crate) fn assert_close(name: &str, found: &[f32], expected: &[f64]) {
    assert_close_at_size(name, found, expected, 0.0);
}

/// Like [`assert_close`], but `expected` counts as at least `usual` large, because sums of few numbers may cancel.
#[track_caller]
pub(crate) fn assert_close_at_size(name: &str, found: &[f32], expected: &[f64], usual: f64) {
    assert_eq!(found.len(), expected.len(), "{name}");
    let pairs = found.iter().zip(expected);
    let difference = pairs.map(|(&f, &e)| (f64::from(f) - e).powi(2)).sum::<f64>().sqrt();
    let size = norm(expected).max(usual);
    assert!(difference <= 1e-5 * size, "{name}: differs by {difference:e} of {size:e}");
}

/// The Euclidean norm.
pub(crate) fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}

pub(crate) fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

/// The products of a convolution's definition: `visit(x index, w index, y index)` for each.
pub(crate) fn conv_products(g: &Conv, mut visit: impl FnMut(usize, usize, usize)) {
    let (oh, ow) = (g.out_height(), g.out_width());
    for n in 0..g.batch {
        for co in 0..g.out_channels {
            for ci in 0..g.in_channels {
                for ky in 0..g.kernel {
                    for kx in 0..g.kernel {
                        let w = ((co * g.in_channels + ci) * g.kernel + ky) * g.kernel + kx;
                        for oy in 0..oh {
                            let iy = (oy * g.stride + ky).wrapping_sub(g.pad_before);
                            if iy >= g.in_height {
                                continue;
                            }
                            for ox in 0..ow {
                                let ix = (ox * g.stride + kx).wrapping_sub(g.pad_before);
                                if ix < g.in_width {
                                    let x = ((n * g.in_channels + ci) * g.in_height + iy) * g.in_width + ix;
                                    visit(x, w, ((n * g.out_channels + co) * oh + oy) * ow + ox);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
