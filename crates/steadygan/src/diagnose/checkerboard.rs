//! Patterns that alternate from pixel to pixel.

use super::advice::Suggestion;
use super::seen::Seen;
use super::{About, Check, Detection, FindingCard};
use steadygan_run::{Severity, StatsLine};

/// An alternating share of this many times the reals' is visible.
const TIMES: f64 = 3.0;

/// Below this share of the variance it is invisible.
const LEAST: f64 = 0.01;

/// Rounds for which this holds: early fakes often alternate.
const ROUNDS: u64 = 500;

pub(super) const CHECK: Check = Check {
    card: FindingCard {
        name: "checkerboard",
        looks_for: "The share of the variance within images that alternates from pixel to pixel is above 0.01 and more than three \
                    times the reals' for 500 rounds. A warning.",
        means: "The generator's upsampling leaves a checkerboard: transposed convolutions reach neighbouring pixels by different weights.",
        symptom_of: &[],
    },
    look,
    advice,
};

fn look(seen: &Seen<'_>) -> Option<Detection> {
    let checkered = |line: &StatsLine| line.signs.alternating_fake > LEAST.max(TIMES * line.signs.alternating_real);
    let streak = seen.streak(ROUNDS, checkered)?;
    let (fake, real) =
        (streak.mean(|line| line.signs.alternating_fake), streak.mean(|line| line.signs.alternating_real));
    Some(Detection {
        severity: Severity::Warning,
        since: streak.since(),
        says: format!(
            "{:.1}% of the fakes' variance alternates from pixel to pixel, {:.1}% of the reals'.",
            100.0 * fake,
            100.0 * real
        ),
        evidence: vec![("alternating_fake", fake), ("alternating_real", real)],
    })
}

fn advice(_: &About) -> Vec<Suggestion> {
    vec![
        Suggestion::With("resize-convolution", "resizing before a convolution reaches all pixels alike"),
        Suggestion::Without("strided-upsampling", "nearest-neighbour upsampling reaches all pixels alike"),
        Suggestion::Do("train for longer: such patterns often fade".into()),
    ]
}
