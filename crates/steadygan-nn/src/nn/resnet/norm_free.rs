//! Residual networks without normalisation, after R3GAN (Huang et al. 2024).
//!
//! There are two blocks at each size. A block is a 1×1, a 3×3 and a 1×1 convolution with LeakyReLU between them.
//! Between sizes there is bilinear resampling, and a 1×1 convolution where the number of channels changes; at the
//! smallest size there is a learned basis. The authors' 3×3 convolutions are grouped and have twice as many channels as
//! the stage; ours are dense with as many channels as the stage, because this library has no grouped convolutions.
//! Halving averages 2×2 pixels.
//!
//! Instead of normalisation, the networks rely on their initial weights, which do not depend on the plan's rule.
//! Weights are drawn from N(0, gain²/fan_in) (He et al. 2015). The gain is 1 outside of blocks. Inside of blocks it is
//! the activation's gain √(2/(1 + slope²)) times L^(−1/(2m−2)), for L blocks of m layers (Fixup, Zhang, Dauphin and Ma
//! 2019). The last layer of each block starts as zeros, so that the block starts as the identity. The plan's `norm` and
//! resampling are ignored. A layer of zeros is never under spectral normalisation, because its largest singular value
//! is 0 and cannot be divided by.

use super::widths;
use crate::nn::family::{self, base_and_stages, with_activation, with_attention, with_minibatch_layers};
use crate::nn::{Builder, ConvSpec, Init, Initializer, Network, ResidualScale};
use crate::nn::{ModelPlan, NetworkPlan};

/// Blocks at each size.
const BLOCKS: usize = 2;
/// Convolutions in the main branch of a block, m.
const LAYERS: i32 = 3;

/// The initialisation rule outside of blocks.
const UNIT: Init = Init::FanInNormal { gain: 1.0 };

/// The initialisation rule inside of blocks (but for their last layer), in a network that has `sizes` sizes.
fn inner(network: &NetworkPlan, sizes: usize) -> Init {
    let activation = (2.0 / (1.0 + f64::from(network.slope).powi(2))).sqrt();
    let blocks = (BLOCKS * sizes) as f64;
    Init::FanInNormal { gain: activation * blocks.powf(-1.0 / f64::from(2 * LAYERS - 2)) }
}

fn linear(from: usize, to: usize) -> ConvSpec {
    ConvSpec::valid(from, to, 1, false)
}

/// Adds the blocks of one size, `[c, h, w]` to the same shape.
fn blocks(mut builder: Builder, network: &NetworkPlan, sizes: usize) -> Builder {
    let [c, ..] = builder.output();
    for _ in 0..BLOCKS {
        let main = |main: Builder| {
            let main = main.initialised(inner(network, sizes)).conv(ConvSpec::valid(c, c, 1, true));
            let main = with_activation(with_activation(main, network).conv(ConvSpec::same(c, c, 3, 1, true)), network);
            main.initialised(Init::FanInNormal { gain: 0.0 }).spectral_norm(false).conv(linear(c, c))
        };
        builder = builder.residual(ResidualScale::One, main, |skip| skip);
    }
    builder
}

/// Adds a 1×1 convolution to `to` channels, unless there are that many already.
fn transition(builder: Builder, to: usize) -> Builder {
    let [from, ..] = builder.output();
    if from == to { builder } else { builder.conv(linear(from, to)) }
}

/// A linear layer and the basis, blocks at each size, and a 1×1 convolution to the image's channels.
pub(super) fn generator(plan: &ModelPlan, init: Initializer) -> Network {
    let network = &plan.generator;
    let (base, stages) = base_and_stages(plan);
    let widths = widths(plan.width, stages);
    let builder = family::latents(plan, init).initialised(UNIT);
    let [latent, ..] = builder.output();
    let mut builder = builder.conv(linear(latent, widths[0])).generative_basis(base);
    for (stage, to) in widths.iter().enumerate() {
        if stage > 0 {
            builder = transition(builder, *to).bilinear_upsample();
        }
        builder = with_attention(blocks(builder, network, widths.len()), network, stage, stages);
    }
    family::generator(builder.conv(linear(plan.width, plan.channels)), plan)
}

