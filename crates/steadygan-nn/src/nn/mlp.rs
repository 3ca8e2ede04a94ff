//! Fully connected networks, for points in the plane and for small images.
//!
//! A linear layer is a 1×1 convolution of one pixel. The plan's attention is ignored, because a hidden layer has only
//! one pixel.

use super::family::{self, reshaped, with_activation, with_minibatch_layers, with_noise_and_dropout, with_norm};
use super::{Architecture, Builder, Family, Initializer, ModelPlan, Network, NetworkPlan, Norm};

/// The fully connected family.
pub const FAMILY: Family =
    Family(&Architecture { name: "mlp", makes_points: true, generator, discriminator, weights, check: |_| Ok(()) });

fn weights(model: &ModelPlan) -> usize {
    let pieces = model.maxout.max(1);
    let hidden = |width: usize, depth: usize| width * width * depth;
    let ends = (model.latent + model.image_len()) * model.width + model.image_len() * model.discriminator_width;
    hidden(model.width, model.depth[0]) + pieces * hidden(model.discriminator_width, model.depth[1]) + ends
}

/// Adds a hidden layer, `[c, 1, 1]` to `[width, 1, 1]`: linear, normalised if the network has a norm, then a LeakyReLU
/// or, if `pieces` is above 0, a maxout over `pieces` linear pieces.
fn layer(builder: Builder, width: usize, pieces: usize, network: &NetworkPlan) -> Builder {
    let [from, ..] = builder.output();
    let builder = builder.linear(from, width * pieces.max(1), network.norm == Norm::None);
    let builder = with_norm(builder, network);
    if pieces > 0 { with_noise_and_dropout(builder.maxout(pieces), network) } else { with_activation(builder, network) }
}

/// `[n, latent, 1, 1]` to images `[n, channels, size, size]` (points have size 1): hidden layers of equal width and a
/// linear layer.
pub fn generator(plan: &ModelPlan, init: Initializer) -> Network {
    let mut builder = family::latents(plan, init);
    for _ in 0..plan.depth[0] {
        builder = layer(builder, plan.width, 0, &plan.generator);
    }
    let [from, ..] = builder.output();
    let builder = builder.linear(from, plan.image_len(), true);
    family::generator(reshaped(builder, [plan.channels, plan.size, plan.size]), plan)
}

/// Images `[n, pack · channels, size, size]` to logits `[n, 1, 1, 1]`. The input is not normalised.
pub fn discriminator(plan: &ModelPlan, init: Initializer) -> Network {
    let builder = family::images(plan, init);
    let values = builder.output().iter().product();
    let mut builder = reshaped(builder, [values, 1, 1]);
    for _ in 0..plan.depth[1] {
        builder = layer(builder, plan.discriminator_width, plan.maxout, &plan.discriminator);
    }
    family::discriminator(with_minibatch_layers(builder, &plan.discriminator), 1, true, plan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{
        assert_networks_train, assert_penalty_gradients, assert_pull_back, images, init, model, parameters,
    };

    /// PacGAN's networks for points: 4 hidden layers of 400 with batch norm; 3 of 200 with maxout of 5 pieces.
    #[test]
    fn points_have_pacgans_networks() {
        let batch = NetworkPlan { norm: Norm::Batch, ..NetworkPlan::PLAIN };
        let (width, discriminator_width, depth, maxout) = (400, 200, [4, 3], 5);
        let plan = ModelPlan {
            channels: 2,
            size: 1,
            latent: 2,
            width,
            discriminator_width,
            depth,
            maxout,
            generator: batch,
            ..model()
        };
        let generator = generator(&plan, init());
        assert_eq!(generator.output(), [2, 1, 1]);
        assert_eq!(parameters(&generator), 2 * 400 + 3 * 400 * 400 + 4 * 2 * 400 + 400 * 2 + 2);
        let discriminator = discriminator(&plan, init());
        assert_eq!(parameters(&discriminator), 1_000 * (2 + 1) + 2 * 1_000 * (200 + 1) + 200 + 1);
        assert_networks_train(&generator, &discriminator);
    }

    #[test]
    fn images_are_flattened_and_reshaped() {
        let network_plan = NetworkPlan { minibatch_std: 4, spectral_norm: true, ..NetworkPlan::PLAIN };
        let plan = ModelPlan { channels: 3, size: 8, discriminator: network_plan, ..model() };
        let (generator, discriminator) = (generator(&plan, init()), discriminator(&plan, init()));
        assert_eq!((generator.output(), discriminator.input()), ([3, 8, 8], [3, 8, 8]));
        assert_eq!(parameters(&discriminator), (192 + 1) * 4 + (4 + 1) * 4 + (5 + 1));
        assert_networks_train(&generator, &discriminator);
    }

    #[test]
    fn penalties_have_exact_gradients() {
        for maxout in [0, 3] {
            let network_plan = NetworkPlan { slope: 0.2, spectral_norm: maxout == 0, ..NetworkPlan::PLAIN };
            let plan = ModelPlan { channels: 2, size: 1, maxout, discriminator: network_plan, ..model() };
            let network = discriminator(&plan, init());
            assert_pull_back(&network, images([3, 2, 1, 1]));
            assert_penalty_gradients(&network, images([3, 2, 1, 1]));
        }
    }
}
