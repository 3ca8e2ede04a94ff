//! Fakes that are all alike.

use super::advice::Suggestion;
use super::seen::{Seen, Streak, mean};
use super::{About, Check, Detection, FindingCard};
use steadygan_run::{Severity, StatsLine};

/// Below this diversity (the fakes' mean distance from each other over the reals') all fakes are one image. In the
/// tuning set, sound runs with Wasserstein critics start with 0.1 and keep it for as long as the check looks, and fakes
/// that decay pass through 0.1.
const TOTAL: f64 = 0.05;

/// Below this diversity fakes are of few kinds.
const PARTIAL: f64 = 0.4;

/// Below this diversity fakes do not depend on the latent at all: fakes of initial weights have 0.015 or more.
const ONE: f64 = 0.003;

/// Rounds for which they do not depend on it.
const ONE_ROUNDS: u64 = 60;

/// If the diversity rises by this factor, the run is about to recover.
const RISE: f64 = 1.1;

/// A generator has moved if the norms of its steps add up to this share of the norm of its weights.
const MOVED: f64 = 0.1;

/// Rounds for which the diversity is low. Fakes of the first few hundred rounds are often alike, and recover.
const ROUNDS: u64 = 250;

pub(super) const CHECK: Check = Check {
    card: FindingCard {
        name: "mode-collapse",
        looks_for: "Fakes of different latents are less than 0.4 times as far from each other as reals are for 250 rounds, and not \
                    getting further (partial); severe below 0.05 (total), unless the generator has hardly moved, or \
                    below 0.003 for 60 rounds.",
        means: "The generator makes the same few images, or one, whatever the latent: those that the discriminator falls for.",
        symptom_of: &[
            "range-mismatch",
            "missing-nonlinearity",
            "wrong-sign",
            "dead-units",
            "steps-too-large",
            "exploding-gradients",
            "constant-images",
            "duplicate-images",
        ],
    },
    look,
    advice,
};

fn look(seen: &Seen<'_>) -> Option<Detection> {
    let alike = |share: f64| seen.streak(ROUNDS, |line| diversity(line) < share).filter(|streak| !is_rising(streak));
    let one = seen.streak(ONE_ROUNDS, |line| diversity(line) < ONE);
    let streak = one.or_else(|| alike(PARTIAL))?;
    let total = one.is_some() || alike(TOTAL).is_some() && has_moved(seen);
    let last = streak.lines.last()?;
    Some(Detection {
        severity: if total { Severity::Severe } else { Severity::Warning },
        since: streak.since(),
        says: format!("Fakes are {:.0}% as far from each other as reals are.", 100.0 * diversity(last)),
        evidence: vec![
            ("diversity", diversity(last)),
            ("constant", last.signs.constant),
            ("dead_g", last.signs.dead_g),
            ("distance", last.signs.distance),
        ],
    })
}

/// The diversity of the fakes; with `ema` the lower of the averaged and the trained generator's.
fn diversity(line: &StatsLine) -> f64 {
    line.stats.diversity.min(line.signs.diversity_now)
}

/// Whether the diversity rises: the last third of the lines against the third before.
fn is_rising(streak: &Streak<'_>) -> bool {
    let third = streak.lines.len() / 3;
    let (before, after) = streak.lines[streak.lines.len() - 2 * third..].split_at(third);
    mean(after, diversity) > RISE * mean(before, diversity)
}

/// Whether the generator has moved away from its initial weights, whose fakes are often alike.
fn has_moved(seen: &Seen<'_>) -> bool {
    let images = seen.lines.last().map_or(0, |line| line.stats.images);
    let rounds = images as f64 / seen.about.plan.train.round() as f64;
    mean(seen.lines, |line| line.signs.update_g) * rounds > MOVED
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
