//! Two-dimensional convolution with square kernels, and its gradients.
//!
//! The algorithm is chosen by the shape alone, so one shape is always computed by the same algorithm:
//!
//! * kernels of 4 with stride 2 and of 3 with stride 1, padding 1, at least 8 channels on both sides: Winograd's
//!   minimal filtering, if it saves a quarter of the multiplications; 2 to 5 millionths from the exact values
//!   (relative L2) at up to 512 channels;
//! * a kernel as large as its image: a dense layer, one matrix product;
//! * all others, also the layers next to the image: the direct sum, some ten-millionths from the exact values.
//!
//! A value that is not finite makes every output that depends on it non-finite, and with Winograd's method also other
//! outputs of the same tiles.

use std::fmt;

use rayon::prelude::*;

use crate::activation::{leaky_relu_gradient, leaky_relu_in_place};
use crate::gemm::{Matrix, multiply};
use crate::parallel::{PIECE, expect_len};
use crate::scratch::with_numbers;

mod bias;
mod direct;
mod winograd;

pub(crate) use bias::expect_images;
pub use bias::{add_bias, bias_gradient};

/// Largest kernel, stride and padding that the operators accept.
const MAX_KERNEL: usize = 7;
const MAX_STRIDE: usize = 2;
const MAX_PAD: usize = 3;

/// Geometry of a two-dimensional convolution (cross-correlation, as in every deep-learning framework) with a square
/// kernel:
///
/// `y[n][co][oy][ox] = sum_{ci,ky,kx} w[co][ci][ky][kx] * x[n][ci][oy*stride + ky - pad_before][ox*stride + kx - pad_before]`,
///
/// where `x` is zero outside the image. `pad_after` may differ from `pad_before`: TensorFlow's "same" rule needs that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conv {
    /// Images.
    pub batch: usize,
    /// Channels of `x`.
    pub in_channels: usize,
    /// Rows of `x`.
    pub in_height: usize,
    /// Columns of `x`.
    pub in_width: usize,
    /// Channels of `y`.
    pub out_channels: usize,
    /// Side of the kernel, 1 to 7.
    pub kernel: usize,
    /// Step between outputs, 1 or 2.
    pub stride: usize,
    /// Zeros above and left of the image, 0 to 3.
    pub pad_before: usize,
    /// Zeros below and right of the image, 0 to 3.
    pub pad_after: usize,
}

/// Why a [`Conv`] describes no convolution that these kernels compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShapeError {
    /// The named size is zero.
    Zero(&'static str),
    /// The named setting is above this limit.
    TooLarge(&'static str, usize),
    /// The kernel is larger than the padded image.
    KernelExceedsImage,
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            ShapeError::Zero(name) => write!(f, "the {name} of a convolution must not be zero"),
            ShapeError::TooLarge(name, most) => {
                write!(f, "the {name} of a convolution must be at most {most}")
            }
            ShapeError::KernelExceedsImage => {
                write!(f, "the kernel is larger than the padded image")
            }
        }
    }
}

impl std::error::Error for ShapeError {}

impl Conv {
    /// Checks that the geometry is one that these kernels compute.
    ///
    /// # Errors
    /// When a size is zero, a setting above its limit, or the kernel does not fit the padded image.
    pub fn validate(&self) -> Result<(), ShapeError> {
        let sizes = [
            ("batch", self.batch),
            ("number of input channels", self.in_channels),
            ("height", self.in_height),
            ("width", self.in_width),
            ("number of output channels", self.out_channels),
            ("kernel", self.kernel),
            ("stride", self.stride),
        ];
        if let Some((name, _)) = sizes.iter().find(|(_, size)| *size == 0) {
            return Err(ShapeError::Zero(name));
        }
        let limits = [
            ("kernel", self.kernel, MAX_KERNEL),
            ("stride", self.stride, MAX_STRIDE),
            ("padding before", self.pad_before, MAX_PAD),
            ("padding after", self.pad_after, MAX_PAD),
        ];
        if let Some((name, _, most)) = limits.iter().find(|(_, size, most)| size > most) {
            return Err(ShapeError::TooLarge(name, *most));
        }
        let padding = self.pad_before + self.pad_after;
        if self.kernel > self.in_height.min(self.in_width) + padding {
            return Err(ShapeError::KernelExceedsImage);
        }
        Ok(())
    }

