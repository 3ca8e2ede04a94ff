//! Networks: a list of layers, each with its forward pass and its pull-back (vector–Jacobian product).
//!
//! Every layer maps `[n, c, h, w]` to `[n, c', h', w']`; a latent is `[n, latent, 1, 1]`, a logit
//! `[n, 1, 1, 1]`. Networks are Burn modules whose parameters are named as PyTorch's `nn.Sequential`
//! would name them (`main.0.weight`).

mod activation;
mod architecture;
mod attention;
mod basis;
mod batch_norm;
mod builder;
mod chain;
mod classes;
mod conv;
pub mod dcgan;
mod dropout;
mod families;
mod family;
mod init;
mod instance_norm;
mod layer_norm;
mod maxout;
mod minibatch_discrimination;
mod minibatch_std;
pub mod mlp;
mod model;
mod network;
mod noise;
mod parameters;
mod pass;
mod residual;
mod resize;
pub mod resnet;
mod spectral;
mod summary;
#[cfg(test)]
pub(crate) mod testing;
pub mod unrolled;
mod virtual_batch_norm;

pub use activation::{LeakyRelu, Sigmoid, Tanh};
pub use architecture::{Architecture, Family};
pub use attention::SelfAttention;
pub use basis::{DiscriminativeBasis, GenerativeBasis};
pub use batch_norm::BatchNorm;
pub use builder::Builder;
pub use classes::{ClassEmbedding, ClassHead, ClassHeadKind, ClassScale};
pub use conv::{Conv2d, ConvSpec, ConvTranspose2d};
pub use dropout::Dropout;
pub use families::{FAMILIES, discriminator, generator};
pub use family::base_and_doublings;
pub use init::{Init, Initializer};
pub use instance_norm::InstanceNorm;
pub use layer_norm::LayerNorm;
pub use maxout::Maxout;
pub use minibatch_discrimination::MinibatchDiscrimination;
pub use minibatch_std::MinibatchStd;
pub use model::{
    Block, ClassDraw, Conditioning, DiscriminatorConditioning, Downsampling, GeneratorConditioning, MAX_CLASSES,
    MAX_WEIGHTS, MinibatchDiscriminationSize, ModelPlan, NetworkPlan, Norm, Output, Upsampling,
};
pub use network::{Network, SAMPLE_CHUNK};
pub use noise::GaussianNoise;
pub(crate) use parameters::Path;
pub use parameters::{NamedTensor, clamped, each_tensor, is_buffer, load_tensors, map_tensors, named_tensors};
pub use pass::{Moments, Pass};
pub use residual::{Residual, ResidualScale};
pub use resize::{AveragePool2, BilinearUpsample2, GlobalSumPool, MaxPool2, PixelShuffle2, Reshape, Upsample2};
pub use spectral::SpectralWeight;
pub use summary::{LayerRow, LayerTable};
pub use virtual_batch_norm::VirtualBatchNorm;

use burn::Tensor;
use burn::module::Module;

/// The shape of one image between two layers: channels, height, width.
pub type ImageShape = [usize; 3];

/// The backward step of one forward pass through a layer: takes the gradient at the output to the gradient at the
/// input, as [`Layer::pull_back`] does.
pub type PullBack<'a> = Box<dyn FnOnce(Tensor<4>) -> Option<Tensor<4>> + 'a>;

/// A map from batches of images to batches of images.
pub trait Layer {
    /// The layer's output for `x`.
    fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Tensor<4>;

    /// The vector–Jacobian product in ordinary forward operations, so that a loss may contain it:
    /// takes the gradient `g` at the output to the gradient at the input, where `x` and `y` are the
    /// input and output of a training pass. `None` if the layer has no gradient of one image (because it
    /// mixes the images of a batch) or if `x` and `y` do not determine it.
    fn pull_back(&self, g: Tensor<4>, x: &Tensor<4>, y: &Tensor<4>) -> Option<Tensor<4>>;

