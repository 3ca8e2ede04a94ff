//! Convolution and its transpose.

use super::spectral::{self, SpectralWeight, Vectors};
use super::{ImageShape, Initializer, Layer, Pass};
use crate::ops;
use burn::Tensor;
use burn::module::{Module, Param};

/// The sizes of a convolution with a square kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvSpec {
    /// Channels of the layer's input.
    pub in_channels: usize,
    /// Channels of the layer's output.
    pub out_channels: usize,
    /// Height and width of the kernel, 1 to 7.
    pub kernel: usize,
    /// Step of the kernel, 1 or 2; a transposed convolution enlarges the image by this factor.
    pub stride: usize,
    /// Zeros above and left of the larger of the two images, at most 3.
    pub pad_before: usize,
    /// Zeros below and right of the larger of the two images, at most 3.
    pub pad_after: usize,
    /// Whether a bias is added.
    pub bias: bool,
}

impl ConvSpec {
    /// 4×4, stride 2, padding 1: out = in / 2, or, transposed, out = 2 · in (the heuristics
    /// `strided-downsampling` and `strided-upsampling`). The stride divides the kernel, so every pixel of the larger
    /// image (except at the border) meets the same number of kernel weights. Where it does not, as
    /// for a transposed 3×3 kernel at stride 2, the output has a checkerboard (Odena, Dumoulin and Olah 2016).
    pub fn strided(in_channels: usize, out_channels: usize, bias: bool) -> Self {
        Self::same(in_channels, out_channels, 4, 2, bias)
    }

    /// Padding "same" as in TensorFlow and Keras: out = in / stride, or, transposed, out = stride · in.
    ///
    /// Along each dimension there are kernel − stride zeros: half before the larger image and half after it; an odd
    /// one goes after it. This is TensorFlow's rule where the stride divides the larger image's size and is at most
    /// the kernel's.
    pub fn same(in_channels: usize, out_channels: usize, kernel: usize, stride: usize, bias: bool) -> Self {
        let pads = kernel.saturating_sub(stride);
        Self::new(in_channels, out_channels, kernel, stride, (pads / 2, pads.div_ceil(2)), bias)
    }

    /// Without padding ("valid"), stride 1: out = in − kernel + 1, or, transposed, out = in + kernel − 1. A kernel of
    /// the image's size makes one pixel of the image (a discriminator's last layer), or, transposed, an image of one
    /// pixel (a generator's first layer).
    pub fn valid(in_channels: usize, out_channels: usize, kernel: usize, bias: bool) -> Self {
        Self::new(in_channels, out_channels, kernel, 1, (0, 0), bias)
    }

    /// Any kernel, stride and padding (before, after).
    pub fn new(
        in_channels: usize,
        out_channels: usize,
        kernel: usize,
        stride: usize,
        (pad_before, pad_after): (usize, usize),
        bias: bool,
    ) -> Self {
        Self { in_channels, out_channels, kernel, stride, pad_before, pad_after, bias }
    }

    fn pads(&self) -> usize {
        self.pad_before + self.pad_after
    }

    fn kernel_name(&self, what: &str) -> String {
        format!("{what} {0}×{0}/{1}", self.kernel, self.stride)
    }
}

/// Weight `[a, b, k, k]` and bias `[out_channels]` (if `spec` has one), drawn by `init` and named as in PyTorch. The
/// fan-in is the weight's second dimension times the kernel's area, as in PyTorch, for transposed layers too.
fn parameters(
    spec: &ConvSpec,
    [a, b]: [usize; 2],
    name: &str,
    init: &Initializer,
) -> (Param<Tensor<4>>, Option<Param<Tensor<1>>>) {
    let fan_in = b * spec.kernel * spec.kernel;
    let weight = init.weight(&format!("{name}.weight"), [a, b, spec.kernel, spec.kernel], fan_in);
    let bias = spec.bias.then(|| init.bias(&format!("{name}.bias"), spec.out_channels, fan_in));
    (weight, bias)
}

