//! What the discriminator sees is changed at random, reals and fakes alike.
//!
//! The pieces: [`Augmentation`](crate::augment::Augmentation).
//!
//! # When it helps
//!
//! With few images, where it is among the best supported remedies: on a tenth of CIFAR-10 and on sets of a hundred
//! images it makes the difference between training and learning by heart. With many images it costs a little quality.
//! More in [`augment`](crate::augment#when-it-helps).

use super::{Card, Conflict, Evidence, Family, Heuristic, Hook, View};
use crate::augment;
use crate::error::Result;
use crate::labels::Moment;
use crate::plan::Plan;
use burn::Tensor;
use serde::{Deserialize, Serialize};

/// What there is to know.
pub static CARD: Card = Card {
    name: "augmentation",
    family: Family::Augmentation,
    claim: "A discriminator that never sees the same image twice cannot learn the images by heart.",
    without: "Images as they are.",
    formula: "x → T(x) in both steps: brightness + U(±0.5), saturation · U(0, 2), contrast · U(0.5, 1.5), \
            translation by up to ±1/8, a square of half the size cut out; gradients pass through",
    default: "colour = true, translation = 0.125, cutout = 0.5",
    source: "Zhao et al. 2020 (DiffAugment)",
    evidence: Evidence::Strong,
    conflicts: &[Conflict { with: "adaptive-augmentation", why: "both change what the discriminator sees", instead: "" }],
};

/// The settings.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Augmentation(pub augment::Augmentation);

impl Heuristic for Augmentation {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, _: &mut Plan) -> Result<()> {
        self.0.check(CARD.name)
    }

    fn arm(&self, _: &Plan) -> Option<Box<dyn Hook>> {
        Some(Box::new(*self))
    }
}

impl Hook for Augmentation {
    fn name(&self) -> &'static str {
        CARD.name
    }

    fn view(&self, images: Tensor<4>, view: View, moment: &Moment) -> Tensor<4> {
        self.0.apply(images, 1.0, &mut moment.stream(&view.stream_name(CARD.name)))
    }
}
