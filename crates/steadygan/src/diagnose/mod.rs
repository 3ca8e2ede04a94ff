//! The doctor: watches a run and says when it looks unhealthy, why, and what may help.
//!
//! A [`Doctor`] is fed what is observed, line by line ([`Sign`]), and answers with findings as they begin, get more severe
//! and are over. It is pure logic over what it was fed, without input or output: the same code watches a run that is
//! training, reads the files of one that has ended, and is tested on series made by hand.
//!
//! Each finding is one file with its card, what it looks for and its advice, and one line in the catalogue below. A
//! threshold is relative to something (the reals' own value, the discriminator's own spread, a share of the weights), so
//! that it holds for any data and network; where no publication gives it, the tuning half of the planted failures
//! (`benchmarks/2026-11-24-planted`) does.
//!
//! **Severe** is for a run that will not recover by itself or whose result is of no use; everything else is a warning or a
//! note. A symptom whose cause was found severe is not severe itself.

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
pub use seen::{Measured, Sign};

use advice::Suggestion;
use seen::Seen;
use serde::Serialize;
use steadygan_run::Severity;

/// What there is to know about a finding, in one place for reports and the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Card {
    /// Its name.
    pub name: &'static str,
    /// What is looked for, with the thresholds, in a sentence or two.
    pub looks_for: &'static str,
    /// What it means, in a sentence or two.
    pub means: &'static str,
    /// The findings of which it is a symptom: while one of them is severe, it is not.
    pub symptom_of: &'static [&'static str],
}

/// One line of the catalogue.
struct Check {
    card: Card,
    /// What is seen of it by now.
    look: fn(&Seen<'_>) -> Option<Sight>,
    /// What may help, the likeliest first.
    advice: fn(&About) -> Vec<Suggestion>,
}

/// What a check sees.
#[derive(Debug, Clone, PartialEq)]
struct Sight {
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

/// What there is to know about every finding: those on data first, then those of training, causes before symptoms.
pub fn cards() -> impl Iterator<Item = &'static Card> {
    before::CARDS.iter().chain(CATALOGUE.iter().map(|check| &check.card))
}

#[cfg(test)]
mod tests;
