//! Optimiser steps and averages, each one pass over a parameter tensor. The formulas are the same as in `torch.optim`.

use rayon::prelude::*;

use crate::parallel::{PIECE, expect_len, map2};
use crate::simd::vectorised;

/// Settings of one [`adam`] step, in double precision: 1 − 0.999 in `f32` would be off by 1e-5.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamStep {
    /// Learning rate.
    pub lr: f64,
    /// Decay of the gradient's running mean.
    pub beta1: f64,
    /// Decay of the squared gradient's running mean.
    pub beta2: f64,
    /// Added to the denominator.
    pub epsilon: f64,
    /// Number of this step, from 1.
    pub step: u64,
}

/// The numbers that follow from an [`AdamStep`] and are the same for every value.
#[derive(Clone, Copy)]
struct AdamRates {
    new_mean: f32,
    old_square: f32,
    new_square: f32,
    rate: f32,
    correction: f32,
    epsilon: f32,
}

impl AdamStep {
    fn rates(&self) -> AdamRates {
        let corrected = |beta: f64| 1.0 - beta.powf(self.step as f64);
        AdamRates {
            new_mean: (1.0 - self.beta1) as f32,
            old_square: self.beta2 as f32,
            new_square: (1.0 - self.beta2) as f32,
            rate: (self.lr / corrected(self.beta1)) as f32,
            correction: corrected(self.beta2).sqrt() as f32,
            epsilon: self.epsilon as f32,
        }
    }
}

/// Adam (Kingma and Ba 2015) as in PyTorch:
/// `m = beta1 m + (1 - beta1) g`, `v = beta2 v + (1 - beta2) g^2`,
/// `p -= lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)`.
///
/// # Panics
/// When the slices differ in length or `step` is 0.
pub fn adam(s: &AdamStep, parameter: &mut [f32], gradient: &[f32], m: &mut [f32], v: &mut [f32]) {
    assert!(s.step > 0, "`step` counts from 1");
    expect_len("gradient", gradient.len(), parameter.len());
    expect_len("m", m.len(), parameter.len());
    expect_len("v", v.len(), parameter.len());
    let rates = s.rates();
    let state = m.par_chunks_mut(PIECE).zip(v.par_chunks_mut(PIECE));
    parameter
        .par_chunks_mut(PIECE)
        .zip(gradient.par_chunks(PIECE))
        .zip(state)
        .for_each(|((parameter, gradient), (m, v))| adam_piece(rates, parameter, gradient, m, v));
}

vectorised! {
    fn adam_piece<I>(s: AdamRates, parameter: &mut [f32], gradient: &[f32], m: &mut [f32], v: &mut [f32]) {
        for (((p, &g), m), v) in parameter.iter_mut().zip(gradient).zip(m).zip(v) {
            *m += s.new_mean * (g - *m);
            *v = s.old_square * *v + s.new_square * g * g;
            *p -= s.rate * (*m / (v.sqrt() / s.correction + s.epsilon));
        }
    }
}

/// Stochastic gradient descent with momentum as in PyTorch (no dampening, no Nesterov): `u = momentum u + g`,
/// `p -= lr u`. The velocity starts at zero.
///
/// # Panics
/// When the slices differ in length.
pub fn sgd(lr: f32, momentum: f32, parameter: &mut [f32], gradient: &[f32], velocity: &mut [f32]) {
    expect_len("gradient", gradient.len(), parameter.len());
    expect_len("velocity", velocity.len(), parameter.len());
    parameter.par_chunks_mut(PIECE).zip(gradient.par_chunks(PIECE)).zip(velocity.par_chunks_mut(PIECE)).for_each(
        |((parameter, gradient), velocity)| {
            for ((p, &g), u) in parameter.iter_mut().zip(gradient).zip(velocity) {
                *u = momentum * *u + g;
                *p -= lr * *u;
            }
        },
    );
}

/// Settings of one [`rms_prop`] step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RmsPropStep {
    /// Learning rate.
    pub lr: f32,
    /// Decay of the squared gradient's running mean (PyTorch's `alpha`).
    pub alpha: f64,
    /// Added to the denominator.
    pub epsilon: f32,
}

/// RMSprop (Hinton's lecture 6e) as in PyTorch, without momentum or centring:
/// `v = alpha v + (1 - alpha) g^2`, `p -= lr g / (sqrt(v) + epsilon)`.
///
/// # Panics
/// When the slices differ in length.
pub fn rms_prop(s: &RmsPropStep, parameter: &mut [f32], gradient: &[f32], v: &mut [f32]) {
    expect_len("gradient", gradient.len(), parameter.len());
    expect_len("v", v.len(), parameter.len());
    parameter
        .par_chunks_mut(PIECE)
        .zip(gradient.par_chunks(PIECE))
        .zip(v.par_chunks_mut(PIECE))
        .for_each(|((parameter, gradient), v)| rms_prop_piece(s, parameter, gradient, v));
}

vectorised! {
    fn rms_prop_piece<I>(s: &RmsPropStep, parameter: &mut [f32], gradient: &[f32], v: &mut [f32]) {
        let s = *s;
        let (old, new) = (s.alpha as f32, (1.0 - s.alpha) as f32);
        for ((p, &g), v) in parameter.iter_mut().zip(gradient).zip(v) {
            *v = old * *v + new * g * g;
            *p -= s.lr * (g / (v.sqrt() + s.epsilon));
        }
    }
}

/// Adds two gradients: `sum = a + b`.
///
/// # Panics
/// When the slices differ in length.
pub fn add(a: &[f32], b: &[f32], sum: &mut [f32]) {
    map2(a, b, sum, |a, b, sum| {
        for (sum, (a, b)) in sum.iter_mut().zip(a.iter().zip(b)) {
            *sum = a + b;
        }
    });
}

/// Exponential moving average of a parameter, in place: `average = decay average + (1 - decay) parameter`.
///
/// # Panics
/// When the slices differ in length.
pub fn average(decay: f64, average: &mut [f32], parameter: &[f32]) {
    expect_len("parameter", parameter.len(), average.len());
    let new = (1.0 - decay) as f32;
    average.par_chunks_mut(PIECE).zip(parameter.par_chunks(PIECE)).for_each(|(average, parameter)| {
        for (average, &parameter) in average.iter_mut().zip(parameter) {
            *average += new * (parameter - *average);
        }
    });
}
