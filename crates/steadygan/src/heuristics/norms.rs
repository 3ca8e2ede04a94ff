//! Shared by the heuristics that normalise: each network has one normalisation.

use super::{Card, Conflict};
use crate::plan::{Norm, Plan};

/// The conflicts of one normalisation with the others.
macro_rules! conflicts {
    ($($with:literal),*) => {
        &[$(super::Conflict { with: $with, why: "a network has one normalisation", instead: "" }),*]
    };
}
pub(super) use conflicts;

/// Sets the normalisation of the generator, the discriminator or both.
pub(super) fn set(plan: &mut Plan, norm: Norm, generator: bool, discriminator: bool) {
    if generator {
        plan.model.generator.norm = norm;
    }
    if discriminator {
        plan.model.discriminator.norm = norm;
    }
}

/// The conflict with another normalisation that is on in the same network.
pub(super) fn conflict(
    card: &'static Card,
    plan: &Plan,
    generator: bool,
    discriminator: bool,
) -> Option<&'static Conflict> {
    let has = |other: &toml::Table, network: &str| other[network].as_bool() == Some(true);
    let clashes =
        |other: &toml::Table| generator && has(other, "generator") || discriminator && has(other, "discriminator");
    card.conflicts.iter().find(|conflict| plan.heuristics.get(conflict.with).is_some_and(clashes))
}