/// A 1×1 convolution, blocks at each size, the basis and a linear layer.
pub(super) fn discriminator(plan: &ModelPlan, init: Initializer) -> Network {
    let network = &plan.discriminator;
    let (_, stages) = base_and_stages(plan);
    let widths = widths(plan.discriminator_width, stages);
    let builder = family::images(plan, init).initialised(UNIT);
    let [from, ..] = builder.output();
    let mut builder = builder.conv(linear(from, widths[stages]));
    for (stage, to) in widths.iter().enumerate().rev() {
        if stage < stages {
            builder = transition(builder.average_pool(), *to);
        }
        builder = with_attention(blocks(builder, network, widths.len()), network, stage, stages);
    }
    family::discriminator(with_minibatch_layers(builder, network).discriminative_basis(), 1, false, plan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Block;
    use crate::nn::named_tensors;
    use crate::nn::testing::{
        assert_networks_train, assert_penalty_gradients, assert_pull_back, floats, images, init, model, parameters,
        perturbed, tensor,
    };

    fn plan(network: NetworkPlan) -> ModelPlan {
        ModelPlan { block: Block::NormFree, generator: network, discriminator: network, ..model() }
    }

    #[test]
    fn parameters_are_those_of_blocks_and_bases() {
        let block = |c: usize| (c + 1) * c + (9 * c + 1) * c + c * c;
        let between = 16 * 8 + 8 * 4;
        let blocks = 2 * (block(16) + block(8) + block(4));
        let plan = plan(NetworkPlan::PLAIN);
        let (generator, discriminator) = (generator(&plan, init()), discriminator(&plan, init()));
        assert_eq!(parameters(&generator), 3 * 16 + 16 * 16 + between + blocks + 4);
        assert_eq!(parameters(&discriminator), 4 + between + blocks + 16 * 16 + 16);
        assert_eq!((generator.output(), discriminator.output()), ([1, 16, 16], [1, 1, 1]));
    }

    #[test]
    fn networks_train() {
        let full =
            NetworkPlan { spectral_norm: true, attention: true, minibatch_std: 4, slope: 0.2, ..NetworkPlan::PLAIN };
        assert_networks_train(&generator(&plan(full), init()), &discriminator(&plan(full), init()));
    }

    /// In the first block (64 channels) the last layer is zeros; the layers before it have a standard deviation of
    /// √2 · 6^(−1/4) / √fan_in.
    #[test]
    fn weights_start_as_in_fixup() {
        let network = generator(&ModelPlan { width: 16, ..plan(NetworkPlan::PLAIN) }, init());
        let names: Vec<String> = named_tensors(&network).into_iter().map(|tensor| tensor.name).collect();
        let values = |name: &str| floats(tensor(&network, names.iter().position(|n| n == name).expect("there is one")));
        assert!(values("main.2.main.4.weight").iter().all(|value| *value == 0.0));
        let weight = values("main.2.main.2.weight");
        let deviation = (weight.iter().map(|w| w * w).sum::<f32>() / weight.len() as f32).sqrt();
        let expected = 2f32.sqrt() * 6f32.powf(-0.25) / (64.0f32 * 9.0).sqrt();
        assert!((deviation / expected - 1.0).abs() < 0.02, "{deviation} instead of {expected}");
    }

    /// The network is perturbed, because the zeros in the blocks' last layers would hide errors in the other layers.
    #[test]
    fn penalties_have_exact_gradients() {
        let network_plan = NetworkPlan { slope: 0.5, ..NetworkPlan::PLAIN };
        let plan = ModelPlan { size: 8, discriminator_width: 1, ..plan(network_plan) };
        let network = perturbed(discriminator(&plan, init()));
        assert_pull_back(&network, images([2, 1, 8, 8]));
        assert_penalty_gradients(&network, images([1, 1, 8, 8]));
    }
}
