//! Labels: the targets "real" and "fake" of the discriminator. (The content of an image is its [class](crate::class).)
//!
//! ```
//! use steadygan_nn::labels::{LabelRange, flip, smooth};
//! use steadygan_base::rng;
//!
//! let mut labelled_real = vec![true; 64]; // a batch of reals
//! flip(&mut labelled_real, 0.05, &mut rng::stream(0, "flips", 0));
//! let (real, fake) = (LabelRange { low: 0.7, high: 1.2 }, LabelRange { low: 0.0, high: 0.3 });
//! let labels = smooth(&labelled_real, real, fake, &mut rng::stream(0, "labels", 0));
//! assert!(labels.iter().all(|label| (0.0..=1.2).contains(label)));
//! ```
//!
//! # When it helps
//!
//! Binary cross-entropy is linear in the label, so in expectation a random label acts like its mean: U[0.7, 1.2] like
//! 0.95, U[0, 0.3] like 0.15, and flips with probability p like 1 − p for reals and p for fakes. Drawing labels at
//! random only adds noise to the gradient.
//!
//! * An ablation supports one-sided smoothing, where fakes stay at 0 (Salimans et al. 2016). None supports smoothing
//!   fakes: with fake labels above 0, the optimal discriminator leads the generator to reinforce its own errors.
//! * For flips no controlled evidence is known (ganhacks tip 6).
//! * With soft labels the discriminator's loss cannot fall below H(t) = −t·ln t − (1 − t)·ln(1 − t) for reals plus the
//!   same for fakes: 0.62 for the ranges above, 0.33 for 0.9 and 0. So it never goes to zero, and this usual warning
//!   sign is lost.
//! * A label above 1 makes the loss of a single image unbounded below; in expectation the loss stays bounded, because
//!   the mean label is below 1.

use crate::class::Classed;
use crate::rng::{self, Stream};
use burn::Tensor;
use rand_distr::{Bernoulli, Distribution, Uniform};
use serde::{Deserialize, Serialize};

/// The point in a run at which a step happens. It determines the step's random streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The run's seed.
    pub seed: u64,
    /// Real images used before the step.
    pub images: u64,
}

impl Moment {
    /// The random stream for a purpose in this step.
    pub fn stream(&self, purpose: &str) -> Stream {
        rng::stream(self.seed, purpose, self.images)
    }
}

/// The two batches of a discriminator step.
#[derive(Debug, Clone)]
pub struct Batches {
    /// The batch of reals.
    pub real: Batch,
    /// The batch of fakes.
    pub fake: Batch,
}

/// Images with the class and the label of each.
#[derive(Debug, Clone)]
pub struct Batch {
    /// `[n, c, h, w]`, detached from the generator.
    pub images: Tensor<4>,
    /// The class of each image; empty if the networks are not class-conditional.
    pub classes: Vec<usize>,
    /// The loss's target for each image: 1 if labelled as real, 0 if labelled as fake, or a soft label.
    pub labels: Vec<f32>,
}

impl Batches {
    /// Reals labelled as real and fakes labelled as fake, with hard labels.
    pub fn new(real: impl Into<Classed>, fake: impl Into<Classed>) -> Self {
        let batch = |Classed { images, classes }, label| {
            let labels = vec![label; Tensor::dims(&images)[0]];
            Batch { images, classes, labels }
        };
        Self { real: batch(real.into(), 1.0), fake: batch(fake.into(), 0.0) }
    }

    /// The batches with the names of their random streams.
    pub fn named(&mut self) -> [(&'static str, &mut Batch); 2] {
        [("real", &mut self.real), ("fake", &mut self.fake)]
    }
}

impl Batch {
    /// The images with their classes.
    pub fn classed(&self) -> Classed {
        Classed { images: self.images.clone(), classes: self.classes.clone() }
    }

    /// Whether each image is labelled as real, rightly or wrongly, if its label is still 0 or 1.
    pub fn labelled_real(&self) -> Vec<bool> {
        self.labels.iter().map(|label| *label == 1.0).collect()
    }
}

/// A range of labels, both ends included. A recipe gives a pair, or one number for a fixed label.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "RangeOrNumber", into = "[f64; 2]")]
pub struct LabelRange {
    /// The smallest label.
    pub low: f64,
    /// The largest label.
    pub high: f64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RangeOrNumber {
    Range([f64; 2]),
    Number(f64),
}

impl From<RangeOrNumber> for LabelRange {
    fn from(value: RangeOrNumber) -> Self {
        match value {
            RangeOrNumber::Range([low, high]) => Self { low, high },
            RangeOrNumber::Number(value) => Self { low: value, high: value },
        }
    }
}

impl From<LabelRange> for [f64; 2] {
    fn from(range: LabelRange) -> Self {
        [range.low, range.high]
    }
}

/// Hard labels: 1 for each image labelled as real, 0 for each labelled as fake.
pub fn hard(labelled_real: &[bool]) -> Vec<f32> {
    labelled_real.iter().map(|&real| f32::from(u8::from(real))).collect()
}

/// Soft labels: a uniform draw from `real` for each image labelled as real, and from `fake` for each other image, ends
/// included. They are drawn anew for every batch, and are used in the discriminator's step only. With fakes at 0 this
/// is one-sided smoothing (Salimans et al. 2016); random ranges are ganhacks' tip 6.
/// [When it helps](self#when-it-helps).
///
/// # Panics
///
/// If a range's ends are not finite or not in order.
pub fn smooth(labelled_real: &[bool], real: LabelRange, fake: LabelRange, stream: &mut Stream) -> Vec<f32> {
    let uniform = |range: LabelRange| {
        Uniform::new_inclusive(range.low as f32, range.high as f32).expect("the range's ends are finite and in order")
    };
    let (real, fake) = (uniform(real), uniform(fake));
    let draw = |&real_label: &bool| if real_label { real.sample(stream) } else { fake.sample(stream) };
    labelled_real.iter().map(draw).collect()
}

/// Noisy labels: flips each image's label, real to fake or fake to real, with `probability` (0.05 in ganhacks tip 6).
/// Call it before [`smooth`], so that the soft label is drawn from the range of the flipped label.
/// [When it helps](self#when-it-helps).
///
/// # Panics
///
/// If the probability is not in [0, 1].
pub fn flip(labelled_real: &mut [bool], probability: f64, stream: &mut Stream) {
    let chosen = choose(labelled_real.len(), probability, stream);
    labelled_real.iter_mut().zip(chosen).for_each(|(label, flip)| *label ^= flip);
}

/// Chooses each of `count` images with `probability`; true where an image is chosen.
///
/// # Panics
///
/// If the probability is not in [0, 1].
pub fn choose(count: usize, probability: f64, stream: &mut Stream) -> Vec<bool> {
    let chosen = Bernoulli::new(probability).expect("a probability is in [0, 1]");
    chosen.sample_iter(stream).take(count).collect()
}
