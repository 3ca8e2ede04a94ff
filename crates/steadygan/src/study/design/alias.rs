//! What an effect is mixed with.

use super::{Design, Row};
use crate::study::contrast::Contrast;
use crate::study::factor::Factor;
use serde::{Deserialize, Serialize};

/// An interaction of two factors that a factor's effect contains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alias {
    /// The factor.
    pub of: String,
    /// The pair.
    pub pair: [String; 2],
    /// How much of the interaction is in the effect: ±1 all of it, ±1/3 a third.
    pub share: f64,
}

/// Shares below this are rounding.
const NO_SHARE: f64 = 1e-9;

/// Aliases beyond this are counted, not named.
const NAMED: usize = 24;

impl Design {
    /// The interactions of two others that are mixed into the effect of a factor, in these rows. One-at-a-time designs have none in this
    /// sense: their effects are those at a corner, with all that belongs there.
    pub fn aliases(self, factors: &[Factor], rows: &[Row]) -> Vec<Alias> {
        if self.is_one_at_a_time() || self == Self::Search {
            return Vec::new();
        }
        let count = factors.len();
        let pairs: Vec<[usize; 2]> = (0..count).flat_map(|a| (a + 1..count).map(move |b| [a, b])).collect();
        // An interaction of size 1 is ±1/2 in each row, as an effect of size 1 is.
        let of_pair = |pair: [usize; 2]| rows.iter().map(|row| product(factors, row, pair) / 2.0).collect::<Vec<_>>();
        let responses: Vec<_> = pairs.iter().map(|pair| of_pair(*pair)).collect();
        let mut found = Vec::new();
        for (number, factor) in factors.iter().enumerate() {
            for (level, against) in factor.comparisons() {
                let effect = Contrast::main(self, rows, number, level, against);
                let others = pairs.iter().zip(&responses).filter(|(pair, _)| !pair.contains(&number));
                let shares = others.map(|(pair, responses)| (pair, effect.of(responses)));
                found.extend(shares.filter(|(_, share)| share.abs() > NO_SHARE).map(|(pair, share)| Alias {
                    of: factor.name.clone(),
                    pair: pair.map(|index| factors[index].name.clone()),
                    share,
                }));
            }
        }
        found
    }

    /// The aliases in a sentence: which pairs are in which effects, or how much of how many if these are more than a reader takes in.
    pub fn aliases_in_words(self, factors: &[Factor], rows: &[Row]) -> String {
        let aliases = self.aliases(factors, rows);
        match (aliases.len(), self) {
            (0, Self::LeaveOneOut | Self::AddOneIn) => "none, but effects are those at the corner".into(),
            (0, Self::FoldOver) => "none in effects of factors; interactions of pairs are mixed with each other".into(),
            (0, _) => "none".into(),
            (count, _) if count <= NAMED => {
                let one = |Alias { of, pair: [a, b], share }: &Alias| format!("{of} holds {share:+.2} of {a} × {b}");
                aliases.iter().map(one).collect::<Vec<_>>().join(", ")
            }
            (count, _) => {
                let largest = aliases.iter().map(|alias| alias.share.abs()).fold(0.0, f64::max);
                let each = count / factors.len();
                format!(
                    "each factor's effect holds up to ±{largest:.2} of about {each} interactions of pairs of others"
                )
            }
        }
    }
}

/// +1 where both factors are on (of values: at their last levels) or neither is, −1 elsewhere.
fn product(factors: &[Factor], row: &Row, pair: [usize; 2]) -> f64 {
    let plus = |factor: &Factor| if factor.is_switch() { factor.on } else { factor.levels.len() - 1 };
    let sign = |index: usize| if row[index] == plus(&factors[index]) { 1.0 } else { -1.0 };
    sign(pair[0]) * sign(pair[1])
}
