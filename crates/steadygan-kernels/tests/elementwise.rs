//! Activations, normalisation, pooling, optimisers and sums against `f64` definitions.

mod reference;

use proptest::prelude::*;
use reference::{assert_close, assert_close_at_size, dot, numbers};
use steadygan_kernels::*;

/// Numbers in [-scale, scale).
fn scaled(seed: u64, len: usize, scale: f32) -> Vec<f32> {
    numbers(seed, len).into_iter().map(|x| x * scale).collect()
}

#[test]
fn tanh_and_sigmoid_are_accurate() {
    let mut x = scaled(1, 100_000, 12.0);
    x.extend(scaled(2, 10_000, 0.01));
    x.extend([0.0, -0.0, 1e-20, 100.0, -100.0, -88.0, 88.0, f32::INFINITY, f32::NEG_INFINITY]);
    let mut y = vec![f32::NAN; x.len()];
    tanh(&x, &mut y);
    for (&x, &y) in x.iter().zip(&y) {
        let exact = f64::from(x).tanh();
        let error = (f64::from(y) - exact).abs();
        assert!(error <= 2e-7 * exact.abs().max(1e-30), "tanh({x}) = {y}");
    }
    sigmoid(&x, &mut y);
    for (&x, &y) in x.iter().zip(&y) {
        let exact = 1.0 / (1.0 + (-f64::from(x)).exp());
        assert!((f64::from(y) - exact).abs() <= 2e-7, "sigmoid({x}) = {y}");
    }
    let mut z = vec![f32::NAN; x.len()];
    let dy = numbers(3, x.len());
    sigmoid_gradient(&y, &dy, &mut z);
    let expected: Vec<f64> =
        y.iter().zip(&dy).map(|(&y, &dy)| f64::from(dy) * f64::from(y) * (1.0 - f64::from(y))).collect();
    assert_close("sigmoid gradient", &z, &expected);
    tanh_gradient(&y, &dy, &mut z);
    let expected: Vec<f64> = y.iter().zip(&dy).map(|(&y, &dy)| f64::from(dy) * (1.0 - f64::from(y).powi(2))).collect();
    assert_close("tanh gradient", &z, &expected);
}

#[test]
fn leaky_relu_and_its_gradient() {
    let x = [-2.0, -0.0, 0.0, 3.0];
    let mut y = [f32::NAN; 4];
    leaky_relu(&x, 0.2, &mut y);
    assert_eq!(y, [-0.4, 0.0, 0.0, 3.0]);
    leaky_relu_gradient(&x, 0.2, &[1.0, 2.0, 3.0, 4.0], &mut y);
    assert_eq!(y, [0.2, 0.4, 0.6, 4.0]);
}

#[test]
fn non_finite_values_are_not_hidden() {
    let nan = [f32::NAN, 1.0];
    let one = [1.0, f32::NAN];
    let mut y = [0.0; 2];
    for operator in [tanh, sigmoid, |x: &[f32], y: &mut [f32]| leaky_relu(x, 0.0, y)] {
        operator(&nan, &mut y);
        assert!(y[0].is_nan() && !y[1].is_nan());
    }
    for gradient in
        [tanh_gradient, sigmoid_gradient, |x: &[f32], dy: &[f32], dx: &mut [f32]| leaky_relu_gradient(x, 0.0, dy, dx)]
    {
        gradient(&nan, &one, &mut y);
        assert!(y[0].is_nan() && y[1].is_nan());
    }
    let x = [1.0, 2.0, f32::NAN, 5.0];
    max_pool2(&x, 1, 2, 2, &mut y[..1]);
    assert!(y[0].is_nan());
    let moments = (&mut [0.0_f32; 1], &mut [0.0_f32; 1]);
    channel_moments(&x, 1, 4, moments.0, moments.1);
    assert!(moments.0[0].is_nan() && moments.1[0].is_nan());
    assert!(sum(&x).is_nan());
}

#[test]
fn the_first_maximum_wins() {
    #[rustfmt::skip]
    let x = [
        1.0, 1.0, 0.0, 2.0,
        1.0, 1.0, 2.0, 2.0,
    ];
    let mut y = [f32::NAN; 2];
    max_pool2(&x, 1, 2, 4, &mut y);
    assert_eq!(y, [1.0, 2.0]);
    let mut dx = [f32::NAN; 8];
    max_pool2_scatter(&x, 1, 2, 4, &[5.0, 7.0], &mut dx);
    assert_eq!(dx, [5.0, 0.0, 0.0, 7.0, 0.0, 0.0, 0.0, 0.0]);
    let v: Vec<f32> = (0..8).map(|v| v as f32).collect();
    max_pool2_gather(&x, 1, 2, 4, &v, &mut y);
    assert_eq!(y, [0.0, 3.0]);
}

