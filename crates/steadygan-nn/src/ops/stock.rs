//! The operators of [`GanOps`](super::GanOps) made of stock Burn operations, for any back end.

use super::{AdamStep, BatchNormSettings, ColourMix, Conv, Hole, Shift};
use burn::backend::ops::ConvOptions;
use burn::backend::tensor::{BoolTensor, FloatTensor, IntTensor};
use burn::backend::{Backend, FloatDType, Shape, TensorMetadata, get_or_init_device_settings};
use burn::prelude::TensorData;
use burn::tensor::Slice;
use std::ops::Range;
use steadygan_kernels::overlap;

fn options(conv: Conv) -> ConvOptions<2> {
    let padding = (conv.pad_before, conv.pad_after);
    ConvOptions::new_with_padding([conv.stride; 2], [padding; 2], [1, 1], 1)
}

pub(super) fn conv<B: Backend>(x: FloatTensor<B>, w: FloatTensor<B>, conv: Conv) -> FloatTensor<B> {
    B::conv2d(x, w, None, options(conv))
}

pub(super) fn conv_transpose<B: Backend>(dy: FloatTensor<B>, w: FloatTensor<B>, conv: Conv) -> FloatTensor<B> {
    let input = Shape::from([conv.batch, conv.in_channels, conv.in_height, conv.in_width]);
    let like_x = B::float_empty(input, &dy.device(), FloatDType::F32);
    B::conv2d_x_backward(like_x, w, dy, options(conv))
}

pub(super) fn conv_weight_gradient<B: Backend>(x: FloatTensor<B>, dy: FloatTensor<B>, conv: Conv) -> FloatTensor<B> {
    let weight = Shape::from([conv.out_channels, conv.in_channels, conv.kernel, conv.kernel]);
    let like_w = B::float_empty(weight, &dy.device(), FloatDType::F32);
    B::conv2d_weight_backward(x, like_w, dy, options(conv))
}

/// `[c]` as `[1, c, 1, 1]`, to broadcast over a batch of images.
fn per_channel<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    let channels = x.shape()[0];
    B::float_reshape(x, Shape::from([1, channels, 1, 1]))
}

pub(super) fn add_bias<B: Backend>(x: FloatTensor<B>, bias: FloatTensor<B>) -> FloatTensor<B> {
    B::float_add(x, per_channel::<B>(bias))
}

pub(super) fn channel_sums<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    let channels = x.shape()[1];
    let sums = B::float_sum_dims(x, &[0, 2, 3]);
    B::float_reshape(sums, Shape::from([channels]))
}

/// How many values each channel of `x` has.
fn values_per_channel<B: Backend>(x: &FloatTensor<B>) -> f32 {
    let shape = x.shape();
    (shape[0] * shape[2] * shape[3]) as f32
}

pub(super) fn channel_moments<B: Backend>(x: FloatTensor<B>) -> (FloatTensor<B>, FloatTensor<B>) {
    let count = values_per_channel::<B>(&x);
    let mean = B::float_div_scalar(channel_sums::<B>(x.clone()), count.into());
    let centred = B::float_sub(x, per_channel::<B>(mean.clone()));
    let squares = B::float_mul(centred.clone(), centred);
    (mean, B::float_div_scalar(channel_sums::<B>(squares), count.into()))
}

/// `1 / √(variance + epsilon)`.
fn inverse_deviation<B: Backend>(variance: FloatTensor<B>, epsilon: f32) -> FloatTensor<B> {
    B::float_recip(B::float_sqrt(B::float_add_scalar(variance, epsilon.into())))
}

/// `(x − mean) · inverse`, where `inverse` is [`inverse_deviation`]'s result.
fn normalised<B: Backend>(x: FloatTensor<B>, mean: FloatTensor<B>, inverse: FloatTensor<B>) -> FloatTensor<B> {
    B::float_mul(B::float_sub(x, per_channel::<B>(mean)), per_channel::<B>(inverse))
}

/// `x · gamma + beta`.
fn affine<B: Backend>(x: FloatTensor<B>, gamma: FloatTensor<B>, beta: FloatTensor<B>) -> FloatTensor<B> {
    B::float_add(B::float_mul(x, per_channel::<B>(gamma)), per_channel::<B>(beta))
}

pub(super) fn batch_norm<B: Backend>(
    x: FloatTensor<B>,
    mean: FloatTensor<B>,
    variance: FloatTensor<B>,
    gamma: FloatTensor<B>,
    beta: FloatTensor<B>,
    settings: BatchNormSettings,
) -> FloatTensor<B> {
    let inverse = inverse_deviation::<B>(variance, settings.epsilon);
    let y = affine::<B>(normalised::<B>(x, mean, inverse), gamma, beta);
    match settings.slope {
        Some(slope) => B::leaky_relu(y, slope.into()),
        None => y,
    }
}

