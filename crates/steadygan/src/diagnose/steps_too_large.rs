//! Steps that are large relative to the weights.

use super::advice::{Suggestion, rates};
use super::exploding_gradients::{self, explodes, norm};
use super::seen::{Seen, Streak};
use super::{About, Check, Detection, FindingCard};
use steadygan_run::{Severity, StatsLine};

/// A step whose norm is this share of the weights' norm is large: 0.001 is usual (Karpathy's rule of thumb), and
/// weights from N(0, 0.02²) start with 0.01 at the learning rate 2e-4.
const LARGE: f64 = 0.02;

/// With steps this large all weights are replaced within some dozens of rounds.
const FAR_TOO_LARGE: f64 = 0.06;

/// If gradients exploded on the first line and fell by this factor until the second, steps blew up the weights. Weights
/// that were too large from the beginning are hardly changed by steps of a usual size, so that their gradients fall by
/// a few per cent from line to line (tuning set: by a factor of 1.1 at most, against 15 to 2,300 after steps too
/// large).
const THROWN: f64 = 10.0;

/// Rounds for which steps are large. One large step is no failure, because steps are large relative to the small
/// weights at the start.
const ROUNDS: u64 = 60;

pub(super) const CHECK: Check = Check {
    card: FindingCard {
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

/// Gradients that exploded right after a step far too large. Gradients that grew over a longer time have another cause.
fn before_an_explosion<'a>(seen: &Seen<'a>) -> Option<Streak<'a>> {
    let exploding = exploding_gradients::streak(seen)?;
    let first = seen.lines.len() - exploding.lines.len();
    let lines = &seen.lines[(first + 1).saturating_sub(seen.about.lines(ROUNDS))..=first];
    let large = lines.iter().any(|line| larger(line) > FAR_TOO_LARGE);
    large.then_some(Streak { lines: &seen.lines[first..] })
}

/// An explosion before the first line. Its steps are no longer visible, because Adam's steps are small after a huge
/// gradient and relative to huge weights.
fn before_the_first_line<'a>(seen: &Seen<'a>) -> Option<Streak<'a>> {
    let [first, second, ..] = seen.lines else { return None };
    let thrown = explodes(first) && norm(second) < norm(first) / THROWN;
    thrown.then_some(Streak { lines: seen.lines })
}

fn look(seen: &Seen<'_>) -> Option<Detection> {
    let far_too_large = seen.streak(ROUNDS, |line| larger(line) > FAR_TOO_LARGE);
    let (streak, severity) =
        match far_too_large.or_else(|| before_an_explosion(seen)).or_else(|| before_the_first_line(seen)) {
            Some(streak) => (streak, Severity::Severe),
            None => (seen.streak(ROUNDS, |line| larger(line) > LARGE)?, Severity::Warning),
        };
    let (d, g) = (streak.mean(|line| line.signs.update_d), streak.mean(|line| line.signs.update_g));
    let gradients = streak.lines.iter().map(norm).fold(0.0, f64::max);
    Some(Detection {
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
