//! Reals and fakes in different ranges.

use super::advice::Suggestion;
use super::seen::Seen;
use super::{About, Check, Detection, FindingCard};
use steadygan_run::{Severity, StatsLine};

/// How far a value may be from its level scaled to the range, as a share of the range; one level is 0.004 of it.
const TOLERANCE: f64 = 0.05;

/// How far fakes may lie outside of the reals' range, as a share of it, where the output has no bounds.
const BEYOND: f64 = 0.5;

/// Rounds for which fakes are outside.
const ROUNDS: u64 = 100;

pub(super) const CHECK: Check = Check {
    card: FindingCard {
        name: "range-mismatch",
        looks_for: "Reals as the discriminator sees them are not their levels scaled to the range of the generator's output \
                    (off by more than 5% of it); or, where the output has no bounds, fakes lie outside of the reals' range by \
                    more than half of it for 100 rounds. Severe.",
        means: "The discriminator tells reals from fakes by their range alone, and the generator spends itself on matching it.",
        symptom_of: &[],
    },
    look,
    advice,
};

fn look(seen: &Seen<'_>) -> Option<Detection> {
    if seen.about.of_points() {
        return None;
    }
    match seen.about.plan.model.output.range() {
        Some(range) => reals_off(seen, range),
        None => fakes_outside(seen),
    }
}

/// Finds reals that are not scaled to the range of the generator's output.
fn reals_off(seen: &Seen<'_>, [low, high]: [f64; 2]) -> Option<Detection> {
    let off = |line: &StatsLine| {
        let at = |level: f64| low + level / 255.0 * (high - low);
        let signs = line.signs;
        let off = (signs.real_low - at(signs.level_low)).abs().max((signs.real_high - at(signs.level_high)).abs());
        off / (high - low)
    };
    let last = seen.lines.last()?;
    (off(last) > TOLERANCE).then(|| {
        let signs = last.signs;
        Detection {
            severity: Severity::Severe,
            since: seen.lines[0].stats.images,
            says: format!(
                "Reals lie in [{:.2}, {:.2}], the generator's output in [{low}, {high}].",
                signs.real_low, signs.real_high
            ),
            evidence: vec![
                ("real_low", signs.real_low),
                ("real_high", signs.real_high),
                ("fake_low", signs.fake_low),
                ("fake_high", signs.fake_high),
                ("off", off(last)),
            ],
        }
    })
}

/// Finds fakes far outside of the reals' range.
fn fakes_outside(seen: &Seen<'_>) -> Option<Detection> {
    let beyond = |line: &StatsLine| {
        let signs = line.signs;
        let outside = (signs.real_low - signs.fake_low).max(signs.fake_high - signs.real_high);
        outside / (signs.real_high - signs.real_low)
    };
    let streak = seen.streak(ROUNDS, |line| beyond(line) > BEYOND)?;
    let signs = streak.lines.last()?.signs;
    Some(Detection {
        severity: Severity::Severe,
        since: streak.since(),
        says: format!(
            "Fakes reach from {:.2} to {:.2}, reals from {:.2} to {:.2}.",
            signs.fake_low, signs.fake_high, signs.real_low, signs.real_high
        ),
        evidence: vec![
            ("real_low", signs.real_low),
            ("real_high", signs.real_high),
            ("fake_low", signs.fake_low),
            ("fake_high", signs.fake_high),
        ],
    })
}

fn advice(_: &About) -> Vec<Suggestion> {
    vec![
        Suggestion::With("image-scaling", "scales reals to [-1, 1] and ends the generator in tanh"),
        Suggestion::Do("scale the reals to the range of the generator's last activation".into()),
    ]
}
