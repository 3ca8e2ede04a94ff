//! Penalties on the discriminator's slope, exact through [`Network::input_gradient`].
//!
//! With g = ∇D at an image, the gradient of the batch's summed logits, which is each image's own wherever layers do not mix
//! the images of a batch:
//!
//! | Penalty | Value | At |
//! |---|---|---|
//! | [`zero_centred`] at reals: R1 | (γ/2) · mean ‖g‖² | reals (Mescheder, Geiger and Nowozin 2018) |
//! | [`zero_centred`] at fakes: R2 | (γ/2) · mean ‖g‖² | fakes (the same) |
//! | [`one_centred`] between: WGAN-GP | λ · mean (√(‖g‖² + 1e-12) − 1)² | [`between`] reals and fakes (Gulrajani et al. 2017) |
//! | [`one_centred`] around: DRAGAN | λ · mean (√(‖g‖² + 1e-12) − 1)² | [`around`] reals (Kodali et al. 2017) |
//! | [`by_difference`] | λ · mean (D(x) − D(x + σε))² | reals or fakes: R1 or R2 without gradients of gradients (Lin et al. 2025, APT) |

use crate::nn::{Network, Pass};
use crate::rng::Stream;
use burn::Tensor;
use burn::prelude::TensorData;
use rand_distr::{Distribution, StandardNormal, StandardUniform};

/// Added to a squared norm, so that its root has a slope at zero.
const SQUARED_NORM_FLOOR: f32 = 1e-12;

/// ‖g‖² of each image, `[n]`, where g is the gradient of the network's summed outputs at `images` `[n, c, h, w]`.
///
/// # Panics
///
/// If a layer has no such gradient; a plan with one is refused.
pub fn squared_slopes(network: &Network, images: Tensor<4>) -> Tensor<1> {
    let [n, ..] = images.dims();
    let gradient = network.input_gradient(images).expect("the plan refuses layers that mix the batch");
    let gradient = gradient.reshape([n as i32, -1]);
    (gradient.clone() * gradient).sum_dim(1).reshape([n])
}

/// (γ/2) · mean ‖g‖², `[1]`.
pub fn zero_centred(network: &Network, images: Tensor<4>, gamma: f64) -> Tensor<1> {
    squared_slopes(network, images).mean() * (gamma / 2.0)
}

/// λ · mean (√(‖g‖² + 1e-12) − 1)², `[1]`.
pub fn one_centred(network: &Network, images: Tensor<4>, weight: f64) -> Tensor<1> {
    let excess = (squared_slopes(network, images) + SQUARED_NORM_FLOOR).sqrt() - 1.0;
    (excess.clone() * excess).mean() * weight
}

/// λ · mean (D(x) − D(x + σε))², ε ~ N(0, I), `[1]`. For a locally linear D its mean is λσ² · mean ‖g‖²: with
/// γ = 2λσ² that of [`zero_centred`].
pub fn by_difference(
    network: &Network,
    images: Tensor<4>,
    weight: f64,
    deviation: f64,
    stream: &mut Stream,
) -> Tensor<1> {
    let moved = images.clone() + normal(&images, deviation, stream);
    let difference = network.logits(images, &mut Pass::train()) - network.logits(moved, &mut Pass::train());
    (difference.clone() * difference).mean() * weight
}

/// One point on the segment from each real to its fake, uniform on it: x + u(x̃ − x).
pub fn between(real: Tensor<4>, fake: Tensor<4>, stream: &mut Stream) -> Tensor<4> {
    let share = uniform(&real, stream);
    real.clone() + (fake - real) * share
}

/// Points around each real: x + u · ½ · s · r, s being the standard deviation of all values of the batch, r uniform on [0, 1] for each
/// value and u for each image, as in the authors' code: the perturbed copy is x + ½ s r, and the point lies between.
pub fn around(real: Tensor<4>, stream: &mut Stream) -> Tensor<4> {
    let values: Vec<f64> = real.to_data().iter::<f64>().collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt();
    let shape = real.dims();
    let each: Vec<f32> = StandardUniform.sample_iter(&mut *stream).take(shape.iter().product()).collect();
    let each = Tensor::from_data(TensorData::new(each, shape), &real.device());
    let share = uniform(&real, stream);
    real + each * share * (0.5 * deviation)
}

/// One number in [0, 1) for each image, `[n, 1, 1, 1]`.
fn uniform(images: &Tensor<4>, stream: &mut Stream) -> Tensor<4> {
    let [n, ..] = images.dims();
    let shares: Vec<f32> = StandardUniform.sample_iter(stream).take(n).collect();
    Tensor::from_data(TensorData::new(shares, [n, 1, 1, 1]), &images.device())
}

/// Noise of the images' shape.
pub(crate) fn normal(images: &Tensor<4>, deviation: f64, stream: &mut Stream) -> Tensor<4> {
    let shape = images.dims();
    let noise = StandardNormal.sample_iter(stream).take(shape.iter().product());
    let noise: Vec<f32> = noise.map(|value: f32| value * deviation as f32).collect();
    Tensor::from_data(TensorData::new(noise, shape), &images.device())
}