/// Batch normalisation and its gradient in `f64`, by definition.
struct Reference {
    y: Vec<f64>,
    dx: Vec<f64>,
    dgamma: Vec<f64>,
    dbeta: Vec<f64>,
}

fn batch_norm_reference(norm: &BatchNorm, x: &[f32], dy: &[f32]) -> Reference {
    let slope = f64::from(norm.slope.unwrap_or(1.0));
    let mut r = Reference {
        y: vec![0.0; x.len()],
        dx: vec![0.0; x.len()],
        dgamma: vec![0.0; norm.channels],
        dbeta: vec![0.0; norm.channels],
    };
    let count = (x.len() / norm.channels) as f64;
    let channel = |i: usize| i / norm.plane % norm.channels;
    let h = |i: usize| {
        let c = channel(i);
        (f64::from(x[i]) - f64::from(norm.mean[c])) / (f64::from(norm.variance[c]) + f64::from(norm.epsilon)).sqrt()
    };
    let mut g = vec![0.0; x.len()];
    for i in 0..x.len() {
        let c = channel(i);
        let before = f64::from(norm.gamma[c]) * h(i) + f64::from(norm.beta[c]);
        let factor = if before > 0.0 { 1.0 } else { slope };
        r.y[i] = before * factor;
        g[i] = f64::from(dy[i]) * factor;
        r.dgamma[c] += g[i] * h(i);
        r.dbeta[c] += g[i];
    }
    for (i, dx) in r.dx.iter_mut().enumerate() {
        let c = channel(i);
        let deviation = (f64::from(norm.variance[c]) + f64::from(norm.epsilon)).sqrt();
        let centred = g[i] - r.dbeta[c] / count - h(i) * r.dgamma[c] / count;
        *dx = f64::from(norm.gamma[c]) / deviation * centred;
    }
    r
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn batch_norm_matches(images in 1..6usize, channels in 1..20usize, plane in 1..70usize, slope in 0..3usize, offset in -3.0..3.0f32, seed in 0..1000u64) {
        prop_assume!(images * plane > 3);
        let len = images * channels * plane;
        let x: Vec<f32> = numbers(seed, len).into_iter().map(|x| x + offset).collect();
        let dy = numbers(seed + 1, len);
        let (gamma, beta) = (numbers(seed + 2, channels), numbers(seed + 3, channels));
        let (mut mean, mut variance) = (vec![f32::NAN; channels], vec![f32::NAN; channels]);
        channel_moments(&x, channels, plane, &mut mean, &mut variance);
        let mut moments = (vec![0.0; channels], vec![0.0; channels]);
        let count = (images * plane) as f64;
        for (i, x) in x.iter().enumerate() {
            moments.0[i / plane % channels] += f64::from(*x) / count;
        }
        for (i, x) in x.iter().enumerate() {
            let c = i / plane % channels;
            moments.1[c] += (f64::from(*x) - moments.0[c]).powi(2) / count;
        }
        assert_close_at_size("mean", &mean, &moments.0, 1.0);
        assert_close("variance", &variance, &moments.1);

        let norm = BatchNorm { channels, plane, mean: &mean, variance: &variance, gamma: &gamma, beta: &beta, epsilon: 1e-5, slope: [None, Some(0.2), Some(0.0)][slope] };
        let expected = batch_norm_reference(&norm, &x, &dy);
        let (mut y, mut dx) = (vec![f32::NAN; len], vec![f32::NAN; len]);
        let (mut dgamma, mut dbeta) = (vec![f32::NAN; channels], vec![f32::NAN; channels]);
        batch_norm(&norm, &x, &mut y);
        batch_norm_gradient(&norm, &x, &dy, &mut dx, &mut dgamma, &mut dbeta);
        assert_close("y", &y, &expected.y);
        // Sums over few numbers may cancel, so errors are compared with the size of the terms.
        let usual = dot(&dy, &dy).sqrt();
        assert_close_at_size("dx", &dx, &expected.dx, usual);
        assert_close_at_size("dgamma", &dgamma, &expected.dgamma, usual);
        assert_close_at_size("dbeta", &dbeta, &expected.dbeta, usual);
    }

    #[test]
    fn pooling_and_doubling_are_adjoint(planes in 1..5usize, height in 1..9usize, width in 1..21usize, seed in 0..1000u64) {
        let (height, width) = (2 * height, 2 * width);
        let large = planes * height * width;
        let x = numbers(seed, large);
        let v = numbers(seed + 1, large);
        let small = numbers(seed + 2, large / 4);
        let mut y = vec![f32::NAN; large / 4];
        let mut dx = vec![f32::NAN; large];
        max_pool2_gather(&x, planes, height, width, &x, &mut y);
        let gathered = y.clone();
        max_pool2(&x, planes, height, width, &mut y);
        prop_assert_eq!(&gathered, &y);
        for (i, &y) in y.iter().enumerate() {
            let (row, column) = (i / (width / 2), i % (width / 2));
            let window = [0, 1, width, width + 1].map(|at| x[row * 2 * width + 2 * column + at]);
            prop_assert_eq!(y, window.into_iter().fold(f32::NEG_INFINITY, f32::max));
        }
        max_pool2_gather(&x, planes, height, width, &v, &mut y);
        max_pool2_scatter(&x, planes, height, width, &small, &mut dx);
        prop_assert!((dot(&y, &small) - dot(&v, &dx)).abs() < 1e-6);

        upsample2(&small, planes, height / 2, width / 2, &mut dx);
        for (i, &value) in dx.iter().enumerate() {
            let (row, column) = (i / width, i % width);
            prop_assert_eq!(value, small[row / 2 * (width / 2) + column / 2]);
        }
        upsample2_gradient(&v, planes, height / 2, width / 2, &mut y);
        prop_assert!((dot(&y, &small) - dot(&v, &dx)).abs() < 1e-5);
    }
}

