//! Labels: what the discriminator is told about real and fake. (What an image shows is its class.)
//!
//! ```
//! use steadygan::labels::{LabelRange, flip, smooth};
//! use steadygan::rng;
//!
//! let mut told_real = vec![true; 64]; // a batch of reals
//! flip(&mut told_real, 0.05, &mut rng::stream(0, "flips", 0));
//! let (real, fake) = (LabelRange { low: 0.7, high: 1.2 }, LabelRange { low: 0.0, high: 0.3 });
//! let labels = smooth(&told_real, real, fake, &mut rng::stream(0, "labels", 0));
//! assert!(labels.iter().all(|label| (0.0..=1.2).contains(label)));
//! ```
//!
//! # When it helps
//!
//! Binary cross-entropy is linear in the label, so in expectation random labels are fixed ones: U[0.7, 1.2] is
//! 0.95, U[0, 0.3] is 0.15, flips with probability p are 1 − p and p. Drawing them adds noise to the gradient and
//! nothing else.
//!
//! * One-sided smoothing (fakes stay at 0) has an ablation behind it (Salimans et al. 2016). Smoothing fakes has
//!   none: where they are told to be a little real, the best discriminator makes the generator reinforce its own
//!   errors.
//! * For flips no controlled evidence is known (ganhacks tip 6).
//! * Soft labels put a floor under the discriminator's loss, H(t) = −t·ln t − (1 − t)·ln(1 − t) for each of the
//!   two: 0.62 for the ranges above, 0.33 for 0.9 and 0. A loss that goes to zero, the usual alarm, can then not be
//!   seen.
//! * A label above 1 makes the loss of a single image unbounded below; the batch's mean label keeps it in bounds.

use crate::class::Classed;
use crate::rng::{self, Stream};
use burn::Tensor;
use rand_distr::{Bernoulli, Distribution, Uniform};
use serde::{Deserialize, Serialize};

/// The moment of a step: enough to name its random streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The run's seed.
    pub seed: u64,
    /// Real images shown before the step.
    pub images: u64,
}

impl Moment {
    /// The stream for a purpose at this moment.
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

/// Images with what the discriminator is told about each.
#[derive(Debug, Clone)]
pub struct Batch {
    /// `[n, c, h, w]`, detached from whatever made them.
    pub images: Tensor<4>,
    /// The class of each; none if networks are told of none.
    pub classes: Vec<usize>,
    /// Whether each is told to be real.
    pub told_real: Vec<bool>,
    /// The target of the loss for each: 1 where told real, 0 where told fake, or softer.
    pub labels: Vec<f32>,
}

impl Batches {
    /// Reals told to be real and fakes told to be fake, with hard labels.
    pub fn new(real: impl Into<Classed>, fake: impl Into<Classed>) -> Self {
        let batch = |Classed { images, classes }, told| {
            let told_real = vec![told; Tensor::dims(&images)[0]];
            Batch { images, classes, labels: hard(&told_real), told_real }
        };
        Self { real: batch(real.into(), true), fake: batch(fake.into(), false) }
    }

    /// The batches with the names of their random streams.
    pub fn named(&mut self) -> [(&'static str, &mut Batch); 2] {
        [("real", &mut self.real), ("fake", &mut self.fake)]
    }
}

impl Batch {
    /// The images with their classes.
    pub fn shown(&self) -> Classed {
        Classed { images: self.images.clone(), classes: self.classes.clone() }
    }
}

/// A range of labels, both ends included; in a recipe a pair, or one number for no range.
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

/// Hard labels: 1 for each image told real, 0 for each told fake.
pub fn hard(told_real: &[bool]) -> Vec<f32> {
    told_real.iter().map(|&real| f32::from(u8::from(real))).collect()
}

/// Soft labels: for each image told real a uniform draw from `real`, else one from `fake`, ends included. Fresh
/// ones for every batch, in the discriminator's step only; with fakes at 0 it is one-sided smoothing (Salimans et
/// al. 2016), the random ranges are those of ganhacks' tip 6. [When it helps](self#when-it-helps).
///
/// # Panics
///
/// If a range's ends are not finite or not in order.
pub fn smooth(told_real: &[bool], real: LabelRange, fake: LabelRange, stream: &mut Stream) -> Vec<f32> {
    let uniform = |range: LabelRange| {
        Uniform::new_inclusive(range.low as f32, range.high as f32).expect("the range's ends are finite and in order")
    };
    let (real, fake) = (uniform(real), uniform(fake));
    let draw = |&told: &bool| if told { real.sample(stream) } else { fake.sample(stream) };
    told_real.iter().map(draw).collect()
}

/// Noisy labels: each image is told to be of the other kind with `probability` (ganhacks tip 6 has 0.05). Before
/// [`smooth`], so that the soft label is that of the kind that an image became.
/// [When it helps](self#when-it-helps).
///
/// # Panics
///
/// If the probability is not in [0, 1].
pub fn flip(told_real: &mut [bool], probability: f64, stream: &mut Stream) {
    let chosen = choose(told_real.len(), probability, stream);
    told_real.iter_mut().zip(chosen).for_each(|(told, flip)| *told ^= flip);
}

/// For each of `count` images whether it is chosen, with `probability`.
///
/// # Panics
///
/// If the probability is not in [0, 1].
pub(crate) fn choose(count: usize, probability: f64, stream: &mut Stream) -> Vec<bool> {
    let chosen = Bernoulli::new(probability).expect("a probability is in [0, 1]");
    chosen.sample_iter(stream).take(count).collect()
}
