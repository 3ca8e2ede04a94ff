//! Activations and their gradients, elementwise. Non-finite values are never hidden: a NaN in any input is a NaN in the
//! output.

use crate::parallel::{map1, map2};
use crate::simd::{Isa, vectorised};

/// Leaky ReLU: `y = x` where `x > 0`, else `slope x` (slope 0: ReLU, where minus infinity becomes NaN).
///
/// # Panics
/// When the slices differ in length.
pub fn leaky_relu(x: &[f32], slope: f32, y: &mut [f32]) {
    map1(x, y, |x, y| leaky_relu_piece(x, slope, y));
}

/// Like [`leaky_relu`], but in place and on this thread alone, for numbers that are in its cache.
pub(crate) fn leaky_relu_in_place(x: &mut [f32], slope: f32) {
    leaky_relu_in_place_piece(x, slope);
}

/// The gradient of [`leaky_relu`] from its input: `dx = dy` where `x > 0`, else `slope dy`. If the slope is not
/// negative, the output may be given instead of the input, because it is positive where the input is.
///
/// # Panics
/// When the slices differ in length.
pub fn leaky_relu_gradient(x: &[f32], slope: f32, dy: &[f32], dx: &mut [f32]) {
    map2(x, dy, dx, |x, dy, dx| leaky_relu_gradient_piece(x, slope, dy, dx));
}

/// Hyperbolic tangent, within 2e-7 of the exact value.
///
/// # Panics
/// When the slices differ in length.
pub fn tanh(x: &[f32], y: &mut [f32]) {
    map1(x, y, tanh_piece);
}

/// The gradient of [`tanh`] from its output: `dx = dy (1 - y^2)`.
///
/// # Panics
/// When the slices differ in length.
pub fn tanh_gradient(y: &[f32], dy: &[f32], dx: &mut [f32]) {
    map2(y, dy, dx, tanh_gradient_piece);
}

/// Logistic sigmoid `1 / (1 + exp(-x))`, within 2e-7 of the exact value; 0 below -88.
///
/// # Panics
/// When the slices differ in length.
pub fn sigmoid(x: &[f32], y: &mut [f32]) {
    map1(x, y, sigmoid_piece);
}

/// The gradient of [`sigmoid`] from its output: `dx = dy y (1 - y)`.
///
/// # Panics
/// When the slices differ in length.
pub fn sigmoid_gradient(y: &[f32], dy: &[f32], dx: &mut [f32]) {
    map2(y, dy, dx, sigmoid_gradient_piece);
}

/// Leaky ReLU of one number.
#[inline(always)]
pub(crate) fn leaky(x: f32, slope: f32) -> f32 {
    if x > 0.0 { x } else { slope * x }
}

/// The slope of leaky ReLU at `x`: at 0 the slope of the negative side, at NaN a NaN.
#[inline(always)]
pub(crate) fn leaky_slope(x: f32, slope: f32) -> f32 {
    let at_most_zero = if x <= 0.0 { slope } else { x };
    if x > 0.0 { 1.0 } else { at_most_zero }
}

vectorised! {
    fn leaky_relu_piece<I>(x: &[f32], slope: f32, y: &mut [f32]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = leaky(x, slope);
        }
    }
}

vectorised! {
    fn leaky_relu_in_place_piece<I>(x: &mut [f32], slope: f32) {
        for x in x {
            *x = leaky(*x, slope);
        }
    }
}

vectorised! {
    fn leaky_relu_gradient_piece<I>(x: &[f32], slope: f32, dy: &[f32], dx: &mut [f32]) {
        for (dx, (&x, &dy)) in dx.iter_mut().zip(x.iter().zip(dy)) {
            *dx = dy * leaky_slope(x, slope);
        }
    }
}

vectorised! {
    fn tanh_piece<I>(x: &[f32], y: &mut [f32]) {
        for (y, &x) in y.iter_mut().zip(x) {
            // tanh |x| = e / (e + 2) with e = exp(2 |x|) - 1; from 2 |x| = 20 on it rounds to 1.
            let size = 2.0 * x.abs();
            let (less_one, power) = exp_parts::<I>(if size > 20.0 { 20.0 } else { size });
            let e = I::mul_add_scalar(power, less_one, power - 1.0);
            *y = (e / (e + 2.0)).copysign(x);
        }
    }
}

vectorised! {
    fn tanh_gradient_piece<I>(y: &[f32], dy: &[f32], dx: &mut [f32]) {
        for (dx, (&y, &dy)) in dx.iter_mut().zip(y.iter().zip(dy)) {
            *dx = dy * (1.0 - y * y);
        }
    }
}

/// The largest whole number whose exponential `exp_parts` can scale.
const EXP_LIMIT: f32 = 88.0;

vectorised! {
    fn sigmoid_piece<I>(x: &[f32], y: &mut [f32]) {
        for (y, &x) in y.iter_mut().zip(x) {
            let negated = if x > EXP_LIMIT { -EXP_LIMIT } else { -x };
            let negated = if x < -EXP_LIMIT { EXP_LIMIT } else { negated };
            let (less_one, power) = exp_parts::<I>(negated);
            let value = 1.0 / (1.0 + I::mul_add_scalar(power, less_one, power));
            *y = if x < -EXP_LIMIT { 0.0 } else { value };
        }
    }
}

vectorised! {
    fn sigmoid_gradient_piece<I>(y: &[f32], dy: &[f32], dx: &mut [f32]) {
        for (dx, (&y, &dy)) in dx.iter_mut().zip(y.iter().zip(dy)) {
            *dx = dy * (y * (1.0 - y));
        }
    }
}

/// `(exp(r) - 1, 2^n)` with `x = n ln 2 + r` and `|r| <= ln 2 / 2`, so that `exp(x)` is `2^n (1 + (exp(r) - 1))`, for
/// `|x| <= 88`.
///
/// `exp(r) - 1` is its Taylor polynomial of degree 7, whose remainder is at most 2e-8 of it.
#[inline(always)]
fn exp_parts<I: Isa>(x: f32) -> (f32, f32) {
    /// 1.5 * 2^23: adding it rounds to a whole number, which then stands in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    /// ln 2 in two parts; the first has 15 bits, so that its product with a small whole number is exact.
    const LN2_HIGH: f32 = 0.693_145_75;
    const LN2_LOW: f32 = 1.428_606_8e-6;
    /// 1 / n! for n = 7 down to 2.
    const FACTORS: [f32; 6] = [1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5];
    /// The bits of 1.0: the exponent's bias, in place.
    const ONE: u32 = 127 << MANTISSA_BITS;
    const MANTISSA_BITS: u32 = 23;

    let shifted = I::mul_add_scalar(x, std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = I::mul_add_scalar(n, -LN2_HIGH, x);
    let r = I::mul_add_scalar(n, -LN2_LOW, r);
    let mut series = FACTORS[0];
    for factor in &FACTORS[1..] {
        series = I::mul_add_scalar(series, r, *factor);
    }
    let less_one = I::mul_add_scalar(series * r, r, r);
    let power = f32::from_bits((shifted.to_bits() << MANTISSA_BITS).wrapping_add(ONE));
    (less_one, power)
}