/// With n values in each channel and g the gradient at the activation's input:
/// dβ = Σg, dγ = Σg·x̂, dx = γ/√(σ²+ε) · (g − dβ/n − x̂·dγ/n) (Ioffe and Szegedy 2015); if the
/// moments are constants, dx = γ/√(σ²+ε) · g.
pub(super) fn batch_norm_gradient<B: Backend>(
    x: FloatTensor<B>,
    dy: FloatTensor<B>,
    mean: FloatTensor<B>,
    variance: FloatTensor<B>,
    gamma: FloatTensor<B>,
    beta: FloatTensor<B>,
    settings: BatchNormSettings,
) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
    let count = values_per_channel::<B>(&x);
    let inverse = inverse_deviation::<B>(variance, settings.epsilon);
    let xhat = normalised::<B>(x, mean, inverse.clone());
    let g = match settings.slope {
        Some(slope) => {
            let before = affine::<B>(xhat.clone(), gamma.clone(), beta);
            leaky_relu_gradient::<B>(before, dy, slope)
        }
        None => dy,
    };
    let dbeta = channel_sums::<B>(g.clone());
    let dgamma = channel_sums::<B>(B::float_mul(g.clone(), xhat.clone()));
    let inner = if settings.of_batch {
        let mean_g = per_channel::<B>(B::float_div_scalar(dbeta.clone(), count.into()));
        let mean_gx = per_channel::<B>(B::float_div_scalar(dgamma.clone(), count.into()));
        B::float_sub(B::float_sub(g, mean_g), B::float_mul(xhat, mean_gx))
    } else {
        g
    };
    let dx = B::float_mul(inner, per_channel::<B>(B::float_mul(gamma, inverse)));
    (dx, dgamma, dbeta)
}

fn positive<B: Backend>(x: FloatTensor<B>) -> BoolTensor<B> {
    let dtype = get_or_init_device_settings::<B>(&x.device()).bool_dtype;
    B::float_greater_elem(x, 0f32.into(), dtype)
}

pub(super) fn leaky_relu_gradient<B: Backend>(x: FloatTensor<B>, dy: FloatTensor<B>, slope: f32) -> FloatTensor<B> {
    let sloped = B::float_mul_scalar(dy.clone(), slope.into());
    B::float_mask_where(sloped, positive::<B>(x), dy)
}

/// `1 − x`.
fn complement<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    B::float_add_scalar(B::float_neg(x), 1f32.into())
}

pub(super) fn tanh_gradient<B: Backend>(y: FloatTensor<B>, dy: FloatTensor<B>) -> FloatTensor<B> {
    B::float_mul(dy, complement::<B>(B::float_mul(y.clone(), y)))
}

pub(super) fn sigmoid_gradient<B: Backend>(y: FloatTensor<B>, dy: FloatTensor<B>) -> FloatTensor<B> {
    B::float_mul(dy, B::float_mul(y.clone(), complement::<B>(y)))
}

pub(super) fn max_pool2<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    B::max_pool2d(x, [2, 2], [2, 2], [0, 0], [1, 1], false)
}

/// The position, flat within its plane, of the maximum of each 2×2 block of `x`.
fn winners<B: Backend>(x: FloatTensor<B>) -> IntTensor<B> {
    let dtype = get_or_init_device_settings::<B>(&x.device()).int_dtype;
    B::max_pool2d_with_indices(x, [2, 2], [2, 2], [0, 0], [1, 1], false, dtype).indices
}

pub(super) fn max_pool2_scatter<B: Backend>(x: FloatTensor<B>, dy: FloatTensor<B>) -> FloatTensor<B> {
    let indices = winners::<B>(x.clone());
    B::max_pool2d_with_indices_backward(x, [2, 2], [2, 2], [0, 0], [1, 1], false, dy, indices).x_grad
}

pub(super) fn max_pool2_gather<B: Backend>(x: FloatTensor<B>, v: FloatTensor<B>) -> FloatTensor<B> {
    let [n, c, h, w] = v.shape().dims();
    let indices = B::int_reshape(winners::<B>(x), Shape::from([n, c, h * w / 4]));
    let picked = B::float_gather(2, B::float_reshape(v, Shape::from([n, c, h * w])), indices);
    B::float_reshape(picked, Shape::from([n, c, h / 2, w / 2]))
}

pub(super) fn upsample2<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    let [n, c, h, w] = x.shape().dims();
    let spread = B::float_reshape(x, Shape::from([n * c, h, 1, w, 1]));
    let doubled = B::float_expand(spread, Shape::from([n * c, h, 2, w, 2]));
    B::float_reshape(doubled, Shape::from([n, c, 2 * h, 2 * w]))
}