fn with_bias(y: Tensor<4>, bias: &Option<Param<Tensor<1>>>) -> Tensor<4> {
    match bias {
        Some(bias) => ops::add_bias(y, bias.val()),
        None => y,
    }
}

/// Convolution: y = W ∗ x + b.
#[derive(Module, Debug)]
pub struct Conv2d {
    /// `[out_channels, in_channels, k, k]`.
    pub weight: Param<Tensor<4>>,
    /// `[out_channels]`.
    pub bias: Option<Param<Tensor<1>>>,
    /// Left singular vector of the weight under spectral normalisation, `[out_channels]`; not trained.
    pub weight_u: Option<Param<Tensor<1>>>,
    /// Right singular vector of the weight under spectral normalisation; not trained.
    pub weight_v: Option<Param<Tensor<1>>>,
    #[module(skip)]
    spec: ConvSpec,
}

impl Conv2d {
    /// Which dimension of the weight counts output channels.
    const OUT_DIM: usize = 0;

    /// A layer whose parameters `init` draws under `name`.
    pub fn new(spec: ConvSpec, name: &str, init: &Initializer) -> Self {
        let (weight, bias) = parameters(&spec, [spec.out_channels, spec.in_channels], name, init);
        Self { weight, bias, weight_u: None, weight_v: None, spec }
    }

    /// The layer with [spectral normalisation](SpectralWeight); `init` draws the singular vectors under `name`.
    pub fn with_spectral_norm(self, name: &str, init: &Initializer) -> Self {
        let (weight_u, weight_v): Vectors = spectral::vectors(&self.weight, Self::OUT_DIM, name, init);
        Self { weight_u, weight_v, ..self }
    }

    /// The weight that the layer uses: W, or W/σ under spectral normalisation.
    pub fn effective_weight(&self) -> Tensor<4> {
        spectral::normalised(self.weight.val(), &self.weight_u, &self.weight_v, Self::OUT_DIM)
    }

    /// The layer's sizes.
    pub fn spec(&self) -> ConvSpec {
        self.spec
    }

    /// The layer without its bias, then a LeakyReLU of `slope` (at least 0), fused into one pass over the images. Only
    /// for a layer that has no bias.
    pub(super) fn forward_activated(&self, x: Tensor<4>, slope: f32) -> Tensor<4> {
        let [n, c, h, w] = x.dims();
        ops::conv_leaky_relu(x, self.effective_weight(), self.geometry(n, [c, h, w]), slope)
    }

    fn geometry(&self, batch: usize, [in_channels, in_height, in_width]: ImageShape) -> ops::Conv {
        let ConvSpec { out_channels, kernel, stride, pad_before, pad_after, .. } = self.spec;
        ops::Conv { batch, in_channels, in_height, in_width, out_channels, kernel, stride, pad_before, pad_after }
    }
}

impl Layer for Conv2d {
    fn forward(&self, x: Tensor<4>, _: &mut Pass) -> Tensor<4> {
        let [n, c, h, w] = x.dims();
        let y = ops::conv(x, self.effective_weight(), self.geometry(n, [c, h, w]));
        with_bias(y, &self.bias)
    }

    fn pull_back(&self, g: Tensor<4>, x: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        let [n, c, h, w] = x.dims();
        Some(ops::conv_transpose(g, self.effective_weight(), self.geometry(n, [c, h, w])))
    }

    fn spectral_weights(&mut self) -> Vec<SpectralWeight<'_>> {
        let Self { weight, weight_u: u, weight_v: v, .. } = self;
        if u.is_none() { Vec::new() } else { vec![SpectralWeight { weight, u, v, out_dim: Self::OUT_DIM }] }
    }

    fn output(&self, input: ImageShape) -> ImageShape {
        let conv = self.geometry(1, input);
        [conv.out_channels, conv.out_height(), conv.out_width()]
    }

    fn name(&self) -> String {
        self.spec.kernel_name("Conv2d")
    }

    fn multiply_adds(&self, input: ImageShape) -> u64 {
        self.geometry(1, input).multiply_adds()
    }
}