#[test]
fn optimisers_follow_their_formulas() {
    let len = 40_000;
    let (mut p, mut m, mut v) = (numbers(1, len), vec![0.0; len], vec![0.0; len]);
    let mut exact: Vec<[f64; 3]> = p.iter().map(|&p| [f64::from(p), 0.0, 0.0]).collect();
    for step in 1..=5 {
        let g = numbers(10 + step, len);
        let s = AdamStep { lr: 2e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-8, step };
        adam(&s, &mut p, &g, &mut m, &mut v);
        let (b1, b2) = (s.beta1, s.beta2);
        for ([p, m, v], g) in exact.iter_mut().zip(&g) {
            let g = f64::from(*g);
            *m = b1 * *m + (1.0 - b1) * g;
            *v = b2 * *v + (1.0 - b2) * g * g;
            let denominator = (*v / (1.0 - b2.powi(step as i32))).sqrt() + s.epsilon;
            *p -= s.lr / (1.0 - b1.powi(step as i32)) * *m / denominator;
        }
    }
    let column = |i: usize| exact.iter().map(|e| e[i]).collect::<Vec<f64>>();
    assert_close("adam p", &p, &column(0));
    assert_close("adam m", &m, &column(1));
    assert_close("adam v", &v, &column(2));

    let (mut p, g, mut u) = (vec![1.0], [2.0], vec![1.0]);
    sgd(0.5, 0.25, &mut p, &g, &mut u);
    assert_eq!((p[0], u[0]), (1.0 - 0.5 * 2.25, 2.25));
    let (mut p, mut v) = (vec![1.0], vec![0.0]);
    rms_prop(&RmsPropStep { lr: 0.1, alpha: 0.75, epsilon: 1.0 }, &mut p, &g, &mut v);
    assert_eq!((p[0], v[0]), (1.0 - 0.1 * (2.0 / (1.0_f32.sqrt() + 1.0)), 1.0));
    let mut a = vec![1.0];
    average(0.75, &mut a, &[3.0]);
    assert_eq!(a[0], 1.5);
}

#[test]
fn a_number_that_is_not_finite_is_found_anywhere() {
    let mut x = vec![f32::MAX; 40_001];
    assert!(is_finite(&x) && is_finite(&[]));
    for at in [0, 17, 16_384, 40_000] {
        for broken in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let finite = std::mem::replace(&mut x[at], broken);
            assert!(!is_finite(&x), "{broken} at {at}");
            x[at] = finite;
        }
    }
}

#[test]
fn sums_are_exact_to_double_rounding() {
    let x = numbers(5, 100_001);
    let expected: f64 = x.iter().map(|&x| f64::from(x)).sum();
    assert!((sum(&x) - expected).abs() < 1e-3);
    let expected: f64 = x.iter().map(|&x| f64::from(x).powi(2)).sum();
    assert!((sum_of_squares(&x) / expected - 1.0).abs() < 1e-6);
    assert_eq!(sum(&[]), 0.0);
}
