//! The DCGAN family (Radford, Metz and Chintala 2016) and the forms its heuristics replace.

use super::{Builder, ConvSpec, ImageShape, Initializer, Network};
use crate::plan::{Downsampling, ModelPlan, NetworkPlan, Norm, Output, Upsampling};

/// The smallest image that the doublings start from: `size = base · 2^doublings`, base in 4..=7.
///
/// `None` if the size has no such form.
pub fn base_and_doublings(size: usize) -> Option<(usize, u32)> {
    (4..=7).find_map(|base| {
        let ratio = size / base;
        let fits = size.is_multiple_of(base) && ratio > 1 && ratio.is_power_of_two();
        fits.then(|| (base, ratio.trailing_zeros()))
    })
}

/// Channels at each size from the smallest up: the narrowest image is the widest.
pub(crate) fn channels(plan: &ModelPlan, width: usize) -> Vec<usize> {
    let (_, doublings) = base_and_doublings(plan.size).expect("the plan checks the size");
    (0..doublings).rev().map(|step| width << step).collect()
}

fn base(plan: &ModelPlan) -> usize {
    base_and_doublings(plan.size).expect("the plan checks the size").0
}

/// Batch norm if the network has it, then the activation.
fn normalised(builder: Builder, channels: usize, network: &NetworkPlan) -> Builder {
    let builder = if network.norm == Norm::Batch { builder.batch_norm(channels) } else { builder };
    builder.leaky_relu(network.slope)
}

/// `[n, latent, 1, 1]` to images `[n, channels, size, size]`: a valid transposed convolution to the
/// smallest image, doublings, and a last doubling to the image's channels and range.
pub fn generator(plan: &ModelPlan, init: Initializer) -> Network {
    let network = &plan.generator;
    let bias = network.norm == Norm::None;
    let widths = channels(plan, plan.width);
    let first = ConvSpec::valid(plan.latent, widths[0], base(plan), bias);
    let mut builder = Builder::new([plan.latent, 1, 1], init).conv_transpose(first);
    builder = normalised(builder, widths[0], network);
    for pair in widths.windows(2) {
        builder = normalised(doubled(builder, plan.upsampling, pair[0], pair[1], bias), pair[1], network);
    }
    let builder = doubled(builder, plan.upsampling, widths[widths.len() - 1], plan.channels, bias);
    match plan.output {
        Output::Tanh => builder.tanh(),
        Output::Sigmoid => builder.sigmoid(),
        Output::Linear => builder,
    }
    .build()
}

fn doubled(builder: Builder, form: Upsampling, from: usize, to: usize, bias: bool) -> Builder {
    match form {
        Upsampling::Strided => builder.conv_transpose(ConvSpec::strided(from, to, bias)),
        Upsampling::Nearest | Upsampling::Bilinear | Upsampling::PixelShuffle => {
            builder.upsample().conv(ConvSpec::same(from, to, 3, 1, bias))
        }
    }
}

/// Images `[n, channels, size, size]` to logits `[n, 1, 1, 1]`: halvings, and a valid convolution.
/// There is no batch norm on the input layer.
pub fn discriminator(plan: &ModelPlan, init: Initializer) -> Network {
    let network = &plan.discriminator;
    let bias = network.norm == Norm::None;
    let input: ImageShape = [plan.judged_channels(), plan.size, plan.size];
    let mut builder = Builder::new(input, init);
    let mut from = input[0];
    for (layer, to) in channels(plan, plan.discriminator_width).into_iter().rev().enumerate() {
        builder = match plan.downsampling {
            Downsampling::Strided => builder.conv(ConvSpec::strided(from, to, bias)),
            Downsampling::MaxPool | Downsampling::AveragePool => builder.conv(ConvSpec::same(from, to, 3, 1, bias)),
        };
        builder = if layer == 0 { builder.leaky_relu(network.slope) } else { normalised(builder, to, network) };
        if plan.downsampling == Downsampling::MaxPool {
            builder = builder.max_pool();
        }
        from = to;
    }
    builder.conv(ConvSpec::valid(from, 1, base(plan), bias)).build()
}
