//! The doctor: watches a run and says when it looks unhealthy, why, and what may help.
//!
//! A [`Doctor`] takes observations one by one ([`Observation`]) and returns findings when they begin, get more severe and end.
//! It is pure logic without input or output: the same code watches a run that is training, reads the files of one that
//! has ended, and is tested on series made by hand.
//!
//! Each finding is one file with its card, its check and its advice, and one line in the catalogue below. A threshold
//! is relative to something (the reals' own value, the discriminator's own spread, a share of the weights), so that it
//! holds for any data and network. Where no publication gives a threshold, it was chosen on the tuning set of sound and
//! deliberately broken runs (`benchmarks/2026-11-24-planted`).
//!
//! **Severe** is for a run that will not recover by itself or whose result is of no use; everything else is a warning
//! or a note. While a cause is severe, its symptoms are at most warnings.

mod about;
mod advice;
mod before;
mod doctor;
mod history;
mod seen;

mod checkerboard;
mod dead_units;
mod decay;
mod discriminator_winning;
mod exploding_gradients;
mod generator_winning;
mod memorisation;
mod missing_modes;
mod missing_nonlinearity;
mod mode_collapse;
mod oscillation;
mod range_mismatch;
mod saturation;
mod steps_too_large;
mod vanishing_gradients;
mod wrong_sign;

pub use about::About;
pub use before::before_training;
pub use doctor::Doctor;
pub use history::{History, signs_of};
pub use seen::{MeasuredDistance, Observation};

use advice::Suggestion;
use seen::Seen;
use serde::Serialize;
use steadygan_run::Severity;

/// Describes a finding, for reports and the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FindingCard {
    /// Its name.
    pub name: &'static str,
    /// What is looked for, with the thresholds, in a sentence or two.
    pub looks_for: &'static str,
    /// What it means, in a sentence or two.
    pub means: &'static str,
    /// The findings that may cause this one: while one of them is severe, this one is at most a warning.
    pub symptom_of: &'static [&'static str],
}

/// One line of the catalogue.
struct Check {
    card: FindingCard,
    /// Looks for the finding in all that was observed so far.
    look: fn(&Seen<'_>) -> Option<Detection>,
    /// What may help, the likeliest first.
    advice: fn(&About) -> Vec<Suggestion>,
}

/// What a check has found.
#[derive(Debug, Clone, PartialEq)]
struct Detection {
    severity: Severity,
    /// Real images shown when it began.
    since: u64,
    says: String,
    evidence: Vec<(&'static str, f64)>,
}

/// Causes before their symptoms.
const CATALOGUE: &[Check] = &[
    range_mismatch::CHECK,
    missing_nonlinearity::CHECK,
    wrong_sign::CHECK,
    steps_too_large::CHECK,
    dead_units::CHECK,
    exploding_gradients::CHECK,
    mode_collapse::CHECK,
    vanishing_gradients::CHECK,
    memorisation::CHECK,
    generator_winning::CHECK,
    decay::CHECK,
    discriminator_winning::CHECK,
    saturation::CHECK,
    missing_modes::CHECK,
    oscillation::CHECK,
    checkerboard::CHECK,
];

/// The cards of all findings: findings on data first, then findings on training, causes before symptoms.
pub fn cards() -> impl Iterator<Item = &'static FindingCard> {
    before::CARDS.iter().chain(CATALOGUE.iter().map(|check| &check.card))
}

#[cfg(test)]
mod tests;
