//! The DCGAN family (Radford, Metz and Chintala 2016), with the alternatives to its up- and downsampling, activations
//! and norms.

use super::family::{
    self, base_and_stages, channels, convolutional_weights, with_activation, with_attention, with_minibatch_layers,
    with_norm_and_activation,
};
use super::{Architecture, Builder, ConvSpec, Downsampling, Family, Initializer, ModelPlan, Network, Norm, Upsampling};

/// The convolutional family.
pub const FAMILY: Family = Family(&Architecture {
    name: "dcgan",
    makes_points: false,
    generator,
    discriminator,
    weights: convolutional_weights,
    check: |_| Ok(()),
});

/// `[n, latent, 1, 1]` to images `[n, channels, size, size]`: a transposed convolution without padding to the
/// smallest image, hidden doublings, and a last doubling to the image's channels, then the output activation.
pub fn generator(plan: &ModelPlan, init: Initializer) -> Network {
    let network = &plan.generator;
    let bias = network.norm == Norm::None;
    let (base, stages) = base_and_stages(plan);
    let mut widths = channels(plan, plan.width).into_iter();
    let mut from = widths.next().expect("there is a stage");
    let builder = family::latents(plan, init);
    let [latent, ..] = builder.output();
    let mut builder =
        with_norm_and_activation(builder.conv_transpose(ConvSpec::valid(latent, from, base, bias)), network);
    builder = with_attention(builder, network, 0, stages);
    for (stage, to) in (1..).zip(widths) {
        builder = with_norm_and_activation(doubled(builder, plan.upsampling, from, to, bias), network);
        builder = with_attention(builder, network, stage, stages);
        from = to;
    }
    family::generator(doubled(builder, plan.upsampling, from, plan.channels, bias), plan)
}

fn doubled(builder: Builder, form: Upsampling, from: usize, to: usize, bias: bool) -> Builder {
    let conv = ConvSpec::same(from, to, 3, 1, bias);
    match form {
        Upsampling::Strided => builder.conv_transpose(ConvSpec::strided(from, to, bias)),
        Upsampling::Nearest => builder.upsample().conv(conv),
        Upsampling::Bilinear => builder.bilinear_upsample().conv(conv),
        Upsampling::PixelShuffle => builder.conv(ConvSpec { out_channels: 4 * to, ..conv }).pixel_shuffle(),
    }
}

