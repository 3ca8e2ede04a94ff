//! Virtual batch normalisation.

use super::instance_norm::affine;
use super::{BatchNorm, ImageShape, Initializer, Layer, Pass};
use burn::Tensor;
use burn::module::{Module, Param};

/// Virtual batch normalisation (Salimans et al. 2016): γ·(x − μ)/√(σ² + ε) + β, ε = 1e-5. The moments of each channel
/// are taken over a fixed reference batch of m images and the image itself: the reference has weight m/(m + 1), the
/// image 1/(m + 1). The images of the reference batch are normalised by the reference batch alone. `[n, c, h, w]` to
/// the same shape.
///
/// The network holds the reference batch ([`Network::set_reference`](super::Network::set_reference)) and puts it
/// through its layers together with every batch, so that the reference's activations follow from the current weights
/// and gradients flow through them. A reference of the batch's size doubles the cost of a pass. Without a reference
/// (m = 0) the layer is an instance norm.
#[derive(Module, Debug)]
pub struct VirtualBatchNorm {
    /// Scale γ, `[c]`.
    pub weight: Param<Tensor<1>>,
    /// Shift β, `[c]`.
    pub bias: Param<Tensor<1>>,
}

impl VirtualBatchNorm {
    /// The number of images in the reference batches of the network families: the usual batch size.
    pub const REFERENCE: usize = 64;

    /// A layer for `channels` channels whose scale `init` draws under `name`, by batch norm's rule.
    pub fn new(channels: usize, name: &str, init: &Initializer) -> Self {
        let weight = init.scale(&format!("{name}.weight"), channels);
        Self { weight, bias: Param::from_tensor(init.constant(0.0, channels)) }
    }
}

/// Mean and variance over the dimensions `dims`, which keep size 1: `[n, c, 1, 1]` over `[2, 3]`, `[1, c, 1, 1]` over
/// `[0, 2, 3]`.
fn moments(x: &Tensor<4>, dims: &[usize]) -> (Tensor<4>, Tensor<4>) {
    let mean = x.clone().mean_dims(dims);
    let centred = x.clone() - mean.clone();
    (mean, (centred.clone() * centred).mean_dims(dims))
}

fn standardised(x: Tensor<4>, mean: Tensor<4>, variance: Tensor<4>) -> Tensor<4> {
    (x - mean) / (variance + BatchNorm::EPSILON).sqrt()
}

/// Normalises `x`, whose first `count` images are the reference batch; the result has the same order.
fn normalised(x: Tensor<4>, count: usize) -> Tensor<4> {
    let [all, ..] = x.dims();
    let images = x.clone().narrow(0, count, all - count);
    let (image_mean, image_variance) = moments(&images, &[2, 3]);
    if count == 0 {
        return standardised(images, image_mean, image_variance);
    }
    let reference = x.narrow(0, 0, count);
    let (mean, variance) = moments(&reference, &[0, 2, 3]);
    let share = 1.0 / (count as f32 + 1.0);
    let between = image_mean - mean.clone();
    // The variance of a mixture is the mean of the variances plus the variance of the means.
    let mixed_mean = mean.clone() + between.clone() * share;
    let mixed_variance =
        variance.clone() * (1.0 - share) + image_variance * share + between.clone() * between * (share * (1.0 - share));
    let images = standardised(images, mixed_mean, mixed_variance);
    Tensor::cat(vec![standardised(reference, mean, variance), images], 0)
}

impl Layer for VirtualBatchNorm {
    fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        affine(normalised(x, pass.reference()), self.weight.val(), self.bias.val())
    }

    /// None: a plan refuses this layer together with a penalty, as it refuses the other norms.
    fn pull_back(&self, _: Tensor<4>, _: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        None
    }

    fn output(&self, input: ImageShape) -> ImageShape {
        input
    }

    fn name(&self) -> String {
        "VirtualBatchNorm".into()
    }
}

#[cfg(test)]
mod tests {
    use crate::nn::testing::{
        assert_close, assert_input_gradient, assert_parameter_gradients, builder, floats, images, named_images,
        perturbed,
    };
    use crate::nn::{ConvSpec, Network, Pass, named_tensors};

    fn network(count: usize) -> Network {
        let mut network = builder([2, 4, 4])
            .conv(ConvSpec::same(2, 3, 3, 1, false))
            .virtual_batch_norm(3)
            .tanh()
            .conv(ConvSpec::strided(3, 2, false))
            .virtual_batch_norm(2)
            .build();
        network.set_reference(named_images("reference", [count, 2, 4, 4]));
        perturbed(network)
    }

    /// The moments of an image equal the moments over all pixels of the m + 1 images that are the reference batch and
    /// the image.
    #[test]
    fn moments_are_those_of_reference_and_image_together() {
        let mut network = builder([1, 2, 2]).virtual_batch_norm(1).build();
        network.set_reference(named_images("reference", [3, 1, 2, 2]));
        let gamma = f64::from(floats(crate::nn::testing::tensor(&network, 0))[0]);
        let reference = floats(named_images("reference", [3, 1, 2, 2]));
        let x = floats(images([2, 1, 2, 2]));
        let expected: Vec<f32> = (x.chunks(4))
            .flat_map(|image| {
                let heap: Vec<f64> = reference.iter().chain(image).map(|x| f64::from(*x)).collect();
                let mean = heap.iter().sum::<f64>() / 16.0;
                let variance = heap.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 16.0;
                let standard = move |x: &f32| (gamma * (f64::from(*x) - mean) / (variance + 1e-5).sqrt()) as f32;
                image.iter().map(standard).collect::<Vec<_>>()
            })
            .collect();
        assert_close(&floats(network.forward(images([2, 1, 2, 2]), &mut Pass::train())), &expected);
    }

    #[test]
    fn an_image_does_not_depend_on_its_batch() {
        let network = network(3);
        let both = floats(network.forward(images([2, 2, 4, 4]), &mut Pass::train()));
        let each = [0, 1].map(|at| floats(network.forward(images([2, 2, 4, 4]).narrow(0, at, 1), &mut Pass::train())));
        assert_close(&both, &each.concat());
    }

    /// Changing a weight in the difference quotients changes the reference's moments too, so they test the gradient
    /// through these moments.
    #[test]
    fn gradients_are_those_of_finite_differences() {
        assert_input_gradient(&network(3), images([2, 2, 4, 4]));
        assert_parameter_gradients(&network(3), images([2, 2, 4, 4]));
        assert!(network(3).input_gradient(images([2, 2, 4, 4])).is_none());
    }

    #[test]
    fn the_reference_is_saved_and_not_trained() {
        let last = named_tensors(&network(3)).pop().expect("a tensor");
        assert_eq!((last.name.as_str(), last.trainable), ("reference", false));
        assert_eq!(last.data.shape().to_vec(), [3, 2, 4, 4]);
    }
}
