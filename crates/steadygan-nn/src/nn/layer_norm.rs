//! Layer normalisation.

use super::instance_norm::{affine, standardised};
use super::{ImageShape, Initializer, Layer, Pass};
use burn::Tensor;
use burn::module::{Module, Param};

/// Layer normalisation (Ba, Kiros and Hinton 2016) of images: γ·(x − μ)/√(σ² + ε) + β with the moments of each image
/// over channels and pixels, ε = 1e-5, and γ and β for each channel, as in WGAN-GP's code (Gulrajani et al. 2017);
/// `[n, c, h, w]` to the same shape.
#[derive(Module, Debug)]
pub struct LayerNorm {
    /// Scale γ, `[c]`.
    pub weight: Param<Tensor<1>>,
    /// Shift β, `[c]`.
    pub bias: Param<Tensor<1>>,
}

impl LayerNorm {
    /// A layer for `channels` channels whose scale `init` draws under `name`, by batch norm's rule.
    pub fn new(channels: usize, name: &str, init: &Initializer) -> Self {
        let weight = init.scale(&format!("{name}.weight"), channels);
        Self { weight, bias: Param::from_tensor(init.constant(0.0, channels)) }
    }
}

impl Layer for LayerNorm {
    fn forward(&self, x: Tensor<4>, _: &mut Pass) -> Tensor<4> {
        affine(standardised(x, 1), self.weight.val(), self.bias.val())
    }

    /// None, for the same reasons as in [`InstanceNorm`](super::InstanceNorm). A plan refuses this layer together with
    /// a penalty.
    fn pull_back(&self, _: Tensor<4>, _: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        None
    }

    fn output(&self, input: ImageShape) -> ImageShape {
        input
    }

    fn name(&self) -> String {
        "LayerNorm".into()
    }
}

#[cfg(test)]
mod tests {
    use crate::nn::Pass;
    use crate::nn::testing::{
        assert_close, assert_input_gradient, assert_parameter_gradients, builder, floats, images, perturbed, tensor,
    };

    #[test]
    fn each_image_is_normalised_as_a_whole() {
        let network = perturbed(builder([3, 4, 2]).layer_norm(3).build());
        let y = network.forward(images([2, 3, 4, 2]), &mut Pass::evaluate());
        let [gamma, beta] = [0, 1].map(|at| floats(tensor(&network, at)));
        let expected: Vec<f32> = (floats(images([2, 3, 4, 2])).chunks(24))
            .flat_map(|x| {
                let x: Vec<f64> = x.iter().map(|x| f64::from(*x)).collect();
                let mean = x.iter().sum::<f64>() / 24.0;
                let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 24.0;
                let normalised = move |(at, x): (usize, f64)| {
                    let standard = (x - mean) / (variance + 1e-5).sqrt();
                    (at / 8, standard)
                };
                x.into_iter().enumerate().map(normalised).collect::<Vec<_>>()
            })
            .map(|(channel, x)| (f64::from(gamma[channel]) * x + f64::from(beta[channel])) as f32)
            .collect();
        assert_close(&floats(y), &expected);
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let network = perturbed(builder([3, 4, 2]).layer_norm(3).build());
        assert_input_gradient(&network, images([2, 3, 4, 2]));
        assert_parameter_gradients(&network, images([2, 3, 4, 2]));
    }
}
