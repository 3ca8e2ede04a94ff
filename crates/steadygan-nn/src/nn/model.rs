//! The settings that both networks are built from.

use super::{ClassHeadKind, Family, Init};
use crate::class::{self, Class};
use crate::latent::LatentDistribution;
use crate::pixels::PixelRange;
use crate::rng::Stream;
use rand_distr::{Distribution, Uniform};
use serde::{Deserialize, Serialize};

/// Limit on the weights of both networks together: BigGAN's largest networks for 128 pixels have 170 million
/// (Brock, Donahue and Simonyan 2019, table 1).
pub const MAX_WEIGHTS: usize = 250_000_000;

/// Limit on the columns of a sheet with a class in each column.
const SHEET_COLUMNS: usize = 20;

/// The architecture and the layers of both networks.
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
    /// The generator's channels at the largest hidden resolution; they double where the resolution halves. In the
    /// family `mlp`, the width of each hidden layer.
    pub width: usize,
    /// The discriminator's width, counted in the same way.
    pub discriminator_width: usize,
    /// Numbers of hidden layers in the family `mlp`: the generator's, the discriminator's.
    pub depth: [usize; 2],
    /// Linear pieces of each unit of the family `mlp`'s discriminator (maxout, Goodfellow et al. 2013); 0 is LeakyReLU.
    pub maxout: usize,
    /// Images in a pack. The discriminator gives one logit for a pack, whose images are stacked on channels.
    pub pack: usize,
    /// Length of a latent.
    pub latent: usize,
    /// The distribution of latents.
    pub latent_distribution: LatentDistribution,
    /// The largest absolute value of a latent's coordinate when images are generated after training.
    pub truncation: Option<f64>,
    /// Whether the generator's dropout and noise also act outside of training steps: in sheets, measurements and
    /// generated images.
    pub noise_in_sampling: bool,
    /// How the discriminator halves an image.
    pub downsampling: Downsampling,
    /// How the generator doubles an image.
    pub upsampling: Upsampling,
    /// The range of pixel values, of reals and fakes.
    pub range: PixelRange,
    /// The generator's last activation.
    pub output: Output,
    /// Initial weights.
    pub init: Init,
    /// The data's classes, if the networks are conditioned on classes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<Class>,
    /// How the networks are conditioned on classes, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditioning: Option<Conditioning>,
    /// The generator's layers.
    pub generator: NetworkPlan,
    /// The discriminator's layers.
    pub discriminator: NetworkPlan,
}

impl ModelPlan {
    /// Whether the generator makes points of the plane, whose coordinates are two channels of one pixel.
    pub fn makes_points(&self) -> bool {
        self.channels == 2
    }

    /// The number of values in an image.
    pub fn image_len(&self) -> usize {
        self.channels * self.size * self.size
    }

    /// Random classes for `count` fakes; none if the networks are unconditional.
    pub fn draw_classes(&self, count: usize, stream: &mut Stream) -> Vec<usize> {
        match self.conditioning {
            Some(Conditioning { draw: ClassDraw::Data, .. }) => class::draw(&self.classes, count, stream),
            Some(Conditioning { draw: ClassDraw::Uniform, .. }) => {
                let uniform = Uniform::new(0, self.classes.len()).expect("the plan checks that there are classes");
                uniform.sample_iter(stream).take(count).collect()
            }
            None => Vec::new(),
        }
    }

    /// The class of each column of a sheet: at most 20, spread evenly over all classes; none if the networks are
    /// unconditional.
    pub fn classes_in_columns(&self) -> Vec<usize> {
        let count = if self.conditioning.is_some() { self.classes.len() } else { 0 };
        let columns = count.min(SHEET_COLUMNS);
        (0..columns).map(|column| column * count / columns).collect()
    }

    /// Channels of the discriminator's input: the channels of all images of a pack.
    pub fn discriminator_channels(&self) -> usize {
        self.pack * self.channels
    }
}

