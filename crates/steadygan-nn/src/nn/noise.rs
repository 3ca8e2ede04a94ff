//! Noise inside a network.

use super::{ImageShape, Layer, Pass};
use burn::Tensor;
use burn::module::Module;
use burn::prelude::TensorData;
use rand_distr::{Distribution, StandardNormal};

/// Adds N(0, deviation²) to every value in every pass that has random numbers ([`Pass::with_noise`]), in training or
/// not (Zhao, Mathieu and LeCun 2017 do so in a generator's layers). Any shape.
#[derive(Module, Debug)]
pub struct GaussianNoise {
    /// Standard deviation, at least 0.
    #[module(skip)]
    pub deviation: f32,
}

impl Layer for GaussianNoise {
    fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        let Some(stream) = pass.noise() else { return x };
        let values = StandardNormal.sample_iter(stream).map(|value: f32| self.deviation * value);
        let values: Vec<f32> = values.take(x.shape().num_elements()).collect();
        let noise = Tensor::from_data(TensorData::new(values, x.shape()), &x.device().inner());
        x + noise
    }

    /// The gradient passes unchanged, because the added noise is a constant.
    fn pull_back(&self, g: Tensor<4>, _: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        Some(g)
    }

    fn output(&self, input: ImageShape) -> ImageShape {
        input
    }

    fn name(&self) -> String {
        format!("Noise {}", self.deviation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{builder, floats, images};
    use crate::rng;

    #[test]
    fn noise_has_its_deviation_and_comes_from_the_pass() {
        let network = builder([10, 10, 10]).gaussian_noise(0.5).build();
        let x = images([10, 10, 10, 10]);
        let mut pass = Pass::evaluate().with_noise(rng::stream(0, "noise", 0));
        let noise: Vec<f32> = floats(network.forward(x.clone(), &mut pass) - x.clone());
        let mean = noise.iter().sum::<f32>() / 1e4;
        let variance = noise.iter().map(|value| value * value).sum::<f32>() / 1e4;
        // Over 10,000 draws the standard deviation of the mean is 0.005, and of the variance 0.0035.
        assert!(mean.abs() < 0.02 && (variance - 0.25).abs() < 0.015, "{mean} {variance}");
        assert_eq!(floats(network.forward(x.clone(), &mut Pass::evaluate())), floats(x.clone()));
        assert_eq!(floats(network.input_gradient(x.clone()).expect("it has one")), floats(x.ones_like()));
    }
}
