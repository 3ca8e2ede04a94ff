//! Modes of the data that no fake belongs to.

use super::advice::Suggestion;
use super::seen::Seen;
use super::{About, Check, Detection, FindingCard};
use steadygan_run::Severity;

/// Consecutive counts that miss modes.
const COUNTINGS: usize = 3;

/// Before this share of the run the generator is still finding modes.
const SHARE: f64 = 0.5;

pub(super) const CHECK: Check = Check {
    card: FindingCard {
        name: "missing-modes",
        looks_for: "Where modes are known (`ring`, `grid`), fakes miss some in three countings in a row in the second half of the run. \
                    A warning.",
        means: "The generator leaves out parts of the data for good.",
        symptom_of: &[],
    },
    look,
    advice,
};

fn look(seen: &Seen<'_>) -> Option<Detection> {
    let recent = seen.modes.len().checked_sub(COUNTINGS).map(|from| &seen.modes[from..])?;
    let last = recent.last()?;
    let late = last.images as f64 >= SHARE * seen.about.plan.train.images as f64;
    (late && recent.iter().all(|line| line.modes < line.of)).then(|| Detection {
        severity: Severity::Warning,
        since: recent[0].images,
        says: format!(
            "{} of {} modes are found; {:.0}% of the fakes are of high quality.",
            last.modes,
            last.of,
            100.0 * last.high_quality
        ),
        evidence: vec![
            ("modes", last.modes as f64),
            ("of", last.of as f64),
            ("high_quality", last.high_quality),
            ("reverse_kl", last.reverse_kl),
        ],
    })
}

fn advice(_: &About) -> Vec<Suggestion> {
    vec![
        Suggestion::With("pac", "lets the discriminator judge several samples together"),
        Suggestion::With("minibatch-std", "shows the discriminator how much samples of a batch differ"),
        Suggestion::With("relativistic-pairing", "a loss under which no mode can be left out for free"),
        Suggestion::With("instance-noise", "makes the modes overlap at first"),
    ]
}
