//! A network that is trained to do the opposite of its task.

use super::advice::Suggestion;
use super::seen::{NEAR, Seen, Streak, come_nearer, mean, separation};
use super::{About, Check, Detection, FindingCard};
use steadygan_run::{Severity, Stats, StatsLine};

/// Rounds for which the symptom must last.
const ROUNDS: u64 = 60;

/// Consecutive lines on which the generator's step lowers its fakes' logits: eight by chance have a probability of
/// 1/256.
const LINES: usize = 8;

/// The mean change of the fakes' logits by a generator step, in standard deviations; one step is small.
const PUSH: f64 = -1e-3;

/// Lines that are enough if the mean change is below [`FAR`].
const FEW_LINES: usize = 5;

/// A mean change far below zero, in standard deviations.
const FAR: f64 = -1e-2;

/// The mean change of the separation of reals from fakes by a discriminator step, in standard deviations.
const PULL: f64 = -1e-3;

/// Below this separation, in standard deviations, fakes are ranked above reals. A discriminator that is only fooled
/// ranks them alike.
const INVERTED: f64 = -2.0;

/// A penalty that falls by a smaller share than this counts as not falling.
const FALL: f64 = 0.1;

pub(super) const CHECK: Check = Check {
    card: FindingCard {
        name: "wrong-sign",
        looks_for: "The generator's step lowers the logits of fakes that are ranked below the reals, on eight lines in a row \
                    (five, if by more than 0.01 standard deviations on average) and for 60 rounds; or the discriminator \
                    ranks fakes above reals by more than two standard deviations for 60 rounds, and its steps make that \
                    worse while no falling penalty explains it, or its loss says that it does well; all for half of the time since \
                    training began and, unless the loss says so, while fakes are further than 0.2 from the reals (energy distance) and came \
                    nearer by less than a tenth over the time. Severe.",
        means: "A loss has the wrong sign, or labels are swapped: a network learns the opposite of its task.",
        symptom_of: &["range-mismatch", "missing-nonlinearity"],
    },
    look,
    advice,
};

fn look(seen: &Seen<'_>) -> Option<Detection> {
    generator(seen).or_else(|| discriminator(seen))
}

/// Finds a generator that is trained with the wrong sign. Its fakes are ranked ever further below the reals. Fakes that
/// are ranked above the reals come from a generator that has been raising their logits; its steps lower them for a
/// while only because the discriminator moves meanwhile.
fn generator(seen: &Seen<'_>) -> Option<Detection> {
    // Other terms of the generator's loss need not raise logits.
    if seen.about.has("feature-matching") {
        return None;
    }
    let streak = seen.streak(ROUNDS, |line| line.signs.push < 0.0 && separation(line) > 0.0)?;
    let push = streak.mean(|line| line.signs.push);
    let lasts = streak.lines.len() >= LINES && push < PUSH || streak.lines.len() >= FEW_LINES && push < FAR;
    (lasts && is_from_the_start(seen, &streak) && !does_well(&streak)).then(|| Detection {
        severity: Severity::Severe,
        since: streak.since(),
        says: format!(
            "The generator's steps make its fakes look less real to the discriminator: by {:.3} standard deviations each.",
            -push
        ),
        evidence: vec![("push", push)],
    })
}

fn discriminator(seen: &Seen<'_>) -> Option<Detection> {
    let streak = seen.streak(ROUNDS, |line| separation(line) < INVERTED)?;
    let contradicts = streak.lines.iter().all(|line| contradicts(seen.about, &line.stats));
    // A discriminator that is too slow ranks fakes above reals too, but its steps correct that.
    let pull = streak.mean(|line| line.signs.pull);
    let is_wrong = contradicts || pull < PULL && !has_falling_penalty(&streak) && !does_well(&streak);
    let of = |value: fn(&StatsLine) -> f64| streak.mean(value);
    let (real, fake, loss) =
        (of(|line| line.stats.logit_real), of(|line| line.stats.logit_fake), of(|line| line.stats.loss_d));
    let why = if contradicts { "is as if that were right" } else { "is made worse by its steps" };
    (is_wrong && is_from_the_start(seen, &streak)).then(|| Detection {
        severity: Severity::Severe,
        since: streak.since(),
        says: format!(
            "The discriminator takes fakes for real and reals for fake: logits {real:.2} on reals, {fake:.2} on fakes; its loss of \
             {loss:.2} {why}."
        ),
        evidence: vec![
            ("logit_real", real),
            ("logit_fake", fake),
            ("separation", of(separation)),
            ("pull", pull),
            ("loss_d", loss),
        ],
    })
}

/// Whether the loss says that the discriminator does better than chance although it ranks fakes above reals. With
/// correct labels that is impossible. Every loss here is convex, so that with the reals' mean logit below the fakes'
/// the loss is at least the loss at chance (Jensen's inequality); Wasserstein's loss is the difference itself.
fn contradicts(about: &About, stats: &Stats) -> bool {
    let certainty = about.certainty(stats.loss_d);
    stats.logit_real < stats.logit_fake && if certainty.is_nan() { stats.loss_d < 0.0 } else { certainty > 0.0 }
}

/// Whether the penalty falls. A penalty that wants a slope of 1 makes an untrained discriminator steeper in whichever
/// direction it leans, by chance also in the wrong one. If the sign were wrong, the penalty would rise with the loss.
fn has_falling_penalty(streak: &Streak<'_>) -> bool {
    let (before, after) = streak.lines.split_at(streak.lines.len() / 2);
    let penalty = |lines: &[StatsLine]| mean(lines, |line| line.stats.penalty);
    penalty(after) < (1.0 - FALL) * penalty(before)
}

/// Whether fakes are near the reals, or come nearer: a network that learns the opposite of its task drives them away. A
/// sound generator's steps, too, may lower logits for a while, because the discriminator moves while they are measured.
fn does_well(streak: &Streak<'_>) -> bool {
    streak.lines.last().is_some_and(|line| line.signs.distance <= NEAR) || come_nearer(streak.lines)
}

/// Whether the streak covers at least half of all lines. A wrong sign is wrong from the beginning; what comes later has
/// another cause.
fn is_from_the_start(seen: &Seen<'_>, streak: &Streak<'_>) -> bool {
    2 * streak.lines.len() >= seen.lines.len()
}

fn advice(_: &About) -> Vec<Suggestion> {
    vec![Suggestion::Do(
        "check the sign of each loss and which label is real: the discriminator's loss falls as reals get higher logits than \
         fakes, the generator's as fakes get higher logits"
            .into(),
    )]
}
