//! A sequence of layers: a whole network, or one branch of a residual block.

use super::{AnyLayer, ImageShape, Layer, Pass, PullBack};
use burn::Tensor;

/// The forward pass. A LeakyReLU after a batch norm, or after a convolution without bias, is fused with it.
pub(super) fn forward(layers: &[AnyLayer], mut x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
    let mut layers = layers.iter().peekable();
    while let Some(layer) = layers.next() {
        x = match (layer, layers.peek()) {
            (AnyLayer::BatchNorm(norm), Some(AnyLayer::LeakyRelu(activation))) => {
                layers.next();
                norm.forward_activated(x, Some(activation.slope), pass)
            }
            (AnyLayer::Conv2d(conv), Some(AnyLayer::LeakyRelu(activation)))
                if conv.bias.is_none() && activation.slope >= 0.0 =>
            {
                layers.next();
                conv.forward_activated(x, activation.slope)
            }
            _ => layer.forward(x, pass),
        };
    }
    x
}

/// The forward pass layer by layer (nothing is fused), and its pull-back.
pub(super) fn trace<'a>(layers: &'a [AnyLayer], mut x: Tensor<4>, pass: &mut Pass) -> (Tensor<4>, PullBack<'a>) {
    let mut back = Vec::with_capacity(layers.len());
    for layer in layers {
        let (y, pull_back) = layer.trace(x, pass);
        back.push(pull_back);
        x = y;
    }
    (x, Box::new(move |g| back.into_iter().rev().try_fold(g, |g, pull_back| pull_back(g))))
}

/// The output's shape for one image of shape `input`.
pub(super) fn output(layers: &[AnyLayer], input: ImageShape) -> ImageShape {
    layers.iter().fold(input, |shape, layer| layer.output(shape))
}

/// The sum over the layers of `count(layer, shape of its input)`.
pub(super) fn sum<T: std::iter::Sum>(
    layers: &[AnyLayer],
    mut shape: ImageShape,
    count: impl Fn(&AnyLayer, ImageShape) -> T,
) -> T {
    let counts = layers.iter().map(|layer| {
        let input = shape;
        shape = layer.output(input);
        count(layer, input)
    });
    counts.sum()
}
