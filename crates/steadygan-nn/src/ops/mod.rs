//! The operators that GAN training spends its time in, as an extension of Burn's back ends.
//!
//! [`GanOps`] has stock Burn operations as default bodies, so that every back end can run it. The
//! CPU back end overrides them with the kernels of `steadygan-kernels` (`flex.rs`), and `autodiff.rs`
//! adds the backward passes. The functions here are the same operators over [`Tensor`].
//!
//! The linear operators are closed under differentiation: the gradients of [`conv`] are
//! [`conv_transpose`] and the weight gradient; the gradients of [`conv_transpose`] are [`conv`] and
//! the same weight gradient. The same holds for the scatter and gather of pooling, and for doubling
//! and the sum over blocks. Because of this an exact input gradient can be part of a loss, although
//! Burn differentiates only once.

mod autodiff;
#[cfg(not(feature = "stock-operators"))]
mod flex;
#[cfg(not(feature = "stock-operators"))]
mod memory;
mod stock;
#[cfg(test)]
mod tests;

use burn::Tensor;
use burn::backend::ops::ActivationOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
pub use steadygan_kernels::{AdamStep, ColourMix, Conv, Hole, Shift};

/// The parameters of [`GanOps::batch_norm`] that are not tensors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchNormSettings {
    /// Added to the variance under the root.
    pub epsilon: f32,
    /// Whether the moments are the batch's own, so that gradients flow through them; running
    /// statistics are constants.
    pub of_batch: bool,
    /// The slope of a LeakyReLU that follows and is computed in the same pass; 0 is a ReLU.
    pub slope: Option<f32>,
}

