//! Layers without parameters that halve or double an image.

use super::{ImageShape, Layer, Pass};
use crate::ops;
use burn::Tensor;
use burn::module::Module;

/// 2×2 max pooling with stride 2; the first maximum in row-major order wins. Sizes are even.
#[derive(Module, Debug)]
pub struct MaxPool2 {}

impl Layer for MaxPool2 {
    fn forward(&self, x: Tensor<4>, _: &mut Pass) -> Tensor<4> {
        ops::max_pool2(x)
    }

    fn pull_back(&self, g: Tensor<4>, x: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        Some(ops::max_pool2_scatter(x.clone(), g))
    }

    fn output(&self, [c, h, w]: ImageShape) -> ImageShape {
        [c, h / 2, w / 2]
    }

    fn name(&self) -> String {
        "MaxPool 2×2".into()
    }
}

/// Nearest-neighbour doubling of height and width.
#[derive(Module, Debug)]
pub struct Upsample2 {}

impl Layer for Upsample2 {
    fn forward(&self, x: Tensor<4>, _: &mut Pass) -> Tensor<4> {
        ops::upsample2(x)
    }

    fn pull_back(&self, g: Tensor<4>, _: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        Some(ops::block_sum2(g))
    }

    fn output(&self, [c, h, w]: ImageShape) -> ImageShape {
        [c, 2 * h, 2 * w]
    }

    fn name(&self) -> String {
        "Nearest ×2".into()
    }
}