/// Images `[n, pack · channels, size, size]` to logits `[n, 1, 1, 1]`: halvings, then a convolution without padding.
/// The first convolution is not normalised.
pub fn discriminator(plan: &ModelPlan, init: Initializer) -> Network {
    let network = &plan.discriminator;
    let bias = network.norm == Norm::None;
    let (base, stages) = base_and_stages(plan);
    let mut builder = family::images(plan, init);
    let [mut from, ..] = builder.output();
    for (layer, to) in channels(plan, plan.discriminator_width).into_iter().rev().enumerate() {
        builder = match plan.downsampling {
            Downsampling::Strided => builder.conv(ConvSpec::strided(from, to, bias)),
            Downsampling::MaxPool | Downsampling::AveragePool => builder.conv(ConvSpec::same(from, to, 3, 1, bias)),
        };
        builder =
            if layer == 0 { with_activation(builder, network) } else { with_norm_and_activation(builder, network) };
        builder = match plan.downsampling {
            Downsampling::Strided => builder,
            Downsampling::MaxPool => builder.max_pool(),
            Downsampling::AveragePool => builder.average_pool(),
        };
        builder = with_attention(builder, network, stages - 1 - layer, stages);
        from = to;
    }
    family::discriminator(with_minibatch_layers(builder, network), base, bias, plan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{
        assert_networks_train, assert_penalty_gradients, assert_pull_back, images, init, model, parameters,
    };
    use crate::nn::{AnyLayer, Layer};
    use crate::nn::{MinibatchDiscriminationSize, NetworkPlan};

    const FULL: NetworkPlan =
        NetworkPlan { spectral_norm: true, attention: true, noise: 0.1, dropout: 0.1, ..NetworkPlan::PLAIN };

    /// PyTorch's DCGAN example has 3,576,704 and 2,765,568 parameters, not counting the running statistics.
    #[test]
    fn the_strided_form_is_pytorchs_example() {
        let batch = NetworkPlan { norm: Norm::Batch, slope: 0.2, ..NetworkPlan::PLAIN };
        let plan = ModelPlan {
            size: 64,
            channels: 3,
            width: 64,
            discriminator_width: 64,
            latent: 100,
            downsampling: Downsampling::Strided,
            upsampling: Upsampling::Strided,
            generator: batch,
            discriminator: batch,
            ..model()
        };
        assert_eq!(parameters(&generator(&plan, init())), 3_576_704);
        assert_eq!(parameters(&discriminator(&plan, init())), 2_765_568);
    }

    #[test]
    fn every_form_trains() {
        let norms = [Norm::None, Norm::Batch, Norm::VirtualBatch, Norm::Instance, Norm::Layer];
        let ups = [
            Upsampling::Strided,
            Upsampling::Nearest,
            Upsampling::Bilinear,
            Upsampling::PixelShuffle,
            Upsampling::Strided,
        ];
        let downs = [
            Downsampling::Strided,
            Downsampling::MaxPool,
            Downsampling::AveragePool,
            Downsampling::Strided,
            Downsampling::MaxPool,
        ];
        for ((norm, upsampling), downsampling) in norms.into_iter().zip(ups).zip(downs) {
            let generator_plan = NetworkPlan { norm, ..FULL };
            let sizes = MinibatchDiscriminationSize { features: 3, dimensions: 2 };
            let discriminator_plan =
                NetworkPlan { norm, minibatch_std: 4, minibatch_discrimination: Some(sizes), ..FULL };
            let plan = ModelPlan {
                size: 16,
                upsampling,
                downsampling,
                generator: generator_plan,
                discriminator: discriminator_plan,
                ..model()
            };
            assert_networks_train(&generator(&plan, init()), &discriminator(&plan, init()));
        }
    }

    /// An image of 32 pixels has hidden sizes 4, 8 and 16.
    #[test]
    fn attention_stands_at_the_middle_resolution() {
        let network = NetworkPlan { attention: true, ..NetworkPlan::PLAIN };
        let plan = ModelPlan { size: 32, generator: network, discriminator: network, ..model() };
        for network in [generator(&plan, init()), discriminator(&plan, init())] {
            let mut shape = network.input();
            let attended: Vec<_> = (network.layers().iter())
                .filter_map(|layer| {
                    shape = layer.output(shape);
                    matches!(layer, AnyLayer::SelfAttention(_)).then_some(shape)
                })
                .collect();
            assert_eq!(attended, [[8, 8, 8]]);
        }
    }

    #[test]
    fn input_gradients_exist_unless_a_layer_mixes_images() {
        for downsampling in [Downsampling::Strided, Downsampling::MaxPool, Downsampling::AveragePool] {
            let network = NetworkPlan { minibatch_std: 4, ..FULL };
            let plan = ModelPlan { size: 8, discriminator_width: 2, downsampling, discriminator: network, ..model() };
            assert_pull_back(&discriminator(&plan, init()), images([4, 1, 8, 8]));
        }
        for norm in [Norm::Batch, Norm::VirtualBatch, Norm::Instance, Norm::Layer] {
            let plan = ModelPlan { discriminator: NetworkPlan { norm, ..FULL }, ..model() };
            assert!(discriminator(&plan, init()).input_gradient(images([4, 1, 16, 16])).is_none(), "{norm:?}");
        }
    }

    #[test]
    fn penalties_have_exact_gradients() {
        let network = NetworkPlan { slope: 0.5, minibatch_std: 2, ..FULL };
        let plan = ModelPlan {
            size: 8,
            discriminator_width: 2,
            downsampling: Downsampling::AveragePool,
            discriminator: network,
            ..model()
        };
        assert_penalty_gradients(&discriminator(&plan, init()), images([2, 1, 8, 8]));
    }
}
