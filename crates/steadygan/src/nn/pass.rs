//! One pass through a network.

use crate::rng::Stream;
use burn::Tensor;

/// One pass of a batch through a network: how its layers are to act, and what they noted.
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
    /// Evaluation: batch norm uses its running statistics, so that an image does not depend on its batch.
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

    /// Training: batch norm uses the batch's moments and notes them here, one entry a layer in order, for
    /// [`Network::absorb`](super::Network::absorb).
    pub fn train() -> Self {
        Self { training: true, ..Self::evaluate() }
    }

    /// The same with random numbers for the layers that draw any ([`Dropout`](super::Dropout),
    /// [`GaussianNoise`](super::GaussianNoise)), in training or not; without them such layers do nothing.
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

    /// What was noted, in order.
    pub(super) fn into_moments(self) -> impl Iterator<Item = Moments> {
        self.moments.into_iter()
    }

    /// The random numbers for layers that draw any.
    pub fn noise(&mut self) -> Option<&mut Stream> {
        self.noise.as_mut()
    }

    /// The classes of a batch of `images` images, of `classes` that there are. A pass that was told of none takes them in
    /// turn: 0, 1, 2, …, and from the beginning again.
    ///
    /// # Panics
    ///
    /// If the pass was told of the classes of another number of images.
    pub fn classes_of(&self, images: usize, classes: usize) -> Vec<usize> {
        if self.classes.is_empty() {
            return (0..images).map(|image| image % classes).collect();
        }
        assert_eq!(self.classes.len(), images, "a class for each image");
        self.classes.clone()
    }

    /// Notes what a classifier says of the batch, `[n, classes]`.
    pub fn note_class_logits(&mut self, logits: Tensor<2>) {
        self.class_logits = Some(logits);
    }

    /// What was noted of the batch's classes, `[n, classes]`, if the network has a classifier.
    pub fn take_class_logits(&mut self) -> Option<Tensor<2>> {
        self.class_logits.take()
    }

    /// How many images at the batch's beginning are the network's reference batch; 0 if it has none.
    pub fn reference(&self) -> usize {
        self.reference
    }

    /// Says how many images at the batch's beginning are a reference.
    pub(super) fn set_reference(&mut self, count: usize) {
        self.reference = count;
    }

    /// `map` of the images, and of the reference before them if there is one, by themselves: for layers that compare
    /// images with each other.
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
