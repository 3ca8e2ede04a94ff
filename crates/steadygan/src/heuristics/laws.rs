//! Laws that hold for every heuristic of the catalogue.

use super::testing::{checkpoint, plan_of, plan_with, resumed, sampled, trained, weights};
use super::{cards, chosen, defaults, names};
use crate::plan::Plan;
use crate::recipe::PRESETS;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn names_are_unique_and_in_kebab_case() {
    let unique: BTreeSet<_> = names().collect();
    assert_eq!(unique.len(), names().count());
    assert!(names().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')));
}

#[test]
fn every_card_is_complete_and_in_sentences() {
    for card in cards() {
        for text in [card.claim, card.without] {
            assert!(text.ends_with('.') && text.len() > 10, "{}: {text}", card.name);
        }
        for text in [card.formula, card.default, card.source] {
            assert!(!text.is_empty(), "{}", card.name);
        }
    }
}

#[test]
fn settings_survive_toml() {
    for (name, settings) in defaults() {
        let text = toml::to_string(&settings).expect("TOML");
        assert_eq!(text.parse::<toml::Table>().expect("TOML"), settings, "{name}");
        assert!(chosen(&BTreeMap::from([(name.to_owned(), settings)])).is_ok(), "{name}");
    }
}

/// The eleven heuristics of the preset `hacks`.
fn eleven() -> Vec<&'static str> {
    let (_, on) = PRESETS.iter().find(|(preset, _)| *preset == "hacks").expect("the preset");
    assert_eq!(on.len(), 11);
    on.to_vec()
}

#[test]
fn presets_name_known_heuristics() {
    for (preset, on) in PRESETS {
        assert!(on.iter().all(|name| names().any(|known| known == *name)), "{preset}");
    }
    let hacks = plan_of("base = 'hacks'").expect("a plan");
    assert_eq!(hacks.heuristics.keys().map(String::as_str).collect::<BTreeSet<_>>(), eleven().into_iter().collect());
}

/// The recipe text that turns these heuristics on over `plain`.
fn only(on: &[&str]) -> String {
    let lines: String = on.iter().map(|name| format!("{name} = true\n")).collect();
    format!("base = 'plain'\n[heuristics]\n{lines}")
}

/// Planning is idempotent: a heuristic that plans again changes nothing.
#[test]
fn planning_twice_changes_nothing() {
    let alone = names().map(|name| only(&[name]));
    let presets = PRESETS.iter().map(|(preset, _)| format!("base = '{preset}'"));
    for text in alone.chain(presets) {
        let plan = plan_of(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let mut again = plan.clone();
        for heuristic in chosen(&plan.heuristics).expect("the plan's own") {
            heuristic.plan(&mut again).expect("the plan's own");
        }
        assert_eq!(plan, again, "{text}");
    }
}

/// Every combination of the eleven can be planned. A covering sample of the combinations trains two rounds with finite
/// weights: each heuristic alone, all but each, and rows in which every pair of heuristics takes all four values.
#[test]
fn all_settings_plan_and_a_covering_sample_trains() {
    let all = eleven();
    let chosen_by = |bits: u32| -> Vec<&str> {
        all.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, name)| *name).collect()
    };
    let count = 1u32 << all.len();
    for bits in 0..count {
        assert_eq!(plan_with(&chosen_by(bits)).heuristics.len(), bits.count_ones() as usize);
    }
    let mut sample: BTreeSet<u32> = pairwise_rows(all.len());
    sample.extend((0..all.len()).flat_map(|at| [1 << at, (count - 1) ^ (1 << at)]));
    sample.extend([0, count - 1]);
    for bits in sample {
        let plan = plan_with(&chosen_by(bits));
        trained(&plan, 2 * plan.train.round());
    }
}

/// Rows of bits in which every pair of columns takes the values 00, 01, 10 and 11. Row d has a 1 in the columns whose
/// number has binary digit d set. Two columns differ in some digit, so that this row and its complement give 01 and 10;
/// the rows of zeros and of ones give 00 and 11.
fn pairwise_rows(columns: usize) -> BTreeSet<u32> {
    let digits = usize::BITS - columns.leading_zeros();
    let row = |digit: u32| (0..columns).filter(|column| column >> digit & 1 == 1).fold(0, |row, at| row | 1 << at);
    let ones = (1u32 << columns) - 1;
    let rows: BTreeSet<u32> = (0..digits).map(row).flat_map(|row| [row, ones ^ row]).chain([0, ones]).collect();
    for a in 0..columns {
        for b in 0..a {
            let values: BTreeSet<u32> = rows.iter().map(|row| row >> a & 1 | (row >> b & 1) << 1).collect();
            assert_eq!(values.len(), 4, "columns {a} and {b}");
        }
    }
    rows
}

/// The refused pairs: a preset, the heuristic that was added to it, and the preset's heuristic that it conflicts with.
const REFUSALS: &str = include_str!("laws/refusals.txt");

