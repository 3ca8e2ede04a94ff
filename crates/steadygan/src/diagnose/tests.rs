//! Series made by hand, and the findings expected on them.

mod causes;

use super::*;
use crate::data::{Dataset, Images};
use crate::plan::Plan;
use crate::recipe::PRESETS;
use steadygan_run::{Finding, ModesLine, Outcome, Signs, Stats, StatsLine};

fn plan(text: &str) -> Plan {
    let mut recipe = crate::heuristics::recipe();
    recipe
        .lay_text("[data]\nsize=8\n[model]\nwidth=4\n[train]\nbatch=10\nimages=40000\nstats-every=100", "small")
        .unwrap();
    recipe.lay_text(text, "test").unwrap();
    crate::decide::decide(&recipe, 1).unwrap()
}

/// A line of a sound run; lines are ten rounds apart.
fn sound(number: u64) -> StatsLine {
    let stats = Stats {
        images: 100 * number,
        time_s: 0.0,
        images_per_s: 0.0,
        loss_d: 1.3,
        loss_g: 0.8,
        penalty: 0.0,
        logit_real: 0.3,
        logit_fake: -0.3,
        grad_norm_d: 2.0,
        grad_norm_g: 1.0,
        diversity: 0.9,
    };
    let signs = Signs {
        real_low: -1.0,
        real_high: 1.0,
        level_low: 0.0,
        level_high: 255.0,
        fake_low: -0.99,
        fake_high: 0.98,
        saturated_real: 0.3,
        saturated_fake: 0.2,
        constant: 0.0,
        diversity_now: 0.9,
        distance: 0.1,
        rough_real: 0.3,
        rough_fake: 0.3,
        alternating_real: 0.005,
        alternating_fake: 0.006,
        logit_train: 0.3,
        logit_holdout: 0.25,
        logit_fixed: -0.3,
        logit_spread: 0.5,
        push: 0.02,
        pull: 0.01,
        nearest: f64::NAN,
        update_d: 0.002,
        update_g: 0.004,
        dead_d: 0.0,
        dead_g: 0.0,
        bend_d: 0.6,
        bend_g: 0.7,
    };
    StatsLine { stats, signs }
}

/// The findings on a sound run of `lines` lines, each altered by `change`, which also gets the line's number.
fn told(plan: &Plan, lines: u64, change: impl Fn(u64, &mut StatsLine)) -> Vec<Finding> {
    let mut doctor = Doctor::new(plan, 100);
    let lines = (1..=lines).map(|number| {
        let mut line = sound(number);
        change(number, &mut line);
        line
    });
    lines.flat_map(|line| doctor.see(Observation::Stats(line))).collect()
}

/// The severe findings of a series.
fn severe(plan: &Plan, change: impl Fn(&mut StatsLine)) -> Vec<String> {
    let told = told(plan, 100, |_, line| change(line));
    told.into_iter().filter(|found| found.severity == Severity::Severe).map(|found| found.finding).collect()
}

#[test]
fn of_a_sound_run_there_is_nothing_to_say() {
    assert_eq!(told(&plan(""), 200, |_, _| {}), []);
    assert_eq!(told(&plan("base='modern'"), 200, |_, _| {}), []);
}

#[test]
fn each_failure_has_its_name() {
    type Change = fn(&mut StatsLine);
    let failures: [(&str, Change); 12] = [
        ("range-mismatch", |line| line.signs.real_low = 0.0),
        ("missing-nonlinearity", |line| line.signs.bend_d = 1e-6),
        ("wrong-sign", |line| (line.signs.push, line.signs.distance) = (-0.02, 0.8)),
        ("wrong-sign", |line| {
            (line.signs.logit_fixed, line.signs.pull, line.signs.distance) = (2.0, -0.1, 0.8);
        }),
        ("dead-units", |line| line.signs.dead_d = 1.0),
        ("steps-too-large", |line| line.signs.update_g = 0.2),
        ("exploding-gradients", |line| line.stats.grad_norm_d = 5e3),
        ("vanishing-gradients", |line| line.stats.grad_norm_g = 1e-8),
        ("memorisation", |line| line.signs.logit_holdout = -0.4),
        ("mode-collapse", |line| line.stats.diversity = 0.01),
        ("generator-winning", |line| {
            (line.signs.logit_fixed, line.signs.distance, line.signs.pull) = (0.3, 0.9, 0.0);
        }),
        ("saturation", |line| line.signs.saturated_fake = 1.0),
    ];
    for (name, change) in failures {
        assert_eq!(severe(&plan(""), change), [name]);
    }
    let certain: Change = |line| {
        (line.stats.loss_d, line.signs.distance) = (0.79, 0.8);
        (line.signs.logit_train, line.signs.logit_holdout) = (5.0, 4.9);
    };
    assert_eq!(severe(&plan(""), certain), ["discriminator-winning"]);
}

