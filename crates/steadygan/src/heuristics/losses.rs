//! What the heuristics that are losses have in common: a run has one.

use super::{Card, Conflict};
use crate::plan::{Batching, FlipBy, Plan};

/// The conflicts of a loss: the named other losses, and more.
macro_rules! one_loss {
    ($($with:literal),*; $($more:expr),*) => {
        &[
            $(super::Conflict { with: $with, why: "a run has one loss", instead: "" },)*
            $($more,)*
        ]
    };
}
pub(super) use one_loss;

/// A loss that knows real and fake, and nothing between.
pub(super) const HARD_LABELS: Conflict =
    Conflict { with: "label-smoothing", why: "the loss has no labels between real and fake", instead: "" };

/// A loss of pairs.
pub(super) const NO_FLIPS: Conflict = Conflict {
    with: "noisy-labels",
    why: "a loss of pairs has no labels that could be flipped",
    instead: "heuristics.noisy-labels.by=image",
};

/// A loss of reals and fakes together.
pub(super) const ONE_UPDATE: Conflict = Conflict {
    with: "separate-batches",
    why: "a loss that compares reals with fakes cannot update on each alone",
    instead: "heuristics.separate-batches.updates=one",
};

/// The conflict of a relative loss with what the plan has.
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
