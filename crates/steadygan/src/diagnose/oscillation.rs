//! Two networks that chase each other in circles.

use super::advice::{Suggestion, rates};
use super::seen::{Seen, mean};
use super::{About, Check, Detection, FindingCard};
use steadygan_run::{Severity, StatsLine};

/// The least number of lines: enough for several swings.
const LINES: usize = 32;

/// The least number of rounds that the lines span.
const ROUNDS: u64 = 200;

/// How far the distance between reals' and fakes' mean logits swings: its standard deviation over its mean.
const SWING: f64 = 1.0;

/// Crossings of the mean: noise crosses it at every second line, a trend once.
const CROSSINGS: std::ops::RangeInclusive<usize> = 4..=12;

pub(super) const CHECK: Check = Check {
    card: FindingCard {
        name: "oscillation",
        looks_for: "Over 32 lines or more the distance of the logits of reals and fakes swings by more than its mean, in 2 to 6 whole \
                    swings. A warning.",
        means: "The two networks run after each other in circles and do not settle: fakes change from line to line without getting better.",
        symptom_of: &[],
    },
    look,
    advice,
};

fn look(seen: &Seen<'_>) -> Option<Detection> {
    let count = seen.about.lines(ROUNDS).max(LINES);
    let lines = &seen.lines[seen.lines.len().checked_sub(count)?..];
    let apart = |line: &StatsLine| line.stats.logit_real - line.stats.logit_fake;
    let middle = mean(lines, apart);
    let deviation = mean(lines, |line| (apart(line) - middle).powi(2)).sqrt();
    let above: Vec<bool> = lines.iter().map(|line| apart(line) > middle).collect();
    let crossings = above.windows(2).filter(|pair| pair[0] != pair[1]).count();
    (deviation > SWING * middle.abs() && CROSSINGS.contains(&crossings)).then(|| Detection {
        severity: Severity::Warning,
        since: lines[0].stats.images,
        says: format!(
            "The logits of reals and fakes swing apart and together: {middle:.2} ± {deviation:.2}, {crossings} times across the mean."
        ),
        evidence: vec![("apart", middle), ("deviation", deviation), ("crossings", crossings as f64)],
    })
}

fn advice(about: &About) -> Vec<Suggestion> {
    vec![
        Suggestion::With("r1", "a penalty under which the game settles"),
        Suggestion::With("ema", "an average of the generator's weights does not swing"),
        Suggestion::With("adam", "less momentum (beta1 0.5)"),
        rates(about, [0.5, 0.5], "half of the learning rate"),
    ]
}
