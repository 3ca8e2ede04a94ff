//! A discriminator that has memorised its training images.

use super::advice::Suggestion;
use super::seen::{Seen, mean};
use super::{About, Check, Detection, FindingCard};
use steadygan_run::{Severity, StatsLine};

/// How far the logits of held-out reals are below those of training reals, in standard deviations: sound runs of the
/// tuning set stay below 0.6.
const GAP: f64 = 0.75;

/// From this gap on the discriminator has memorised its images: in the tuning set, runs that have are above 1.5.
const BY_HEART: f64 = 1.25;

/// The least share of that gap in the distance from training reals down to fakes: ADA's r_v, which ADA keeps near 0.5
/// by augmenting (Karras et al. 2020, section 3).
const SHARE: f64 = 0.25;

/// Fakes are copies if their distance from the nearest training image is below this share of held-out reals' distance.
const COPIES: f64 = 0.5;

/// Rounds over which the means are taken.
const ROUNDS: u64 = 200;

/// Passes through the training set before anything can be memorised.
const EPOCHS: f64 = 4.0;

pub(super) const CHECK: Check = Check {
    card: FindingCard {
        name: "memorisation",
        looks_for: "On average over 200 rounds held-out reals are judged 0.75 standard deviations below training reals and a \
                    quarter of the way to fakes, after 4 passes through the data; severe from 1.25 deviations. Or, of at most 1,000 images, fakes are \
                    half as far from the nearest one as held-out reals are, for 200 rounds: severe.",
        means: "The discriminator recognises its training images instead of what is real about them: it teaches the generator to copy them.",
        symptom_of: &["range-mismatch", "missing-nonlinearity", "wrong-sign", "steps-too-large"],
    },
    look,
    advice,
};

fn gap(line: &StatsLine) -> f64 {
    line.signs.logit_train - line.signs.logit_holdout
}

fn look(seen: &Seen<'_>) -> Option<Detection> {
    copies(seen).or_else(|| overfit(seen))
}

/// Finds fakes that are copies of training images.
fn copies(seen: &Seen<'_>) -> Option<Detection> {
    let streak = seen.streak(ROUNDS, |line| line.signs.nearest < COPIES)?;
    let nearest = streak.lines.last()?.signs.nearest;
    Some(Detection {
        severity: Severity::Severe,
        since: streak.since(),
        says: format!(
            "Fakes are copies: they are {:.0}% as far from the nearest training image as held-out reals are.",
            100.0 * nearest
        ),
        evidence: vec![("nearest", nearest)],
    })
}

/// Finds a discriminator that takes held-out reals for fakes.
fn overfit(seen: &Seen<'_>) -> Option<Detection> {
    let recent = seen.recent(ROUNDS);
    let (last, first) = (recent.last()?, recent.first()?);
    if seen.about.epochs(last.stats.images) < EPOCHS {
        return None;
    }
    let gap_in_deviations = mean(recent, |line| gap(line) / line.signs.logit_spread);
    let share = mean(recent, gap) / mean(recent, |line| line.signs.logit_train - line.signs.logit_fixed);
    (gap_in_deviations > GAP && share > SHARE).then(|| Detection {
        severity: if gap_in_deviations > BY_HEART { Severity::Severe } else { Severity::Warning },
        since: first.stats.images,
        says: format!(
            "Held-out reals are judged {:.0}% of the way from training reals to fakes: logits {:.1}, {:.1} and {:.1}.",
            100.0 * share,
            mean(recent, |line| line.signs.logit_holdout),
            mean(recent, |line| line.signs.logit_train),
            mean(recent, |line| line.signs.logit_fixed),
        ),
        evidence: vec![
            ("overfit", share),
            ("gap", gap_in_deviations),
            ("logit_train", mean(recent, |line| line.signs.logit_train)),
            ("logit_holdout", mean(recent, |line| line.signs.logit_holdout)),
            ("logit_fixed", mean(recent, |line| line.signs.logit_fixed)),
        ],
    })
}

fn advice(_: &About) -> Vec<Suggestion> {
    vec![
        Suggestion::Do("add images, or stop earlier".into()),
        Suggestion::With("adaptive-augmentation", "augments as much as the discriminator overfits"),
        Suggestion::With("augmentation", "the discriminator cannot know augmented images by heart"),
        Suggestion::With("r1", "keeps the discriminator's slope moderate around reals"),
    ]
}
