//! Convolution and its gradients against their definition, over random shapes.

mod reference;

use proptest::prelude::*;
use reference::{assert_close, assert_close_at_size, conv_products, dot, norm, numbers};
use steadygan_kernels::*;

fn geometry(
    batch: usize,
    channels: [usize; 2],
    size: [usize; 2],
    kernel: usize,
    stride: usize,
    pads: [usize; 2],
) -> Conv {
    Conv {
        batch,
        in_channels: channels[0],
        in_height: size[0],
        in_width: size[1],
        out_channels: channels[1],
        kernel,
        stride,
        pad_before: pads[0],
        pad_after: pads[1],
    }
}

/// Checks the three passes against the definition and the two adjointness laws.
fn check(g: &Conv, seed: u64) {
    g.validate().expect("the test's geometry is valid");
    let x = numbers(seed, g.input_len());
    let w = numbers(seed + 1, g.weight_len());
    let dy = numbers(seed + 2, g.output_len());
    let mut y = vec![f32::NAN; g.output_len()];
    let mut dx = vec![f32::NAN; g.input_len()];
    let mut dw = vec![f32::NAN; g.weight_len()];
    conv(g, &x, &w, &mut y);
    conv_input_gradient(g, &dy, &w, &mut dx);
    conv_weight_gradient(g, &x, &dy, &mut dw);

    let mut expected = (vec![0.0; y.len()], vec![0.0; dx.len()], vec![0.0; dw.len()]);
    // The sums of the terms' absolute values. Divided by the root of the number of terms, they are the usual size of a
    // sum.
    let mut sizes = expected.clone();
    conv_products(g, |ix, iw, iy| {
        let (x, w, dy) = (f64::from(x[ix]), f64::from(w[iw]), f64::from(dy[iy]));
        expected.0[iy] += x * w;
        expected.1[ix] += dy * w;
        expected.2[iw] += dy * x;
        sizes.0[iy] += (x * w).abs();
        sizes.1[ix] += (dy * w).abs();
        sizes.2[iw] += (dy * x).abs();
    });
    let usual = |sizes: &[f64], terms: usize| norm(sizes) / (terms as f64).sqrt();
    let area = g.kernel * g.kernel;
    let places = g.batch * g.out_height() * g.out_width();
    assert_close_at_size(&format!("y of {g:?}"), &y, &expected.0, usual(&sizes.0, g.in_channels * area));
    assert_close_at_size(&format!("dx of {g:?}"), &dx, &expected.1, usual(&sizes.1, g.out_channels * area));
    assert_close_at_size(&format!("dw of {g:?}"), &dw, &expected.2, usual(&sizes.2, places));

    check_leaky_relu(g, &x, &w, &dy, &y);
    let products = [dot(&y, &dy), dot(&x, &dx), dot(&w, &dw)];
    let scale = (dot(&y, &y) * dot(&dy, &dy)).sqrt().max(1e-3);
    for product in products {
        let difference = (product - products[0]).abs() / scale;
        assert!(difference < 1e-5, "not adjoint by {difference:e}: {products:?} for {g:?}");
    }
}

/// A convolution with a leaky ReLU gives the same output and gradients as the two operators one after the other. `y` is
/// the output of the convolution alone.
fn check_leaky_relu(g: &Conv, x: &[f32], w: &[f32], dy: &[f32], y: &[f32]) {
    let slope = 0.2;
    let (mut activated, mut fused, mut own) = (y.to_vec(), vec![f32::NAN; y.len()], y.to_vec());
    leaky_relu(y, slope, &mut activated);
    conv_leaky_relu(g, slope, x, w, &mut fused);
    assert!(fused == activated, "y of {g:?}");
    leaky_relu_gradient(y, slope, dy, &mut own);
    let leaky = LeakyReluOutput { y: &activated, slope };
    let (mut expected, mut dx) = (x.to_vec(), vec![f32::NAN; x.len()]);
    conv_input_gradient(g, &own, w, &mut expected);
    conv_leaky_relu_input_gradient(g, leaky, dy, w, &mut dx);
    assert!(dx == expected, "dx of {g:?}");
    let (mut expected, mut dw) = (w.to_vec(), vec![f32::NAN; w.len()]);
    conv_weight_gradient(g, x, &own, &mut expected);
    conv_leaky_relu_weight_gradient(g, x, leaky, dy, &mut dw);
    assert!(dw == expected, "dw of {g:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_geometry(
        batch in 1..4usize, ci in 1..20usize, co in 1..36usize, height in 1..13usize, width in 1..20usize,
        kernel in 1..=7usize, stride in 1..=2usize, before in 0..=3usize, after in 0..=3usize, seed in 0..1000u64,
    ) {
        let g = geometry(batch, [ci, co], [height, width], kernel, stride, [before, after]);
        prop_assume!(g.validate().is_ok());
        check(&g, seed);
    }

    #[test]
    fn kernel_4_stride_2(batch in 1..6usize, ci in 1..40usize, co in 1..40usize, height in 1..12usize, width in 1..12usize, seed in 0..1000u64) {
        check(&geometry(batch, [ci, co], [2 * height, 2 * width], 4, 2, [1, 1]), seed);
    }

    #[test]
    fn kernel_3_stride_1(batch in 1..5usize, ci in 1..40usize, co in 1..40usize, height in 1..18usize, width in 1..18usize, seed in 0..1000u64) {
        check(&geometry(batch, [ci, co], [height, width], 3, 1, [1, 1]), seed);
    }
}

