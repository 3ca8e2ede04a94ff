//! Outputs that stick to the ends of their range.

use super::advice::{Suggestion, rates};
use super::seen::Seen;
use super::{About, Check, Detection, FindingCard};
use steadygan_run::{Severity, StatsLine};

/// How far the share of values at an end of the range is higher in fakes than in reals.
const MORE: f64 = 0.3;

/// Fakes with this share of values at an end have no shades left.
const ALL: f64 = 0.98;

/// Rounds for which this holds.
const ROUNDS: u64 = 150;

pub(super) const CHECK: Check = Check {
    card: FindingCard {
        name: "saturation",
        looks_for: "The share of values within 1% of an end of the output's range is 0.3 higher in fakes than in reals for 150 \
                    rounds; severe if it is above 0.98 in fakes and below 0.68 in reals.",
        means: "The last activation is saturated: its gradient is nearly zero, so that these pixels hardly learn.",
        symptom_of: &[
            "range-mismatch",
            "missing-nonlinearity",
            "wrong-sign",
            "steps-too-large",
            "exploding-gradients",
            "discriminator-winning",
            "generator-winning",
            "mode-collapse",
        ],
    },
    look,
    advice,
};

fn look(seen: &Seen<'_>) -> Option<Detection> {
    let more = |line: &StatsLine| line.signs.saturated_fake - line.signs.saturated_real;
    let streak = seen.streak(ROUNDS, |line| more(line) > MORE)?;
    let all = seen.streak(ROUNDS, |line| more(line) > MORE && line.signs.saturated_fake > ALL).is_some();
    let (fake, real) = (streak.mean(|line| line.signs.saturated_fake), streak.mean(|line| line.signs.saturated_real));
    Some(Detection {
        severity: if all { Severity::Severe } else { Severity::Warning },
        since: streak.since(),
        says: format!(
            "{:.0}% of the fakes' values are at an end of the range, {:.0}% of the reals'.",
            100.0 * fake,
            100.0 * real
        ),
        evidence: vec![("saturated_fake", fake), ("saturated_real", real)],
    })
}

fn advice(about: &About) -> Vec<Suggestion> {
    vec![
        rates(about, [0.5, 1.0], "half of the generator's learning rate"),
        Suggestion::With("gaussian-init", "small initial weights keep the output off its ends"),
        Suggestion::With("batch-norm", "activations of moderate size reach the output"),
    ]
}