/// Operators over NCHW `f32` tensors; the default bodies are stock Burn operations.
#[backend_extension(Flex, Autodiff, Cube: cfg(any(feature = "wgpu", feature = "cuda")))]
pub trait GanOps: Backend {
    /// `x[n,ci,h,w]`, `weight[co,ci,k,k]` to `y[n,co,oh,ow]`.
    fn conv(x: FloatTensor<Self>, weight: FloatTensor<Self>, conv: Conv) -> FloatTensor<Self> {
        stock::conv::<Self>(x, weight, conv)
    }
    /// The gradient of [`conv`](Self::conv) for its input, which is the transposed convolution.
    fn conv_transpose(dy: FloatTensor<Self>, weight: FloatTensor<Self>, conv: Conv) -> FloatTensor<Self> {
        stock::conv_transpose::<Self>(dy, weight, conv)
    }
    /// The gradient of [`conv`](Self::conv) for its weight.
    fn conv_weight_gradient(x: FloatTensor<Self>, dy: FloatTensor<Self>, conv: Conv) -> FloatTensor<Self> {
        stock::conv_weight_gradient::<Self>(x, dy, conv)
    }
    /// [`conv`](Self::conv), then a LeakyReLU whose slope is at least 0.
    fn conv_leaky_relu(x: FloatTensor<Self>, weight: FloatTensor<Self>, conv: Conv, slope: f32) -> FloatTensor<Self> {
        <Self as GanOps>::leaky_relu(<Self as GanOps>::conv(x, weight, conv), slope)
    }
    /// The gradient of [`conv_leaky_relu`](Self::conv_leaky_relu) for its input, computed from its output `y`. Never
    /// differentiated.
    fn conv_leaky_relu_input_gradient(
        y: FloatTensor<Self>,
        dy: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        conv: Conv,
        slope: f32,
    ) -> FloatTensor<Self> {
        Self::conv_transpose(<Self as GanOps>::leaky_relu_gradient(y, dy, slope), weight, conv)
    }
    /// The gradient of [`conv_leaky_relu`](Self::conv_leaky_relu) for its weight, computed from its output `y`. Never
    /// differentiated.
    fn conv_leaky_relu_weight_gradient(
        x: FloatTensor<Self>,
        y: FloatTensor<Self>,
        dy: FloatTensor<Self>,
        conv: Conv,
        slope: f32,
    ) -> FloatTensor<Self> {
        Self::conv_weight_gradient(x, <Self as GanOps>::leaky_relu_gradient(y, dy, slope), conv)
    }
    /// `x[n,c,h,w] + bias[c]`.
    fn add_bias(x: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self> {
        stock::add_bias::<Self>(x, bias)
    }
    /// The gradient of [`add_bias`](Self::add_bias) for the bias: sums over all but the channels.
    fn bias_gradient(dy: FloatTensor<Self>) -> FloatTensor<Self> {
        stock::channel_sums::<Self>(dy)
    }
    /// Mean and biased variance of each channel, both `[c]`; constants to differentiation, because
    /// [`batch_norm_gradient`](Self::batch_norm_gradient) accounts for them.
    fn channel_moments(x: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>) {
        stock::channel_moments::<Self>(x)
    }
    /// Batch normalisation with the given moments, then the activation of `settings`.
    fn batch_norm(
        x: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        settings: BatchNormSettings,
    ) -> FloatTensor<Self> {
        stock::batch_norm::<Self>(x, mean, variance, gamma, beta, settings)
    }
    /// The gradients of [`batch_norm`](Self::batch_norm) for `x`, `gamma` and `beta`.
    fn batch_norm_gradient(
        x: FloatTensor<Self>,
        dy: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        settings: BatchNormSettings,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        stock::batch_norm_gradient::<Self>(x, dy, mean, variance, gamma, beta, settings)
    }
    /// `x` where positive, else `slope · x`.
    fn leaky_relu(x: FloatTensor<Self>, slope: f32) -> FloatTensor<Self> {
        <Self as ActivationOps<Self>>::leaky_relu(x, slope.into())
    }
    /// `dy` where `x` is positive, else `slope · dy`; `x` is a constant to differentiation (the mask
    /// is piecewise constant).
    fn leaky_relu_gradient(x: FloatTensor<Self>, dy: FloatTensor<Self>, slope: f32) -> FloatTensor<Self> {
        stock::leaky_relu_gradient::<Self>(x, dy, slope)
    }
    /// Hyperbolic tangent.
    fn tanh(x: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::float_tanh(x)
    }
    /// `dy · (1 − y²)`, where `y` is the output of [`tanh`](Self::tanh). Never differentiated.
    fn tanh_gradient(y: FloatTensor<Self>, dy: FloatTensor<Self>) -> FloatTensor<Self> {
        stock::tanh_gradient::<Self>(y, dy)
    }
    /// The logistic function.
    fn sigmoid(x: FloatTensor<Self>) -> FloatTensor<Self> {
        <Self as ActivationOps<Self>>::sigmoid(x)
    }
    /// `dy · y · (1 − y)`, where `y` is the output of [`sigmoid`](Self::sigmoid). Never differentiated.
    fn sigmoid_gradient(y: FloatTensor<Self>, dy: FloatTensor<Self>) -> FloatTensor<Self> {
        stock::sigmoid_gradient::<Self>(y, dy)
    }
    /// 2×2 max pooling with stride 2 over even sizes; of equal maxima the first in row-major order counts.
    fn max_pool2(x: FloatTensor<Self>) -> FloatTensor<Self> {
        stock::max_pool2::<Self>(x)
    }
    /// Puts `dy` at the maxima that pooling takes from `x`, and zero elsewhere: the gradient of pooling.
    fn max_pool2_scatter(x: FloatTensor<Self>, dy: FloatTensor<Self>) -> FloatTensor<Self> {
        stock::max_pool2_scatter::<Self>(x, dy)
    }
    /// Takes the values of `v` at the maxima that pooling takes from `x`: the adjoint of the scatter.
    fn max_pool2_gather(x: FloatTensor<Self>, v: FloatTensor<Self>) -> FloatTensor<Self> {
        stock::max_pool2_gather::<Self>(x, v)
    }
    /// Nearest-neighbour doubling of height and width.
    fn upsample2(x: FloatTensor<Self>) -> FloatTensor<Self> {
        stock::upsample2::<Self>(x)
    }
    /// Sums over blocks of 2×2: the gradient of doubling.
    fn block_sum2(dy: FloatTensor<Self>) -> FloatTensor<Self> {
        stock::block_sum2::<Self>(dy)
    }
    /// Mixes the colours of each image of `x[n,c,h,w]` by the formula of [`ColourMix`].
    fn mix_colours(x: FloatTensor<Self>, mixes: Vec<ColourMix>) -> FloatTensor<Self> {
        stock::mix_colours::<Self>(x, &mixes)
    }
    /// Shifts each image of `x[n,c,h,w]` and fills the uncovered pixels with zeros.
    fn translate(x: FloatTensor<Self>, shifts: Vec<Shift>) -> FloatTensor<Self> {
        stock::translate::<Self>(x, &shifts)
    }
    /// Sets a hole in each image of `x[n,c,h,w]` to zero.
    fn erase(x: FloatTensor<Self>, holes: Vec<Hole>) -> FloatTensor<Self> {
        stock::erase::<Self>(x, &holes)
    }
    /// `a + b`, elementwise. Never differentiated.
    fn add(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::float_add(a, b)
    }
    /// The sum of squares of all elements, `[1]`, in an order that does not depend on the number of threads.
    fn sum_of_squares(x: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::float_sum(Self::float_mul(x.clone(), x))
    }
    /// 0 if every element is finite, else a NaN, `[1]`. Never differentiated.
    fn zero_if_finite(x: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::float_sum(Self::float_mul_scalar(x, 0.0.into()))
    }
    /// `decay · average + (1 − decay) · x`, elementwise. Never differentiated.
    fn average(average: FloatTensor<Self>, x: FloatTensor<Self>, decay: f64) -> FloatTensor<Self> {
        stock::moving::<Self>(average, x, decay)
    }
    /// One step of Adam: the new parameter, first and second moment. Never differentiated.
    fn adam(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        stock::adam::<Self>(parameter, gradient, first, second, step)
    }
}

/// GPUs run the stock operations. `Wgpu` and `Cuda` are two names of one type, the back end of Burn's GPU runtimes, so
/// only one of them may implement the trait.
#[cfg(feature = "wgpu")]
impl GanOps for burn::backend::Wgpu {}
#[cfg(all(feature = "cuda", not(feature = "wgpu")))]
impl GanOps for burn::backend::Cuda {}

/// Runs the stock operations on the CPU, to compare our kernels with them.
#[cfg(feature = "stock-operators")]
impl GanOps for burn::backend::Flex {}

fn wrap<const D: usize>(primitive: FloatTensor<Dispatch>) -> Tensor<D> {
    Tensor::from_dispatch(primitive)
}

/// Convolution of `x[n,ci,h,w]` with `weight[co,ci,k,k]`.
pub fn conv(x: Tensor<4>, weight: Tensor<4>, conv: Conv) -> Tensor<4> {
    wrap(Dispatch::conv(x.into_dispatch(), weight.into_dispatch(), conv))
}

/// Convolution of `x[n,ci,h,w]` with `weight[co,ci,k,k]`, then a LeakyReLU of `slope` (at least 0), in the same pass.
/// Its gradients cannot be differentiated again.
pub fn conv_leaky_relu(x: Tensor<4>, weight: Tensor<4>, conv: Conv, slope: f32) -> Tensor<4> {
    wrap(Dispatch::conv_leaky_relu(x.into_dispatch(), weight.into_dispatch(), conv, slope))
}

/// Transposed convolution of `x[n,co,oh,ow]` with `weight[co,ci,k,k]`; `conv` describes the
/// convolution of which it is the transpose.
pub fn conv_transpose(x: Tensor<4>, weight: Tensor<4>, conv: Conv) -> Tensor<4> {
    wrap(Dispatch::conv_transpose(x.into_dispatch(), weight.into_dispatch(), conv))
}

/// `x[n,c,h,w] + bias[c]`.
pub fn add_bias(x: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    wrap(Dispatch::add_bias(x.into_dispatch(), bias.into_dispatch()))
}

/// Mean and biased variance of each channel of `x[n,c,h,w]`, both `[c]`, as constants.
pub fn channel_moments(x: Tensor<4>) -> (Tensor<1>, Tensor<1>) {
    let (mean, variance) = Dispatch::channel_moments(x.into_dispatch());
    (wrap(mean), wrap(variance))
}

/// Batch normalisation of `x[n,c,h,w]` by `moments` (mean and variance, `[c]`), scaled by `gamma[c]`
/// and shifted by `beta[c]`, then the activation of `settings`.
pub fn batch_norm(
    x: Tensor<4>,
    moments: (Tensor<1>, Tensor<1>),
    gamma: Tensor<1>,
    beta: Tensor<1>,
    settings: BatchNormSettings,
) -> Tensor<4> {
    wrap(Dispatch::batch_norm(
        x.into_dispatch(),
        moments.0.into_dispatch(),
        moments.1.into_dispatch(),
        gamma.into_dispatch(),
        beta.into_dispatch(),
        settings,
    ))
}

/// `x` where positive, else `slope · x`.
pub fn leaky_relu(x: Tensor<4>, slope: f32) -> Tensor<4> {
    wrap(<Dispatch as GanOps>::leaky_relu(x.into_dispatch(), slope))
}

/// `dy` where `x` is positive, else `slope · dy`.
pub fn leaky_relu_gradient(x: Tensor<4>, dy: Tensor<4>, slope: f32) -> Tensor<4> {
    wrap(Dispatch::leaky_relu_gradient(x.into_dispatch(), dy.into_dispatch(), slope))
}

/// Hyperbolic tangent.
pub fn tanh(x: Tensor<4>) -> Tensor<4> {
    wrap(Dispatch::tanh(x.into_dispatch()))
}

/// The logistic function.
pub fn sigmoid(x: Tensor<4>) -> Tensor<4> {
    wrap(<Dispatch as GanOps>::sigmoid(x.into_dispatch()))
}

/// 2×2 max pooling with stride 2; of equal maxima the first in row-major order counts.
pub fn max_pool2(x: Tensor<4>) -> Tensor<4> {
    wrap(Dispatch::max_pool2(x.into_dispatch()))
}

/// Puts `dy` at the maxima that pooling takes from `x`, and zero elsewhere.
pub fn max_pool2_scatter(x: Tensor<4>, dy: Tensor<4>) -> Tensor<4> {
    wrap(Dispatch::max_pool2_scatter(x.into_dispatch(), dy.into_dispatch()))
}

/// Nearest-neighbour doubling of height and width.
pub fn upsample2(x: Tensor<4>) -> Tensor<4> {
    wrap(Dispatch::upsample2(x.into_dispatch()))
}

/// Sums over blocks of 2×2.
pub fn block_sum2(x: Tensor<4>) -> Tensor<4> {
    wrap(Dispatch::block_sum2(x.into_dispatch()))
}

/// Mixes the colours of each image of `x[n,c,h,w]` by the formula of [`ColourMix`].
pub fn mix_colours(x: Tensor<4>, mixes: Vec<ColourMix>) -> Tensor<4> {
    wrap(Dispatch::mix_colours(x.into_dispatch(), mixes))
}

/// Shifts each image of `x[n,c,h,w]` and fills the uncovered pixels with zeros.
pub fn translate(x: Tensor<4>, shifts: Vec<Shift>) -> Tensor<4> {
    wrap(Dispatch::translate(x.into_dispatch(), shifts))
}

/// Sets a hole in each image of `x[n,c,h,w]` to zero.
pub fn erase(x: Tensor<4>, holes: Vec<Hole>) -> Tensor<4> {
    wrap(Dispatch::erase(x.into_dispatch(), holes))
}

/// `a + b`, outside differentiation.
pub fn add<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> Tensor<D> {
    wrap(<Dispatch as GanOps>::add(a.into_dispatch(), b.into_dispatch()))
}

/// The sum of squares of all elements. On the CPU it does not depend on the number of threads, to the bit.
pub fn sum_of_squares<const D: usize>(x: Tensor<D>) -> f32 {
    wrap::<1>(Dispatch::sum_of_squares(x.into_dispatch())).into_scalar()
}

/// Whether every element is finite.
pub fn is_finite<const D: usize>(x: Tensor<D>) -> bool {
    wrap::<1>(Dispatch::zero_if_finite(x.into_dispatch())).into_scalar::<f32>() == 0.0
}

/// `decay · average + (1 − decay) · x`, outside differentiation.
pub fn average<const D: usize>(average: Tensor<D>, x: Tensor<D>, decay: f64) -> Tensor<D> {
    wrap(<Dispatch as GanOps>::average(average.into_dispatch(), x.into_dispatch(), decay))
}

/// One step of Adam over a parameter: the new parameter, first and second moment.
pub fn adam<const D: usize>(
    parameter: Tensor<D>,
    gradient: Tensor<D>,
    moments: (Tensor<D>, Tensor<D>),
    step: AdamStep,
) -> (Tensor<D>, Tensor<D>, Tensor<D>) {
    let (parameter, first, second) = Dispatch::adam(
        parameter.into_dispatch(),
        gradient.into_dispatch(),
        moments.0.into_dispatch(),
        moments.1.into_dispatch(),
        step,
    );
    (wrap(parameter), wrap(first), wrap(second))
}
