//! Planted failures: runs that are made to fail in a known way, and the doctor who is not told.
//!
//! `cargo xtask planted` plays all of them; here are a few that fail within seconds.

mod bases;
mod canvas;
#[expect(dead_code, reason = "the bench measures, too")]
mod corpus;
mod fifth;
mod figures;
mod fourth;
#[expect(dead_code, reason = "the bench keeps lines, too")]
mod kept;
mod objects;
mod patterns;
mod plants;
#[expect(dead_code, reason = "the bench looks at runs, too")]
mod play;
mod scenes;
mod scored;
mod sources;
mod things;
mod third;

use corpus::{Case, Half};
use plants::Plant;
use play::play;

/// Every plan is sound, no run is of both halves, and the scored half is as large as it has to be.
#[test]
fn the_halves_are_apart_and_large_enough() {
    let (tuning, scored) = (Half::Tuning.cases(), Half::Scored.cases());
    for case in tuning.iter().chain(&scored) {
        case.plan().unwrap_or_else(|error| panic!("{}: {error}", case.name()));
    }
    for case in &scored {
        for other in &tuning {
            assert_ne!(case.base.source, other.base.source);
            assert_ne!(case.base.recipe, other.base.recipe);
            assert_ne!(case.seed, other.seed);
        }
    }
    let failed = scored.iter().filter(|case| case.plant.is_some()).count();
    assert!(failed >= 30 && scored.len() - failed >= 30, "{failed} of {}", scored.len());
}

/// The first of the tuning half with this failure, and the first severe finding.
fn found(is_it: fn(Plant) -> bool) -> (Case, Option<String>) {
    let case = Half::Tuning.cases().into_iter().find(|case| case.plant.is_some_and(is_it)).expect("such a case");
    let played = play(&case).expect("a sound recipe");
    (case, played.found)
}

/// Those that are seen within a hundred rounds.
#[test]
fn failures_of_form_are_named_at_once() {
    let quick: [fn(Plant) -> bool; 5] = [
        |plant| matches!(plant, Plant::OtherRange),
        |plant| matches!(plant, Plant::Constant { .. }),
        |plant| matches!(plant, Plant::NoBend { .. }),
        |plant| matches!(plant, Plant::SwappedLabels),
        |plant| matches!(plant, Plant::LargeWeights(_)),
    ];
    for is_it in quick {
        let (case, found) = found(is_it);
        assert_eq!(found.as_deref(), case.plant.map(|plant| plant.finding()), "{}", case.name());
    }
}
