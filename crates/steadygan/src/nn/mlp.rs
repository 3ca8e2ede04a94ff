//! Fully connected networks, for points of the plane and for small images.
//!
//! A linear layer is a 1×1 convolution of one pixel.

use super::{Builder, ConvSpec, Initializer, Network};
use crate::plan::{ModelPlan, NetworkPlan, Norm, Output};

fn linear(from: usize, to: usize, bias: bool) -> ConvSpec {
    ConvSpec::valid(from, to, 1, bias)
}

/// A hidden layer: linear, normalised if the network is, activated.
fn hidden(builder: Builder, from: usize, to: usize, network: &NetworkPlan) -> Builder {
    let builder = builder.conv(linear(from, to, network.norm == Norm::None));
    let builder = if network.norm == Norm::Batch { builder.batch_norm(to) } else { builder };
    builder.leaky_relu(network.slope)
}

/// `[n, latent, 1, 1]` to samples `[n, channels, 1, 1]`: hidden layers of one width and a linear one.
pub fn generator(plan: &ModelPlan, init: Initializer) -> Network {
    let mut builder = Builder::new([plan.latent, 1, 1], init);
    let mut from = plan.latent;
    for _ in 0..plan.depth[0] {
        builder = hidden(builder, from, plan.width, &plan.generator);
        from = plan.width;
    }
    let builder = builder.conv(linear(from, plan.image_len(), true));
    match plan.output {
        Output::Tanh => builder.tanh(),
        Output::Sigmoid => builder.sigmoid(),
        Output::Linear => builder,
    }
    .build()
}

/// Samples `[n, pack · channels, 1, 1]` to logits `[n, 1, 1, 1]`. There is no normalisation of the input.
pub fn discriminator(plan: &ModelPlan, init: Initializer) -> Network {
    let input = plan.judged_channels() * plan.size * plan.size;
    let mut builder = Builder::new([input, 1, 1], init);
    let mut from = input;
    for _ in 0..plan.depth[1] {
        builder = hidden(builder, from, plan.discriminator_width, &plan.discriminator);
        from = plan.discriminator_width;
    }
    builder.conv(linear(from, 1, true)).build()
}
