//! Steps that are large beside the weights.

use super::advice::{Suggestion, rates};
use super::exploding_gradients::{self, explodes, norm};
use super::seen::{Seen, Streak};
use super::{About, Card, Check, Sight};
use steadygan_run::{Severity, StatsLine};

/// A step of this share of the weights is large: 0.001 is usual (Karpathy's rule of thumb), a start from N(0, 0.02²) at the
/// learning rate 2e-4 makes 0.01.
const LARGE: f64 = 0.02;

/// With such steps weights are replaced within some dozens of rounds.
const FAR_TOO_LARGE: f64 = 0.06;

/// Gradients that exploded on the first line and fell by this factor until the second were thrown there by steps: weights that were
/// too large from the beginning are hardly changed by steps of a usual size, and their gradients fall by some per cent from line to line
/// (tuning half: by 1.1 at most, those of steps too large by 15 to 2,300).
const THROWN: f64 = 10.0;

/// Rounds for which they are: at the start of training steps are large beside small weights.
const ROUNDS: u64 = 60;

pub(super) const CHECK: Check = Check {
    card: Card {
        name: "steps-too-large",
        looks_for: "The step of a network is more than 0.02 of the norm of its weights for 60 rounds; severe above 0.06, or if one \
                    above 0.06 came in the 60 rounds before gradients exploded, or if gradients exploded before the first line and \
                    are a tenth on the second.",
        means: "The learning rate is too high: weights are thrown about and keep nothing of what they learned.",
        symptom_of: &["range-mismatch", "missing-nonlinearity", "wrong-sign"],
    },
    look,
    advice,
};

fn larger(line: &StatsLine) -> f64 {
    line.signs.update_d.max(line.signs.update_g)
}

/// Gradients that exploded right after such a step. What grew over a longer time has another cause.
fn before_an_explosion<'a>(seen: &Seen<'a>) -> Option<Streak<'a>> {
    let exploding = exploding_gradients::streak(seen)?;
    let first = seen.lines.len() - exploding.lines.len();
    let lines = &seen.lines[(first + 1).saturating_sub(seen.about.lines(ROUNDS))..=first];
    let large = lines.iter().any(|line| larger(line) > FAR_TOO_LARGE);
    large.then_some(Streak { lines: &seen.lines[first..] })
}

/// An explosion before the first line, of which little is left to see: Adam's steps are small after a huge gradient, and beside huge
/// weights.
fn before_the_first_line<'a>(seen: &Seen<'a>) -> Option<Streak<'a>> {
    let [first, second, ..] = seen.lines else { return None };
    let thrown = explodes(first) && norm(second) < norm(first) / THROWN;
    thrown.then_some(Streak { lines: seen.lines })
}

fn look(seen: &Seen<'_>) -> Option<Sight> {
    let far_too_large = seen.streak(ROUNDS, |line| larger(line) > FAR_TOO_LARGE);
    let (streak, severity) =
        match far_too_large.or_else(|| before_an_explosion(seen)).or_else(|| before_the_first_line(seen)) {
            Some(streak) => (streak, Severity::Severe),
            None => (seen.streak(ROUNDS, |line| larger(line) > LARGE)?, Severity::Warning),
        };
    let (d, g) = (streak.mean(|line| line.signs.update_d), streak.mean(|line| line.signs.update_g));
    let gradients = streak.lines.iter().map(norm).fold(0.0, f64::max);
    Some(Sight {
        severity,
        since: streak.since(),
        says: format!(
            "A step moves the discriminator's weights by {:.1}% and the generator's by {:.1}%; the norm of gradients was up to {gradients:.1e}.",
            100.0 * d,
            100.0 * g
        ),
        evidence: vec![("update_d", d), ("update_g", g), ("grad_norm", gradients)],
    })
}

fn advice(about: &About) -> Vec<Suggestion> {
    vec![
        rates(about, [0.1, 0.1], "a tenth of the learning rate"),
        Suggestion::With("adam", "the DCGAN paper's rate of 2e-4"),
    ]
}
