//! The state of one pass through a network.

use crate::rng::Stream;
use burn::Tensor;

/// One pass of a batch through a network: the mode and inputs that its layers read, and the values that they record.
#[derive(Debug)]
pub struct Pass {
    training: bool,
    moments: Vec<Moments>,
    noise: Option<Stream>,
    classes: Vec<usize>,
    class_logits: Option<Tensor<2>>,
    reference: usize,
}

impl Pass {
    /// An evaluation pass: batch norm uses its running statistics, so that an image does not depend on its batch.
    pub fn evaluate() -> Self {
        Self {
            training: false,
            moments: Vec::new(),
            noise: None,
            classes: Vec::new(),
            class_logits: None,
            reference: 0,
        }
    }

    /// A training pass: batch norm uses the batch's moments. Each batch norm also records them here, in the order of
    /// the layers, for [`Network::absorb`](super::Network::absorb).
    pub fn train() -> Self {
        Self { training: true, ..Self::evaluate() }
    }

    /// This pass with random numbers for the layers that draw any ([`Dropout`](super::Dropout),
    /// [`GaussianNoise`](super::GaussianNoise)), in training or not. Without random numbers these layers do nothing.
    pub fn with_noise(self, stream: Stream) -> Self {
        Self { noise: Some(stream), ..self }
    }

    /// This pass with the class of each image, for the layers that depend on classes.
    pub fn with_classes(self, classes: &[usize]) -> Self {
        Self { classes: classes.to_vec(), ..self }
    }

    /// Whether this is training.
    pub fn is_training(&self) -> bool {
        self.training
    }

    /// Records a batch's moments.
    pub fn note(&mut self, moments: Moments) {
        self.moments.push(moments);
    }

    /// The recorded moments, in the order of the layers.
    pub(super) fn into_moments(self) -> impl Iterator<Item = Moments> {
        self.moments.into_iter()
    }

    /// The random numbers for the layers that draw any; `None` if the pass has none.
    pub fn noise(&mut self) -> Option<&mut Stream> {
        self.noise.as_mut()
    }

    /// The classes of a batch of `images` images, each below `classes`. If the pass was given no classes, they are
    /// taken in turn: 0, 1, 2, …, `classes` − 1, 0, ….
    ///
    /// # Panics
    ///
    /// If the pass was given classes, but not one for each image.
    pub fn classes_of(&self, images: usize, classes: usize) -> Vec<usize> {
        if self.classes.is_empty() {
            return (0..images).map(|image| image % classes).collect();
        }
        assert_eq!(self.classes.len(), images, "a class for each image");
        self.classes.clone()
    }

    /// Records the logits of the auxiliary classifier for the batch, `[n, classes]`.
    pub fn note_class_logits(&mut self, logits: Tensor<2>) {
        self.class_logits = Some(logits);
    }

    /// Takes the logits of the auxiliary classifier, `[n, classes]`, if the network has one.
    pub fn take_class_logits(&mut self) -> Option<Tensor<2>> {
        self.class_logits.take()
    }

    /// How many images at the batch's beginning are the network's reference batch; 0 if it has none.
    pub fn reference(&self) -> usize {
        self.reference
    }

    /// Sets how many images at the batch's beginning are the reference batch.
    pub(super) fn set_reference(&mut self, count: usize) {
        self.reference = count;
    }

    /// Applies `map` to the images and to the reference batch before them (if there is one) separately. For layers that
    /// compare images with each other.
    pub(super) fn apart(&self, x: Tensor<4>, map: impl Fn(Tensor<4>) -> Tensor<4>) -> Tensor<4> {
        let [all, ..] = x.dims();
        match self.reference {
            0 => map(x),
            count => {
                let images = map(x.clone().narrow(0, count, all - count));
                Tensor::cat(vec![map(x.narrow(0, 0, count)), images], 0)
            }
        }
    }
}

/// Mean and biased variance of each channel, both `[c]`, of a batch.
#[derive(Debug, Clone)]
pub struct Moments {
    /// Mean.
    pub mean: Tensor<1>,
    /// Biased variance.
    pub variance: Tensor<1>,
    /// The number of values of each channel.
    pub count: usize,
}
