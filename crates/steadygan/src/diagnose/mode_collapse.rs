//! Fakes that are all alike.

use super::advice::Suggestion;
use super::seen::Seen;
use super::{About, Card, Check, Sight};
use steadygan_run::Severity;

/// Fakes that differ by this share of what reals differ by are one image.
const TOTAL: f64 = 0.1;

/// Fakes that differ so little are of few kinds.
const PARTIAL: f64 = 0.4;

/// Rounds for which they do. Fakes of the first few hundred rounds are often alike and get over it.
const ROUNDS: u64 = 250;

pub(super) const CHECK: Check = Check {
    card: Card {
        name: "mode-collapse",
        looks_for: "Fakes of different latents are less than 0.4 times as far from each other as reals are, for 250 rounds (partial); \
                    severe below 0.1 (total).",
        means: "The generator makes the same few images, or one, whatever the latent: those that the discriminator falls for.",
        symptom_of: &[
            "range-mismatch",
            "missing-nonlinearity",
            "wrong-sign",
            "dead-units",
            "steps-too-large",
            "exploding-gradients",
            "vanishing-gradients",
            "constant-images",
            "duplicate-images",
        ],
    },
    look,
    advice,
};

fn look(seen: &Seen<'_>) -> Option<Sight> {
    let streak = seen.streak(ROUNDS, |line| line.stats.diversity < PARTIAL)?;
    let total = seen.streak(ROUNDS, |line| line.stats.diversity < TOTAL).is_some();
    let diversity = streak.lines.last()?.stats.diversity;
    Some(Sight {
        severity: if total { Severity::Severe } else { Severity::Warning },
        since: streak.since(),
        says: format!("Fakes are {:.0}% as far from each other as reals are.", 100.0 * diversity),
        evidence: vec![("diversity", diversity), ("constant", streak.mean(|line| line.signs.constant))],
    })
}

fn advice(_: &About) -> Vec<Suggestion> {
    vec![
        Suggestion::With("minibatch-std", "shows the discriminator how much images of a batch differ"),
        Suggestion::With("pac", "lets the discriminator judge several images together"),
        Suggestion::With("relativistic-pairing", "a loss without the generator's escape to one image"),
        Suggestion::With("r1", "keeps the generator from running after a steep discriminator"),
        Suggestion::With("replay", "the discriminator remembers earlier fakes"),
    ]
}
