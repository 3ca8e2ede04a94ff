//! Compares the CPU's operators with the stock operators. (`tests/golden` compares the backward passes
//! with PyTorch's.)

use super::{BatchNormSettings, ColourMix, Conv, GanOps, Hole, Shift, stock};
use crate::rng;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Flex, ops::FloatTensorOps};
use burn::prelude::TensorData;
use rand_distr::{Distribution, StandardNormal};

type Tensor = FloatTensor<Flex>;

fn random<const D: usize>(name: &str, shape: [usize; D]) -> Tensor {
    let stream = rng::stream(0, name, 0);
    let values: Vec<f32> = StandardNormal.sample_iter(stream).take(shape.iter().product()).collect();
    Flex::float_from_data(TensorData::new(values, shape), &Default::default())
}

fn values(x: &Tensor) -> Vec<f32> {
    x.to_contiguous().storage::<f32>().to_vec()
}

#[track_caller]
fn assert_same(what: &str, ours: &Tensor, stock: &Tensor) {
    let (ours, stock) = (values(ours), values(stock));
    assert_eq!(ours.len(), stock.len(), "{what}");
    let gap: f32 = ours.iter().zip(&stock).map(|(a, b)| (a - b).powi(2)).sum();
    let scale: f32 = stock.iter().map(|b| b.powi(2)).sum();
    assert!(gap.sqrt() <= 1e-5 * scale.sqrt(), "{what}: {} of {}", gap.sqrt(), scale.sqrt());
}

/// Kernel, stride and padding (before, after) of every kind of layer: strided, same, valid, and TensorFlow's uneven
/// padding.
const CONVOLUTIONS: [(usize, usize, (usize, usize)); 4] =
    [(4, 2, (1, 1)), (3, 1, (1, 1)), (4, 1, (0, 0)), (3, 2, (0, 1))];

#[test]
fn convolutions_are_the_stock_ones() {
    for (kernel, stride, (pad_before, pad_after)) in CONVOLUTIONS {
        let conv = Conv {
            batch: 3,
            in_channels: 5,
            in_height: 8,
            in_width: 8,
            out_channels: 18,
            kernel,
            stride,
            pad_before,
            pad_after,
        };
        let x = random("x", [3, 5, 8, 8]);
        let w = random("w", [18, 5, kernel, kernel]);
        let dy = random("dy", [3, 18, conv.out_height(), conv.out_width()]);
        let what = format!("{kernel}×{kernel}/{stride}");
        assert_same(&what, &Flex::conv(x.clone(), w.clone(), conv), &stock::conv::<Flex>(x.clone(), w.clone(), conv));
        let ours = Flex::conv_transpose(dy.clone(), w.clone(), conv);
        assert_same(&what, &ours, &stock::conv_transpose::<Flex>(dy.clone(), w, conv));
        let ours = Flex::conv_weight_gradient(x.clone(), dy.clone(), conv);
        assert_same(&what, &ours, &stock::conv_weight_gradient::<Flex>(x, dy, conv));
    }
}

#[test]
fn batch_norm_is_the_stock_one_with_and_without_activation() {
    let (x, dy) = (random("x", [4, 6, 5, 5]), random("dy", [4, 6, 5, 5]));
    let (gamma, beta) = (random("gamma", [6]), random("beta", [6]));
    let (mean, variance) = Flex::channel_moments(x.clone());
    let (stock_mean, stock_variance) = stock::channel_moments::<Flex>(x.clone());
    assert_same("mean", &mean, &stock_mean);
    assert_same("variance", &variance, &stock_variance);
    for slope in [None, Some(0.0), Some(0.2)] {
        let settings = BatchNormSettings { epsilon: 1e-5, of_batch: true, slope };
        let [x, m, v, g, b] = [&x, &mean, &variance, &gamma, &beta].map(Clone::clone);
        let ours = <Flex as GanOps>::batch_norm(x.clone(), m.clone(), v.clone(), g.clone(), b.clone(), settings);
        let theirs = stock::batch_norm::<Flex>(x.clone(), m.clone(), v.clone(), g.clone(), b.clone(), settings);
        assert_same("batch norm", &ours, &theirs);
        let [x2, m2, v2, g2, b2] = [&x, &m, &v, &g, &b].map(Clone::clone);
        let ours = Flex::batch_norm_gradient(x, dy.clone(), m, v, g, b, settings);
        let theirs = stock::batch_norm_gradient::<Flex>(x2, dy.clone(), m2, v2, g2, b2, settings);
        assert_same("dx", &ours.0, &theirs.0);
        assert_same("dgamma", &ours.1, &theirs.1);
        assert_same("dbeta", &ours.2, &theirs.2);
    }
}

