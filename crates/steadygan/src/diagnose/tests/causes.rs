//! Findings that are easily confused: the cause must be found, and its consequences must not.

use super::*;

/// The findings on 100 lines of a sound run, each altered by `change`, with their severity.
fn found(change: impl Fn(u64, &mut StatsLine)) -> Vec<(String, Severity)> {
    told(&plan(""), 100, change).into_iter().map(|found| (found.finding, found.severity)).collect()
}

/// The first severe finding of such a series.
fn first_severe(change: impl Fn(u64, &mut StatsLine)) -> Option<String> {
    let severe = found(change).into_iter().find(|(_, severity)| *severity == Severity::Severe);
    severe.map(|(name, _)| name)
}

/// Gradients of weights that a step blew up change as wildly as the weights; gradients of weights that were too large
/// from the beginning hardly change. Later steps show nothing, because Adam's are small after a huge gradient.
#[test]
fn steps_that_blew_weights_up_before_the_first_line_are_the_cause() {
    let blown_up = |number: u64, line: &mut StatsLine| {
        line.stats.grad_norm_d = 1e12 / 200f64.powi(number as i32 - 1);
        (line.signs.bend_d, line.signs.saturated_fake) = (1e-5, 1.0);
    };
    assert_eq!(first_severe(blown_up).as_deref(), Some("steps-too-large"));
    let too_large_weights = |number: u64, line: &mut StatsLine| {
        line.stats.grad_norm_d = 1e4 * 0.95f64.powi(number as i32);
    };
    assert_eq!(first_severe(too_large_weights).as_deref(), Some("exploding-gradients"));
}

/// When training begins, steps are large relative to the small weights. They did not cause an explosion that builds up
/// over hundreds of rounds; a large step right before an explosion did.
#[test]
fn only_a_step_just_before_an_explosion_is_its_cause() {
    let exploding_at = |large: u64| {
        move |number: u64, line: &mut StatsLine| {
            line.stats.grad_norm_d = if number < 40 { 3.0 * 1.2f64.powi(number as i32) } else { 5e3 };
            line.signs.update_d = if number == large { 0.07 } else { 0.002 };
        }
    };
    assert_eq!(first_severe(exploding_at(1)).as_deref(), Some("exploding-gradients"));
    let at_once = |number: u64, line: &mut StatsLine| {
        line.stats.grad_norm_d = if number < 40 { 3.0 } else { 5e3 };
        line.signs.update_d = if number == 38 { 0.07 } else { 0.002 };
    };
    assert_eq!(first_severe(at_once).as_deref(), Some("steps-too-large"));
}

/// A missing activation is missing from the beginning. Later on, a discriminator that is certain may have all its units
/// on one side of their kink.
#[test]
fn a_network_that_stops_bending_misses_no_activation() {
    assert_eq!(found(|number, line| line.signs.bend_d = if number < 30 { 0.2 } else { 1e-6 }), []);
}

/// Fakes that were near get worse under a discriminator that notices it: from twice the best distance on it is a severe
/// decay, and no severe win of the discriminator. Below that it may be a swing.
#[test]
fn fakes_that_fade_decay_and_are_not_beaten() {
    let fading_to = |furthest: f64| {
        move |number: u64, line: &mut StatsLine| {
            line.signs.distance = if number < 40 { 0.15 } else { (0.15 + 0.005 * (number - 40) as f64).min(furthest) };
            if number > 45 {
                (line.stats.loss_d, line.signs.logit_train, line.signs.logit_holdout) = (0.79, 5.0, 4.9);
            }
        }
    };
    let warned = ("discriminator-winning".to_owned(), Severity::Warning);
    let decay = |severity| ("decay".to_owned(), severity);
    assert_eq!(found(fading_to(0.31)), [warned.clone(), decay(Severity::Warning), decay(Severity::Severe)]);
    assert_eq!(found(fading_to(0.29)), [warned, decay(Severity::Warning)]);
}

/// Fakes that are near are no failure, even if they were much nearer before.
#[test]
fn what_is_near_is_not_severe() {
    let to =
        |furthest: f64| first_severe(|number, line| line.signs.distance = if number < 60 { 0.05 } else { furthest });
    assert_eq!((to(0.19), to(0.21).as_deref()), (None, Some("decay")));
    let pushed_at = |distance: f64| first_severe(|_, line| (line.signs.push, line.signs.distance) = (-0.02, distance));
    assert_eq!((pushed_at(0.19), pushed_at(0.21).as_deref()), (None, Some("wrong-sign")));
}

