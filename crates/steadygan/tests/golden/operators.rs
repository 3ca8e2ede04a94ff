//! Compares single operators and layers, and their gradients, with PyTorch's.

use crate::fixture::{Fixture, assert_close};
use burn::Tensor;
use burn::prelude::*;
use std::collections::BTreeMap;
use steadygan::loss::bce_with_logits;
use steadygan::nn::{Builder, ConvSpec, Init, Initializer, Network, Pass, load_tensors, named_tensors};
use steadygan::ops::{self, AdamStep};
use steadygan::optim::Gradients;

/// Relative L2, as documented in the fixtures' `README.md`.
const TOLERANCE: f64 = 1e-5;

/// A network of one layer, `main.0`.
fn layer(input: [usize; 3], build: impl FnOnce(Builder) -> Builder) -> Network {
    let device = Device::flex().autodiff();
    let init = Initializer { init: Init::FanInUniform, seed: 0, network: "test".into(), device };
    build(Builder::new(input, init)).build()
}

/// Compares output and gradients of a network of one layer that has the fixture's parameters.
fn check(operator: &str, build: impl FnOnce(Builder) -> Builder) {
    let fixture = Fixture::read("operators");
    let named = |name: &str| format!("{operator}.{name}");
    let x: Tensor<4> = fixture.tensor(&named("input"));
    let [_, c, h, w] = x.dims();
    let parameters: BTreeMap<String, TensorData> =
        fixture.part(&named("")).into_iter().map(|(name, data)| (format!("main.0.{name}"), data)).collect();
    let mut network = load_tensors(layer([c, h, w], build), &parameters).expect("the fixture's names");
    let x = Tensor::from_inner(x).require_grad();
    let mut pass = Pass::train();
    let y = network.forward(x.clone(), &mut pass);
    network.absorb(pass);
    assert_close("output", y.clone().into_data(), &fixture.tensors[&named("output")], TOLERANCE);
    let cotangent: Tensor<4> = fixture.tensor(&named("cotangent"));
    let all = (y * Tensor::from_inner(cotangent)).sum().backward();
    let dx = x.grad(&all).expect("the input is tracked").into_data();
    assert_close("input", dx, &fixture.tensors[&named("grad_input")], TOLERANCE);
    for (name, gradient) in Gradients::of(&network, &all).0 {
        let name = name.replace("main.0.", "grad_");
        assert_close(&name, gradient.into_data(), &fixture.tensors[&named(&name)], TOLERANCE);
    }
    for statistic in named_tensors(&network).into_iter().filter(|tensor| !tensor.trainable) {
        let name = named(&statistic.name.replace("main.0.", "")) + "_after";
        assert_close(&name, statistic.data, &fixture.tensors[&name], TOLERANCE);
    }
}

#[test]
fn convolutions() {
    check("conv3x3", |builder| builder.conv(ConvSpec::same(3, 4, 3, 1, true)));
    check("conv3x3_stride2_same", |builder| builder.conv(ConvSpec::same(3, 4, 3, 2, true)));
    check("conv4x4_stride2", |builder| builder.conv(ConvSpec::strided(3, 4, true)));
    check("conv_transpose4x4_stride2", |builder| builder.conv_transpose(ConvSpec::strided(3, 4, true)));
}

#[test]
fn resizing_with_ties_to_the_first_maximum() {
    check("upsample_nearest", Builder::upsample);
    check("max_pool", Builder::max_pool);
}

#[test]
fn batch_norm_and_its_running_statistics() {
    check("batch_norm", |builder| builder.batch_norm(3));
}

#[test]
fn binary_cross_entropy_with_soft_labels() {
    let fixture = Fixture::read("operators");
    let logits = Tensor::from_inner(fixture.tensor::<1>("bce.logits")).require_grad();
    let losses = bce_with_logits(logits.clone(), Tensor::from_inner(fixture.tensor("bce.labels")));
    assert_close("losses", losses.clone().into_data(), &fixture.tensors["bce.output"], TOLERANCE);
    let gradient = logits.grad(&losses.mean().backward()).expect("tracked");
    assert_close("gradient", gradient.into_data(), &fixture.tensors["bce.grad_logits"], TOLERANCE);
}

#[test]
fn five_steps_of_adam() {
    let fixture = Fixture::read("operators");
    let mut parameter: Tensor<1> = fixture.tensor("adam.param.0");
    let mut moments = (parameter.zeros_like(), parameter.zeros_like());
    for step in 1..=5 {
        let settings = AdamStep { lr: 2e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-8, step };
        let gradient = fixture.tensor(&format!("adam.grad.{step}"));
        let (moved, first, second) = ops::adam(parameter, gradient, moments, settings);
        for (name, ours) in [("param", &moved), ("m", &first), ("v", &second)] {
            let theirs = &fixture.tensors[&format!("adam.{name}.{step}")];
            assert_close(name, ours.clone().into_data(), theirs, 1e-6);
        }
        (parameter, moments) = (moved, (first, second));
    }
}
