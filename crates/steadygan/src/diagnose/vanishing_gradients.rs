//! A generator that stands still.

use super::advice::Suggestion;
use super::seen::Seen;
use super::{About, Check, Detection, FindingCard};
use crate::loss::Loss;
use steadygan_run::{Severity, StatsLine};

/// A gradient with a norm below this is nothing in 32 bits: Adam's epsilon is 1e-8, and the norm is over many weights.
const NOTHING: f64 = 1e-6;

/// A gradient this small relative to the discriminator's is a warning.
const SMALL: f64 = 1e-3;

/// Rounds for which it is that small.
const ROUNDS: u64 = 100;

pub(super) const CHECK: Check = Check {
    card: FindingCard {
        name: "vanishing-gradients",
        looks_for: "The generator's gradient has a norm below 0.001 of the discriminator's for 100 rounds; severe if it is below \
                    1e-6.",
        means: "The discriminator gives the generator nothing to learn from: it is certain, and its logits are flat around the fakes.",
        symptom_of: &[
            "range-mismatch",
            "missing-nonlinearity",
            "wrong-sign",
            "dead-units",
            "steps-too-large",
            "mode-collapse",
        ],
    },
    look,
    advice,
};

fn look(seen: &Seen<'_>) -> Option<Detection> {
    let nothing = |line: &StatsLine| line.stats.grad_norm_g < NOTHING;
    let small = |line: &StatsLine| line.stats.grad_norm_g < SMALL * line.stats.grad_norm_d;
    let streak = seen.streak(ROUNDS, |line| nothing(line) || small(line))?;
    let severe = seen.streak(ROUNDS, nothing).is_some();
    let (d, g) = (streak.mean(|line| line.stats.grad_norm_d), streak.mean(|line| line.stats.grad_norm_g));
    Some(Detection {
        severity: if severe { Severity::Severe } else { Severity::Warning },
        since: streak.since(),
        says: format!("The generator's gradient has a norm of {g:.1e}, the discriminator's of {d:.1e}."),
        evidence: vec![("grad_norm_g", g), ("grad_norm_d", d)],
    })
}

fn advice(about: &About) -> Vec<Suggestion> {
    let mut suggestions = Vec::new();
    if about.plan.train.loss == Loss::Saturating {
        suggestions.push(Suggestion::Without(
            "saturating",
            "the non-saturating loss has a gradient where fakes are recognised at once",
        ));
    }
    suggestions.extend([
        Suggestion::With("relativistic-pairing", "a loss that does not run flat for one kind of image"),
        Suggestion::With("r1", "keeps the discriminator's slope moderate around reals"),
        Suggestion::With("instance-noise", "makes reals and fakes overlap"),
        Suggestion::With("label-smoothing", "keeps the discriminator from becoming certain"),
    ]);
    suggestions
}
