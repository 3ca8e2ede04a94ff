//! Fakes that are all alike.

use super::advice::Suggestion;
use super::seen::{Seen, Streak, mean};
use super::{About, Card, Check, Sight};
use steadygan_run::{Severity, StatsLine};

/// Fakes that differ by this share of what reals differ by are one image. Sound critics of the tuning corpus begin with 0.1 for as long
/// as is looked at, and fakes that decay fade through it.
const TOTAL: f64 = 0.05;

/// Fakes that differ so little are of few kinds.
const PARTIAL: f64 = 0.4;

/// Fakes that do not differ at all, whatever the latent: those of initial weights differ by 0.015 or more.
const ONE: f64 = 0.003;

/// Rounds for which they do not.
const ONE_ROUNDS: u64 = 60;

/// Fakes that get more different by this factor are about to get over it.
const RISE: f64 = 1.1;

/// The steps of a generator that went anywhere sum up to this share of its weights.
const MOVED: f64 = 0.1;

/// Rounds for which they do. Fakes of the first few hundred rounds are often alike and get over it.
const ROUNDS: u64 = 250;

pub(super) const CHECK: Check = Check {
    card: Card {
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

fn look(seen: &Seen<'_>) -> Option<Sight> {
    let alike = |share: f64| seen.streak(ROUNDS, |line| diversity(line) < share).filter(|streak| !is_rising(streak));
    let one = seen.streak(ONE_ROUNDS, |line| diversity(line) < ONE);
    let streak = one.or_else(|| alike(PARTIAL))?;
    let total = one.is_some() || alike(TOTAL).is_some() && has_moved(seen);
    let last = streak.lines.last()?;
    Some(Sight {
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

/// That of what is shown or of what the trained generator makes, if an average of it is shown.
fn diversity(line: &StatsLine) -> f64 {
    line.stats.diversity.min(line.signs.diversity_now)
}

/// Whether fakes are getting more different: the last third of the lines against the third before.
fn is_rising(streak: &Streak<'_>) -> bool {
    let third = streak.lines.len() / 3;
    let (before, after) = streak.lines[streak.lines.len() - 2 * third..].split_at(third);
    mean(after, diversity) > RISE * mean(before, diversity)
}

/// Whether the generator has gone anywhere from its initial weights, whose fakes are often alike.
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
