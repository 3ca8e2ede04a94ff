//! Helpers that the layers' tests share.

use super::{
    Block, Builder, Downsampling, ImageShape, Init, Initializer, ModelPlan, Network, NetworkPlan, Output, Pass,
    Upsampling, dcgan, load_tensors, named_tensors,
};
use crate::class::Classed;
use crate::latent::LatentDistribution;
use crate::optim::Gradients;
use crate::pixels::PixelRange;
use burn::Tensor;
use burn::prelude::{Device, TensorData};
use rand_distr::{Distribution, StandardNormal};
use std::collections::BTreeMap;

/// An initializer with PyTorch's rule, on the CPU with gradients.
pub(crate) fn init() -> Initializer {
    let device = Device::flex().autodiff();
    Initializer { init: Init::FanInUniform, seed: 0, network: "test".into(), device }
}

/// A builder whose network is on the CPU with gradients.
pub(crate) fn builder(input: ImageShape) -> Builder {
    Builder::new(input, init())
}

/// A small plan of networks, from which tests derive theirs.
pub(crate) fn model() -> ModelPlan {
    ModelPlan {
        family: dcgan::FAMILY,
        block: Block::Sngan,
        size: 16,
        channels: 1,
        width: 4,
        discriminator_width: 4,
        depth: [2, 2],
        maxout: 0,
        pack: 1,
        latent: 3,
        latent_distribution: LatentDistribution::Gaussian,
        truncation: None,
        noise_in_sampling: false,
        downsampling: Downsampling::Strided,
        upsampling: Upsampling::Strided,
        range: PixelRange::Symmetric,
        output: Output::Tanh,
        init: Init::FanInUniform,
        classes: Vec::new(),
        conditioning: None,
        generator: NetworkPlan::PLAIN,
        discriminator: NetworkPlan::PLAIN,
    }
}

/// The number of a network's trained values.
pub(crate) fn parameters(network: &Network) -> usize {
    named_tensors(network).iter().filter(|tensor| tensor.trainable).map(|tensor| tensor.data.num_elements()).sum()
}

/// Checks that the generator's images have the discriminator's input shape, that their logits are finite and differ,
/// and that every parameter of both networks has a gradient. The pass has random numbers.
#[track_caller]
pub(crate) fn assert_networks_train(generator: &Network, discriminator: &Network) {
    let [latent, ..] = generator.input();
    let mut pass = Pass::train().with_noise(crate::rng::stream(0, "noise", 0));
    let fakes = generator.forward(images([8, latent, 1, 1]), &mut pass);
    assert_eq!(fakes.dims()[1..], discriminator.input());
    let logits = discriminator.logits(fakes, &mut pass);
    assert_eq!(logits.dims(), [8]);
    let values = floats(logits.clone());
    assert!(values.iter().all(|value| value.is_finite()) && values[0] != values[1], "{values:?}");
    let all = (logits.clone() * logits).sum().backward();
    for network in [generator, discriminator] {
        let gradients = Gradients::of(network, &all);
        let trained = named_tensors(network).into_iter().filter(|tensor| tensor.trainable);
        let without: Vec<_> =
            trained.map(|tensor| tensor.name).filter(|name| !gradients.0.contains_key(name)).collect();
        assert!(without.is_empty(), "no gradient for {without:?}");
    }
}

/// Values of N(0, 1).
pub(crate) fn images(shape: [usize; 4]) -> Tensor<4> {
    named_images("images", shape)
}

/// Values of N(0, 1), different for each name.
pub(crate) fn named_images(name: &str, shape: [usize; 4]) -> Tensor<4> {
    let stream = crate::rng::stream(0, name, 0);
    let values: Vec<f32> = StandardNormal.sample_iter(stream).take(shape.iter().product()).collect();
    Tensor::from_data(TensorData::new(values, shape), &Device::flex().autodiff())
}

pub(crate) fn floats<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.into_data().iter::<f32>().collect()
}

type Tensors = BTreeMap<String, TensorData>;

fn tensors(network: &Network) -> Tensors {
    named_tensors(network).into_iter().map(|tensor| (tensor.name, tensor.data)).collect()
}

/// The network's tensor number `at`, in the network's order, flattened.
pub(crate) fn tensor(network: &Network, at: usize) -> Tensor<1> {
    let data = named_tensors(network).swap_remove(at).data;
    let count = data.num_elements();
    Tensor::from_data(TensorData::new(data.iter::<f32>().collect(), [count]), &Device::flex())
}

/// The network with noise added to every trained parameter, so that none is at its initial 0 or 1.
pub(crate) fn perturbed(network: Network) -> Network {
    let mut moved = tensors(&network);
    for tensor in named_tensors(&network).into_iter().filter(|tensor| tensor.trainable) {
        let stream = crate::rng::stream(1, &tensor.name, 0);
        let noise = StandardNormal.sample_iter(stream).map(|value: f32| 0.3 * value);
        let values: Vec<f32> = tensor.data.iter::<f32>().zip(noise).map(|(value, noise)| value + noise).collect();
        moved.insert(tensor.name, TensorData::new(values, tensor.data.shape().clone()));
    }
    load_tensors(network, &moved).expect("the same names and shapes")
}

#[track_caller]
pub(crate) fn assert_close(a: &[f32], b: &[f32]) {
    assert_within(a, b, 1e-5);
}

/// Checks that every difference is at most `tolerance` times the largest absolute value of `b`.
#[track_caller]
fn assert_within(a: &[f32], b: &[f32], tolerance: f32) {
    assert_eq!(a.len(), b.len());
    let largest = b.iter().fold(0.0f32, |largest, b| largest.max(b.abs()));
    assert!(largest > 0.0);
    for (at, (a, b)) in a.iter().zip(b).enumerate() {
        assert!((a - b).abs() <= tolerance * largest, "{at}: {a} instead of {b}, the largest is {largest}");
    }
}