/// Transposed convolution: the adjoint of a convolution, plus a bias.
#[derive(Module, Debug)]
pub struct ConvTranspose2d {
    /// `[in_channels, out_channels, k, k]`.
    pub weight: Param<Tensor<4>>,
    /// `[out_channels]`.
    pub bias: Option<Param<Tensor<1>>>,
    /// Left singular vector of the weight under spectral normalisation, `[out_channels]`; not trained.
    pub weight_u: Option<Param<Tensor<1>>>,
    /// Right singular vector of the weight under spectral normalisation; not trained.
    pub weight_v: Option<Param<Tensor<1>>>,
    #[module(skip)]
    spec: ConvSpec,
}

impl ConvTranspose2d {
    /// Which dimension of the weight counts output channels.
    const OUT_DIM: usize = 1;

    /// A layer whose parameters `init` draws under `name`.
    pub fn new(spec: ConvSpec, name: &str, init: &Initializer) -> Self {
        let (weight, bias) = parameters(&spec, [spec.in_channels, spec.out_channels], name, init);
        Self { weight, bias, weight_u: None, weight_v: None, spec }
    }

    /// The layer with [spectral normalisation](SpectralWeight); `init` draws the singular vectors under `name`.
    pub fn with_spectral_norm(self, name: &str, init: &Initializer) -> Self {
        let (weight_u, weight_v): Vectors = spectral::vectors(&self.weight, Self::OUT_DIM, name, init);
        Self { weight_u, weight_v, ..self }
    }

    /// The weight that the layer uses: W, or W/σ under spectral normalisation.
    pub fn effective_weight(&self) -> Tensor<4> {
        spectral::normalised(self.weight.val(), &self.weight_u, &self.weight_v, Self::OUT_DIM)
    }

    /// The layer's sizes.
    pub fn spec(&self) -> ConvSpec {
        self.spec
    }

    /// The convolution of which this layer is the transpose: it maps the layer's output to the layer's input.
    fn geometry(&self, batch: usize, [in_channels, height, width]: ImageShape) -> ops::Conv {
        let ConvSpec { out_channels, kernel, stride, pad_before, pad_after, .. } = self.spec;
        let enlarged = |size: usize| (size - 1) * stride + kernel - self.spec.pads();
        ops::Conv {
            batch,
            in_channels: out_channels,
            in_height: enlarged(height),
            in_width: enlarged(width),
            out_channels: in_channels,
            kernel,
            stride,
            pad_before,
            pad_after,
        }
    }
}

impl Layer for ConvTranspose2d {
    fn forward(&self, x: Tensor<4>, _: &mut Pass) -> Tensor<4> {
        let [n, c, h, w] = x.dims();
        let y = ops::conv_transpose(x, self.effective_weight(), self.geometry(n, [c, h, w]));
        with_bias(y, &self.bias)
    }

    fn pull_back(&self, g: Tensor<4>, x: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        let [n, c, h, w] = x.dims();
        Some(ops::conv(g, self.effective_weight(), self.geometry(n, [c, h, w])))
    }

    fn spectral_weights(&mut self) -> Vec<SpectralWeight<'_>> {
        let Self { weight, weight_u: u, weight_v: v, .. } = self;
        if u.is_none() { Vec::new() } else { vec![SpectralWeight { weight, u, v, out_dim: Self::OUT_DIM }] }
    }

    fn output(&self, input: ImageShape) -> ImageShape {
        let conv = self.geometry(1, input);
        [conv.in_channels, conv.in_height, conv.in_width]
    }

    fn name(&self) -> String {
        self.spec.kernel_name("ConvTranspose2d")
    }

    fn multiply_adds(&self, input: ImageShape) -> u64 {
        self.geometry(1, input).multiply_adds()
    }
}
