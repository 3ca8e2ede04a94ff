//! Penalties on the discriminator's input gradient, with exact gradients through [`Network::input_gradient`].
//!
//! Here g = ∇D is the gradient of the batch's summed logits at an image. Where no layer mixes the images of a batch, it
//! is the gradient of the image's own logit.
//!
//! | Penalty | Value | At |
//! |---|---|---|
//! | [`zero_centred`] at reals: R1 | (γ/2) · mean ‖g‖² | reals (Mescheder, Geiger and Nowozin 2018) |
//! | [`zero_centred`] at fakes: R2 | (γ/2) · mean ‖g‖² | fakes (the same) |
//! | [`one_centred`] between: WGAN-GP | λ · mean (√(‖g‖² + 1e-12) − 1)² | [`between`] reals and fakes (Gulrajani et al. 2017) |
//! | [`one_centred`] around: DRAGAN | λ · mean (√(‖g‖² + 1e-12) − 1)² | [`around`] reals (Kodali et al. 2017) |
//! | [`by_difference`] | λ · mean (D(x) − D(x + σε))² | reals or fakes: R1 or R2 without gradients of gradients (Lin et al. 2025, APT) |

use crate::class::Classed;
use crate::nn::{Network, Pass};
use crate::rng::Stream;
use burn::Tensor;
use burn::prelude::TensorData;
use rand_distr::{Distribution, StandardNormal, StandardUniform};

/// Added to a squared norm, so that its root has a finite derivative at zero.
const SQUARED_NORM_FLOOR: f32 = 1e-12;

/// ‖g‖² of each image, `[n]`, where g is the gradient of the network's summed outputs at `images` `[n, c, h, w]`.
///
/// # Panics
///
/// If the network has a layer without a pull-back. (A plan refuses such a network together with a penalty.)
pub fn squared_slopes(network: &Network, images: impl Into<Classed>) -> Tensor<1> {
    let images = images.into();
    let [n, ..] = images.images.dims();
    let gradient = network.input_gradient(images).expect("the plan refuses a penalty where a layer has no pull-back");
    let gradient = gradient.reshape([n as i32, -1]);
    (gradient.clone() * gradient).sum_dim(1).reshape([n])
}

/// (γ/2) · mean ‖g‖², `[1]`.
pub fn zero_centred(network: &Network, images: impl Into<Classed>, gamma: f64) -> Tensor<1> {
    squared_slopes(network, images).mean() * (gamma / 2.0)
}

/// λ · mean (√(‖g‖² + 1e-12) − 1)², `[1]`.
pub fn one_centred(network: &Network, images: impl Into<Classed>, weight: f64) -> Tensor<1> {
    let excess = (squared_slopes(network, images) + SQUARED_NORM_FLOOR).sqrt() - 1.0;
    (excess.clone() * excess).mean() * weight
}

/// λ · mean (D(x) − D(x + σε))², ε ~ N(0, I), `[1]`. For a locally linear D its expectation is λσ² · mean ‖g‖², which
/// equals [`zero_centred`] with γ = 2λσ². λ is `weight`, σ is `deviation`.
pub fn by_difference(
    network: &Network,
    images: impl Into<Classed>,
    weight: f64,
    deviation: f64,
    stream: &mut Stream,
) -> Tensor<1> {
    let Classed { images, classes } = images.into();
    let logits = |images| network.logits(images, &mut Pass::train().with_classes(&classes));
    let moved = images.clone() + normal(&images, deviation, stream);
    let difference = logits(images) - logits(moved);
    (difference.clone() * difference).mean() * weight
}

/// A uniformly random point on the line segment from each real x to its fake x̃: x + u(x̃ − x).
pub fn between(real: Tensor<4>, fake: Tensor<4>, stream: &mut Stream) -> Tensor<4> {
    let share = uniform(&real, stream);
    real.clone() + (fake - real) * share
}

/// A point near each real x: x + u · ½ · s · r. Here s is the standard deviation of all values of the batch; r is
/// uniform on [0, 1] for each value, u for each image. As in the authors' code, x + ½ s r is a perturbed copy and the
/// result is a random point between x and the copy.
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