    /// Rows of `y`.
    pub fn out_height(&self) -> usize {
        (self.in_height + self.pad_before + self.pad_after - self.kernel) / self.stride + 1
    }

    /// Columns of `y`.
    pub fn out_width(&self) -> usize {
        (self.in_width + self.pad_before + self.pad_after - self.kernel) / self.stride + 1
    }

    /// Elements of `x`, `[batch][in_channels][in_height][in_width]`.
    pub fn input_len(&self) -> usize {
        self.batch * self.in_channels * self.in_height * self.in_width
    }

    /// Elements of `w`, `[out_channels][in_channels][kernel][kernel]`.
    pub fn weight_len(&self) -> usize {
        self.out_channels * self.in_channels * self.kernel * self.kernel
    }

    /// Elements of `y`, `[batch][out_channels][out_height][out_width]`.
    pub fn output_len(&self) -> usize {
        self.batch * self.out_channels * self.out_height() * self.out_width()
    }

    /// Multiplications of the direct computation (zeros of the padding included).
    pub fn multiply_adds(&self) -> u64 {
        self.output_len() as u64 * (self.in_channels * self.kernel * self.kernel) as u64
    }

    /// Whether the kernel covers the whole image in one position, so that the convolution is a dense layer.
    fn is_dense(&self) -> bool {
        let unpadded = self.pad_before == 0 && self.pad_after == 0;
        unpadded && self.in_height == self.kernel && self.in_width == self.kernel
    }

    #[track_caller]
    fn expect(&self, x: (&str, usize), w: (&str, usize), y: (&str, usize)) {
        if let Err(error) = self.validate() {
            panic!("{error}: {self:?}");
        }
        expect_len(x.0, x.1, self.input_len());
        expect_len(w.0, w.1, self.weight_len());
        expect_len(y.0, y.1, self.output_len());
    }
}

/// A leaky ReLU after a convolution, described by its output. Because the slope is not negative, `y` is positive where
/// its input was.
#[derive(Debug, Clone, Copy)]
pub struct LeakyReluOutput<'a> {
    /// Its output.
    pub y: &'a [f32],
    /// Its slope on the negative side, at least 0.
    pub slope: f32,
}

/// The gradient `dy` with respect to a convolution's output, or to the output of the leaky ReLU after it.
#[derive(Clone, Copy)]
struct OutputGradient<'a> {
    dy: &'a [f32],
    after: Option<LeakyReluOutput<'a>>,
}

impl<'a> OutputGradient<'a> {
    fn new(dy: &'a [f32]) -> Self {
        OutputGradient { dy, after: None }
    }

    #[track_caller]
    fn after(leaky: LeakyReluOutput<'a>, dy: &'a [f32]) -> Self {
        expect_len("y", leaky.y.len(), dy.len());
        assert!(leaky.slope >= 0.0, "`slope` must not be negative: the output would not show the input's sign");
        OutputGradient { dy, after: Some(leaky) }
    }

    /// Calls `work` with the gradient of the convolution's own output, for an algorithm that does not handle the leaky
    /// ReLU itself.
    fn with_own<R>(self, work: impl FnOnce(&[f32]) -> R) -> R {
        let Some(LeakyReluOutput { y, slope }) = self.after else { return work(self.dy) };
        with_numbers(y.len(), |own| {
            leaky_relu_gradient(y, slope, self.dy, own);
            work(own)
        })
    }
}

/// The convolution `y` of `x` with `w`, by the formula at [`Conv`].
///
/// # Panics
/// When the geometry is invalid or a slice has the wrong length.
pub fn conv(g: &Conv, x: &[f32], w: &[f32], y: &mut [f32]) {
    g.expect(("x", x.len()), ("w", w.len()), ("y", y.len()));
    forward(g, None, x, w, y);
}

/// [`conv`], then a leaky ReLU: `y` where positive, else `slope y`.
///
/// # Panics
/// When the geometry is invalid or a slice has the wrong length.
pub fn conv_leaky_relu(g: &Conv, slope: f32, x: &[f32], w: &[f32], y: &mut [f32]) {
    g.expect(("x", x.len()), ("w", w.len()), ("y", y.len()));
    forward(g, Some(slope), x, w, y);
}

