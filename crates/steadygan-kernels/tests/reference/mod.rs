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

/// `|found - expected| / |expected|` in the Euclidean norm.
pub(crate) fn relative_l2(found: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let pairs = found.iter().zip(expected);
    let difference: f64 = pairs.map(|(&f, &e)| (f64::from(f) - e).powi(2)).sum();
    let size: f64 = expected.iter().map(|e| e * e).sum();
    if size == 0.0 { difference.sqrt() } else { (difference / size).sqrt() }
}

#[track_caller]
pub(crate) fn assert_close(name: &str, found: &[f32], expected: &[f64]) {
    let error = relative_l2(found, expected);
    assert!(error <= 1e-5, "{name}: relative error {error:e}");
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