/// The layers that each network chooses for itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NetworkPlan {
    /// The normalisation between convolutions and activations.
    pub norm: Norm,
    /// The activations' slope on the negative side; 0 is ReLU.
    pub slope: f32,
    /// The number of classes that have their own scale and shift after each normalisation; 0 is none.
    #[serde(default)]
    pub class_scales: usize,
    /// Whether the convolutions' weights are divided by their largest singular value.
    pub spectral_norm: bool,
    /// Whether a self-attention layer stands at the middle resolution.
    pub attention: bool,
    /// Probability of dropout after each hidden activation.
    pub dropout: f64,
    /// Standard deviation of the Gaussian noise added after each hidden activation.
    pub noise: f64,
    /// Images in a group for minibatch standard deviation, a further input of the last layer; 0 is none.
    pub minibatch_std: usize,
    /// Features that compare an image with its batch, further inputs of the last layer.
    pub minibatch_discrimination: Option<MinibatchDiscriminationSize>,
}

impl NetworkPlan {
    /// No normalisation, ReLU, and no optional layer.
    pub const PLAIN: Self = Self {
        norm: Norm::None,
        slope: 0.0,
        class_scales: 0,
        spectral_norm: false,
        attention: false,
        dropout: 0.0,
        noise: 0.0,
        minibatch_std: 0,
        minibatch_discrimination: None,
    };
}

/// Limit on the classes that networks are conditioned on: ImageNet's 1,000.
pub const MAX_CLASSES: usize = 1_000;

/// How networks are conditioned on classes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Conditioning {
    /// How the generator gets the class.
    pub generator: GeneratorConditioning,
    /// Length of the class embedding that is appended to the latent, in 1..=1024.
    pub embedding: usize,
    /// How the discriminator uses the class.
    pub discriminator: DiscriminatorConditioning,
    /// The weight of the auxiliary classifier's loss in both networks' losses, if there is a classifier; not below 0.
    pub weight: f64,
    /// The distribution of the classes of fakes.
    pub draw: ClassDraw,
}

impl Default for Conditioning {
    fn default() -> Self {
        Self {
            generator: GeneratorConditioning::Embedding,
            embedding: 50,
            discriminator: DiscriminatorConditioning::Projection,
            weight: 1.0,
            draw: ClassDraw::Data,
        }
    }
}

/// How a generator gets the class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GeneratorConditioning {
    /// An embedding of the class is appended to the latent.
    Embedding,
    /// Each class has a scale and a shift after each normalisation.
    BatchNorm,
}

/// How a discriminator uses the class of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiscriminatorConditioning {
    /// An embedding of the class is one more channel of the image.
    Plane,
    /// The inner product of an embedding of the class and the features is added to the logit.
    Projection,
    /// The discriminator does not get the class: an auxiliary classifier on its features predicts it.
    Auxiliary,
}

impl DiscriminatorConditioning {
    /// How the discriminator's last layer uses classes; `None` if it does not.
    pub fn class_head(self) -> Option<ClassHeadKind> {
        match self {
            Self::Plane => None,
            Self::Projection => Some(ClassHeadKind::Projection),
            Self::Auxiliary => Some(ClassHeadKind::Auxiliary),
        }
    }
}

/// The distribution of the classes of fakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassDraw {
    /// Each class is as frequent as in the data.
    Data,
    /// All classes are equally frequent.
    Uniform,
}

/// A layer that normalises the outputs of a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Norm {
    /// None; convolutions then have biases.
    None,
    /// Each channel is normalised over the batch.
    Batch,
    /// Each channel is normalised over a reference batch, which is drawn once, together with the image itself.
    VirtualBatch,
    /// Each channel of each image is normalised alone.
    Instance,
    /// All channels of an image are normalised together.
    Layer,
}

/// The size of minibatch discrimination (Salimans et al. 2016).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinibatchDiscriminationSize {
    /// The number of features that the last layer gets, B.
    pub features: usize,
    /// The number of values that each feature compares, C.
    pub dimensions: usize,
}

/// The generator's last activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// Hyperbolic tangent, to (−1, 1).
    Tanh,
    /// The logistic function, to (0, 1).
    Sigmoid,
    /// None: any value.
    Linear,
}

impl Output {
    /// The range of the output; `None` if it is unbounded.
    pub fn range(self) -> Option<[f64; 2]> {
        match self {
            Self::Tanh => Some([-1.0, 1.0]),
            Self::Sigmoid => Some([0.0, 1.0]),
            Self::Linear => None,
        }
    }
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
