//! Labels: what the discriminator is told about real and fake. (What an image shows is its class.)

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
    /// Whether each is told to be real.
    pub told_real: Vec<bool>,
    /// The target of the loss for each: 1 for real, 0 for fake, or softer.
    pub labels: Vec<f32>,
}

impl Batches {
    /// Reals told to be real and fakes told to be fake; labels follow when hooks have acted.
    pub fn new(real: Tensor<4>, fake: Tensor<4>) -> Self {
        let batch = |images: Tensor<4>, told| {
            let count = images.dims()[0];
            Batch { images, told_real: vec![told; count], labels: Vec::new() }
        };
        Self { real: batch(real, true), fake: batch(fake, false) }
    }

    /// The batches with the names of their random streams.
    pub fn named(&mut self) -> [(&'static str, &mut Batch); 2] {
        [("real", &mut self.real), ("fake", &mut self.fake)]
    }
}

impl Batch {
    /// Sets the labels to hard ones: 1 where told real, 0 where told fake.
    pub fn harden(&mut self) {
        self.labels = self.told_real.iter().map(|&real| f32::from(u8::from(real))).collect();
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

/// Soft labels: for each image told real a draw from `real`, else one from `fake`.
///
/// The ranges' ends are finite and in order.
pub fn smooth(told_real: &[bool], real: LabelRange, fake: LabelRange, stream: &mut Stream) -> Vec<f32> {
    let uniform = |range: LabelRange| {
        Uniform::new_inclusive(range.low as f32, range.high as f32).expect("the range's ends are finite and in order")
    };
    let (real, fake) = (uniform(real), uniform(fake));
    let draw = |&told: &bool| if told { real.sample(stream) } else { fake.sample(stream) };
    told_real.iter().map(draw).collect()
}

/// For each of `count` images whether it is to be flipped, with `probability` in [0, 1].
pub fn flips(count: usize, probability: f64, stream: &mut Stream) -> Vec<bool> {
    let flip = Bernoulli::new(probability).expect("a probability is in [0, 1]");
    flip.sample_iter(stream).take(count).collect()
}