    /// [`forward`](Self::forward), and the pull-back of this very pass: it uses the same random numbers and computes
    /// nothing twice. A layer overrides this if its pull-back needs more than the input and the output.
    fn trace<'a>(&'a self, x: Tensor<4>, pass: &mut Pass) -> (Tensor<4>, PullBack<'a>) {
        let y = self.forward(x.clone(), pass);
        let kept = y.clone();
        (y, Box::new(move |g| self.pull_back(g, &x, &kept)))
    }

    /// Moves running statistics towards the moments that a training pass recorded. `noted` has them in the order of
    /// the forward pass; the layer takes its own from the front.
    fn absorb_moments(&mut self, _noted: &mut dyn Iterator<Item = Moments>) {}

    /// The weights under spectral normalisation.
    fn spectral_weights(&mut self) -> Vec<SpectralWeight<'_>> {
        Vec::new()
    }

    /// The output's shape for one image of shape `input`.
    fn output(&self, input: ImageShape) -> ImageShape;

    /// A short name of the layer for tables.
    fn name(&self) -> String;

    /// Multiply-add operations for one image of shape `input`; zero where they are negligible.
    fn multiply_adds(&self, _input: ImageShape) -> u64 {
        0
    }

    /// How many values a forward pass of one image of shape `input` computes.
    fn activations(&self, input: ImageShape) -> usize {
        self.output(input).iter().product()
    }
}

/// Makes the enum of all layers from one list, and the functions that return its layer as a trait object.
macro_rules! layers {
    ($($(#[$doc:meta])* $layer:ident,)*) => {
        /// Any layer that a network can hold.
        #[derive(Module, Debug)]
        #[expect(clippy::large_enum_variant, reason = "a network has dozens of layers, whose tensors are elsewhere")]
        pub enum AnyLayer {
            $($(#[$doc])* $layer($layer),)*
        }

        impl AnyLayer {
            fn as_layer(&self) -> &dyn Layer {
                match self { $(Self::$layer(layer) => layer,)* }
            }

            fn as_layer_mut(&mut self) -> &mut dyn Layer {
                match self { $(Self::$layer(layer) => layer,)* }
            }
        }
    };
}

layers! {
    /// Convolution.
    Conv2d,
    /// Transposed convolution.
    ConvTranspose2d,
    /// Batch normalisation.
    BatchNorm,
    /// Instance normalisation.
    InstanceNorm,
    /// Layer normalisation.
    LayerNorm,
    /// Virtual batch normalisation.
    VirtualBatchNorm,
    /// LeakyReLU, or ReLU at slope 0.
    LeakyRelu,
    /// Maximum over groups of channels.
    Maxout,
    /// Hyperbolic tangent.
    Tanh,
    /// Logistic function.
    Sigmoid,
    /// 2×2 max pooling.
    MaxPool2,
    /// 2×2 average pooling.
    AveragePool2,
    /// Sum over all pixels.
    GlobalSumPool,
    /// Nearest-neighbour doubling.
    Upsample2,
    /// Bilinear doubling.
    BilinearUpsample2,
    /// Pixel shuffle: every four channels become blocks of 2×2 pixels.
    PixelShuffle2,
    /// The same values in another shape.
    Reshape,
    /// A learned image for each channel.
    GenerativeBasis,
    /// A learned weighting of each channel's pixels.
    DiscriminativeBasis,
    /// Dropout.
    Dropout,
    /// Added noise.
    GaussianNoise,
    /// Minibatch standard deviation.
    MinibatchStd,
    /// Minibatch discrimination.
    MinibatchDiscrimination,
    /// Self-attention.
    SelfAttention,
    /// Appends a learned image of the class as further channels.
    ClassEmbedding,
    /// A learned scale and shift of each channel for each class.
    ClassScale,
    /// The last layer of a class-conditional discriminator.
    ClassHead,
    /// Residual block.
    Residual,
}

impl AnyLayer {
    /// Whether this layer, or a layer inside it, uses the pass's classes.
    pub(crate) fn is_class_conditional(&self) -> bool {
        match self {
            Self::ClassEmbedding(_) | Self::ClassScale(_) | Self::ClassHead(_) => true,
            Self::Residual(block) => block.main.iter().chain(&block.skip).any(Self::is_class_conditional),
            _ => false,
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

    fn trace<'a>(&'a self, x: Tensor<4>, pass: &mut Pass) -> (Tensor<4>, PullBack<'a>) {
        self.as_layer().trace(x, pass)
    }

    fn absorb_moments(&mut self, noted: &mut dyn Iterator<Item = Moments>) {
        self.as_layer_mut().absorb_moments(noted);
    }

    fn spectral_weights(&mut self) -> Vec<SpectralWeight<'_>> {
        self.as_layer_mut().spectral_weights()
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

    fn activations(&self, input: ImageShape) -> usize {
        self.as_layer().activations(input)
    }
}
