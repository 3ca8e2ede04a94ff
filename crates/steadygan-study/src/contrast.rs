//! Contrasts: effects as weighted sums of the rows' responses.

use super::design::{Design, Row};
use super::factor::Factor;
use serde::{Deserialize, Serialize};

/// What an effect compares. Factors and levels are given by their numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Term {
    /// A factor at one level instead of another.
    Main {
        /// The factor.
        factor: usize,
        /// The level.
        level: usize,
        /// The level that it is compared with.
        against: usize,
    },
    /// A dependent factor's effect, over the rows in which the factor that it acts through is on.
    Given {
        /// The factor.
        factor: usize,
        /// The level.
        level: usize,
        /// The level that it is compared with.
        against: usize,
        /// The factor that it acts through.
        through: usize,
    },
    /// How two factors change each other's effect: half of one factor's effect with the other minus its effect without
    /// the other.
    Interaction {
        /// The factors.
        pair: [usize; 2],
        /// Each one's level.
        levels: [usize; 2],
        /// The levels that they are compared with.
        against: [usize; 2],
    },
    /// A control compared with the all-on corner.
    Control {
        /// Its number among the controls.
        control: usize,
    },
}

/// Picks the rows of a mean.
type Picks<'a> = &'a dyn Fn(&Row) -> bool;

/// Row numbers with weights that sum to zero. Rows of weight zero are left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Contrast(Vec<(usize, f64)>);

impl Contrast {
    /// `row` compared with `against`.
    pub fn between(row: usize, against: usize) -> Self {
        Self(vec![(row, 1.0), (against, -1.0)])
    }

    /// A factor at `level` compared with `against`. In a one-at-a-time design it compares the two rows in which all
    /// other factors are at the corner, otherwise the means over all rows at either level.
    pub fn main(design: Design, rows: &[Row], factor: usize, level: usize, against: usize) -> Self {
        Self::main_where(design, rows, [factor, level, against], |_| true)
    }

    /// The same among the rows that `counts` accepts.
    fn main_where(
        design: Design,
        rows: &[Row],
        [factor, level, against]: [usize; 3],
        counts: impl Fn(&Row) -> bool,
    ) -> Self {
        let at_corner = |row: &Row| (0..row.len()).all(|other| other == factor || row[other] == rows[0][other]);
        let at =
            |row: &Row, wanted| row[factor] == wanted && counts(row) && (!design.is_one_at_a_time() || at_corner(row));
        Self::of_means(rows, &[(1.0, &|row| at(row, level)), (-1.0, &|row| at(row, against))])
    }

    /// The contrast of a term; `None` for a control and where the rows that it compares are missing.
    pub fn of_term(design: Design, rows: &[Row], factors: &[Factor], term: &Term) -> Option<Self> {
        let contrast = match *term {
            Term::Main { factor, level, against } => Self::main(design, rows, factor, level, against),
            Term::Given { factor, level, against, through } => {
                Self::main_where(design, rows, [factor, level, against], |row| row[through] == factors[through].on)
            }
            Term::Interaction { pair: [a, b], levels, against } => {
                let at = |row: &Row, of_a, of_b| row[a] == of_a && row[b] == of_b;
                Self::of_means(
                    rows,
                    &[
                        (0.5, &|row| at(row, levels[0], levels[1])),
                        (-0.5, &|row| at(row, against[0], levels[1])),
                        (-0.5, &|row| at(row, levels[0], against[1])),
                        (0.5, &|row| at(row, against[0], against[1])),
                    ],
                )
            }
            Term::Control { .. } => return None,
        };
        (contrast.0.iter().map(|(_, weight)| weight).sum::<f64>().abs() < 1e-9 && !contrast.0.is_empty())
            .then_some(contrast)
    }

    /// The weighted sum of means, each over the rows that its condition picks.
    fn of_means(rows: &[Row], means: &[(f64, Picks)]) -> Self {
        let mut weights = vec![0.0; rows.len()];
        for (weight, picks) in means {
            let picked: Vec<usize> = (0..rows.len()).filter(|index| picks(&rows[*index])).collect();
            picked.iter().for_each(|index| weights[*index] += weight / picked.len() as f64);
        }
        Self(weights.into_iter().enumerate().filter(|(_, weight)| *weight != 0.0).collect())
    }

    /// The row numbers and their weights.
    pub fn weights(&self) -> &[(usize, f64)] {
        &self.0
    }

    /// The contrast's value for these responses, one for each row.
    pub fn of(&self, responses: &[f64]) -> f64 {
        self.0.iter().map(|(row, weight)| weight * responses[*row]).sum()
    }

    /// The sum of the squared weights. If a run has standard deviation σ and each row has n seeds, the estimate has the
    /// variance σ² · (this sum) / n.
    pub fn square(&self) -> f64 {
        self.0.iter().map(|(_, weight)| weight * weight).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::factor::testing::{switches, values};

    /// The response 2 + 3a − 5b + 4ab, where a and b are 0 or 1. Averaged over b the effect of a is 3 + 4/2, and the
    /// interaction is 4/2.
    #[test]
    fn effects_of_a_known_surface() {
        let factors = switches(3);
        let rows = Design::Full.rows(&factors).unwrap();
        let responses: Vec<f64> = rows
            .iter()
            .map(|row| {
                let [a, b] = [row[0] as f64, row[1] as f64];
                2.0 + 3.0 * a - 5.0 * b + 4.0 * a * b
            })
            .collect();
        let effect = |term| Contrast::of_term(Design::Full, &rows, &factors, &term).unwrap().of(&responses);
        let main = |factor| Term::Main { factor, level: 1, against: 0 };
        assert_eq!([main(0), main(1), main(2)].map(effect), [5.0, -3.0, 0.0]);
        let pair = |pair| Term::Interaction { pair, levels: [1, 1], against: [0, 0] };
        assert_eq!([pair([0, 1]), pair([0, 2])].map(effect), [2.0, 0.0]);
        assert_eq!(effect(Term::Given { factor: 0, level: 1, against: 0, through: 1 }), 7.0);
    }

    #[test]
    fn one_at_a_time_compares_two_rows() {
        let mut factors = switches(3);
        factors.push(values("lr", 3));
        for (design, corner_effect) in [(Design::LeaveOneOut, 7.0), (Design::AddOneIn, 3.0)] {
            let rows = design.rows(&factors).unwrap();
            let responses: Vec<f64> =
                rows.iter().map(|row| (3 * row[0] + 4 * row[0] * row[1] + 10 * row[3]) as f64).collect();
            let main = |factor, level, against| Contrast::main(design, &rows, factor, level, against);
            assert_eq!(main(0, 1, 0).of(&responses), corner_effect);
            assert_eq!((main(3, 1, 0).of(&responses), main(3, 2, 0).of(&responses)), (10.0, 20.0));
            assert_eq!((main(0, 1, 0).weights().len(), main(0, 1, 0).square()), (2, 2.0));
        }
    }

    /// Add-one-in rows do not show a factor's effect where another one is on.
    #[test]
    fn what_the_rows_do_not_hold_is_no_effect() {
        let factors = switches(3);
        let given = Term::Given { factor: 0, level: 1, against: 0, through: 1 };
        let seen =
            |design: Design| Contrast::of_term(design, &design.rows(&factors).unwrap(), &factors, &given).is_some();
        assert!(seen(Design::LeaveOneOut) && seen(Design::Full) && seen(Design::FoldOver) && !seen(Design::AddOneIn));
    }
}
