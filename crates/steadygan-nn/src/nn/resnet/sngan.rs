//! The residual networks of the spectral normalisation paper (Miyato et al. 2018, appendix B).
//!
//! A block has two 3×3 convolutions, each after an activation, in its main branch and a 1×1 convolution in its skip.
//! The generator's blocks double the size by nearest neighbour; the discriminator's halve it by average pooling. The
//! plan's up- and downsampling are ignored. With width 64 these are the paper's networks for 128 pixels and its
//! generator for 48 pixels. The paper's initial weights follow Glorot's rule; ours follow the plan's rule.

use super::widths;
use crate::nn::family::{
    self, base_and_stages, with_activation, with_attention, with_minibatch_layers, with_norm_and_activation,
};
use crate::nn::{Builder, ConvSpec, Initializer, Network, ResidualScale};
use crate::nn::{ModelPlan, NetworkPlan};

fn conv(from: usize, to: usize) -> ConvSpec {
    ConvSpec::same(from, to, 3, 1, true)
}

fn shortcut(from: usize, to: usize) -> ConvSpec {
    ConvSpec::valid(from, to, 1, true)
}

/// Adds a doubling block, `[from, h, w]` to `[to, 2h, 2w]`.
fn doubled(builder: Builder, from: usize, to: usize, network: &NetworkPlan) -> Builder {
    let main = |main| {
        with_norm_and_activation(with_norm_and_activation(main, network).upsample().conv(conv(from, to)), network)
            .conv(conv(to, to))
    };
    builder.residual(ResidualScale::One, main, |skip| skip.upsample().conv(shortcut(from, to)))
}

/// A linear layer to the smallest image, a doubling block for each larger size, and a 3×3 convolution.
pub(super) fn generator(plan: &ModelPlan, init: Initializer) -> Network {
    let network = &plan.generator;
    let (base, stages) = base_and_stages(plan);
    let widths = widths(plan.width, stages);
    let builder = family::latents(plan, init);
    let [latent, ..] = builder.output();
    let mut builder = builder.linear(latent, widths[0] * base * base, true).reshape([widths[0], base, base]);
    for (stage, pair) in widths.windows(2).enumerate() {
        builder = with_attention(builder, network, stage, stages);
        builder = doubled(builder, pair[0], pair[1], network);
    }
    family::generator(with_norm_and_activation(builder, network).conv(conv(plan.width, plan.channels)), plan)
}

/// Adds the first block, a halving block on images: no activation or norm comes before its first convolution.
fn first(builder: Builder, from: usize, to: usize, network: &NetworkPlan) -> Builder {
    let main = |main: Builder| with_activation(main.conv(conv(from, to)), network).conv(conv(to, to)).average_pool();
    builder.residual(ResidualScale::One, main, |skip| skip.average_pool().conv(shortcut(from, to)))
}

/// Adds the two 3×3 convolutions of a discriminator's block, `[from, h, w]` to `[to, h, w]`.
fn convolved(main: Builder, from: usize, to: usize, network: &NetworkPlan) -> Builder {
    with_norm_and_activation(with_norm_and_activation(main, network).conv(conv(from, from)), network)
        .conv(conv(from, to))
}

/// Adds a halving block, `[from, 2h, 2w]` to `[to, h, w]`.
fn halved(builder: Builder, from: usize, to: usize, network: &NetworkPlan) -> Builder {
    let main = |main| convolved(main, from, to, network).average_pool();
    builder.residual(ResidualScale::One, main, |skip| skip.conv(shortcut(from, to)).average_pool())
}

/// A halving block for each larger size, a block at the smallest size, the sum over its pixels, and a linear layer.
pub(super) fn discriminator(plan: &ModelPlan, init: Initializer) -> Network {
    let network = &plan.discriminator;
    let (_, stages) = base_and_stages(plan);
    let widths: Vec<usize> = widths(plan.discriminator_width, stages).into_iter().rev().collect();
    let builder = family::images(plan, init);
    let [from, ..] = builder.output();
    let mut builder = with_attention(first(builder, from, widths[0], network), network, stages - 1, stages);
    for (stage, pair) in widths.windows(2).enumerate().take(stages - 1) {
        builder = halved(builder, pair[0], pair[1], network);
        builder = with_attention(builder, network, stages - 2 - stage, stages);
    }
    let (from, to) = (widths[stages - 1], widths[stages]);
    let skip = |skip: Builder| if from == to { skip } else { skip.conv(shortcut(from, to)) };
    builder = builder.residual(ResidualScale::One, |main| convolved(main, from, to, network), skip);
    family::discriminator(
        with_minibatch_layers(with_norm_and_activation(builder, network).global_sum_pool(), network),
        1,
        true,
        plan,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Norm;
    use crate::nn::testing::{
        assert_networks_train, assert_penalty_gradients, assert_pull_back, images, init, model, parameters,
    };

    fn block(from: usize, hidden: usize, to: usize) -> usize {
        (9 * from + 1) * hidden + (9 * hidden + 1) * to + (from + 1) * to
    }

    /// The paper's generator for 48 pixels starts with 6×6×512 and has blocks of 256, 128 and 64 channels.
    #[test]
    fn parameters_are_those_of_the_papers_table() {
        let batch = NetworkPlan { norm: Norm::Batch, ..NetworkPlan::PLAIN };
        let plan = ModelPlan {
            size: 48,
            channels: 3,
            width: 64,
            discriminator_width: 64,
            latent: 128,
            generator: batch,
            ..model()
        };
        let norms = 2 * (512 + 256 + 256 + 128 + 128 + 64 + 64);
        let blocks = block(512, 256, 256) + block(256, 128, 128) + block(128, 64, 64);
        let ends = (128 + 1) * 36 * 512 + (9 * 64 + 1) * 3;
        assert_eq!(parameters(&generator(&plan, init())), ends + blocks + norms);
        let blocks = block(3, 64, 64) + block(64, 64, 128) + block(128, 128, 256) + block(256, 256, 512);
        assert_eq!(parameters(&discriminator(&plan, init())), blocks + 512 + 1);
    }

    #[test]
    fn networks_train() {
        let full =
            NetworkPlan { spectral_norm: true, attention: true, minibatch_std: 4, slope: 0.2, ..NetworkPlan::PLAIN };
        for norm in [Norm::None, Norm::Batch] {
            let network = NetworkPlan { norm, ..full };
            let plan = ModelPlan { generator: network, discriminator: network, ..model() };
            let (generator, discriminator) = (generator(&plan, init()), discriminator(&plan, init()));
            assert_eq!((generator.output(), discriminator.output()), ([1, 16, 16], [1, 1, 1]));
            assert_networks_train(&generator, &discriminator);
        }
    }

    #[test]
    fn penalties_have_exact_gradients() {
        let network = NetworkPlan { spectral_norm: true, attention: true, slope: 0.5, ..NetworkPlan::PLAIN };
        let plan = ModelPlan { size: 8, discriminator_width: 1, discriminator: network, ..model() };
        assert_pull_back(&discriminator(&plan, init()), images([2, 1, 8, 8]));
        assert_penalty_gradients(&discriminator(&plan, init()), images([1, 1, 8, 8]));
    }
}
