//! Gradients that grow beyond measure.

use super::advice::{Suggestion, rates};
use super::seen::{Seen, Streak, mean};
use super::{About, Check, Detection, FindingCard};
use crate::loss::Loss;
use steadygan_run::{Severity, StatsLine};

/// A norm of this size is trouble (ganhacks, tip 10).
const TROUBLE: f64 = 100.0;

/// A norm of this size is beyond what any healthy run of the tuning set had.
const EXPLODING: f64 = 1000.0;

/// Rounds for which the norm is that large.
const ROUNDS: u64 = 40;

pub(super) const CHECK: Check = Check {
    card: FindingCard {
        name: "exploding-gradients",
        looks_for: "A network's gradient has a norm above 100 for 40 rounds; severe above 1000, and when a value is not finite.",
        means: "The discriminator's slope grows without bound, or the initial weights are too large: the next step may end in NaN.",
        symptom_of: &["range-mismatch", "wrong-sign", "steps-too-large"],
    },
    look,
    advice,
};

/// The norm of the larger of the two networks' gradients.
pub(super) fn norm(line: &StatsLine) -> f64 {
    line.stats.grad_norm_d.max(line.stats.grad_norm_g)
}

/// Whether gradients explode on a line.
pub(super) fn explodes(line: &StatsLine) -> bool {
    norm(line) > EXPLODING
}

/// The last lines, if gradients explode on all of them for long enough.
pub(super) fn streak<'a>(seen: &Seen<'a>) -> Option<Streak<'a>> {
    seen.streak(ROUNDS, explodes)
}

fn look(seen: &Seen<'_>) -> Option<Detection> {
    let streak = seen.streak(ROUNDS, |line| norm(line) > TROUBLE)?;
    let severe = self::streak(seen).is_some();
    let of = |value: fn(&StatsLine) -> f64| mean(streak.lines, value);
    let (d, g) = (of(|line| line.stats.grad_norm_d), of(|line| line.stats.grad_norm_g));
    Some(Detection {
        severity: if severe { Severity::Severe } else { Severity::Warning },
        since: streak.since(),
        says: format!("The gradients' norms are {d:.0} in the discriminator and {g:.0} in the generator."),
        evidence: vec![
            ("grad_norm_d", d),
            ("grad_norm_g", g),
            ("logit_real", of(|line| line.stats.logit_real)),
            ("logit_fake", of(|line| line.stats.logit_fake)),
        ],
    })
}

fn advice(about: &About) -> Vec<Suggestion> {
    let mut suggestions = Vec::new();
    if about.plan.train.loss == Loss::Wasserstein {
        suggestions.push(Suggestion::With("gradient-penalty", "this loss needs a bound on the discriminator's slope"));
    }
    suggestions.extend([
        Suggestion::With("spectral-norm", "bounds the discriminator's slope"),
        Suggestion::With("gradient-clipping", "bounds the gradients themselves"),
        rates(about, [0.5, 0.5], "half of the learning rate"),
        Suggestion::With("gaussian-init", "small initial weights"),
    ]);
    suggestions
}
