//! A network that is trained the wrong way round.

use super::advice::Suggestion;
use super::seen::{NEAR, Seen, Streak, come_nearer, mean, separation};
use super::{About, Card, Check, Sight};
use steadygan_run::{Severity, Stats, StatsLine};

/// Rounds for which it is looked at.
const ROUNDS: u64 = 60;

/// Lines on which the generator's step lowers the logits: eight in a row by chance are one in 256.
const LINES: usize = 8;

/// How far on average a step lowers them, in standard deviations; a step is a small one.
const PUSH: f64 = -1e-3;

/// Lines that are enough if it lowers them far.
const FEW_LINES: usize = 5;

/// How far that is on average, in standard deviations.
const FAR: f64 = -1e-2;

/// How far on average the discriminator's step moves reals below fakes, in standard deviations.
const PULL: f64 = -1e-3;

/// How far fakes are ranked above reals, in standard deviations. A discriminator that is fooled ranks them alike.
const INVERTED: f64 = -2.0;

/// A penalty that falls by less than this share over the time does not fall.
const FALL: f64 = 0.1;

pub(super) const CHECK: Check = Check {
    card: Card {
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

fn look(seen: &Seen<'_>) -> Option<Sight> {
    generator(seen).or_else(|| discriminator(seen))
}

/// A generator of the wrong sign has its fakes ranked ever further below the reals: one whose fakes are ranked above them has
/// been raising their logits, and pushes them down for a while only because the discriminator moves under it.
fn generator(seen: &Seen<'_>) -> Option<Sight> {
    // Other terms of the generator's loss need not raise logits.
    if seen.about.has("feature-matching") {
        return None;
    }
    let streak = seen.streak(ROUNDS, |line| line.signs.push < 0.0 && separation(line) > 0.0)?;
    let push = streak.mean(|line| line.signs.push);
    let lasts = streak.lines.len() >= LINES && push < PUSH || streak.lines.len() >= FEW_LINES && push < FAR;
    (lasts && is_from_the_start(seen, &streak) && !does_well(&streak)).then(|| Sight {
        severity: Severity::Severe,
        since: streak.since(),
        says: format!(
            "The generator's steps make its fakes look less real to the discriminator: by {:.3} standard deviations each.",
            -push
        ),
        evidence: vec![("push", push)],
    })
}

fn discriminator(seen: &Seen<'_>) -> Option<Sight> {
    let streak = seen.streak(ROUNDS, |line| separation(line) < INVERTED)?;
    let contradicts = streak.lines.iter().all(|line| contradicts(seen.about, &line.stats));
    // A discriminator that is too slow ranks fakes above reals too, but its steps make up for it.
    let pull = streak.mean(|line| line.signs.pull);
    let is_wrong = contradicts || pull < PULL && !has_falling_penalty(&streak) && !does_well(&streak);
    let of = |value: fn(&StatsLine) -> f64| streak.mean(value);
    let (real, fake, loss) =
        (of(|line| line.stats.logit_real), of(|line| line.stats.logit_fake), of(|line| line.stats.loss_d));
    let why = if contradicts { "is as if that were right" } else { "is made worse by its steps" };
    (is_wrong && is_from_the_start(seen, &streak)).then(|| Sight {
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

/// Whether the loss says that the discriminator does better than chance although its logits are the wrong way round. With
/// sound labels that cannot be: every loss here is convex, so that with reals' mean logit below that of fakes it is at least what
/// it is by chance (Jensen's inequality); Wasserstein's is the difference itself.
fn contradicts(about: &About, stats: &Stats) -> bool {
    let certainty = about.certainty(stats.loss_d);
    stats.logit_real < stats.logit_fake && if certainty.is_nan() { stats.loss_d < 0.0 } else { certainty > 0.0 }
}

/// Whether a penalty falls: one that wants a slope of 1 makes an untrained discriminator steeper whichever way it leans, by
/// chance also the wrong one. If the sign were wrong, the penalty would rise with the loss.
fn has_falling_penalty(streak: &Streak<'_>) -> bool {
    let (before, after) = streak.lines.split_at(streak.lines.len() / 2);
    let penalty = |lines: &[StatsLine]| mean(lines, |line| line.stats.penalty);
    penalty(after) < (1.0 - FALL) * penalty(before)
}

/// Whether fakes are near, or come nearer all the while: a network that learns the opposite of its task drives them away. The
/// discriminator moves while the generator's steps are judged, and so may a sound one be pushed down for a while.
fn does_well(streak: &Streak<'_>) -> bool {
    streak.lines.last().is_some_and(|line| line.signs.distance <= NEAR) || come_nearer(streak.lines)
}

/// A sign is wrong from the beginning: what comes later has another reason.
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
