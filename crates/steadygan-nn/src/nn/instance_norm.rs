//! Instance normalisation.

use super::{BatchNorm, ImageShape, Initializer, Layer, Pass};
use crate::ops::{self, BatchNormSettings};
use burn::Tensor;
use burn::module::{Module, Param};

/// Instance normalisation (Ulyanov, Vedaldi and Lempitsky 2016): γ·(x − μ)/√(σ² + ε) + β with the moments of each
/// channel of each image over its pixels, ε = 1e-5, in training and in evaluation; `[n, c, h, w]` to the same shape.
/// A single pixel has no variance: the layer then gives β.
#[derive(Module, Debug)]
pub struct InstanceNorm {
    /// Scale γ, `[c]`.
    pub weight: Param<Tensor<1>>,
    /// Shift β, `[c]`.
    pub bias: Param<Tensor<1>>,
}

impl InstanceNorm {
    /// A layer for `channels` channels whose scale `init` draws under `name`, by batch norm's rule.
    pub fn new(channels: usize, name: &str, init: &Initializer) -> Self {
        let weight = init.scale(&format!("{name}.weight"), channels);
        Self { weight, bias: Param::from_tensor(init.constant(0.0, channels)) }
    }
}

/// Splits the values of each image into `groups` equal runs and normalises each run to mean 0 and variance 1
/// (ε = 1e-5). Computed as batch normalisation of one image that has n · groups channels.
pub(super) fn standardised(x: Tensor<4>, groups: usize) -> Tensor<4> {
    let [n, c, h, w] = x.dims();
    let rows = x.reshape([1, n * groups, c * h * w / groups, 1]);
    let moments = ops::channel_moments(rows.clone());
    let gamma = Tensor::ones([n * groups], &rows.device().inner());
    let beta = gamma.zeros_like();
    let settings = BatchNormSettings { epsilon: BatchNorm::EPSILON, of_batch: true, slope: None };
    ops::batch_norm(rows, moments, gamma, beta, settings).reshape([n, c, h, w])
}

/// `x · weight + bias`, both `[c]`.
pub(super) fn affine(x: Tensor<4>, weight: Tensor<1>, bias: Tensor<1>) -> Tensor<4> {
    let [_, c, ..] = x.dims();
    ops::add_bias(x * weight.reshape([1, c, 1, 1]), bias)
}

impl Layer for InstanceNorm {
    fn forward(&self, x: Tensor<4>, _: &mut Pass) -> Tensor<4> {
        let [_, c, ..] = x.dims();
        affine(standardised(x, c), self.weight.val(), self.bias.val())
    }

    /// None, although each image has a gradient. It would have to go through the moments, at the cost of another pass
    /// over the images for each term, and discriminators with a penalty do better without normalisation. So a plan
    /// refuses normalisation together with a penalty.
    fn pull_back(&self, _: Tensor<4>, _: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        None
    }

    fn output(&self, input: ImageShape) -> ImageShape {
        input
    }

    fn name(&self) -> String {
        "InstanceNorm".into()
    }
}

#[cfg(test)]
mod tests {
    use crate::nn::Pass;
    use crate::nn::testing::{
        assert_close, assert_input_gradient, assert_parameter_gradients, builder, floats, images, perturbed,
    };

    /// Compares the layer with its formula in double precision.
    #[test]
    fn each_channel_of_each_image_is_normalised_by_itself() {
        let network = perturbed(builder([3, 4, 2]).instance_norm(3).build());
        let (x, y) = (images([2, 3, 4, 2]), network.forward(images([2, 3, 4, 2]), &mut Pass::evaluate()));
        let [gamma, beta] = [0, 1].map(|at| floats(crate::nn::testing::tensor(&network, at)));
        let expected: Vec<f32> = (floats(x).chunks(8).enumerate())
            .flat_map(|(plane, x)| {
                let x: Vec<f64> = x.iter().map(|x| f64::from(*x)).collect();
                let mean = x.iter().sum::<f64>() / 8.0;
                let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 8.0;
                let (gamma, beta) = (f64::from(gamma[plane % 3]), f64::from(beta[plane % 3]));
                x.into_iter().map(move |x| (gamma * (x - mean) / (variance + 1e-5).sqrt() + beta) as f32)
            })
            .collect();
        assert_close(&floats(y), &expected);
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let network = perturbed(builder([3, 4, 2]).instance_norm(3).build());
        assert_input_gradient(&network, images([2, 3, 4, 2]));
        assert_parameter_gradients(&network, images([2, 3, 4, 2]));
    }
}
