//! Functions that turn a plan's settings into layers, shared by all families of networks.

use super::{
    Builder, ConvSpec, DiscriminatorConditioning, GeneratorConditioning, ImageShape, Initializer, ModelPlan, Network,
    NetworkPlan, Norm, Output, VirtualBatchNorm,
};
use crate::rng;
use burn::Tensor;
use burn::prelude::TensorData;

/// The size of the smallest image, and how often it doubles to reach `size`: `size = base · 2^doublings` with base in
/// 4..=7 and at least one doubling. `None` if the size has no such form.
pub fn base_and_doublings(size: usize) -> Option<(usize, u32)> {
    (4..=7).find_map(|base| {
        let ratio = size / base;
        let fits = size.is_multiple_of(base) && ratio > 1 && ratio.is_power_of_two();
        fits.then(|| (base, ratio.trailing_zeros()))
    })
}

/// Channels at each size from the smallest image up; the smallest image has the most. `width` is the number at the
/// largest hidden size.
pub(super) fn channels(plan: &ModelPlan, width: usize) -> Vec<usize> {
    let (_, doublings) = base_and_doublings(plan.size).expect("the plan checks the size");
    (0..doublings).rev().map(|step| width << step).collect()
}

/// Estimates the number of weights of two convolutional networks together, from above.
pub(super) fn convolutional_weights(model: &ModelPlan) -> usize {
    const KERNEL: usize = 4 * 4;
    let (base, _) = base_and_stages(model);
    let of_width = |width: usize| {
        let widths = channels(model, width);
        KERNEL * (widths.windows(2).map(|pair| pair[0] * pair[1]).sum::<usize>() + model.channels * width)
    };
    let of_classes = model.classes.len() * base * base * channels(model, model.discriminator_width)[0];
    of_classes
        + base * base * channels(model, model.width)[0] * (model.latent + 1)
        + of_width(model.width)
        + of_width(model.discriminator_width)
}

/// As [`base_and_doublings`], for a plan's size.
pub(super) fn base_and_stages(plan: &ModelPlan) -> (usize, usize) {
    let (base, doublings) = base_and_doublings(plan.size).expect("the plan checks the size");
    (base, doublings as usize)
}

/// The start of a generator: input `[latent, 1, 1]`, with an embedding of the class appended if the plan says so.
pub(super) fn latents(plan: &ModelPlan, init: Initializer) -> Builder {
    let builder = Builder::new([plan.latent, 1, 1], init).spectral_norm(plan.generator.spectral_norm);
    match plan.conditioning {
        Some(conditioning) if conditioning.generator == GeneratorConditioning::Embedding => {
            builder.class_embedding(plan.classes.len(), conditioning.embedding)
        }
        _ => builder,
    }
}

/// The start of a discriminator: input `[pack · channels, size, size]`, with one plane of the class appended if the
/// plan says so.
pub(super) fn images(plan: &ModelPlan, init: Initializer) -> Builder {
    let input = [plan.discriminator_channels(), plan.size, plan.size];
    let builder = Builder::new(input, init).spectral_norm(plan.discriminator.spectral_norm);
    match plan.conditioning {
        Some(conditioning) if conditioning.discriminator == DiscriminatorConditioning::Plane => {
            builder.class_embedding(plan.classes.len(), 1)
        }
        _ => builder,
    }
}

/// Adds the network's normalisation, if it has one, and its scale and shift for each class, if it has these.
pub(super) fn with_norm(builder: Builder, network: &NetworkPlan) -> Builder {
    let [channels, ..] = builder.output();
    let builder = match network.norm {
        Norm::None => return builder,
        Norm::Batch => builder.batch_norm(channels),
        Norm::VirtualBatch => builder.virtual_batch_norm(channels),
        Norm::Instance => builder.instance_norm(channels),
        Norm::Layer => builder.layer_norm(channels),
    };
    if network.class_scales > 0 { builder.class_scale(network.class_scales) } else { builder }
}

/// Adds noise and dropout, if the network has them; they come after each hidden activation.
pub(super) fn with_noise_and_dropout(builder: Builder, network: &NetworkPlan) -> Builder {
    let builder = if network.noise > 0.0 { builder.gaussian_noise(network.noise as f32) } else { builder };
    if network.dropout > 0.0 { builder.dropout(network.dropout as f32) } else { builder }
}

/// Adds a hidden activation, then the layers of [`with_noise_and_dropout`].
pub(super) fn with_activation(builder: Builder, network: &NetworkPlan) -> Builder {
    with_noise_and_dropout(builder.leaky_relu(network.slope), network)
}

/// Adds normalisation, then the layers of [`with_activation`].
pub(super) fn with_norm_and_activation(builder: Builder, network: &NetworkPlan) -> Builder {
    with_activation(with_norm(builder, network), network)
}

/// Adds self-attention, if the network has it and `stage` is the middle one, `stages / 2`.
pub(super) fn with_attention(builder: Builder, network: &NetworkPlan, stage: usize, stages: usize) -> Builder {
    if network.attention && stage == stages / 2 { builder.attention() } else { builder }
}

/// Adds the layers that compare an image with its batch, if the network has them; they come before a discriminator's
/// last layer.
pub(super) fn with_minibatch_layers(builder: Builder, network: &NetworkPlan) -> Builder {
    let builder = match network.minibatch_std {
        0 => builder,
        group => builder.minibatch_std(group),
    };
    match network.minibatch_discrimination {
        None => builder,
        Some(sizes) => builder.minibatch_discrimination(sizes.features, sizes.dimensions),
    }
}

/// Reshapes the output to `shape`, unless it has that shape.
pub(super) fn reshaped(builder: Builder, shape: ImageShape) -> Builder {
    if builder.output() == shape { builder } else { builder.reshape(shape) }
}

/// Ends a generator with the output activation and, if it has virtual batch norm, sets a reference batch of latents.
pub(super) fn generator(builder: Builder, plan: &ModelPlan) -> Network {
    let init = builder.initializer().clone();
    let builder = match plan.output {
        Output::Tanh => builder.tanh(),
        Output::Sigmoid => builder.sigmoid(),
        Output::Linear => builder,
    };
    let mut network = builder.build();
    if plan.generator.norm == Norm::VirtualBatch {
        let mut stream = rng::stream(init.seed, "reference/generator", 0);
        let latents = plan.latent_distribution.sample(VirtualBatchNorm::REFERENCE, plan.latent, &mut stream);
        let data = TensorData::new(latents, [VirtualBatchNorm::REFERENCE, plan.latent, 1, 1]);
        network.set_reference(Tensor::from_data(data, &init.device));
    }
    network
}

/// Ends a discriminator with a convolution over the whole image to one logit, and the class outputs if it has any. If
/// it has virtual batch norm, its reference batch is zeros until training sets real images.
pub(super) fn discriminator(builder: Builder, kernel: usize, bias: bool, plan: &ModelPlan) -> Network {
    let device = builder.initializer().device.clone();
    let [from, ..] = builder.output();
    let spec = ConvSpec::valid(from, 1, kernel, bias);
    let builder = match plan.conditioning.and_then(|conditioning| conditioning.discriminator.class_head()) {
        Some(kind) => builder.class_head(spec, plan.classes.len(), kind),
        None => builder.conv(spec),
    };
    let mut network = builder.build();
    if plan.discriminator.norm == Norm::VirtualBatch {
        let [c, h, w] = network.input();
        network.set_reference(Tensor::zeros([VirtualBatchNorm::REFERENCE, c, h, w], &device));
    }
    network
}
