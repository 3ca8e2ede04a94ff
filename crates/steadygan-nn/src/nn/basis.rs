//! Learned bases: from a vector to the smallest image in a generator, and back to a vector in a discriminator.

use super::{ImageShape, Initializer, Layer, Pass};
use burn::Tensor;
use burn::module::{Module, Param};

/// A learned image for each channel, multiplied by the channel's value: `[n, c, 1, 1]` to `[n, c, size, size]` (R3GAN,
/// Huang et al. 2024). The images are initialised from N(0, 1).
#[derive(Module, Debug)]
pub struct GenerativeBasis {
    /// `[c, size, size]`.
    pub weight: Param<Tensor<3>>,
}

impl GenerativeBasis {
    /// A layer of `channels` images drawn by `init` under `name`.
    pub fn new(channels: usize, size: usize, name: &str, init: &Initializer) -> Self {
        let values = init.standard_normal(&format!("{name}.weight"), channels * size * size);
        Self { weight: Param::from_tensor(values.reshape([channels, size, size]).detach()) }
    }
}

impl Layer for GenerativeBasis {
    fn forward(&self, x: Tensor<4>, _: &mut Pass) -> Tensor<4> {
        x * self.weight.val().unsqueeze_dim::<4>(0)
    }

    fn pull_back(&self, g: Tensor<4>, _: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        Some((g * self.weight.val().unsqueeze_dim::<4>(0)).sum_dims(&[2, 3]))
    }

    fn output(&self, _: ImageShape) -> ImageShape {
        self.weight.dims()
    }

    fn name(&self) -> String {
        "GenerativeBasis".into()
    }

    fn multiply_adds(&self, _: ImageShape) -> u64 {
        self.weight.shape().num_elements() as u64
    }
}

/// The weighted sum of each channel's pixels, with learned weights: `[n, c, h, w]` to `[n, c, 1, 1]`. This is a
/// depthwise convolution over the whole image (R3GAN, Huang et al. 2024).
#[derive(Module, Debug)]
pub struct DiscriminativeBasis {
    /// `[c, 1, h, w]`, the shape that PyTorch gives a convolution of c groups.
    pub weight: Param<Tensor<4>>,
}

impl DiscriminativeBasis {
    /// A layer for images of shape `input` whose weight `init` draws under `name`, with a fan-in of h · w.
    pub fn new([c, h, w]: ImageShape, name: &str, init: &Initializer) -> Self {
        Self { weight: init.weight(&format!("{name}.weight"), [c, 1, h, w], h * w) }
    }

    fn images(&self) -> Tensor<4> {
        self.weight.val().swap_dims(0, 1)
    }
}

impl Layer for DiscriminativeBasis {
    fn forward(&self, x: Tensor<4>, _: &mut Pass) -> Tensor<4> {
        (x * self.images()).sum_dims(&[2, 3])
    }

    fn pull_back(&self, g: Tensor<4>, _: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        Some(g * self.images())
    }

    fn output(&self, [c, _, _]: ImageShape) -> ImageShape {
        [c, 1, 1]
    }

    fn name(&self) -> String {
        "DiscriminativeBasis".into()
    }

    fn multiply_adds(&self, _: ImageShape) -> u64 {
        self.weight.shape().num_elements() as u64
    }
}

#[cfg(test)]
mod tests {
    use crate::nn::Pass;
    use crate::nn::testing::{
        assert_close, assert_penalty_gradients, assert_pull_back, builder, floats, images, tensor,
    };

    #[test]
    fn bases_are_products_and_their_sums() {
        let generative = builder([2, 1, 1]).generative_basis(3).build();
        let (basis, x) = (floats(tensor(&generative, 0)), floats(images([2, 2, 1, 1])));
        let y = generative.forward(images([2, 2, 1, 1]), &mut Pass::train());
        assert_eq!(y.dims(), [2, 2, 3, 3]);
        let expected: Vec<f32> = (0..36).map(|at| x[at / 9] * basis[at % 18]).collect();
        assert_close(&floats(y), &expected);

        let discriminative = builder([2, 3, 3]).discriminative_basis().build();
        let (basis, x) = (floats(tensor(&discriminative, 0)), floats(images([2, 2, 3, 3])));
        let y = discriminative.forward(images([2, 2, 3, 3]), &mut Pass::train());
        assert_eq!(y.dims(), [2, 2, 1, 1]);
        let expected: Vec<f32> =
            (0..4).map(|plane| (0..9).map(|at| x[9 * plane + at] * basis[9 * (plane % 2) + at]).sum()).collect();
        assert_close(&floats(y), &expected);
    }

    #[test]
    fn gradients_of_gradients_are_exact() {
        let network =
            builder([2, 1, 1]).generative_basis(3).tanh().discriminative_basis().linear(2, 1, true).tanh().build();
        assert_pull_back(&network, images([2, 2, 1, 1]));
        assert_penalty_gradients(&network, images([2, 2, 1, 1]));
    }
}
