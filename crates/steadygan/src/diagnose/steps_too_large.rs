//! Steps that are large beside the weights.

use super::advice::{Suggestion, rates};
use super::exploding_gradients;
use super::seen::{Seen, Streak};
use super::{About, Card, Check, Sight};
use steadygan_run::{Severity, StatsLine};

/// A step of this share of the weights is large: 0.001 is usual (Karpathy's rule of thumb), a start from N(0, 0.02²) at the
/// learning rate 2e-4 makes 0.01.
const LARGE: f64 = 0.02;

/// With such steps weights are replaced within some dozens of rounds.
const FAR_TOO_LARGE: f64 = 0.06;

/// What is large for a first line after which gradients explode at once.
const AT_FIRST: f64 = 0.015;

/// Rounds for which they are: at the start of training steps are large beside small weights.
const ROUNDS: u64 = 60;

pub(super) const CHECK: Check = Check {
    card: Card {
        name: "steps-too-large",
        looks_for: "The step of a network is more than 0.02 of the norm of its weights for 60 rounds; severe above 0.06, or if it was \
                    before gradients exploded.",
        means: "The learning rate is too high: weights are thrown about and keep nothing of what they learned.",
        symptom_of: &["range-mismatch", "missing-nonlinearity", "wrong-sign"],
    },
    look,
    advice,
};

fn larger(line: &StatsLine) -> f64 {
    line.signs.update_d.max(line.signs.update_g)
}

/// Such steps may blow gradients up at once, so that what is left are small steps of huge weights.
fn after_an_explosion<'a>(seen: &Seen<'a>) -> Option<Streak<'a>> {
    let exploding = exploding_gradients::streak(seen)?;
    let before = seen.lines.len() - exploding.lines.len();
    let lines = &seen.lines[..(before + 1).min(seen.lines.len())];
    // If gradients exploded before the first line, little is left to see of the steps.
    let limit = if before == 0 { AT_FIRST } else { FAR_TOO_LARGE };
    let large = lines.iter().any(|line| larger(line) > limit);
    large.then_some(Streak { lines: seen.lines })
}

fn look(seen: &Seen<'_>) -> Option<Sight> {
    let far_too_large = seen.streak(ROUNDS, |line| larger(line) > FAR_TOO_LARGE);
    let (streak, severe) = match far_too_large.or_else(|| after_an_explosion(seen)) {
        Some(streak) => (streak, true),
        None => (seen.streak(ROUNDS, |line| larger(line) > LARGE)?, false),
    };
    let (d, g) = (streak.mean(|line| line.signs.update_d), streak.mean(|line| line.signs.update_g));
    Some(Sight {
        severity: if severe { Severity::Severe } else { Severity::Warning },
        since: streak.since(),
        says: format!(
            "A step moves the discriminator's weights by {:.1}% and the generator's by {:.1}%.",
            100.0 * d,
            100.0 * g
        ),
        evidence: vec![("update_d", d), ("update_g", g)],
    })
}

fn advice(about: &About) -> Vec<Suggestion> {
    vec![
        rates(about, [0.1, 0.1], "a tenth of the learning rate"),
        Suggestion::With("adam", "the DCGAN paper's rate of 2e-4"),
    ]
}