/// Each heuristic added to each preset either trains two rounds with finite weights, or is refused with both names in
/// the message, as the committed table says.
#[test]
fn each_heuristic_on_each_preset_trains_or_is_refused_as_the_table_says() {
    let mut refusals = String::new();
    for (preset, _) in PRESETS {
        for name in names() {
            match plan_of(&format!("base = '{preset}'\n[heuristics]\n{name} = true")) {
                Ok(plan) => drop(trained(&plan, 2 * plan.train.round())),
                Err(error) => {
                    let message = error.to_string();
                    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
                    assert!(quoted.contains(&name) && quoted.len() == 2, "{preset} + {name}: {message}");
                    refusals += &format!("{preset} + {name}: {}\n", quoted.iter().find(|q| **q != name).expect("two"));
                }
            }
        }
    }
    assert_eq!(refusals, REFUSALS, "if this change is intended, write it into laws/refusals.txt");
}

/// Settings with which a conflict holds that does not hold with the defaults.
const CONFLICTING: &[(&str, &str)] = &[("separate-batches", "{ updates = 'two' }")];

/// Two heuristics over `plain` are refused if the card of one declares the conflict, and only then. All other pairs
/// train.
#[test]
fn pairs_are_refused_as_the_cards_declare_and_train_otherwise() {
    let all: Vec<_> = cards().collect();
    let declares = |x: &super::Card, y: &super::Card| x.conflicts.iter().any(|conflict| conflict.with == y.name);
    let conflicting = |name: &str| CONFLICTING.iter().find(|(known, _)| *known == name).map_or("true", |(_, on)| on);
    for (at, a) in all.iter().enumerate() {
        for b in &all[..at] {
            let declared = declares(a, b) || declares(b, a);
            let on = |name: &'static str| if declared { conflicting(name) } else { "true" };
            let text =
                format!("base = 'plain'\n[heuristics]\n{} = {}\n{} = {}", a.name, on(a.name), b.name, on(b.name));
            match plan_of(&text) {
                Ok(plan) => {
                    assert!(!declared, "{} and {} declare a conflict that is not enforced", a.name, b.name);
                    trained(&plan, 2 * plan.train.round());
                }
                Err(error) => assert!(declared, "{} and {}: {error}", a.name, b.name),
            }
        }
        for conflict in a.conflicts {
            assert!(all.iter().any(|card| card.name == conflict.with), "{}: {}", a.name, conflict.with);
            assert!(!conflict.why.is_empty() && !conflict.why.ends_with('.'), "{}: {}", a.name, conflict.why);
        }
    }
}

/// Each heuristic trains together with all others that fit, taken in the catalogue's order.
#[test]
fn each_heuristic_trains_with_all_that_fit() {
    for name in names() {
        let mut on = vec![name];
        let mut plan = plan_of(&only(&on)).expect("a plan");
        for other in names().filter(|other| *other != name) {
            on.push(other);
            match plan_of(&only(&on)) {
                Ok(larger) => plan = larger,
                Err(_) => drop(on.pop()),
            }
        }
        assert!(on.len() > names().count() / 2, "{name} fits only {} others", on.len() - 1);
        trained(&plan, 2 * plan.train.round());
    }
}

/// Two rounds, a checkpoint and two more rounds give the same bits as four rounds.
#[test]
fn every_heuristic_s_state_is_in_the_checkpoint() {
    for name in names() {
        let plan = plan_of(&format!("base = 'plain'\n[heuristics]\n{name} = true"));
        let plan = plan.unwrap_or_else(|error| panic!("{name}: {error}"));
        let round = plan.train.round();
        let straight = checkpoint(&plan, trained(&plan, 4 * round));
        assert_eq!(checkpoint(&plan, resumed(&plan, 2 * round, 4 * round)), straight, "{name}");
    }
}

/// Settings with which a few rounds are enough for an effect that comes later by default.
const EARLY: &[(&str, &str)] = &[
    ("adaptive-augmentation", "{ target = 0.0, span = 8 }"),
    ("replay", "{ images = 8 }"),
    ("gradient-clipping", "{ norm = 0.001 }"),
];

/// Everything that a heuristic can change: the weights of both networks after four rounds, and sampled images.
fn weights_and_samples(plan: &Plan) -> (Vec<f32>, Vec<f32>) {
    let state = trained(plan, 4 * plan.train.round());
    (weights(&state), sampled(plan, &state))
}

/// With each heuristic on, the weights or the samples differ. A heuristic that acts only through others is compared
/// with the others on.
#[test]
fn each_heuristic_changes_the_model() {
    let mut without_effect = Vec::new();
    for entry in super::CATALOGUE {
        let name = entry.card.name;
        let heuristic = (entry.parse)((entry.defaults)()).expect("its own defaults");
        let through: Vec<&str> = heuristic.only_through().to_vec();
        let settings = EARLY.iter().find(|(known, _)| *known == name).map_or("true", |(_, on)| on);
        let without = plan_of(&only(&through)).expect("a plan");
        let with = plan_of(&format!("{}{name} = {settings}", only(&through))).expect("a plan");
        if weights_and_samples(&without) == weights_and_samples(&with) {
            without_effect.push(name);
        }
    }
    assert_eq!(without_effect, [""; 0], "these change nothing");
}

/// Turning off one of the eleven changes the weights when all others are on.
#[test]
fn each_of_the_eleven_changes_the_model() {
    let all = eleven();
    let with_all = weights(&trained(&plan_with(&all), 16));
    for name in &all {
        let others: Vec<&str> = all.iter().copied().filter(|other| other != name).collect();
        assert_ne!(with_all, weights(&trained(&plan_with(&others), 16)), "without {name} nothing changed");
    }
}
