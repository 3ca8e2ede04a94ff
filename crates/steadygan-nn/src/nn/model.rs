//! The settings that both networks are built from.

use super::{ClassHeadKind, Family, Init};
use crate::class::{self, Class};
use crate::latent::LatentDistribution;
use crate::pixels::PixelRange;
use crate::rng::Stream;
use rand_distr::{Distribution, Uniform};
use serde::{Deserialize, Serialize};

/// The most weights of both networks together: BigGAN's largest networks for 128 pixels have 170 million
/// (Brock, Donahue and Simonyan 2019, table 1).
pub const MAX_WEIGHTS: usize = 250_000_000;

/// The most columns of a sheet whose columns are classes.
const SHEET_COLUMNS: usize = 20;

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
    /// The data's classes, if networks are told of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<Class>,
    /// How networks are told of classes, if they are.
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

    /// Values of one image.
    pub fn image_len(&self) -> usize {
        self.channels * self.size * self.size
    }

    /// The classes of `count` fakes; none if networks are told of none.
    pub fn draw_classes(&self, count: usize, stream: &mut Stream) -> Vec<usize> {
        match self.conditioning {
            Some(Conditioning { draw: ClassDraw::Data, .. }) => class::draw(&self.classes, count, stream),
            Some(Conditioning { draw: ClassDraw::Uniform, .. }) => {
                let any = Uniform::new(0, self.classes.len()).expect("the plan checks that there are classes");
                any.sample_iter(stream).take(count).collect()
            }
            None => Vec::new(),
        }
    }

    /// The class of each column of a sheet, at most 20, evenly from all; none if networks are told of none.
    pub fn classes_in_columns(&self) -> Vec<usize> {
        let count = if self.conditioning.is_some() { self.classes.len() } else { 0 };
        let columns = count.min(SHEET_COLUMNS);
        (0..columns).map(|column| column * count / columns).collect()
    }

    /// Channels that the discriminator is shown at once: those of a pack.
    pub fn discriminator_channels(&self) -> usize {
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
    /// Classes that scale and shift what was normalised, each in its own way; 0 is none.
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
    /// Images in a group whose standard deviation is shown to the last layer; 0 is none.
    pub minibatch_std: usize,
    /// Features that compare an image with its batch, shown to the last layer.
    pub minibatch_discrimination: Option<MinibatchDiscriminationSize>,
}

impl NetworkPlan {
    /// Nothing but layers and ReLU.
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

/// The most classes that networks are told of: ImageNet's.
pub const MAX_CLASSES: usize = 1_000;

/// How networks are told of classes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Conditioning {
    /// How the generator is told which class to make.
    pub generator: GeneratorConditioning,
    /// Values of a class's embedding beside the latent, in 1..=1024.
    pub embedding: usize,
    /// How the discriminator is told which class an image is to show.
    pub discriminator: DiscriminatorConditioning,
    /// The classifier's part in both losses where there is one, not below 0.
    pub weight: f64,
    /// What the classes of fakes are drawn from.
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

/// How a generator is told which class to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GeneratorConditioning {
    /// By an embedding of the class beside the latent.
    Embedding,
    /// By a scale and a shift of the class after each normalisation.
    BatchNorm,
}

/// How a discriminator is told which class an image is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiscriminatorConditioning {
    /// By an embedding of the class as one more channel of the image.
    Plane,
    /// By the inner product of an embedding of the class with the features.
    Projection,
    /// It is not told: a classifier beside it has to find out.
    Auxiliary,
}

impl DiscriminatorConditioning {
    /// What the discriminator's end does with classes, if it knows any.
    pub fn class_head(self) -> Option<ClassHeadKind> {
        match self {
            Self::Plane => None,
            Self::Projection => Some(ClassHeadKind::Projection),
            Self::Auxiliary => Some(ClassHeadKind::Auxiliary),
        }
    }
}

/// What the classes of fakes are drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassDraw {
    /// Each as often as the data have it.
    Data,
    /// All alike.
    Uniform,
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
pub struct MinibatchDiscriminationSize {
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

impl Output {
    /// The range that values are bound to.
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