/// With soft labels a loss of 0.79 is the floor; with hard ones the discriminator is far from certain.
#[test]
fn a_loss_is_judged_by_its_floor() {
    let low = |line: &mut StatsLine| {
        (line.stats.loss_d, line.signs.distance) = (0.79, 0.8);
        (line.signs.logit_train, line.signs.logit_holdout) = (5.0, 4.9);
    };
    assert!(severe(&plan("base='dcgan'"), low).is_empty());
}

/// When a discriminator that is certain from the first line on is found to be winning, and how severe that is, with
/// fakes at these distances from the reals.
fn won(distance: impl Fn(u64) -> f64) -> Vec<(u64, Severity)> {
    let told = told(&plan(""), 100, |number, line| {
        (line.stats.loss_d, line.signs.logit_train, line.signs.logit_holdout) = (0.79, 5.0, 4.9);
        line.signs.distance = distance(number);
    });
    told.into_iter()
        .filter(|found| found.finding == "discriminator-winning")
        .map(|found| (found.images, found.severity))
        .collect()
}

/// 150 rounds are 15 lines, 450 are 45.
const WARNED: (u64, Severity) = (1_500, Severity::Warning);

#[test]
fn a_winning_discriminator_is_no_failure_while_fakes_get_better() {
    assert_eq!(won(|number| 0.97f64.powi(number as i32)), [WARNED]);
    assert_eq!(won(|_| 0.8), [WARNED, (4_500, Severity::Severe)]);
}

/// Fakes that came a part of the way may only pause.
#[test]
fn a_discriminator_has_won_where_fakes_got_nowhere() {
    let standing_at = |first: f64, later: f64| won(move |number| if number < 3 { first } else { later });
    assert_eq!(standing_at(1.0, 0.59), [WARNED]);
    assert_eq!(standing_at(1.0, 0.61).len(), 2);
    // Fakes of a run that began with trained weights are near from the first line on.
    assert_eq!(standing_at(0.19, 0.19), [WARNED]);
    assert_eq!(standing_at(0.21, 0.21).len(), 2);
}

/// Lines 11 to 60 have fakes that are alike: 25 lines are 250 rounds, and five lines without them end the finding.
#[test]
fn a_finding_begins_gets_worse_and_is_over() {
    let told = told(&plan(""), 100, |number, line| {
        line.stats.diversity = if (11..=60).contains(&number) { if number < 30 { 0.3 } else { 0.04 } } else { 0.9 };
    });
    let seen: Vec<_> = told.iter().map(|found| (found.images, found.since, found.severity)).collect();
    let expected =
        [(3_500, 1_100, Severity::Warning), (5_400, 1_100, Severity::Severe), (6_500, 1_100, Severity::Over)];
    assert_eq!(seen, expected);
    assert_eq!(told[1].evidence["diversity"], 0.04);
    assert!(told[1].says.contains("4%"), "{}", told[1].says);
    let recipes: Vec<&str> = told[1].advice.iter().map(|advice| advice.recipe.as_str()).collect();
    assert_eq!(recipes[..2], ["--with minibatch-std", "--with pac"]);
}

#[test]
fn fakes_that_were_better_before_decay() {
    let told = told(&plan(""), 100, |number, line| line.signs.distance = if number < 60 { 0.05 } else { 0.4 });
    let found: Vec<_> = told.iter().map(|found| (found.finding.as_str(), found.severity)).collect();
    assert_eq!(found, [("decay", Severity::Severe)]);
    // If the run measures its own metric, the energy distances are not used.
    let mut doctor = Doctor::new(&plan(""), 1_000);
    let of = |images: u64, value: f64| Observation::Distance(MeasuredDistance { images, value, deviation: 0.001 });
    let signs = [(1, 0.3), (2, 0.02), (3, 0.021), (4, 0.033), (5, 0.034), (6, 0.035), (7, 0.06)];
    let told: Vec<Finding> = signs.into_iter().flat_map(|(images, value)| doctor.see(of(images, value))).collect();
    let found: Vec<_> = told.iter().map(|found| (found.images, found.since, found.severity)).collect();
    assert_eq!(found, [(6, 2, Severity::Warning)]);
}

