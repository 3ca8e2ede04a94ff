//! A generator that fools the discriminator with garbage.

use super::advice::{Suggestion, rates};
use super::seen::{NEAR, Seen, come_nearer, separation};
use super::{About, Check, Detection, FindingCard};
use steadygan_run::{Severity, StatsLine};

/// Below this separation, in standard deviations, the discriminator does not tell fakes from reals.
const ALIKE: f64 = 0.5;

/// Above this energy distance (as a share of the reals' distance from each other), fakes are far from the reals. A
/// blurred mean of all reals has about 0.4.
const FAR: f64 = 0.5;

/// Rounds for which both hold.
const ROUNDS: u64 = 250;

/// Below this separation, in standard deviations, the discriminator ranks fakes above reals.
const INVERTED: f64 = -1.0;

/// Rounds for which it does. Then it is enough that fakes are not near ([`NEAR`]), because sound runs never have such a
/// ranking.
const INVERTED_ROUNDS: u64 = 100;

/// A discriminator stands still if its steps change the separation by less than this, in standard deviations and in
/// either direction.
const STILL: f64 = 1e-3;

pub(super) const CHECK: Check = Check {
    card: FindingCard {
        name: "generator-winning",
        looks_for: "Reals and fakes get the same logits within half a standard deviation, although fakes are further from reals \
                    than half of the reals' distance from each other (energy distance), for 250 rounds; or fakes \
                    get higher ones by a standard deviation, further than 0.2 from reals, for 100. Severe if the discriminator's steps \
                    change that by less than 0.001 standard deviations each and fakes came no nearer.",
        means: "The discriminator is too weak to see what is wrong: the generator wins with garbage and has no reason to improve.",
        symptom_of: &[
            "range-mismatch",
            "missing-nonlinearity",
            "wrong-sign",
            "dead-units",
            "steps-too-large",
            "exploding-gradients",
            "mode-collapse",
            "constant-images",
        ],
    },
    look,
    advice,
};

fn look(seen: &Seen<'_>) -> Option<Detection> {
    let fooled = |below: f64, far: f64| move |line: &StatsLine| separation(line) < below && line.signs.distance > far;
    let inverted = seen.streak(INVERTED_ROUNDS, fooled(INVERTED, NEAR));
    let streak = inverted.or_else(|| seen.streak(ROUNDS, fooled(ALIKE, FAR)))?;
    let (separation, distance) = (streak.mean(separation), streak.mean(|line| line.signs.distance));
    // A discriminator that has only fallen behind learns to see what is wrong, and the run recovers.
    let pull = streak.mean(|line| line.signs.pull.abs());
    let severe = pull < STILL && !come_nearer(streak.lines);
    Some(Detection {
        severity: if severe { Severity::Severe } else { Severity::Warning },
        since: streak.since(),
        says: format!("The discriminator takes fakes for real that are far from the reals (distance {distance:.2})."),
        evidence: vec![
            ("separation", separation),
            ("distance", distance),
            ("pull", streak.mean(|line| line.signs.pull)),
            ("rough_fake", streak.mean(|line| line.signs.rough_fake)),
            ("rough_real", streak.mean(|line| line.signs.rough_real)),
        ],
    })
}

fn advice(about: &About) -> Vec<Suggestion> {
    vec![
        Suggestion::With("discriminator-steps", "more steps of the discriminator for each of the generator"),
        Suggestion::With("ttur", "a higher learning rate for the discriminator"),
        rates(about, [0.5, 1.0], "half of the generator's learning rate"),
    ]
}
