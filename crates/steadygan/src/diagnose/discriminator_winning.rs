//! A discriminator that leaves the generator no chance.

use super::advice::{Suggestion, rates};
use super::seen::{NEAR, Seen, come_nearer, separation};
use super::{About, Check, Detection, FindingCard};
use steadygan_run::{Severity, StatsLine};

/// From this separation on, in standard deviations, the logits of reals and fakes hardly overlap.
pub(super) const APART: f64 = 3.0;

/// From this certainty on ([`About::certainty`]) the discriminator's loss is close to its floor.
const CERTAIN: f64 = 0.9;

/// Fakes that never came below this share of their first distance got nowhere. Sound runs also stall under a certain
/// discriminator and then go on, but they stall half-way (tuning set: below 0.53 where they stall for 250 rounds; 0.7
/// or more where the generator has no chance).
const NOWHERE: f64 = 0.6;

/// Rounds for which both hold. A winning discriminator alone is no failure: a DCGAN's best images may come after 40,000
/// steps of it (StudioGAN's published logs).
const ROUNDS: u64 = 150;

/// Rounds without progress after which it is severe.
const STUCK_ROUNDS: u64 = 3 * ROUNDS;

pub(super) const CHECK: Check = Check {
    card: FindingCard {
        name: "discriminator-winning",
        looks_for: "Reals and fakes are judged more than three standard deviations apart, and the discriminator's loss is within a \
                    tenth of its floor (labels' softness taken into account; not for Wasserstein), for 150 rounds; severe if fakes came \
                    no nearer for 450 and were never within 0.2 of the reals (energy distance), nor within 0.6 of their first distance.",
        means: "The discriminator has won: its gradient no longer tells the generator where to go.",
        symptom_of: &[
            "range-mismatch",
            "missing-nonlinearity",
            "wrong-sign",
            "dead-units",
            "steps-too-large",
            "exploding-gradients",
            "vanishing-gradients",
            "memorisation",
            "mode-collapse",
            "constant-images",
            "decay",
        ],
    },
    look,
    advice,
};

fn look(seen: &Seen<'_>) -> Option<Detection> {
    let certain = |line: &StatsLine| {
        let certainty = seen.about.certainty(line.stats.loss_d);
        separation(line) > APART && (certainty.is_nan() || certainty > CERTAIN)
    };
    let streak = seen.streak(ROUNDS, certain)?;
    let stuck = seen.streak(STUCK_ROUNDS, certain).is_some_and(|_| is_stuck(seen));
    let of = |value: fn(&StatsLine) -> f64| streak.mean(value);
    let loss = of(|line| line.stats.loss_d);
    Some(Detection {
        severity: if stuck { Severity::Severe } else { Severity::Warning },
        since: streak.since(),
        says: format!(
            "Reals and fakes are judged {:.1} standard deviations apart (logits {:.1} and {:.1}); the discriminator's loss is {:.3} above its floor.",
            of(separation),
            of(|line| line.stats.logit_real),
            of(|line| line.stats.logit_fake),
            loss - seen.about.loss_floor.unwrap_or(f64::NAN),
        ),
        evidence: vec![
            ("separation", of(separation)),
            ("loss_d", loss),
            ("loss_floor", seen.about.loss_floor.unwrap_or(f64::NAN)),
            ("loss_g", of(|line| line.stats.loss_g)),
            ("distance", streak.lines.last()?.signs.distance),
        ],
    })
}

/// Whether fakes never came near the reals, never got far from where they began, and are no nearer than before. Fakes
/// that were near once have decayed instead; fakes that came part of the way may go on.
fn is_stuck(seen: &Seen<'_>) -> bool {
    let [first, ..] = seen.lines else { return false };
    let nearest = NEAR.max(NOWHERE * first.signs.distance);
    let past = seen.of_pictures();
    let got_nowhere = !past.is_empty() && past.iter().all(|past| past.value > nearest);
    got_nowhere && !come_nearer(seen.recent(STUCK_ROUNDS))
}

fn advice(about: &About) -> Vec<Suggestion> {
    vec![
        Suggestion::With("r1", "keeps the discriminator's slope moderate"),
        Suggestion::With("spectral-norm", "bounds the discriminator's slope"),
        Suggestion::With("label-smoothing", "keeps the discriminator from becoming certain"),
        Suggestion::With("instance-noise", "makes reals and fakes overlap"),
        rates(about, [1.0, 0.5], "half of the discriminator's learning rate"),
    ]
}