pub(super) fn block_sum2<B: Backend>(dy: FloatTensor<B>) -> FloatTensor<B> {
    let [n, c, h, w] = dy.shape().dims();
    let blocks = B::float_reshape(dy, Shape::from([n * c, h / 2, 2, w / 2, 2]));
    let sums = B::float_sum_dims(blocks, &[2, 4]);
    B::float_reshape(sums, Shape::from([n, c, h / 2, w / 2]))
}

/// One number for each image of `x`, shaped to broadcast over the image.
fn per_image<B: Backend>(x: &FloatTensor<B>, numbers: impl Iterator<Item = f32>) -> FloatTensor<B> {
    let data = TensorData::new(numbers.collect(), [x.shape()[0], 1, 1, 1]);
    B::float_from_data(data, &x.device())
}

pub(super) fn mix_colours<B: Backend>(x: FloatTensor<B>, mixes: &[ColourMix]) -> FloatTensor<B> {
    let numbers = |of: fn(&ColourMix) -> f32| per_image::<B>(&x, mixes.iter().map(of));
    let (own, grey, mean, shift) = (numbers(|m| m.own), numbers(|m| m.grey), numbers(|m| m.mean), numbers(|m| m.shift));
    let means = B::float_mean_dim(x.clone(), 1);
    let image_mean = B::float_mean_dim(B::float_mean_dim(means.clone(), 3), 2);
    let level = B::float_add(B::float_mul(image_mean, mean), shift);
    let rest = B::float_add(B::float_mul(means, grey), level);
    B::float_add(B::float_mul(x, own), rest)
}

/// Slices of image `index`, all its channels, these rows and these columns.
fn part(index: usize, rows: Range<usize>, columns: Range<usize>) -> [Slice; 4] {
    [Slice::from(index..index + 1), Slice::full(), Slice::from(rows), Slice::from(columns)]
}

fn zeros_like<B: Backend>(x: &FloatTensor<B>, shape: [usize; 4]) -> FloatTensor<B> {
    B::float_zeros(Shape::from(shape), &x.device(), FloatDType::F32)
}

pub(super) fn translate<B: Backend>(x: FloatTensor<B>, shifts: &[Shift]) -> FloatTensor<B> {
    let shape @ [_, _, h, w] = x.shape().dims();
    let still = zeros_like::<B>(&x, shape);
    shifts.iter().enumerate().fold(still, |y, (index, shift)| {
        let (from_row, to_row, rows) = overlap(h, shift.down);
        let (from, to, columns) = overlap(w, shift.right);
        if rows == 0 || columns == 0 {
            return y;
        }
        let kept = B::float_slice(x.clone(), &part(index, from_row..from_row + rows, from..from + columns));
        B::float_slice_assign(y, &part(index, to_row..to_row + rows, to..to + columns), kept)
    })
}

pub(super) fn erase<B: Backend>(x: FloatTensor<B>, holes: &[Hole]) -> FloatTensor<B> {
    let channels = x.shape()[1];
    holes.iter().enumerate().fold(x, |y, (index, hole)| {
        let (rows, columns) = (hole.top..hole.bottom, hole.left..hole.right);
        if rows.is_empty() || columns.is_empty() {
            return y;
        }
        let zeros = zeros_like::<B>(&y, [1, channels, rows.len(), columns.len()]);
        B::float_slice_assign(y, &part(index, rows, columns), zeros)
    })
}

/// `decay · average + (1 − decay) · x`.
pub(super) fn moving<B: Backend>(average: FloatTensor<B>, x: FloatTensor<B>, decay: f64) -> FloatTensor<B> {
    B::float_add(B::float_mul_scalar(average, decay.into()), B::float_mul_scalar(x, (1.0 - decay).into()))
}

/// PyTorch's form of Adam (Kingma and Ba 2015): p −= lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε).
pub(super) fn adam<B: Backend>(
    parameter: FloatTensor<B>,
    gradient: FloatTensor<B>,
    first: FloatTensor<B>,
    second: FloatTensor<B>,
    s: AdamStep,
) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
    let correction = |beta: f64| 1.0 - beta.powf(s.step as f64);
    let first = moving::<B>(first, gradient.clone(), s.beta1);
    let second = moving::<B>(second, B::float_mul(gradient.clone(), gradient), s.beta2);
    let root = B::float_div_scalar(B::float_sqrt(second.clone()), correction(s.beta2).sqrt().into());
    let step = B::float_div(first.clone(), B::float_add_scalar(root, s.epsilon.into()));
    let size = s.lr / correction(s.beta1);
    let parameter = B::float_sub(parameter, B::float_mul_scalar(step, size.into()));
    (parameter, first, second)
}