#[test]
fn elementwise_and_resizing_operators_are_the_stock_ones() {
    let (x, v) = (random("x", [2, 3, 6, 4]), random("v", [2, 3, 6, 4]));
    let (half, bias) = (random("half", [2, 3, 3, 2]), random("bias", [3]));
    let with_bias = Flex::add_bias(x.clone(), bias.clone());
    assert_same("bias", &with_bias, &stock::add_bias::<Flex>(x.clone(), bias));
    assert_same("bias gradient", &Flex::bias_gradient(v.clone()), &stock::channel_sums::<Flex>(v.clone()));
    let ours = Flex::leaky_relu_gradient(x.clone(), v.clone(), 0.2);
    assert_same("leaky", &ours, &stock::leaky_relu_gradient::<Flex>(x.clone(), v.clone(), 0.2));
    let ours = Flex::tanh_gradient(x.clone(), v.clone());
    assert_same("tanh", &ours, &stock::tanh_gradient::<Flex>(x.clone(), v.clone()));
    let ours = Flex::sigmoid_gradient(x.clone(), v.clone());
    assert_same("sigmoid", &ours, &stock::sigmoid_gradient::<Flex>(x.clone(), v.clone()));
    assert_same("pool", &Flex::max_pool2(x.clone()), &stock::max_pool2::<Flex>(x.clone()));
    let ours = Flex::max_pool2_scatter(x.clone(), half.clone());
    assert_same("scatter", &ours, &stock::max_pool2_scatter::<Flex>(x.clone(), half));
    let ours = Flex::max_pool2_gather(x.clone(), v.clone());
    assert_same("gather", &ours, &stock::max_pool2_gather::<Flex>(x.clone(), v.clone()));
    assert_same("double", &Flex::upsample2(x.clone()), &stock::upsample2::<Flex>(x.clone()));
    assert_same("block sum", &Flex::block_sum2(v.clone()), &stock::block_sum2::<Flex>(v));
}

#[test]
fn changes_of_images_are_the_stock_ones() {
    let x = random("x", [3, 3, 6, 5]);
    let mix = |own, grey, mean, shift| ColourMix { own, grey, mean, shift };
    let mixes = vec![mix(0.5, -0.75, 0.25, 0.5), mix(1.0, 0.0, 0.0, 0.0), mix(-2.0, 1.5, 0.0, -0.25)];
    assert_same(
        "colours",
        &Flex::mix_colours(x.clone(), mixes.clone()),
        &stock::mix_colours::<Flex>(x.clone(), &mixes),
    );
    let shifts = [(1, -2), (0, 0), (-6, 4)].map(|(down, right)| Shift { down, right }).to_vec();
    assert_same(
        "translation",
        &Flex::translate(x.clone(), shifts.clone()),
        &stock::translate::<Flex>(x.clone(), &shifts),
    );
    let holes = vec![
        Hole { top: 1, bottom: 4, left: 0, right: 5 },
        Hole::default(),
        Hole { top: 5, bottom: 6, left: 1, right: 2 },
    ];
    assert_same("holes", &Flex::erase(x.clone(), holes.clone()), &stock::erase::<Flex>(x, &holes));
}

#[test]
fn adam_is_the_stock_one() {
    let [p, g, m] = ["p", "g", "m"].map(|name| random(name, [100]));
    let v = Flex::float_mul(m.clone(), m.clone());
    let step = super::AdamStep { lr: 2e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-8, step: 3 };
    let theirs = stock::adam::<Flex>(p.clone(), g.clone(), m.clone(), v.clone(), step);
    let ours = Flex::adam(p, g, m, v, step);
    assert_same("parameter", &ours.0, &theirs.0);
    assert_same("first moment", &ours.1, &theirs.1);
    assert_same("second moment", &ours.2, &theirs.2);
}
