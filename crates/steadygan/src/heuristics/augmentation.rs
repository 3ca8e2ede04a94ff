//! Random changes of every image that the discriminator sees, reals and fakes alike.
//!
//! The pieces: [`Augmentation`](crate::augment::Augmentation).
//!
//! # When it helps
//!
//! With few images, where it is among the best supported remedies: on a tenth of CIFAR-10 and on sets of a hundred
//! images it makes the difference between training and memorising. With many images it costs a little quality.
//!
//! `one-channel` is not DiffAugment's, and off by default. It is for data where each channel matters and a
//! discriminator so small that it only looks at a mixture of the channels: recipe `stacked-mnist-small`.
//!
//! More in [`augment`](crate::augment#when-it-helps).

use super::{BatchKind, Card, Conflict, Evidence, Heuristic, Hook, Topic};
use crate::augment;
use crate::error::{Result, require};
use crate::labels::Moment;
use crate::pixels::PixelRange;
use crate::plan::Plan;
use crate::schedule::Schedule;
use burn::Tensor;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "augmentation",
    topic: Topic::Augmentation,
    claim: "A discriminator that never sees the same image twice cannot learn the images by heart.",
    without: "Images as they are.",
    formula: "x → T(x) in both steps: brightness + U(±0.5), saturation · U(0, 2), contrast · U(0.5, 1.5), \
            translation by up to ±1/8, a square of half the size cut out; with `one-channel`, first one channel at \
            random alone, the others black; gradients pass through",
    default: "probability = 1 of each change, which may change over the run; colour = true, translation = 0.125, \
              cutout = 0.5, one-channel = false",
    source: "Zhao et al. 2020 (DiffAugment); one-channel is our own (benchmarks/2026-11-30-stacked-mnist)",
    evidence: Evidence::Strong,
    conflicts: &[Conflict { with: "adaptive-augmentation", why: "both change what the discriminator sees", instead: "" }],
};

/// The settings.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Augmentation {
    /// The probability of each change of an image, in [0, 1].
    pub probability: Schedule,
    /// Whether brightness, saturation and contrast are changed.
    pub colour: bool,
    /// The largest translation as a share of height and width, in [0, 1]; 0 is none.
    pub translation: f64,
    /// The cutout's height and width as a share of the image's, in [0, 1]; 0 is none.
    pub cutout: f64,
    /// Whether all channels but one, drawn at random, are black.
    pub one_channel: bool,
}

impl Default for Augmentation {
    fn default() -> Self {
        let augment::Augmentation { colour, translation, cutout, .. } = augment::Augmentation::default();
        Self { probability: Schedule::constant(1.0), colour, translation, cutout, one_channel: false }
    }
}

impl Augmentation {
    fn changes(&self, range: PixelRange) -> augment::Augmentation {
        let Self { colour, translation, cutout, .. } = *self;
        augment::Augmentation { colour, translation, cutout, one_channel: self.one_channel.then(|| range.scale(0)) }
    }
}

impl Heuristic for Augmentation {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        let sound = self.probability.all(|probability| (0.0..=1.0).contains(&probability));
        require(sound, "heuristics.augmentation.probability", self.probability, "in [0, 1]")?;
        self.changes(plan.model.range).check(CARD.name)
    }

    fn arm(&self, plan: &Plan) -> Option<Box<dyn Hook>> {
        Some(Box::new(Augmenter { changes: self.changes(plan.model.range), probability: self.probability }))
    }
}

/// The changes, for images in the plan's range.
#[derive(Debug)]
struct Augmenter {
    changes: augment::Augmentation,
    probability: Schedule,
}

impl Hook for Augmenter {
    fn name(&self) -> &'static str {
        CARD.name
    }

    fn transform_images(&self, images: Tensor<4>, kind: BatchKind, moment: &Moment) -> Tensor<4> {
        let probability = self.probability.at(moment.images);
        self.changes.apply(images, probability, &mut moment.stream(&kind.stream_name(CARD.name)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{plan_of, prepared};

    /// Before the first image the schedule's first probability holds: from 1 every change is made, from 0 none.
    #[test]
    fn the_probability_may_change_over_the_run() {
        let text = |probability: &str| {
            format!("base = 'plain'\n[heuristics]\naugmentation = {{ probability = {probability} }}")
        };
        let seen = |probability: &str| {
            let batches = prepared(&plan_of(&text(probability)).expect("a plan"), 8);
            batches.real.images.into_data().iter::<f32>().collect::<Vec<_>>()
        };
        assert_eq!(seen("{ from = 1.0, to = 0.0 }"), seen("1.0"));
        assert!(seen("{ from = 0.0, to = 1.0 }").iter().all(|pixel| *pixel == 1.0), "white as it was");
        let error = plan_of(&text("1.5")).expect_err("no plan").to_string();
        assert!(error.contains("heuristics.augmentation.probability"), "{error}");
    }
}
