//! Weights that preserve lengths.
//!
//! The pieces: [`Init::Orthogonal`].
//!
//! # When it helps
//!
//! BigGAN's choice; alone, no controlled comparison is known.

use super::{Card, Conflict, Evidence, Heuristic, Topic};
use crate::error::{Result, require_positive};
use crate::nn::Init;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "orthogonal-init",
    topic: Topic::Initialisation,
    claim: "A layer that starts as a rotation neither shrinks nor stretches what passes through it.",
    without: "U(±1/√fan_in), or what the base says.",
    formula: "W as a matrix of [first dimension, rest] has orthonormal rows (columns, if these are fewer), times \
            gain; biases 0",
    default: "gain = 1",
    source: "Saxe, McClelland and Ganguli 2014; Brock, Donahue and Simonyan 2019",
    evidence: Evidence::Weak,
    conflicts: &[Conflict { with: "gaussian-init", why: "a run has one rule of initial weights", instead: "" }],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct OrthogonalInit {
    /// The factor of the orthonormal matrix, above 0.
    pub gain: f64,
}

impl Default for OrthogonalInit {
    fn default() -> Self {
        Self { gain: 1.0 }
    }
}

impl Heuristic for OrthogonalInit {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        require_positive(self.gain, "heuristics.orthogonal-init.gain")?;
        plan.model.init = Init::Orthogonal { gain: self.gain };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{networks, plan_with};
    use crate::nn::named_tensors;

    #[test]
    fn rows_or_columns_are_orthonormal() {
        let (generator, discriminator) = networks(&plan_with(&["orthogonal-init"]));
        for tensor in [named_tensors(&generator), named_tensors(&discriminator)].concat() {
            if !tensor.name.ends_with("weight") {
                continue;
            }
            let shape = tensor.data.shape().to_vec();
            let (rows, columns) = (shape[0], shape[1..].iter().product::<usize>());
            let values: Vec<f64> = tensor.data.iter::<f64>().collect();
            let at = |line: usize, place: usize| {
                if rows <= columns { values[line * columns + place] } else { values[place * columns + line] }
            };
            let (lines, length) = (rows.min(columns), rows.max(columns));
            for (a, b) in [(0, 0), (0, lines - 1), (lines / 2, lines - 1), (lines - 1, lines - 1)] {
                let product: f64 = (0..length).map(|place| at(a, place) * at(b, place)).sum();
                assert!((product - f64::from(u8::from(a == b))).abs() < 1e-5, "{} {shape:?}: {product}", tensor.name);
            }
        }
    }
}
