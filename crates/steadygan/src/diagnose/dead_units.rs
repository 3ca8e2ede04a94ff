//! Units that never change.

use super::advice::{Suggestion, rates};
use super::seen::Seen;
use super::{About, Check, Detection, FindingCard};
use steadygan_run::Severity;

/// A layer with this share of dead units has lost much of its width.
const MANY: f64 = 0.5;

/// Rounds for which the units are dead.
const ROUNDS: u64 = 100;

pub(super) const CHECK: Check = Check {
    card: FindingCard {
        name: "dead-units",
        looks_for: "In a layer of activations half of the units have one value at all places of 8 images, for 100 rounds; \
                    severe if all of them do in the discriminator (in the generator that is a mode collapse).",
        means: "Units that never change pass on no information and no gradient: they do not come back by themselves.",
        symptom_of: &["range-mismatch", "missing-nonlinearity", "steps-too-large"],
    },
    look,
    advice,
};

fn look(seen: &Seen<'_>) -> Option<Detection> {
    let of = |name: &str, dead: fn(&steadygan_run::Signs) -> f64, severe: Severity| {
        let streak = seen.streak(ROUNDS, |line| dead(&line.signs) >= MANY)?;
        let share = streak.lines.iter().map(|line| dead(&line.signs)).fold(1.0, f64::min);
        Some(Detection {
            severity: if share >= 1.0 { severe } else { Severity::Warning },
            since: streak.since(),
            says: format!("{:.0}% of the units of a layer of the {name} never change.", 100.0 * share),
            evidence: vec![("dead", share)],
        })
    };
    let generator = of("generator", |signs| signs.dead_g, Severity::Warning);
    let discriminator = of("discriminator", |signs| signs.dead_d, Severity::Severe);
    generator.into_iter().chain(discriminator).max_by_key(|sight| sight.severity)
}

fn advice(about: &About) -> Vec<Suggestion> {
    vec![
        Suggestion::With("leaky-relu", "a slope on the negative side lets a unit come back"),
        Suggestion::With("batch-norm", "centred activations keep units in use"),
        rates(about, [0.5, 0.5], "smaller steps kill fewer units"),
    ]
}
