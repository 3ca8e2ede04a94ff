use super::*;
use crate::contrast::Contrast;
use crate::factor::testing::{switches, values};

#[test]
fn one_at_a_time_leaves_the_corner_once_a_row() {
    let mut factors = switches(2);
    factors.push(values("lr", 3));
    let rows = Design::LeaveOneOut.rows(&factors).unwrap();
    assert_eq!(rows, [[1, 1, 0], [0, 1, 0], [1, 0, 0], [1, 1, 1], [1, 1, 2]]);
    let rows = Design::AddOneIn.rows(&factors).unwrap();
    assert_eq!(rows, [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 2]]);
}

#[test]
fn a_full_factorial_has_every_combination_once() {
    let mut factors = switches(2);
    factors.insert(1, values("lr", 3));
    let rows = Design::Full.rows(&factors).unwrap();
    assert_eq!((rows.len(), &rows[0], &rows[1], &rows[2]), (12, &vec![0, 0, 0], &vec![0, 0, 1], &vec![0, 1, 0]));
    let distinct: std::collections::BTreeSet<_> = rows.iter().collect();
    assert_eq!(distinct.len(), 12);
}

/// Eleven factors: 24 rows that begin with the twelve of Plackett and Burman and contain both corners.
#[test]
fn a_fold_over_mirrors_its_first_half() {
    let factors = switches(11);
    let rows = Design::FoldOver.rows(&factors).unwrap();
    assert_eq!(rows.len(), 24);
    assert_eq!(rows[..12], Design::PlackettBurman.rows(&factors).unwrap());
    assert!((0..12).all(|row| (0..11).all(|factor| rows[row][factor] + rows[row + 12][factor] == 1)));
    assert_eq!((&rows[11], &rows[23]), (&vec![0; 11], &vec![1; 11]));
}

/// In twelve runs each main effect contains a third of every interaction of two other factors. In eight runs (a regular
/// fraction) it contains all of three interactions. In a fold-over it contains none.
#[test]
fn aliases_are_thirds_in_twelve_runs_and_none_in_the_fold_over() {
    let shares = |design: Design, count| {
        let factors = switches(count);
        design.aliases(&factors, &design.rows(&factors).unwrap())
    };
    let twelve = shares(Design::PlackettBurman, 11);
    assert_eq!(twelve.len(), 11 * 45);
    assert!(twelve.iter().all(|alias| (alias.share.abs() - 1.0 / 3.0).abs() < 1e-12));
    let eight = shares(Design::PlackettBurman, 7);
    assert_eq!(eight.len(), 7 * 3);
    assert!(eight.iter().all(|alias| (alias.share.abs() - 1.0).abs() < 1e-12));
    for (design, count) in [(Design::FoldOver, 11), (Design::FoldOver, 7), (Design::Full, 4), (Design::LeaveOneOut, 11)]
    {
        assert_eq!(shares(design, count), [], "{design}");
    }
}

#[test]
fn aliases_in_words() {
    let words = |design: Design, count| {
        let factors = switches(count);
        design.aliases_in_words(&factors, &design.rows(&factors).unwrap())
    };
    let twelve = "each factor's effect holds up to ±0.33 of about 45 interactions of pairs of others";
    assert_eq!(words(Design::PlackettBurman, 11), twelve);
    let eight = words(Design::PlackettBurman, 7);
    assert!(eight.starts_with("a holds -1.00 of ") && eight.matches("holds").count() == 21, "{eight}");
    assert!(words(Design::FoldOver, 11).starts_with("none in effects of factors"));
}

/// An interaction put into simulated responses appears in an effect, multiplied by the alias's share.
#[test]
fn a_planted_interaction_appears_as_its_alias_says() {
    let factors = switches(11);
    let rows = Design::PlackettBurman.rows(&factors).unwrap();
    let sign = |level: usize| if level == 1 { 1.0 } else { -1.0 };
    let responses: Vec<f64> = rows.iter().map(|row| 0.6 / 2.0 * sign(row[2]) * sign(row[7])).collect();
    for alias in Design::PlackettBurman.aliases(&factors, &rows).iter().filter(|alias| alias.pair == ["c", "h"]) {
        let of = factors.iter().position(|factor| factor.name == alias.of).unwrap();
        let effect = Contrast::main(Design::PlackettBurman, &rows, of, 1, 0).of(&responses);
        assert!((effect - 0.6 * alias.share).abs() < 1e-12);
    }
}

#[test]
fn what_a_design_does_not_take_is_refused() {
    let refused = |design: Design, factors: &[Factor]| design.rows(factors).unwrap_err().to_string();
    assert_eq!(refused(Design::Full, &[]), "the study has no factors");
    let three = refused(Design::FoldOver, &[values("adam.lr", 3)]);
    assert_eq!(three, "`adam.lr` has 3 levels, and a fold-over design compares two");
    assert!(refused(Design::PlackettBurman, &switches(24)).starts_with("24 factors are more than the 23"));
    assert!(refused(Design::Full, &switches(13)).ends_with("more than 4096 rows"));
}

#[test]
fn names_are_those_of_the_file() {
    for design in Design::ALL {
        assert_eq!(serde_json::to_string(&design).unwrap(), format!("\"{design}\""));
    }
}
