//! Conflicts of the heuristics that choose the loss, of which a run has one.

use super::{Card, Conflict};
use crate::plan::{Batching, FlipBy, Plan};

/// The conflicts of a loss: with the named other losses, and further conflicts.
macro_rules! one_loss {
    ($($with:literal),*; $($more:expr),*) => {
        &[
            $(super::Conflict { with: $with, why: "a run has one loss", instead: "" },)*
            $($more,)*
        ]
    };
}
pub(super) use one_loss;

/// The conflict of a loss for which an image is either real or fake.
pub(super) const HARD_LABELS: Conflict =
    Conflict { with: "label-smoothing", why: "the loss has no labels between real and fake", instead: "" };

/// The conflict of a loss of pairs with flipped labels.
pub(super) const NO_FLIPS: Conflict = Conflict {
    with: "noisy-labels",
    why: "a loss of pairs has no labels that could be flipped",
    instead: "heuristics.noisy-labels.by=image",
};

/// The conflict of a loss that compares reals with fakes with separate updates.
pub(super) const ONE_UPDATE: Conflict = Conflict {
    with: "separate-batches",
    why: "a loss that compares reals with fakes cannot update on each alone",
    instead: "heuristics.separate-batches.updates=one",
};

/// The first conflict of a relative loss that holds in the plan.
pub(super) fn relative_conflict(card: &'static Card, plan: &Plan) -> Option<&'static Conflict> {
    let holds = |conflict: &&Conflict| {
        if !plan.heuristics.contains_key(conflict.with) {
            return false;
        }
        match conflict.with {
            "noisy-labels" => plan.train.labels.flips.is_some_and(|flips| flips.by == FlipBy::Label),
            "separate-batches" => plan.train.batches == Batching::SeparateTwoUpdates,
            _ => true,
        }
    };
    card.conflicts.iter().find(holds)
}
