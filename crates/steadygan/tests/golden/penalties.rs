//! Compares gradient penalties of every form of discriminator, and the losses, with PyTorch's double backpropagation.

use crate::dcgan;
use crate::fixture::{Fixture, assert_close};
use burn::Tensor;
use burn::prelude::*;
use steadygan::loss::Loss;
use steadygan::nn::{Init, Network, load_tensors, mlp, resnet};
use steadygan::optim::Gradients;
use steadygan::penalty::{one_centred, zero_centred};
use steadygan::plan::{Block, Downsampling, ModelPlan, NetworkPlan};

/// Relative L2 of values and of each parameter's gradient. PyTorch's own f32 is off by up to 2.3e-5 (`f32_gap`) in the
/// network with both minibatch standard deviation and attention, and mostly by less than 1e-6; ours is off as much.
const TOLERANCE: f64 = 1e-4;

/// Each network's name in the fixture, the shape of its images there, and its plan.
fn networks() -> Vec<(&'static str, &'static str, ModelPlan)> {
    let mut model = dcgan::plan(&["data.size=16", "model.width=4"], 3).model;
    model.discriminator = NetworkPlan { slope: 0.2, ..NetworkPlan::PLAIN };
    let plain = model.discriminator;
    let dcgan = |downsampling, discriminator| ModelPlan { downsampling, discriminator, ..model.clone() };
    let small = |family, width: usize| ModelPlan { family, size: 8, discriminator_width: width, ..model.clone() };
    let resnet = |block, discriminator| ModelPlan { block, discriminator, ..small(resnet::FAMILY, 2) };
    let everything = NetworkPlan { spectral_norm: true, attention: true, minibatch_std: 4, ..plain };
    let strided = |discriminator| dcgan(Downsampling::Strided, discriminator);
    vec![
        ("strided", "3x16x16", strided(plain)),
        ("max_pool", "3x16x16", dcgan(Downsampling::MaxPool, plain)),
        ("average_pool", "3x16x16", dcgan(Downsampling::AveragePool, plain)),
        ("spectral_norm", "3x16x16", strided(NetworkPlan { spectral_norm: true, ..plain })),
        ("minibatch_std", "3x16x16", strided(NetworkPlan { minibatch_std: 4, ..plain })),
        ("attention", "3x16x16", strided(NetworkPlan { attention: true, ..plain })),
        ("mlp", "3x8x8", ModelPlan { depth: [2, 2], ..small(mlp::FAMILY, 6) }),
        ("maxout", "2x1x1", ModelPlan { channels: 2, size: 1, maxout: 3, depth: [2, 2], ..small(mlp::FAMILY, 6) }),
        ("sngan", "3x8x8", resnet(Block::Sngan, plain)),
        ("norm_free", "3x8x8", resnet(Block::NormFree, plain)),
        ("everything", "3x8x8", resnet(Block::Sngan, everything)),
    ]
}

fn discriminator(plan: &ModelPlan) -> Network {
    let device = Device::flex().autodiff();
    steadygan::nn::discriminator(&ModelPlan { init: Init::FanInUniform, ..plan.clone() }, 0, &device)
}

/// Compares R1, R2, WGAN-GP and DRAGAN with the papers' weights: their values and every gradient. A parameter without a
/// gradient here, such as a bias in a piecewise linear network, must have a zero gradient in PyTorch.
#[test]
fn penalties_and_their_gradients_of_every_discriminator() {
    let fixture = Fixture::read("penalties");
    for (name, shape, plan) in networks() {
        let network = discriminator(&plan);
        let network = load_tensors(network, &fixture.part(&format!("{name}.init."))).expect("the fixture's names");
        let images = |at: &str| fixture.tensor::<4>(&format!("images.{shape}.{at}"));
        let penalties = [
            ("r1", zero_centred(&network, images("real"), 10.0)),
            ("r2", zero_centred(&network, images("fake"), 10.0)),
            ("wgan_gp", one_centred(&network, images("between"), 10.0)),
            ("dragan", one_centred(&network, images("around"), 10.0)),
        ];
        for (penalty, value) in penalties {
            let found = Gradients::of(&network, &value.clone().backward());
            let prefix = format!("{name}.{penalty}.");
            assert_close(&prefix, value.into_data(), &fixture.tensors[&format!("{prefix}value")], TOLERANCE);
            let expected = fixture.part(&format!("{prefix}grad."));
            assert!(expected.len() >= 4 && found.0.keys().all(|name| expected.contains_key(name)), "{prefix}");
            for (parameter, theirs) in expected {
                match found.0.get(&parameter) {
                    Some(ours) => {
                        assert_close(&format!("{prefix}{parameter}"), ours.clone().into_data(), &theirs, TOLERANCE)
                    }
                    None => assert!(theirs.iter::<f32>().all(|value| value == 0.0), "{prefix}{parameter} has none"),
                }
            }
        }
    }
}

/// Compares values and gradients of the seven losses, at usual logits ("near") and at logits so large that a naive
/// exponential would overflow ("far").
#[test]
fn losses_and_their_gradients() {
    const ROUNDING: f64 = 2e-6;
    let fixture = Fixture::read("losses");
    let losses = [
        ("non_saturating", Loss::NonSaturating),
        ("saturating", Loss::Saturating),
        ("least_squares", Loss::LeastSquares),
        ("hinge", Loss::Hinge),
        ("wasserstein", Loss::Wasserstein),
        ("relativistic_pairing", Loss::RelativisticPairing),
        ("relativistic_average", Loss::RelativisticAverage),
    ];
    for (case, (name, loss)) in ["near", "far"].into_iter().flat_map(|case| losses.map(|loss| (case, loss))) {
        let leaf = |kind: &str| -> Tensor<1> {
            let data = fixture.tensors[&format!("{case}.{kind}")].clone();
            Tensor::from_data(data, &Device::flex().autodiff()).require_grad()
        };
        let check = |what: &str, ours: TensorData| {
            let key = format!("{case}.{name}.{what}");
            assert_close(&key, ours, &fixture.tensors[&key], ROUNDING);
        };
        let (real, fake) = (leaf("real"), leaf("fake"));
        let value = loss.discriminator(real.clone(), fake.clone());
        let all = value.clone().backward();
        check("discriminator", value.into_data());
        check("grad_real", real.grad(&all).expect("tracked").into_data());
        check("grad_fake", fake.grad(&all).expect("tracked").into_data());
        let fake = leaf("fake");
        let value = loss.generator(fake.clone(), || leaf("real").detach());
        let all = value.clone().backward();
        check("generator", value.into_data());
        check("grad_generator", fake.grad(&all).expect("tracked").into_data());
    }
}
