//! Networks: a list of layers, each with its forward pass and its pull-back.
//!
//! Every layer maps `[n, c, h, w]` to `[n, c', h', w']`; a latent is `[n, latent, 1, 1]`, a logit
//! `[n, 1, 1, 1]`. Networks are Burn modules whose parameters are named as PyTorch's `nn.Sequential`
//! would name them (`main.0.weight`).

mod activation;
mod batch_norm;
mod conv;
pub mod dcgan;
mod init;
pub mod mlp;
mod network;
mod parameters;
mod resize;
mod summary;

pub use activation::{LeakyRelu, Sigmoid, Tanh};
pub use batch_norm::BatchNorm;
pub use conv::{Conv2d, ConvSpec, ConvTranspose2d};
pub use init::{Init, Initializer};
pub use network::{Builder, Network, SAMPLE_CHUNK};
pub use parameters::{NamedTensor, clamped, load_tensors, named_tensors};
pub(crate) use parameters::{Path, each_tensor, is_running_statistic};
pub use resize::{MaxPool2, Upsample2};
pub use summary::{LayerRow, LayerTable};

use crate::rng::Stream;
use burn::Tensor;
use burn::module::Module;

/// The shape of one image between two layers: channels, height, width.
pub type ImageShape = [usize; 3];

/// One pass of a batch through a network: how its layers are to act, and what they noted.
#[derive(Debug)]
pub struct Pass {
    training: bool,
    moments: Vec<Moments>,
    noise: Option<Stream>,
    classes: Vec<usize>,
}

impl Pass {
    /// Evaluation: batch norm uses its running statistics, so that an image does not depend on its batch.
    pub fn evaluate() -> Self {
        Self { training: false, moments: Vec::new(), noise: None, classes: Vec::new() }
    }

    /// Training: batch norm uses the batch's moments and notes them here, one entry a layer in order, for
    /// [`Network::absorb`].
    pub fn train() -> Self {
        Self { training: true, ..Self::evaluate() }
    }

    /// The same with random numbers for the layers that draw any (dropout, noise); without them such layers do nothing.
    pub fn with_noise(self, stream: Stream) -> Self {
        Self { noise: Some(stream), ..self }
    }

    /// The same for images of these classes, one an image, for layers that depend on them.
    pub fn with_classes(self, classes: &[usize]) -> Self {
        Self { classes: classes.to_vec(), ..self }
    }

    /// Whether this is training.
    pub fn is_training(&self) -> bool {
        self.training
    }

    /// Notes a batch's moments.
    pub fn note(&mut self, moments: Moments) {
        self.moments.push(moments);
    }

    /// The random numbers for layers that draw any.
    pub fn noise(&mut self) -> Option<&mut Stream> {
        self.noise.as_mut()
    }

    /// The images' classes; none if they have none.
    pub fn classes(&self) -> &[usize] {
        &self.classes
    }
}

/// Mean and biased variance of each channel, both `[c]`, over `count` values.
#[derive(Debug, Clone)]
pub struct Moments {
    /// Mean.
    pub mean: Tensor<1>,
    /// Biased variance.
    pub variance: Tensor<1>,
    /// Values a channel.
    pub count: usize,
}

/// A map from batches of images to batches of images.
pub trait Layer {
    /// The layer's output for `x`.
    fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Tensor<4>;

    /// The vector–Jacobian product in ordinary forward operations, so that a loss may contain it:
    /// takes the gradient `g` at the output to the gradient at the input, `x` and `y` being a
    /// training pass's input and output. `None` if the layer mixes the images of a batch, for then
    /// there is no gradient of one image.
    fn pull_back(&self, g: Tensor<4>, x: &Tensor<4>, y: &Tensor<4>) -> Option<Tensor<4>>;

    /// The output's shape for one image of shape `input`.
    fn output(&self, input: ImageShape) -> ImageShape;

    /// What the layer is, in a word or two, for a table.
    fn name(&self) -> String;

    /// Multiplications with addition for one image of shape `input`; zero where there are none to
    /// speak of.
    fn multiply_adds(&self, _input: ImageShape) -> u64 {
        0
    }
}

/// Any layer that a network can hold.
#[derive(Module, Debug)]
pub enum AnyLayer {
    /// Convolution.
    Conv2d(Conv2d),
    /// Transposed convolution.
    ConvTranspose2d(ConvTranspose2d),
    /// Batch normalisation.
    BatchNorm(BatchNorm),
    /// LeakyReLU, or ReLU at slope 0.
    LeakyRelu(LeakyRelu),
    /// Hyperbolic tangent.
    Tanh(Tanh),
    /// Logistic function.
    Sigmoid(Sigmoid),
    /// 2×2 max pooling.
    MaxPool2(MaxPool2),
    /// Nearest-neighbour doubling.
    Upsample2(Upsample2),
}

impl AnyLayer {
    fn as_layer(&self) -> &dyn Layer {
        match self {
            Self::Conv2d(layer) => layer,
            Self::ConvTranspose2d(layer) => layer,
            Self::BatchNorm(layer) => layer,
            Self::LeakyRelu(layer) => layer,
            Self::Tanh(layer) => layer,
            Self::Sigmoid(layer) => layer,
            Self::MaxPool2(layer) => layer,
            Self::Upsample2(layer) => layer,
        }
    }
}

impl Layer for AnyLayer {
    fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        self.as_layer().forward(x, pass)
    }

    fn pull_back(&self, g: Tensor<4>, x: &Tensor<4>, y: &Tensor<4>) -> Option<Tensor<4>> {
        self.as_layer().pull_back(g, x, y)
    }

    fn output(&self, input: ImageShape) -> ImageShape {
        self.as_layer().output(input)
    }

    fn name(&self) -> String {
        self.as_layer().name()
    }

    fn multiply_adds(&self, input: ImageShape) -> u64 {
        self.as_layer().multiply_adds(input)
    }
}
