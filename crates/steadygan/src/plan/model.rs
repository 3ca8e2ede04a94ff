//! The two networks of a plan.

use crate::latent::LatentDistribution;
use crate::nn::Init;
use crate::pixels::PixelRange;
use serde::{Deserialize, Serialize};

/// The two networks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelPlan {
    /// Architecture.
    pub family: Family,
    /// The residual family's blocks.
    pub block: Block,
    /// Height and width of the images in pixels.
    pub size: usize,
    /// 1 (grey) or 3 (colour); 2 for points of the plane.
    pub channels: usize,
    /// The generator's channels at the widest resolution; they double as the image halves. Of the family `mlp` the
    /// width of each hidden layer.
    pub width: usize,
    /// The same of the discriminator.
    pub discriminator_width: usize,
    /// Hidden layers of the family `mlp`: of the generator, of the discriminator.
    pub depth: [usize; 2],
    /// Linear pieces of each unit of the family `mlp`'s discriminator (maxout, Goodfellow et al. 2013); 0 is LeakyReLU.
    pub maxout: usize,
    /// Images that the discriminator judges together, stacked on channels.
    pub pack: usize,
    /// Length of a latent.
    pub latent: usize,
    /// What latents are drawn from.
    pub latent_distribution: LatentDistribution,
    /// The largest absolute value of a latent's coordinate when images are made after training.
    pub truncation: Option<f64>,
    /// Whether the generator's dropout and noise act when images are made after training.
    pub noise_in_sampling: bool,
    /// How the discriminator halves an image.
    pub downsampling: Downsampling,
    /// How the generator doubles an image.
    pub upsampling: Upsampling,
    /// The range of the images, real and fake.
    pub range: PixelRange,
    /// What the generator ends in.
    pub output: Output,
    /// Initial weights.
    pub init: Init,
    /// The generator's layers.
    pub generator: NetworkPlan,
    /// The discriminator's layers.
    pub discriminator: NetworkPlan,
}

impl ModelPlan {
    /// Values of one image.
    pub fn image_len(&self) -> usize {
        self.channels * self.size * self.size
    }

    /// Channels that the discriminator is shown at once: those of a pack.
    pub fn judged_channels(&self) -> usize {
        self.pack * self.channels
    }
}

/// What differs between the two networks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NetworkPlan {
    /// What stands between convolutions and activations.
    pub norm: Norm,
    /// The activations' slope on the negative side; 0 is ReLU.
    pub slope: f32,
    /// Whether the convolutions' weights are divided by their largest singular value.
    pub spectral_norm: bool,
    /// Whether a self-attention layer stands at the middle resolution.
    pub attention: bool,
    /// Probability of dropout after each hidden activation.
    pub dropout: f64,
    /// Standard deviation of the Gaussian noise added after each hidden activation.
    pub noise: f64,
    /// Images in a group whose standard deviation is shown to the last layer; 0 is none.
    pub minibatch_std: usize,
    /// Features that compare an image with its batch, shown to the last layer.
    pub minibatch_discrimination: Option<MinibatchDiscrimination>,
}

impl NetworkPlan {
    /// Nothing but layers and ReLU.
    pub const PLAIN: Self = Self {
        norm: Norm::None,
        slope: 0.0,
        spectral_norm: false,
        attention: false,
        dropout: 0.0,
        noise: 0.0,
        minibatch_std: 0,
        minibatch_discrimination: None,
    };
}

/// What normalises activations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Norm {
    /// Nothing; convolutions then have biases.
    None,
    /// Each channel over the batch.
    Batch,
    /// Each channel over a batch that is drawn once, and the image itself.
    VirtualBatch,
    /// Each channel of each image.
    Instance,
    /// All channels of each image together.
    Layer,
}

/// The size of minibatch discrimination (Salimans et al. 2016).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinibatchDiscrimination {
    /// Features that the last layer gets, B.
    pub features: usize,
    /// Numbers that each feature compares, C.
    pub dimensions: usize,
}

/// What the generator ends in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// Hyperbolic tangent, to (−1, 1).
    Tanh,
    /// The logistic function, to (0, 1).
    Sigmoid,
    /// Nothing: any value.
    Linear,
}

/// An architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Convolutional networks after Radford, Metz and Chintala 2016.
    Dcgan,
    /// Residual networks, of the plan's blocks.
    Resnet,
    /// Fully connected networks, for points of the plane and small images.
    Mlp,
    /// The small network for Stacked-MNIST (Metz et al. 2017, as PacGAN's code has it): 28 pixels.
    Unrolled,
}

/// The residual family's blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Block {
    /// Two 3×3 convolutions with their activations before them (Miyato et al. 2018, appendix B).
    Sngan,
    /// Without normalisation, with the initialisation that this needs (after Huang et al. 2024, R3GAN).
    NormFree,
}

/// How the discriminator halves an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Downsampling {
    /// 4×4 convolution with stride 2.
    Strided,
    /// 3×3 convolution, activation, 2×2 max pooling.
    MaxPool,
    /// 3×3 convolution, activation, 2×2 average pooling.
    AveragePool,
}

/// How the generator doubles an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Upsampling {
    /// 4×4 transposed convolution with stride 2.
    Strided,
    /// Nearest neighbour, then 3×3 convolution.
    Nearest,
    /// Bilinear interpolation, then 3×3 convolution.
    Bilinear,
    /// 3×3 convolution to four times the channels, which become 2×2 pixels each.
    PixelShuffle,
}
