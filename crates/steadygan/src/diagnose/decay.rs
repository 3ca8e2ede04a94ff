//! Fakes that were better before.

use super::advice::{Suggestion, rates};
use super::discriminator_winning::APART;
use super::seen::{MeasuredDistance, NEAR, Seen, mean, separation};
use super::{About, Check, Detection, FindingCard};
use steadygan_run::Severity;

/// A distance of this many times the best is a warning: a third of StudioGAN's published runs end so.
const WORSE: f64 = 1.5;

/// At this many times the best distance, fakes are of no use compared with the best.
const MUCH_WORSE: f64 = 2.5;

/// At this many times the best distance, fakes do not recover by themselves if the discriminator separates them from
/// reals by [`APART`], because it no longer leads the generator back. In the tuning set, sound runs that are not near
/// swing to 1.4 times the best under such a discriminator, and to 1.7 under one that separates them by [`SEEN`].
const LOST: f64 = 2.0;

/// From this separation on, in standard deviations, the discriminator notices that fakes got worse. Below it the
/// discriminator has only fallen behind and pulls the fakes back once it has learned: a swing, as sound runs with
/// Wasserstein critics have them.
const SEEN: f64 = 0.5;

/// How many standard deviations above the best are more than chance.
const DEVIATIONS: f64 = 3.0;

/// Consecutive measurements that are worse.
const MEASUREMENTS: usize = 3;

/// If the best energy distance is above this, fakes were never good and cannot decay.
const NEVER_GOOD: f64 = 0.5;

pub(super) const CHECK: Check = Check {
    card: FindingCard {
        name: "decay",
        looks_for: "Three measurements in a row of the fakes' distance from the reals are more than 1.5 times the best, and three \
                    deviations above it; severe from 2.5 times if the discriminator judges fakes to be less real than reals by \
                    half a standard deviation, and from twice the best if by three. It is the run's kernel distance, or the energy distance of \
                    pictures where there is none, which is not severe within 0.2.",
        means: "Fakes were better before and get worse: the latest checkpoint is not the one to keep.",
        symptom_of: &[
            "range-mismatch",
            "missing-nonlinearity",
            "wrong-sign",
            "dead-units",
            "steps-too-large",
            "exploding-gradients",
            "memorisation",
            "mode-collapse",
            "constant-images",
        ],
    },
    look,
    advice,
};

fn look(seen: &Seen<'_>) -> Option<Detection> {
    let own: Vec<MeasuredDistance>;
    let distances = if seen.distances.is_empty() {
        own = seen.of_pictures();
        &own
    } else {
        seen.distances
    };
    let recent = distances.len().checked_sub(MEASUREMENTS).map(|from| &distances[from..])?;
    let best = distances.iter().min_by(|a, b| a.value.total_cmp(&b.value))?;
    if seen.distances.is_empty() && best.value > NEVER_GOOD {
        return None;
    }
    // An unbiased estimate may be below zero, so that the scale is at least the deviation.
    let scale = best.value.max(best.deviation);
    let above = |factor: f64| {
        recent.iter().all(|now| {
            now.value > factor * scale && now.value - best.value > DEVIATIONS * now.deviation.max(best.deviation)
        })
    };
    above(WORSE).then(|| {
        let now = recent[MEASUREMENTS - 1];
        let lasting = seen.lines.partition_point(|line| line.stats.images < recent[0].images);
        let apart = mean(&seen.lines[lasting..], separation);
        // What counts as near is known for the energy distance only.
        let is_near = seen.distances.is_empty() && recent.iter().any(|now| now.value <= NEAR);
        let severe = !is_near && (above(LOST) && apart > APART || above(MUCH_WORSE) && apart > SEEN);
        Detection {
            severity: if severe { Severity::Severe } else { Severity::Warning },
            since: best.images,
            says: format!(
                "Fakes are {:.1} times as far from the reals as at {} images: {:.4} against {:.4}.",
                now.value / scale,
                best.images,
                now.value,
                best.value
            ),
            evidence: vec![
                ("distance", now.value),
                ("best", best.value),
                ("best_images", best.images as f64),
                ("separation", apart),
            ],
        }
    })
}

fn advice(about: &About) -> Vec<Suggestion> {
    vec![
        Suggestion::Do("keep the best checkpoint (`generate RUN --checkpoint best`), or train for fewer images".into()),
        Suggestion::With("ema", "an average of the generator's weights wanders less"),
        Suggestion::With("r1", "keeps the discriminator's slope moderate, so that the game settles"),
        rates(about, [0.5, 0.5], "half of the learning rate"),
    ]
}