/// Fakes that keep coming nearer have no wrong sign behind them, whatever a step seems to do, and no winning generator.
/// They must come nearer by a tenth over the later half, here of 6 lines and of 25.
#[test]
fn what_comes_nearer_is_not_severe() {
    let pushed = |each: f64| {
        first_severe(|number, line| {
            (line.signs.push, line.signs.distance) = (-0.02, each.powi(number as i32));
        })
    };
    assert_eq!((pushed(0.965), pushed(0.966).as_deref()), (None, Some("wrong-sign")));
    let pulled = |each: f64| {
        first_severe(|number, line| {
            (line.signs.logit_fixed, line.signs.pull) = (2.0, -0.1);
            line.signs.distance = each.powi(number as i32);
        })
    };
    assert_eq!((pulled(0.965), pulled(0.966).as_deref()), (None, Some("wrong-sign")));
    let fooled = |each: f64| {
        first_severe(|number, line| {
            (line.signs.logit_fixed, line.signs.pull) = (0.3, 0.0);
            line.signs.distance = 0.9 * each.powi(number as i32);
        })
    };
    assert_eq!((fooled(0.991), fooled(0.992).as_deref()), (None, Some("generator-winning")));
}

/// A discriminator that does not notice that fakes got worse has fallen behind, and pulls them back once it has
/// learned.
#[test]
fn a_swing_is_no_decay() {
    let swinging = |number: u64, line: &mut StatsLine| {
        let away = (40..60).contains(&number);
        line.signs.distance = if away { 0.45 } else { 0.1 };
        (line.signs.logit_train, line.signs.logit_holdout) = if away { (-0.4, -0.4) } else { (0.3, 0.25) };
    };
    let decay = |severity| ("decay".to_owned(), severity);
    assert_eq!(found(swinging), [decay(Severity::Warning), decay(Severity::Over)]);
}

/// A sound Wasserstein critic with a gradient penalty in its first rounds: by chance it leans the wrong way, the
/// penalty makes that steeper, and then it learns.
#[test]
fn a_critic_may_begin_the_wrong_way_round() {
    let plan = plan(
        "base='dcgan'\n[heuristics]\nwasserstein={clip=0.0}\ngradient-penalty=true\nbatch-norm={discriminator=false}",
    );
    let severe = |change: fn(u64, &mut StatsLine)| -> Vec<String> {
        let told = told(&plan, 40, change).into_iter();
        told.filter(|found| found.severity == Severity::Severe).map(|found| found.finding).collect()
    };
    let lean = |number: u64, line: &mut StatsLine| {
        (line.stats.penalty, line.signs.pull) =
            (10.0 * 0.8f64.powi(number as i32), if number < 10 { -0.2 } else { 0.1 });
        (line.stats.logit_real, line.stats.logit_fake, line.stats.loss_d) = (0.0, 3.0, 3.0);
        (line.signs.logit_train, line.signs.logit_holdout, line.signs.logit_fixed) = (0.0, 0.0, 3.0);
        line.signs.distance = 0.9;
    };
    assert!(severe(lean).is_empty(), "{:?}", severe(lean));
    // The same for the generator's steps, which are measured while the critic moves.
    let overtaken = |number: u64, line: &mut StatsLine| {
        (line.signs.logit_fixed, line.signs.distance) = (1.5, 0.5);
        line.signs.push = if (5..20).contains(&number) { -0.02 } else { 0.02 };
    };
    assert!(severe(overtaken).is_empty(), "{:?}", severe(overtaken));
    // A penalty that rises with the loss, or a loss that says the wrong ranking is right, does mean a wrong sign.
    let rising = |number: u64, line: &mut StatsLine| {
        (line.signs.logit_fixed, line.signs.pull, line.stats.penalty) = (3.0, -0.2, 10.0 + number as f64);
        line.signs.distance = 0.9;
    };
    assert_eq!(severe(rising), ["wrong-sign"]);
    let swapped = |_: u64, line: &mut StatsLine| {
        (line.stats.logit_real, line.stats.logit_fake, line.stats.loss_d) = (-2.0, 2.0, -4.0);
        (line.signs.logit_train, line.signs.logit_holdout, line.signs.logit_fixed) = (-2.0, -2.0, 2.0);
    };
    assert_eq!(severe(swapped), ["wrong-sign"]);
}

/// A discriminator that is worse than chance by its own loss does not have swapped labels.
#[test]
fn a_discriminator_that_is_overtaken_is_not_swapped() {
    let told = told(&plan("base='dcgan'"), 40, |_, line| {
        (line.stats.logit_real, line.stats.logit_fake, line.stats.loss_d) = (-1.0, 1.0, 2.6);
        (line.signs.logit_train, line.signs.logit_holdout, line.signs.logit_fixed) = (-1.0, -1.0, 1.0);
    });
    let found: Vec<_> = told.iter().map(|found| (found.finding.as_str(), found.severity)).collect();
    assert!(found.iter().all(|(_, severity)| *severity != Severity::Severe), "{found:?}");
}