/// Checks that chained pull-backs give the same input gradient as backpropagation.
#[track_caller]
pub(crate) fn assert_pull_back(network: &Network, x: Tensor<4>) {
    assert_pull_back_of(network, x.into());
}

/// [`assert_pull_back`] for images with classes.
#[track_caller]
pub(crate) fn assert_pull_back_of(network: &Network, Classed { images: x, classes }: Classed) {
    let x = x.require_grad();
    let all = network.forward(x.clone(), &mut Pass::train().with_classes(&classes)).sum().backward();
    let pulled = network.input_gradient(Classed { images: x.clone(), classes }).expect("no layer mixes the batch");
    assert_close(&floats(pulled), &floats(x.grad(&all).expect("tracked")));
}

/// Half the sum of squares, in double precision.
fn energy(x: Tensor<4>) -> f64 {
    floats(x).into_iter().map(|value| 0.5 * f64::from(value).powi(2)).sum()
}

/// [`energy`] as a differentiable loss.
fn energy_loss(x: Tensor<4>) -> Tensor<1> {
    (x.clone() * x).sum() * 0.5
}

/// Difference quotients of `f` at 0 with error O(h⁴), with step h and with half of it.
fn slopes(f: impl Fn(f32) -> f64) -> [f64; 2] {
    const STEP: f32 = 1.0 / 512.0;
    let quotient = |h: f32| (8.0 * (f(h) - f(-h)) - (f(2.0 * h) - f(-2.0 * h))) / (12.0 * f64::from(h));
    [quotient(STEP), quotient(0.5 * STEP)]
}

/// Compares exact derivatives with difference quotients. Where the two steps' quotients differ, the function has a kink
/// nearby and the derivative is not compared; this may happen for at most one derivative in five.
#[track_caller]
fn assert_slopes(exact: &[f32], numeric: &[[f64; 2]]) {
    const TOLERANCE: f64 = 2e-3;
    let largest = numeric.iter().fold(0.0f64, |largest, [_, fine]| largest.max(fine.abs()));
    let is_smooth = |[coarse, fine]: &[f64; 2]| (coarse - fine).abs() <= TOLERANCE * largest;
    let smooth = exact.iter().zip(numeric).filter(|(_, slopes)| is_smooth(slopes));
    let (found, expected): (Vec<f32>, Vec<f32>) = smooth.map(|(exact, [coarse, _])| (*exact, *coarse as f32)).unzip();
    assert!(5 * found.len() >= 4 * exact.len(), "{} of {} fall on kinks", exact.len() - found.len(), exact.len());
    assert_within(&found, &expected, TOLERANCE as f32);
}

/// Compares the gradients of `loss` for all parameters with difference quotients of `value`, the same loss in double
/// precision.
#[track_caller]
pub(crate) fn assert_gradients(
    network: &Network,
    loss: impl Fn(&Network) -> Tensor<1>,
    value: impl Fn(&Network) -> f64,
) {
    let gradients = Gradients::of(network, &loss(network).backward());
    let all = tensors(network);
    let (mut exact, mut numeric) = (Vec::new(), Vec::new());
    for tensor in named_tensors(network).into_iter().filter(|tensor| tensor.trainable) {
        let values: Vec<f32> = tensor.data.iter::<f32>().collect();
        exact.extend(gradients.0.get(&tensor.name).map_or_else(|| vec![0.0; values.len()], |g| floats(g.clone())));
        numeric.extend((0..values.len()).map(|at| {
            slopes(|by: f32| {
                let (mut values, mut all) = (values.clone(), all.clone());
                values[at] += by;
                all.insert(tensor.name.clone(), TensorData::new(values, tensor.data.shape().clone()));
                value(&load_tensors(network.clone(), &all).expect("the same names and shapes"))
            })
        }));
    }
    assert_slopes(&exact, &numeric);
}

/// Compares the gradient of a penalty, ½‖input gradient‖², for every parameter with difference quotients.
#[track_caller]
pub(crate) fn assert_penalty_gradients(network: &Network, x: Tensor<4>) {
    let gradient = |network: &Network| network.input_gradient(x.clone()).expect("no layer mixes the batch");
    assert_gradients(network, |network| energy_loss(gradient(network)), |network| energy(gradient(network)));
}

/// Compares the gradient of ½‖output‖² for every parameter with difference quotients.
#[track_caller]
pub(crate) fn assert_parameter_gradients(network: &Network, x: Tensor<4>) {
    let output = |network: &Network| network.forward(x.clone(), &mut Pass::train());
    assert_gradients(network, |network| energy_loss(output(network)), |network| energy(output(network)));
}

/// Compares the gradient of ½‖output − target‖² for the input with difference quotients.
#[track_caller]
pub(crate) fn assert_input_gradient(network: &Network, x: Tensor<4>) {
    let shifted = |x: Tensor<4>| {
        let y = network.forward(x, &mut Pass::train());
        let target = named_images("target", y.dims());
        y - target
    };
    let tracked = x.clone().require_grad();
    let all = energy_loss(shifted(tracked.clone())).backward();
    let exact = floats(tracked.grad(&all).expect("tracked"));
    let values = floats(x.clone());
    let moved = |at: usize, by: f32| {
        let mut values = values.clone();
        values[at] += by;
        energy(shifted(Tensor::from_data(TensorData::new(values, x.shape()), &x.device())))
    };
    let numeric: Vec<_> = (0..values.len()).map(|at| slopes(|by| moved(at, by))).collect();
    assert_slopes(&exact, &numeric);
}
