//! Minibatch discrimination.

use super::{ImageShape, Initializer, Layer, Pass};
use burn::Tensor;
use burn::module::{Module, Param};

/// Minibatch discrimination (Salimans et al. 2016): appends B learned measures of how near each image is to the others
/// of its batch; `[n, c, h, w]` to `[n, c + B, h, w]`.
///
/// The A = c·h·w values f of an image are mapped to B rows of C values, M = T·f, and
/// o_b(i) = Σ_j exp(−‖M_b(i) − M_b(j)‖₁), where j runs over the batch; j = i adds the constant 1. Each o_b becomes a
/// channel, the same at all pixels. For the convolution over the whole image that ends a discriminator this has the
/// same effect as concatenating f and o has for a linear layer. A logit depends on its batch, in training and in
/// evaluation. The cost is n²·B·C absolute differences: two million for 64 images and the authors' B and C.
#[derive(Module, Debug)]
pub struct MinibatchDiscrimination {
    /// T, `[B·C, c, h, w]`.
    pub weight: Param<Tensor<4>>,
    #[module(skip)]
    features: usize,
}

impl MinibatchDiscrimination {
    /// A layer for images `[c, h, w]` whose weight `init` draws under `name`. `features` is B (100 in the authors'
    /// code), `dimensions` is C (5).
    pub fn new([c, h, w]: ImageShape, features: usize, dimensions: usize, name: &str, init: &Initializer) -> Self {
        let weight = init.weight(&format!("{name}.weight"), [features * dimensions, c, h, w], c * h * w);
        Self { weight, features }
    }

    fn with_nearness(&self, x: Tensor<4>) -> Tensor<4> {
        let [n, c, h, w] = x.dims();
        let [columns, ..] = self.weight.dims();
        let weight = self.weight.val().reshape([columns, c * h * w]);
        let values = x.clone().reshape([n, c * h * w]).matmul(weight.transpose());
        let values = values.reshape([n, self.features, columns / self.features]);
        let differences = values.clone().unsqueeze_dim::<4>(0) - values.unsqueeze_dim::<4>(1);
        let nearness = differences.abs().sum_dim(3).neg().exp().sum_dim(0);
        let planes = nearness.reshape([n, self.features, 1, 1]).expand([n, self.features, h, w]);
        Tensor::cat(vec![x, planes], 1)
    }
}

impl Layer for MinibatchDiscrimination {
    fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        pass.apart(x, |x| self.with_nearness(x))
    }

    /// None, because the layer mixes the images of a batch. A plan refuses it together with a penalty.
    fn pull_back(&self, _: Tensor<4>, _: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        None
    }

    fn output(&self, [c, h, w]: ImageShape) -> ImageShape {
        [c + self.features, h, w]
    }

    fn name(&self) -> String {
        format!("MinibatchDiscr. {}", self.features)
    }

    fn multiply_adds(&self, _: ImageShape) -> u64 {
        self.weight.shape().num_elements() as u64
    }
}

#[cfg(test)]
mod tests {
    use crate::nn::testing::assert_parameter_gradients;
    use crate::nn::testing::{assert_close, assert_input_gradient, builder, floats, images, tensor};
    use crate::nn::{ConvSpec, Network, Pass};

    fn network() -> Network {
        builder([2, 2, 1]).minibatch_discrimination(3, 2).build()
    }

    /// Compares the layer with its formula, term by term.
    #[test]
    fn nearness_is_the_sum_over_the_batch() {
        let (t, x) = (floats(tensor(&network(), 0)), floats(images([3, 2, 2, 1])));
        let y = network().forward(images([3, 2, 2, 1]), &mut Pass::evaluate());
        assert_eq!(y.dims(), [3, 5, 2, 1]);
        let m = |i: usize, k: usize| -> f32 { (0..4).map(|a| t[4 * k + a] * x[4 * i + a]).sum() };
        let nearness = |i: usize, b: usize| -> f32 {
            let distance = |j: usize| (0..2).map(|c| (m(i, 2 * b + c) - m(j, 2 * b + c)).abs()).sum::<f32>();
            (0..3).map(|j| (-distance(j)).exp()).sum()
        };
        let expected: Vec<f32> =
            (0..3).flat_map(|i| (0..3).flat_map(move |b| [(i, b); 2])).map(|(i, b)| nearness(i, b)).collect();
        assert_close(&floats(y.clone().narrow(1, 2, 3)), &expected);
        assert_eq!(floats(y.narrow(1, 0, 2)), x);
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let network = builder([2, 2, 2]).minibatch_discrimination(3, 2).conv(ConvSpec::valid(5, 1, 2, true)).build();
        assert_input_gradient(&network, images([3, 2, 2, 2]));
        assert_parameter_gradients(&network, images([3, 2, 2, 2]));
        assert!(network.input_gradient(images([3, 2, 2, 2])).is_none());
    }
}