fn forward(g: &Conv, slope: Option<f32>, x: &[f32], w: &[f32], y: &mut [f32]) {
    if g.is_dense() {
        let (m, n, k) = (g.batch, g.out_channels, w.len() / g.out_channels);
        multiply(m, n, k, Matrix::new(x, k), Matrix::new(w, k).transposed(), y);
    } else if let Some(transform) = winograd::choose(g) {
        winograd::forward(transform, g, x, w, y);
    } else {
        return direct::forward(g, slope, x, w, y);
    }
    if let Some(slope) = slope {
        y.par_chunks_mut(PIECE).for_each(|y| leaky_relu_in_place(y, slope));
    }
}

/// The gradient of [`conv`] with respect to its input,
/// `dx[n][ci][iy][ix] = sum dy[n][co][oy][ox] * w[co][ci][ky][kx]` over all `oy*stride + ky - pad_before = iy` (columns
/// alike).
///
/// This is the transposed convolution of `dy` with the same weight.
///
/// # Panics
/// When the geometry is invalid or a slice has the wrong length.
pub fn conv_input_gradient(g: &Conv, dy: &[f32], w: &[f32], dx: &mut [f32]) {
    input_gradient(g, OutputGradient::new(dy), w, dx);
}

/// The gradient of [`conv_leaky_relu`] with respect to its input, from its output and `dy`.
///
/// # Panics
/// When the geometry is invalid, a slice has the wrong length or the slope is negative.
pub fn conv_leaky_relu_input_gradient(g: &Conv, leaky: LeakyReluOutput, dy: &[f32], w: &[f32], dx: &mut [f32]) {
    input_gradient(g, OutputGradient::after(leaky, dy), w, dx);
}

#[track_caller]
fn input_gradient(g: &Conv, gradient: OutputGradient, w: &[f32], dx: &mut [f32]) {
    g.expect(("dx", dx.len()), ("w", w.len()), ("dy", gradient.dy.len()));
    if g.is_dense() {
        let (m, n, k) = (g.batch, w.len() / g.out_channels, g.out_channels);
        gradient.with_own(|dy| multiply(m, n, k, Matrix::new(dy, k), Matrix::new(w, n), dx));
    } else if let Some(transform) = winograd::choose(g) {
        gradient.with_own(|dy| winograd::input_gradient(transform, g, dy, w, dx));
    } else {
        direct::input_gradient(g, gradient, w, dx);
    }
}

/// The gradient of [`conv`] with respect to its weight,
/// `dw[co][ci][ky][kx] = sum_{n,oy,ox} dy[n][co][oy][ox] * x[n][ci][oy*stride + ky - pad_before][ox*stride + kx - pad_before]`.
///
/// # Panics
/// When the geometry is invalid or a slice has the wrong length.
pub fn conv_weight_gradient(g: &Conv, x: &[f32], dy: &[f32], dw: &mut [f32]) {
    weight_gradient(g, x, OutputGradient::new(dy), dw);
}

/// The gradient of [`conv_leaky_relu`] with respect to its weight, from its output and `dy`.
///
/// # Panics
/// When the geometry is invalid, a slice has the wrong length or the slope is negative.
pub fn conv_leaky_relu_weight_gradient(g: &Conv, x: &[f32], leaky: LeakyReluOutput, dy: &[f32], dw: &mut [f32]) {
    weight_gradient(g, x, OutputGradient::after(leaky, dy), dw);
}

#[track_caller]
fn weight_gradient(g: &Conv, x: &[f32], gradient: OutputGradient, dw: &mut [f32]) {
    g.expect(("x", x.len()), ("dw", dw.len()), ("dy", gradient.dy.len()));
    if g.is_dense() {
        let (m, n, k) = (g.out_channels, dw.len() / g.out_channels, g.batch);
        gradient.with_own(|dy| multiply(m, n, k, Matrix::new(dy, m).transposed(), Matrix::new(x, n), dw));
    } else if let Some(transform) = winograd::choose(g) {
        gradient.with_own(|dy| winograd::weight_gradient(transform, g, x, dy, dw));
    } else {
        direct::weight_gradient(g, x, gradient, dw);
    }
}