/// Noise N(0, deviation²) in the images' shape.
pub fn normal(images: &Tensor<4>, deviation: f64, stream: &mut Stream) -> Tensor<4> {
    let shape = images.dims();
    let noise = StandardNormal.sample_iter(stream).take(shape.iter().product());
    let noise: Vec<f32> = noise.map(|value: f32| value * deviation as f32).collect();
    Tensor::from_data(TensorData::new(noise, shape), &images.device())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::ConvSpec;
    use crate::nn::testing::{assert_close, assert_gradients, builder, floats, images, named_images};
    use crate::rng;

    /// A smooth network, so that difference quotients are accurate everywhere.
    fn network() -> Network {
        builder([2, 4, 4])
            .conv(ConvSpec::strided(2, 3, true))
            .tanh()
            .conv(ConvSpec::same(3, 3, 3, 1, true))
            .tanh()
            .conv(ConvSpec::valid(3, 1, 2, true))
            .build()
    }

    fn squares(values: &[f32], images: usize) -> Vec<f64> {
        let of_one = |image: &[f32]| image.iter().map(|value| f64::from(*value).powi(2)).sum();
        values.chunks(values.len() / images).map(of_one).collect()
    }

    fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
        let count = values.len() as f64;
        values.sum::<f64>() / count
    }

    /// Compares gradients with difference quotients of the formulas in double precision.
    #[test]
    fn penalties_have_exact_gradients() {
        let x = || images([3, 2, 4, 4]);
        let slopes = |network: &Network| squares(&floats(network.input_gradient(x()).expect("it has one")), 3);
        assert_gradients(
            &network(),
            |network| zero_centred(network, x(), 3.0),
            |network| 1.5 * mean(slopes(network).into_iter()),
        );
        assert_gradients(
            &network(),
            |network| one_centred(network, x(), 2.0),
            |network| 2.0 * mean(slopes(network).into_iter().map(|square| ((square + 1e-12).sqrt() - 1.0).powi(2))),
        );
        let stream = || rng::stream(0, "noise", 0);
        let logits = |network: &Network, x| floats(network.logits(x, &mut Pass::train()));
        assert_gradients(
            &network(),
            |network| by_difference(network, x(), 2.0, 0.5, &mut stream()),
            |network| {
                let moved = x() + normal(&x(), 0.5, &mut stream());
                let pairs = logits(network, x()).into_iter().zip(logits(network, moved));
                2.0 * mean(pairs.collect::<Vec<_>>().into_iter().map(|(a, b)| f64::from(a - b).powi(2)))
            },
        );
    }

    /// A constant discriminator has input gradient 0, where a norm has no derivative.
    #[test]
    fn a_flat_discriminator_has_finite_gradients() {
        let flat = crate::nn::clamped(network(), 0.0);
        let penalty = one_centred(&flat, images([3, 2, 4, 4]), 10.0);
        let gradients = crate::optim::Gradients::of(&flat, &penalty.clone().backward());
        assert_close(&floats(penalty), &[10.0]);
        assert!(gradients.norm().is_finite() && gradients.0.len() >= 3);
    }

    #[test]
    fn a_point_between_is_on_the_segment_of_its_pair() {
        const COUNT: usize = 1000;
        let shape = [COUNT, 1, 1, 2];
        let (real, fake) = (images(shape), named_images("fakes", shape));
        let points = between(real.clone(), fake.clone(), &mut rng::stream(0, "between", 0));
        let shares = floats((points - real.clone()) / (fake - real));
        assert!(shares.chunks(2).all(|image| (image[0] - image[1]).abs() < 1e-2), "one share an image");
        let average = shares.iter().map(|share| f64::from(*share)).sum::<f64>() / shares.len() as f64;
        // The deviation of a mean of 1000 uniform numbers is 0.009.
        assert!((average - 0.5).abs() < 0.04, "{average}");
        assert!(shares.iter().all(|share| (-1e-2..1.0 + 1e-2).contains(share)));
    }

    /// Displacements are u · ½ · s · r with u and r uniform on [0, 1]: at most ½ s, and ⅛ s on average.
    #[test]
    fn points_around_are_displaced_by_up_to_half_the_deviation() {
        let real = images([1000, 1, 1, 8]) * 3.0;
        let values = floats(real.clone());
        let average = mean(values.iter().map(|value| f64::from(*value)));
        let deviation = mean(values.iter().map(|value| (f64::from(*value) - average).powi(2))).sqrt();
        let moved = floats(around(real.clone(), &mut rng::stream(0, "around", 0)) - real);
        let shares: Vec<f64> = moved.iter().map(|by| f64::from(*by) / deviation).collect();
        assert!(shares.iter().all(|share| (-1e-5..0.5 + 1e-5).contains(share)));
        assert!((mean(shares.iter().copied()) - 0.125).abs() < 0.01);
        // Within an image only r differs. The largest of eight r has mean 8/9 and u has mean ½, so the mean is ¼ · 8/9.
        let largest = shares.chunks(8).map(|image| image.iter().fold(0.0f64, |largest, share| largest.max(*share)));
        assert!((mean(largest) - 0.25 * 8.0 / 9.0).abs() < 0.02);
    }

    /// D(x) = w·x changes by σ w·ε, whatever x is.
    #[test]
    fn a_difference_of_a_linear_discriminator_is_its_slope_along_the_noise() {
        let linear = builder([2, 1, 1]).linear(2, 1, false).build();
        let weight = floats(crate::nn::testing::tensor(&linear, 0));
        let x = images([4, 2, 1, 1]);
        let noise = floats(normal(&x, 0.1, &mut rng::stream(0, "noise", 0)));
        let along = noise.chunks(2).map(|e| f64::from(weight[0] * e[0] + weight[1] * e[1]).powi(2));
        let found = floats(by_difference(&linear, x, 5.0, 0.1, &mut rng::stream(0, "noise", 0)));
        assert!((f64::from(found[0]) - 5.0 * mean(along)).abs() < 1e-5 * f64::from(found[0]));
    }
}
