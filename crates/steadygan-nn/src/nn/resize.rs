//! Layers without parameters that change an image's size or shape.

use super::{ImageShape, Layer, Pass};
use crate::ops;
use burn::Tensor;
use burn::module::Module;
use burn::prelude::{Device, TensorData};

/// 2×2 max pooling with stride 2; of equal maxima the first in row-major order counts. Height and width are even.
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

/// 2×2 average pooling with stride 2, which is the same as bilinear halving with half-pixel centres. Height and width
/// are even.
#[derive(Module, Debug)]
pub struct AveragePool2 {}

/// The weight of a pixel in the mean of four.
const QUARTER: f32 = 0.25;

impl Layer for AveragePool2 {
    fn forward(&self, x: Tensor<4>, _: &mut Pass) -> Tensor<4> {
        ops::block_sum2(x) * QUARTER
    }

    fn pull_back(&self, g: Tensor<4>, _: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        Some(ops::upsample2(g * QUARTER))
    }

    fn output(&self, [c, h, w]: ImageShape) -> ImageShape {
        [c, h / 2, w / 2]
    }

    fn name(&self) -> String {
        "AveragePool 2×2".into()
    }
}

/// The sum over all pixels: `[n, c, h, w]` to `[n, c, 1, 1]`.
#[derive(Module, Debug)]
pub struct GlobalSumPool {}

impl Layer for GlobalSumPool {
    fn forward(&self, x: Tensor<4>, _: &mut Pass) -> Tensor<4> {
        x.sum_dims(&[2, 3])
    }

    fn pull_back(&self, g: Tensor<4>, x: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        Some(g.expand(x.dims()))
    }

    fn output(&self, [c, _, _]: ImageShape) -> ImageShape {
        [c, 1, 1]
    }

