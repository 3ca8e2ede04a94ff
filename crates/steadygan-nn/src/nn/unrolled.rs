//! The small networks of Metz et al. 2017 for Stacked-MNIST, as in PacGAN's code (Lin et al. 2018).
//!
//! The originals have generator width 8 and discriminator width 2 (a quarter) or 4 (a half), a latent of 256, batch
//! norm in both networks, ReLU in the generator and LeakyReLU 0.3 in the discriminator. Every layer has a bias.

use super::family::{self, convolutional_weights, with_attention, with_minibatch_layers, with_norm_and_activation};
use super::{Architecture, ConvSpec, Family, Initializer, ModelPlan, Network};
use crate::error::require;

/// The small family for Stacked-MNIST.
pub const FAMILY: Family = Family(&Architecture {
    name: "unrolled",
    makes_points: false,
    generator,
    discriminator,
    weights: convolutional_weights,
    check: |model| require(model.size == SIZE, "data.size", model.size, "28 for the family `unrolled`"),
});

/// The only size of the images.
pub const SIZE: usize = 28;

/// The smallest image's size.
const BASE: usize = 4;

const KERNEL: usize = 3;

/// Zeros padded (before, after) the larger image, between sizes 4 and 7, 7 and 14, 14 and 28: TensorFlow's "same".
const PADS: [(usize, usize); 3] = [(1, 1), (0, 1), (0, 1)];

/// `[n, latent, 1, 1]` to images `[n, channels, 28, 28]`: a linear layer to 4×4 with 8 · width channels, transposed 3×3
/// convolutions to 7×7, 14×14 and 28×28 that halve the channels, and a 3×3 convolution.
pub fn generator(plan: &ModelPlan, init: Initializer) -> Network {
    let network = &plan.generator;
    let mut from = plan.width << PADS.len();
    let builder = family::latents(plan, init);
    let [latent, ..] = builder.output();
    let builder = builder.linear(latent, from * BASE * BASE, true).reshape([from, BASE, BASE]);
    let mut builder = with_norm_and_activation(builder, network);
    for (stage, pads) in PADS.into_iter().enumerate() {
        let to = from / 2;
        builder = builder.conv_transpose(ConvSpec::new(from, to, KERNEL, 2, pads, true));
        builder = with_attention(with_norm_and_activation(builder, network), network, stage, PADS.len());
        from = to;
    }
    family::generator(builder.conv(ConvSpec::same(from, plan.channels, KERNEL, 1, true)), plan)
}

/// Images `[n, pack · channels, 28, 28]` to logits `[n, 1, 1, 1]`: 3×3 convolutions with stride 2 to width, 2 · width
/// and 4 · width channels, all normalised (even the first), and a linear layer over the 4×4 image.
pub fn discriminator(plan: &ModelPlan, init: Initializer) -> Network {
    let network = &plan.discriminator;
    let mut builder = family::images(plan, init);
    let [mut from, ..] = builder.output();
    for (stage, pads) in PADS.into_iter().rev().enumerate() {
        let to = plan.discriminator_width << stage;
        builder = with_norm_and_activation(builder.conv(ConvSpec::new(from, to, KERNEL, 2, pads, true)), network);
        builder = with_attention(builder, network, stage, PADS.len());
        from = to;
    }
    family::discriminator(with_minibatch_layers(builder, network), BASE, true, plan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{
        assert_networks_train, assert_penalty_gradients, assert_pull_back, images, init, model, parameters,
    };
    use crate::nn::{NetworkPlan, Norm};

    fn plan(norm: Norm) -> ModelPlan {
        let generator = NetworkPlan { norm, ..NetworkPlan::PLAIN };
        let discriminator = NetworkPlan { slope: 0.3, ..generator };
        let (width, discriminator_width) = (8, 2);
        ModelPlan {
            size: SIZE,
            channels: 3,
            latent: 256,
            width,
            discriminator_width,
            generator,
            discriminator,
            ..model()
        }
    }

    #[test]
    fn parameters_are_those_of_the_small_network() {
        let (generator, discriminator) =
            (generator(&plan(Norm::Batch), init()), discriminator(&plan(Norm::Batch), init()));
        assert_eq!((generator.output(), discriminator.output()), ([3, 28, 28], [1, 1, 1]));
        let linear = 257 * 1_024 + 2 * 64;
        let transposed = (64 * 9 + 3) * 32 + (32 * 9 + 3) * 16 + (16 * 9 + 3) * 8;
        assert_eq!(parameters(&generator), linear + transposed + (8 * 9 + 1) * 3);
        // Each hidden channel has a bias, a scale and a shift.
        assert_eq!(parameters(&discriminator), (3 * 9 + 3) * 2 + (2 * 9 + 3) * 4 + (4 * 9 + 3) * 8 + 8 * 16 + 1);
        assert_networks_train(&generator, &discriminator);
    }

    #[test]
    fn penalties_have_exact_gradients() {
        let network = discriminator(&ModelPlan { discriminator_width: 1, channels: 1, ..plan(Norm::None) }, init());
        assert_pull_back(&network, images([2, 1, 28, 28]));
        assert_penalty_gradients(&network, images([1, 1, 28, 28]));
    }
}