#[test]
fn missing_modes_and_divergence_are_told() {
    let plan = plan("");
    let mut doctor = Doctor::new(&plan, 1_000);
    let line = |images| ModesLine {
        images,
        modes: 6,
        of: 8,
        high_quality: 0.9,
        reverse_kl: 0.3,
        samples: 2_500,
        energy_distance: None,
    };
    let told: Vec<Finding> =
        [10_000, 19_000, 21_000, 30_000].into_iter().flat_map(|at| doctor.see(Observation::Modes(line(at)))).collect();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].finding.as_str(), told[0].images, told[0].since), ("missing-modes", 21_000, 10_000));
    let outcome = Outcome::Diverged { images: 30_010, quantity: "loss_d".into() };
    let told = doctor.end(&outcome);
    assert_eq!((told[0].finding.as_str(), told[0].severity), ("exploding-gradients", Severity::Severe));
    assert_eq!(told[0].says, "loss_d was not finite after 30010 images.");
    assert!(doctor.end(&Outcome::Finished { images: 40_000 }).is_empty());
}

/// All advice for every preset can be planned on top of that preset.
#[test]
fn advice_can_be_followed() {
    for (preset, _) in PRESETS {
        let text = format!("base='{preset}'\n[data]\nsize=8\n[model]\nwidth=4\n[train]\nbatch=8");
        let mut recipe = crate::heuristics::recipe();
        recipe.lay_text(&text, "preset").unwrap();
        let about = About::new(&crate::decide::decide(&recipe, 1).unwrap(), 1_000);
        for check in CATALOGUE {
            let advice = advice::resolved((check.advice)(&about), &about.plan);
            assert!(!advice.is_empty(), "{preset}: {}", check.card.name);
            for advice in advice {
                let mut followed = recipe.clone();
                let words: Vec<&str> = advice.recipe.split(' ').filter(|word| !word.is_empty()).collect();
                for pair in words.chunks(2) {
                    match *pair {
                        ["--set", assignment] => followed.lay_assignment(assignment, "--set").unwrap(),
                        ["--with", name] => {
                            assert!(!about.has(name), "{name} is on");
                            followed.lay_value(&format!("heuristics.{name}"), true, "--with").unwrap();
                        }
                        ["--without", name] => {
                            followed.lay_value(&format!("heuristics.{name}"), false, "--without").unwrap();
                        }
                        _ => panic!("{}", advice.recipe),
                    }
                }
                let planned = crate::decide::decide(&followed, 1);
                assert!(planned.is_ok(), "{preset}: {}: {:?}", advice.recipe, planned.err());
            }
        }
    }
}

#[test]
fn names_are_unique_and_causes_are_known() {
    let mut names: Vec<&str> = cards().map(|card| card.name).collect();
    assert!(cards().all(|card| card.symptom_of.iter().all(|cause| names.contains(cause))));
    for check in CATALOGUE {
        let later = CATALOGUE.iter().skip_while(|other| other.card.name != check.card.name);
        let is_later = |cause: &str| later.clone().any(|other| other.card.name == cause);
        let late: Vec<_> = check.card.symptom_of.iter().filter(|cause| is_later(cause)).collect();
        assert!(late.is_empty(), "{late:?} are looked for after {}, a symptom of theirs", check.card.name);
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), cards().count());
}

fn dataset(pixels: Vec<u8>) -> Dataset {
    let none = Images { channels: 1, size: 2, pixels: Vec::new(), classes: None };
    Dataset::from_samples("x", Images { pixels, ..none.clone() }, none)
}

#[test]
fn faults_of_the_data_are_told_before_training() {
    let found = |pixels: Vec<u8>| -> Vec<(String, Severity)> {
        let found = before_training(&plan(""), &dataset(pixels));
        assert!(found.iter().all(|found| found.images == 0));
        found.into_iter().map(|found| (found.finding, found.severity)).collect()
    };
    let varied = |count: u32| (0..count).flat_map(|number| [(number / 256) as u8, number as u8, 200, 7]).collect();
    assert_eq!(found(varied(1_200)), []);
    assert_eq!(found(varied(300)), [("few-images".into(), Severity::Warning)]);
    assert_eq!(found(vec![90; 4 * 1_200]), [("constant-images".into(), Severity::Severe)]);
    assert_eq!(found([7, 90, 30, 200].repeat(1_200)), [("duplicate-images".into(), Severity::Severe)]);
    let narrow = (0..1_200u32).flat_map(|at| [at % 60, at / 60, 59, 1].map(|level| 100 + level as u8)).collect();
    assert_eq!(found(narrow), [("narrow-levels".into(), Severity::Warning)]);
}