#[test]
fn layers_of_the_networks() {
    for (seed, g) in [
        geometry(2, [3, 16], [64, 64], 4, 2, [1, 1]),
        geometry(2, [1, 16], [28, 28], 4, 2, [1, 1]),
        geometry(3, [16, 3], [32, 32], 3, 1, [1, 1]),
        geometry(2, [3, 16], [32, 32], 3, 2, [0, 1]),
        geometry(2, [32, 48], [32, 32], 4, 2, [1, 1]),
        geometry(9, [64, 80], [8, 8], 4, 2, [1, 1]),
        geometry(3, [128, 144], [8, 8], 4, 2, [1, 1]),
        geometry(2, [24, 130], [6, 10], 3, 1, [1, 1]),
        geometry(9, [64, 32], [16, 16], 3, 1, [1, 1]),
        geometry(7, [64, 1], [4, 4], 4, 1, [0, 0]),
        geometry(7, [48, 20], [4, 4], 4, 1, [0, 0]),
        geometry(5, [48, 20], [9, 9], 1, 1, [0, 0]),
        geometry(5, [20, 48], [8, 8], 1, 2, [0, 0]),
    ]
    .into_iter()
    .enumerate()
    {
        check(&g, seed as u64 * 10);
    }
}

/// A batch that is processed in several rounds gives each image the same numbers as a small batch does, and the sum of
/// the small batches' weight gradients.
#[test]
fn large_batches_are_sums_of_small_ones() {
    for (whole, part) in [
        (geometry(130, [16, 16], [32, 32], 4, 2, [1, 1]), 65),
        (geometry(40, [8, 24], [64, 64], 3, 1, [1, 1]), 8),
        (geometry(400, [128, 128], [8, 8], 4, 2, [1, 1]), 200),
        (geometry(33, [5, 3], [40, 40], 5, 1, [2, 2]), 11),
    ] {
        let (x, w, dy) =
            (numbers(1, whole.input_len()), numbers(2, whole.weight_len()), numbers(3, whole.output_len()));
        let (mut y, mut dx, mut dw) = (dy.clone(), x.clone(), w.clone());
        conv(&whole, &x, &w, &mut y);
        conv_input_gradient(&whole, &dy, &w, &mut dx);
        conv_weight_gradient(&whole, &x, &dy, &mut dw);
        let g = Conv { batch: part, ..whole };
        let (mut y_part, mut dx_part, mut dw_part) = (vec![0.0; g.output_len()], vec![0.0; g.input_len()], w.clone());
        let mut expected = vec![0.0; w.len()];
        for first in 0..whole.batch / part {
            let (inputs, outputs) = (first * g.input_len().., first * g.output_len()..);
            let (x, dy) = (&x[inputs.clone()][..g.input_len()], &dy[outputs.clone()][..g.output_len()]);
            conv(&g, x, &w, &mut y_part);
            conv_input_gradient(&g, dy, &w, &mut dx_part);
            conv_weight_gradient(&g, x, dy, &mut dw_part);
            assert!(y[outputs][..y_part.len()] == y_part, "y of {whole:?}");
            assert!(dx[inputs][..dx_part.len()] == dx_part, "dx of {whole:?}");
            expected.iter_mut().zip(&dw_part).for_each(|(sum, &part)| *sum += f64::from(part));
        }
        assert_close(&format!("dw of {whole:?}"), &dw, &expected);
    }
}

#[test]
fn a_broken_input_shows() {
    let g = geometry(1, [2, 3], [8, 8], 4, 2, [1, 1]);
    for broken in [f32::NAN, f32::INFINITY] {
        let mut x = numbers(1, g.input_len());
        x[27] = broken;
        let w = numbers(2, g.weight_len());
        let mut y = vec![0.0; g.output_len()];
        conv(&g, &x, &w, &mut y);
        assert!(y.iter().any(|y| !y.is_finite()));
    }
}

#[test]
fn wrong_geometry_is_an_error() {
    let good = geometry(1, [1, 1], [4, 4], 4, 2, [1, 1]);
    assert_eq!(good.validate(), Ok(()));
    assert_eq!(Conv { batch: 0, ..good }.validate(), Err(ShapeError::Zero("batch")));
    assert_eq!(Conv { kernel: 8, ..good }.validate(), Err(ShapeError::TooLarge("kernel", 7)));
    assert_eq!(Conv { in_height: 1, ..good }.validate(), Err(ShapeError::KernelExceedsImage));
    let message = ShapeError::TooLarge("stride", 2).to_string();
    assert_eq!(message, "the stride of a convolution must be at most 2");
}

#[test]
#[should_panic(expected = "`w` has 15 elements, expected 16")]
fn wrong_length_names_the_argument() {
    let g = geometry(1, [1, 1], [4, 4], 4, 2, [1, 1]);
    conv(&g, &[0.0; 16], &[0.0; 15], &mut [0.0; 4]);
}

#[test]
fn bias_and_its_gradient() {
    let before = numbers(3, 2 * 3 * 5);
    let mut after = vec![f32::NAN; before.len()];
    add_bias(&before, &[1.0, -2.0, 0.5], 3, 5, &mut after);
    for (i, (after, before)) in after.iter().zip(&before).enumerate() {
        assert_eq!(*after, before + [1.0, -2.0, 0.5][i / 5 % 3]);
    }
    let mut db = [f32::NAN; 3];
    bias_gradient(&before, 3, 5, &mut db);
    let mut expected = [0.0; 3];
    for (i, value) in before.iter().enumerate() {
        expected[i / 5 % 3] += f64::from(*value);
    }
    assert_close("db", &db, &expected);
}
