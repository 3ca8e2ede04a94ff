//! The test sets are sound and have nothing in common, and the doctor names the failures that show at once.
//! `cargo xtask planted` plays all runs.

use std::collections::BTreeSet;
use steadygan_planted::{Case, Failure, SETS, TestSet, play};

fn set(name: &str) -> TestSet {
    TestSet::named(name).expect("the set exists")
}

#[test]
fn every_run_has_a_sound_plan_and_a_seed_of_its_own() {
    for (name, _) in SETS {
        let set = set(name);
        let cases = set.cases();
        let seeds: BTreeSet<u64> = cases.iter().map(|case| case.seed).collect();
        assert_eq!(seeds.len(), cases.len(), "{name}");
        for case in cases {
            case.plan().unwrap_or_else(|error| panic!("{}: {error}", case.name()));
        }
    }
}

#[test]
fn the_sets_share_no_data_recipe_or_seed() {
    let (tuning, held_out) = (set("tuning"), set("held-out-6"));
    for recipe in &held_out.recipes {
        for other in &tuning.recipes {
            assert_ne!(recipe.name, other.name);
            assert_ne!(recipe.data, other.data, "{} and {}", recipe.name, other.name);
            assert_ne!(recipe.settings, other.settings, "{} and {}", recipe.name, other.name);
        }
    }
    let seeds = |set: &TestSet| set.cases().iter().map(|case| case.seed).collect::<BTreeSet<_>>();
    assert!(seeds(&tuning).is_disjoint(&seeds(&held_out)));
}

/// With 30 right runs of 30, at most 10% of such runs are wrong (95%, by the rule of three).
#[test]
fn both_sets_have_enough_runs_of_every_failure() {
    for (name, _) in SETS {
        let set = set(name);
        let healthy: usize = set.recipes.iter().map(|recipe| recipe.healthy.len()).sum();
        assert!(set.failed.len() >= 30 && healthy >= 30, "{name}: {} failed, {healthy} healthy", set.failed.len());
        assert!(set.recipes.iter().all(|recipe| recipe.healthy.len() >= 3), "{name}");
        assert_eq!(variants(&set).len(), 15, "{name}: {:?}", variants(&set));
    }
}

/// The names of the failures in a set, without their strengths.
fn variants(set: &TestSet) -> BTreeSet<String> {
    let shown = set.failed.iter().map(|run| format!("{:?}", run.failure));
    shown.map(|shown| shown.split(['(', ' ']).next().unwrap_or_default().to_owned()).collect()
}

/// The first run of the tuning set with such a failure, and its first severe finding.
fn assert_is_found(is_such: fn(Failure) -> bool) {
    let tuning = set("tuning");
    let cases = tuning.cases();
    let such = |case: &&Case| case.failure.is_some_and(is_such);
    let case = cases.iter().find(such).expect("the tuning set has every failure");
    let found = play(case).expect("the recipe is sound").found;
    assert_eq!(found.as_deref(), case.failure.map(Failure::finding), "{}", case.name());
}

/// These failures show within a hundred rounds.
#[test]
fn failures_of_form_are_named_at_once() {
    assert_is_found(|failure| matches!(failure, Failure::OtherRange));
    assert_is_found(|failure| matches!(failure, Failure::Constant { .. }));
    assert_is_found(|failure| matches!(failure, Failure::NoBend { .. }));
    assert_is_found(|failure| matches!(failure, Failure::SwappedLabels));
    assert_is_found(|failure| matches!(failure, Failure::LargeWeights(_)));
}