    fn name(&self) -> String {
        "Sum of pixels".into()
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

/// Bilinear doubling of height and width with half-pixel centres (PyTorch's `align_corners=False`): between the centres
/// of two pixels a and b lie the new pixels ¾a + ¼b and ¼a + ¾b; the edge pixels are repeated outwards.
#[derive(Module, Debug)]
pub struct BilinearUpsample2 {}

/// The matrix `[size, 2 · size]` that doubles a row of `size` pixels.
fn doubling(size: usize, device: &Device) -> Tensor<2> {
    const NEAR: f32 = 0.75;
    let mut values = vec![0.0; 2 * size * size];
    for to in 0..2 * size {
        let near = to / 2;
        let far = if to % 2 == 0 { near.saturating_sub(1) } else { (near + 1).min(size - 1) };
        values[near * 2 * size + to] += NEAR;
        values[far * 2 * size + to] += 1.0 - NEAR;
    }
    Tensor::from_data(TensorData::new(values, [size, 2 * size]), device)
}

/// Multiplies every row of `x[n, c, h, w]` by `matrix[w, w']`.
fn along_rows(x: Tensor<4>, matrix: Tensor<2>) -> Tensor<4> {
    let [n, c, h, w] = x.dims();
    let [_, to] = matrix.dims();
    x.reshape([n * c * h, w]).matmul(matrix).reshape([n, c, h, to])
}

/// Multiplies every column by the matrix `columns`, then every row by the matrix `rows`.
fn both_ways(x: Tensor<4>, columns: Tensor<2>, rows: Tensor<2>) -> Tensor<4> {
    let x = along_rows(x.swap_dims(2, 3), columns).swap_dims(2, 3);
    along_rows(x, rows)
}

impl Layer for BilinearUpsample2 {
    fn forward(&self, x: Tensor<4>, _: &mut Pass) -> Tensor<4> {
        let [_, _, h, w] = x.dims();
        let device = x.device().inner();
        both_ways(x, doubling(h, &device), doubling(w, &device))
    }

    fn pull_back(&self, g: Tensor<4>, x: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        let [_, _, h, w] = x.dims();
        let device = x.device().inner();
        Some(both_ways(g, doubling(h, &device).transpose(), doubling(w, &device).transpose()))
    }

    fn output(&self, [c, h, w]: ImageShape) -> ImageShape {
        [c, 2 * h, 2 * w]
    }

    fn name(&self) -> String {
        "Bilinear ×2".into()
    }
}

/// Turns every four channels into blocks of 2×2 pixels (Shi et al. 2016), in the order of PyTorch's `PixelShuffle(2)`:
/// `[n, 4c, h, w]` to `[n, c, 2h, 2w]`.
#[derive(Module, Debug)]
pub struct PixelShuffle2 {}

impl Layer for PixelShuffle2 {
    fn forward(&self, x: Tensor<4>, _: &mut Pass) -> Tensor<4> {
        let [n, c, h, w] = x.dims();
        x.reshape([n, c / 4, 2, 2, h, w]).permute([0, 1, 4, 2, 5, 3]).reshape([n, c / 4, 2 * h, 2 * w])
    }

    fn pull_back(&self, g: Tensor<4>, x: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        let [n, c, h, w] = x.dims();
        Some(g.reshape([n, c / 4, h, 2, w, 2]).permute([0, 1, 3, 5, 2, 4]).reshape([n, c, h, w]))
    }

    fn output(&self, [c, h, w]: ImageShape) -> ImageShape {
        [c / 4, 2 * h, 2 * w]
    }

    fn name(&self) -> String {
        "PixelShuffle ×2".into()
    }
}

/// Reshapes each image, `[n, …]` to `[n, shape]`, in row-major order.
#[derive(Module, Debug)]
pub struct Reshape {
    /// The output's shape, with as many values as the input's.
    #[module(skip)]
    pub shape: ImageShape,
}

impl Layer for Reshape {
    fn forward(&self, x: Tensor<4>, _: &mut Pass) -> Tensor<4> {
        let ([n, ..], [c, h, w]) = (x.dims(), self.shape);
        x.reshape([n, c, h, w])
    }

    fn pull_back(&self, g: Tensor<4>, x: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        Some(g.reshape(x.dims()))
    }

    fn output(&self, _: ImageShape) -> ImageShape {
        self.shape
    }

    fn name(&self) -> String {
        "Reshape".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{assert_penalty_gradients, assert_pull_back, builder, floats, images};
    use crate::nn::{Builder, ConvSpec};

    fn counted(shape: [usize; 4]) -> Tensor<4> {
        let values = (0..shape.iter().product::<usize>()).map(|value| value as f32).collect::<Vec<_>>();
        Tensor::from_data(TensorData::new(values, shape), &Default::default())
    }

    #[test]
    fn averages_and_sums_are_those_of_their_pixels() {
        let x = counted([1, 2, 2, 4]);
        let pass = &mut Pass::train();
        assert_eq!(floats(AveragePool2 {}.forward(x.clone(), pass)), [2.5, 4.5, 10.5, 12.5]);
        assert_eq!(floats(GlobalSumPool {}.forward(x.clone(), pass)), [28.0, 92.0]);
        assert_eq!(floats(Reshape { shape: [4, 2, 2] }.forward(x.clone(), pass)), floats(x));
    }

    /// The expected values are PyTorch's `interpolate(…, scale_factor=2, mode="bilinear")` of [[0, 1], [2, 3]].
    #[test]
    fn bilinear_doubling_has_half_pixel_centres() {
        let y = floats(BilinearUpsample2 {}.forward(counted([1, 1, 2, 2]), &mut Pass::train()));
        #[rustfmt::skip]
        let expected = [
            0.0, 0.25, 0.75, 1.0,
            0.5, 0.75, 1.25, 1.5,
            1.5, 1.75, 2.25, 2.5,
            2.0, 2.25, 2.75, 3.0,
        ];
        assert_eq!(y, expected);
        assert_eq!(
            floats(BilinearUpsample2 {}.forward(counted([2, 1, 1, 1]), &mut Pass::train())),
            [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]
        );
    }

    /// In PyTorch's `PixelShuffle(2)`, channel 4i + 2r + s becomes the pixels at row r, column s of each block of
    /// output channel i.
    #[test]
    fn channels_become_pixels_as_in_pytorch() {
        let y = floats(PixelShuffle2 {}.forward(counted([1, 4, 1, 2]), &mut Pass::train()));
        assert_eq!(y, [0.0, 2.0, 1.0, 3.0, 4.0, 6.0, 5.0, 7.0]);
        assert_eq!(
            floats(PixelShuffle2 {}.forward(counted([1, 8, 1, 1]), &mut Pass::train())),
            floats(counted([1, 2, 2, 2]))
        );
    }

    #[test]
    fn gradients_of_gradients_are_exact() {
        type Resize = fn(Builder) -> Builder;
        let resized: [(Resize, ImageShape); 5] = [
            (Builder::average_pool, [4, 1, 2]),
            (Builder::global_sum_pool, [4, 1, 1]),
            (Builder::bilinear_upsample, [4, 4, 8]),
            (Builder::pixel_shuffle, [1, 4, 8]),
            (|builder| builder.reshape([8, 4, 1]), [8, 4, 1]),
        ];
        for (resize, shape) in resized {
            let builder = resize(builder([2, 2, 4]).conv(ConvSpec::same(2, 4, 1, 1, true)).tanh());
            assert_eq!(builder.output(), shape);
            let network = builder.conv(ConvSpec::same(shape[0], 1, 1, 1, true)).tanh().build();
            assert_pull_back(&network, images([2, 2, 2, 4]));
            assert_penalty_gradients(&network, images([2, 2, 2, 4]));
        }
    }
}
