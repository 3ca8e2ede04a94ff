//! Augmentation with a probability that follows the discriminator's overfitting.
//!
//! The pieces: [`Augmentation::apply`](crate::augment::Augmentation::apply), [`adapt`].
//!
//! # When it helps
//!
//! With few images, as `augmentation`; its probability stays low while the discriminator is unsure of the reals. The
//! limit matters: without one, the probability in a published run went far beyond it, and the generator learned to make
//! augmented images.

use super::{BatchKind, Card, Conflict, Evidence, Heuristic, Hook, Memory, Topic};
use crate::augment::{self, MOST_PROBABLE, SIGN_TARGET, adapt};
use crate::error::{Result, require};
use crate::labels::Moment;
use crate::plan::Plan;
use crate::count::Count;
use burn::Tensor;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The card.
pub static CARD: Card = Card {
    name: "adaptive-augmentation",
    topic: Topic::Augmentation,
    claim: "Images are augmented as often as the discriminator overfits, and no more.",
    without: "Images as they are.",
    formula: "p ← clamp(p + sign(r − target) · images shown / span, 0, limit), r = mean sign D(x) over the reals \
            of a step; each change of `augmentation` is made with probability p",
    default: "target = 0.6, span = \"500k\", limit = 0.8; colour, translation and cutout as in augmentation",
    source: "Karras et al. 2020 (ADA)",
    evidence: Evidence::Strong,
    conflicts: &[Conflict { with: "augmentation", why: "both change what the discriminator sees", instead: "" }],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct AdaptiveAugmentation {
    /// The mean sign of the reals' logits that is held, in (−1, 1).
    pub target: f64,
    /// Images in which the probability can go from 0 to 1.
    pub span: Count,
    /// The largest probability, in [0, 0.8].
    pub limit: f64,
    /// Whether brightness, saturation and contrast are changed.
    pub colour: bool,
    /// The largest translation as a share of height and width, in [0, 1]; 0 is none.
    pub translation: f64,
    /// The cutout's height and width as a share of the image's, in [0, 1]; 0 is none.
    pub cutout: f64,
}

impl Default for AdaptiveAugmentation {
    fn default() -> Self {
        let augment::Augmentation { colour, translation, cutout, .. } = augment::Augmentation::default();
        Self { target: SIGN_TARGET, span: Count(augment::ADAPT_IMAGES), limit: MOST_PROBABLE, colour, translation, cutout }
    }
}

impl AdaptiveAugmentation {
    fn changes(&self) -> augment::Augmentation {
        let Self { colour, translation, cutout, .. } = *self;
        augment::Augmentation { colour, translation, cutout, one_channel: None }
    }
}

impl Heuristic for AdaptiveAugmentation {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, _: &mut Plan) -> Result<()> {
        let key = |setting: &str| format!("heuristics.{}.{setting}", CARD.name);
        require(self.target.abs() < 1.0, &key("target"), self.target, "in (−1, 1)")?;
        let sound = (0.0..=MOST_PROBABLE).contains(&self.limit);
        require(sound, &key("limit"), self.limit, "in [0, 0.8], above which augmentations leak")?;
        self.changes().check(CARD.name)
    }

    fn arm(&self, _: &Plan) -> Option<Box<dyn Hook>> {
        Some(Box::new(Adapter { settings: self.clone(), probability: 0.0, last: 0 }))
    }
}

/// Augmentation with the current probability.
#[derive(Debug)]
struct Adapter {
    settings: AdaptiveAugmentation,
    probability: f64,
    /// Images shown before the last step.
    last: u64,
}

impl Hook for Adapter {
    fn name(&self) -> &'static str {
        CARD.name
    }

    fn transform_images(&self, images: Tensor<4>, kind: BatchKind, moment: &Moment) -> Tensor<4> {
        let mut stream = moment.stream(&kind.stream_name(CARD.name));
        self.settings.changes().apply(images, self.probability, &mut stream)
    }

    fn after_logits(&mut self, real: &[f64], _: &[f64], moment: &Moment) {
        let AdaptiveAugmentation { target, span, limit, .. } = self.settings;
        let sign = real.iter().map(|logit| logit.signum()).sum::<f64>() / real.len() as f64;
        let shown = moment.images - self.last;
        self.probability = adapt(self.probability, sign, target, shown, span.0, limit);
        self.last = moment.images;
    }

    fn memory(&self) -> Memory {
        // A double holds every whole number up to 2⁵³, far more than there are images.
        let numbers = [("probability", self.probability), ("last", self.last as f64)];
        let numbers = numbers.map(|(name, number)| (name.to_owned(), number));
        Memory { numbers: BTreeMap::from(numbers), ..Memory::default() }
    }

    fn restore(&mut self, memory: Memory) -> Result<(), String> {
        let number = |name: &str| memory.numbers.get(name).copied().unwrap_or_default();
        let (probability, last) = (number("probability"), number("last"));
        if !(0.0..=self.settings.limit).contains(&probability) || last < 0.0 {
            return Err(format!("a probability of {probability} is beyond its limit"));
        }
        (self.probability, self.last) = (probability, last as u64);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The discriminator is always sure of the reals, so that each 8 images after the first step add 8/80.
    #[test]
    fn the_probability_follows_the_discriminator_and_is_remembered() {
        let settings = AdaptiveAugmentation { span: Count(80), ..AdaptiveAugmentation::default() };
        let mut adapter = Adapter { settings, probability: 0.0, last: 0 };
        for step in 0..4 {
            adapter.after_logits(&[1.0; 4], &[], &Moment { seed: 0, images: 8 * step });
        }
        assert!((adapter.probability - 0.3).abs() < 1e-12, "{}", adapter.probability);
        let mut other = Adapter { probability: 0.0, last: 0, settings: adapter.settings.clone() };
        other.restore(adapter.memory()).expect("its own memory");
        assert_eq!((other.probability, other.last), (adapter.probability, adapter.last));
    }
}
