//! The operators give the same bits for any number of threads.

mod reference;

use reference::numbers;
use steadygan_kernels::*;

/// All operators on mid-sized inputs; the outputs one after the other.
fn everything() -> Vec<u32> {
    let mut all = Vec::new();
    for (batch, ci, co, size, kernel, stride, pad) in [
        (11, 3, 20, 32, 4, 2, 1),
        (11, 40, 24, 16, 4, 2, 1),
        (5, 128, 144, 8, 4, 2, 1),
        (70, 16, 16, 32, 4, 2, 1),
        (11, 48, 40, 8, 3, 1, 1),
        (11, 33, 5, 7, 5, 2, 2),
        (2, 20, 40, 40, 5, 1, 2),
        (11, 32, 40, 4, 4, 1, 0),
    ] {
        let g = Conv {
            batch,
            in_channels: ci,
            in_height: size,
            in_width: size,
            out_channels: co,
            kernel,
            stride,
            pad_before: pad,
            pad_after: pad,
        };
        let (x, w, dy) = (numbers(1, g.input_len()), numbers(2, g.weight_len()), numbers(3, g.output_len()));
        let (mut y, mut dx, mut dw) = (dy.clone(), x.clone(), w.clone());
        conv(&g, &x, &w, &mut y);
        conv_input_gradient(&g, &dy, &w, &mut dx);
        conv_weight_gradient(&g, &x, &dy, &mut dw);
        all.extend([y, dx, dw]);
    }
    let (channels, plane) = (24, 100);
    let x = numbers(4, 13 * channels * plane);
    let (mut mean, mut variance) = (vec![0.0; channels], vec![0.0; channels]);
    channel_moments(&x, channels, plane, &mut mean, &mut variance);
    let (gamma, beta) = (numbers(5, channels), numbers(6, channels));
    let norm = BatchNorm {
        channels,
        plane,
        mean: &mean,
        variance: &variance,
        gamma: &gamma,
        beta: &beta,
        epsilon: 1e-5,
        slope: Some(0.2),
    };
    let (mut y, mut dx, mut dgamma, mut dbeta) = (x.clone(), x.clone(), beta.clone(), beta.clone());
    batch_norm(&norm, &x, &mut y);
    batch_norm_gradient(&norm, &x, &numbers(7, x.len()), &mut dx, &mut dgamma, &mut dbeta);
    let mut db = beta.clone();
    bias_gradient(&x, channels, plane, &mut db);
    all.extend([y, dx, dgamma, dbeta, db, mean.clone(), variance.clone()]);
    let shape = [13, channels, 10, 10];
    let mix = |at: f32| ColourMix { own: 0.5 + at, grey: 0.3 - at, mean: 0.1 * at, shift: at };
    let mixes: Vec<ColourMix> = numbers(8, 13).into_iter().map(mix).collect();
    let mut mixed = x.clone();
    mix_colours(&x, shape, &mixes, &mut mixed);
    all.push(mixed);
    let mut products = vec![0.0; 40 * 90];
    row_products(&x[..40 * 65], &x[..90 * 65], 65, &mut products);
    all.push(products);
    let sums = [sum(&x), sum_of_squares(&x)].map(f64::to_bits);
    let bits = all.into_iter().flatten().map(f32::to_bits);
    bits.chain(sums.into_iter().flat_map(|sum| [sum as u32, (sum >> 32) as u32])).collect()
}

#[test]
fn same_bits_for_any_number_of_threads() {
    let results = [1, 2, 3, 7].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool starts");
        pool.install(everything)
    });
    for result in &results[1..] {
        assert!(*result == results[0]);
    }
}
