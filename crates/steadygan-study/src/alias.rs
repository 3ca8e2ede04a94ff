//! Aliases: the interactions that a factor's effect is mixed with.

use super::contrast::Contrast;
use super::design::{Design, Row};
use super::factor::Factor;
use serde::{Deserialize, Serialize};

/// An interaction of two factors that a factor's effect contains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alias {
    /// The factor.
    pub of: String,
    /// The pair.
    pub pair: [String; 2],
    /// How much of the interaction is in the effect: ±1 is all of it, ±1/3 a third.
    pub share: f64,
}

/// Shares below this are rounding errors.
const NO_SHARE: f64 = 1e-9;

/// If there are more aliases than this, the text counts them instead of naming them.
const NAMED: usize = 24;

impl Design {
    /// For each factor, the interactions of two other factors that these rows mix into its effect. One-at-a-time
    /// designs have no aliases in this sense, because their effects are defined at a corner, interactions included.
    pub fn aliases(self, factors: &[Factor], rows: &[Row]) -> Vec<Alias> {
        if self.is_one_at_a_time() || self == Self::Search {
            return Vec::new();
        }
        let count = factors.len();
        let pairs: Vec<[usize; 2]> = (0..count).flat_map(|a| (a + 1..count).map(move |b| [a, b])).collect();
        // An interaction of size 1 adds ±1/2 to each row, just like a main effect of size 1.
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

    /// The aliases in a sentence: which pairs are in which effects, or only their number and largest share if there are
    /// many.
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

/// +1 where both factors of a pair are on or both are not, −1 elsewhere. A factor of values counts as on at its last
/// level.
fn product(factors: &[Factor], row: &Row, pair: [usize; 2]) -> f64 {
    let plus = |factor: &Factor| if factor.is_switch() { factor.on } else { factor.levels.len() - 1 };
    let sign = |index: usize| if row[index] == plus(&factors[index]) { 1.0 } else { -1.0 };
    sign(pair[0]) * sign(pair[1])
}
