//! A network that is an affine map.

use super::advice::Suggestion;
use super::exploding_gradients::explodes;
use super::seen::Seen;
use super::{About, Check, Detection, FindingCard};
use steadygan_run::{Severity, Signs};

/// Below this bend a network is affine up to rounding; LeakyReLU with a slope of 0.2 gives 0.1 or more.
const AFFINE: f64 = 1e-3;

pub(super) const CHECK: Check = Check {
    card: FindingCard {
        name: "missing-nonlinearity",
        looks_for: "Half-way between two inputs a network's output is the mean of theirs, but for less than 0.001 of their \
                    distance, on all lines since training began: of the discriminator's logits, or of the generator before its last \
                    activation. Not in a run whose gradients exploded before the first line. Severe.",
        means: "The network is an affine map: without activations that bend it, layers add nothing to one layer.",
        symptom_of: &[],
    },
    look,
    advice,
};

fn look(seen: &Seen<'_>) -> Option<Detection> {
    // Two lines at least, so that no single coincidence counts.
    let [first, .., last] = seen.lines else { return None };
    // After an explosion, huge weights may leave every unit on one side of its kink.
    if explodes(first) {
        return None;
    }
    let affine = |of: fn(&Signs) -> f64| seen.lines.iter().all(|line| of(&line.signs) < AFFINE);
    let networks = match (affine(|signs| signs.bend_g), affine(|signs| signs.bend_d)) {
        (true, true) => "generator and the discriminator",
        (true, false) => "generator",
        (false, true) => "discriminator",
        (false, false) => return None,
    };
    let signs = last.signs;
    Some(Detection {
        severity: Severity::Severe,
        since: first.stats.images,
        says: format!("The {networks} bend nothing: half-way between two inputs the output is the mean of theirs."),
        evidence: vec![("bend_g", signs.bend_g), ("bend_d", signs.bend_d)],
    })
}

fn advice(_: &About) -> Vec<Suggestion> {
    vec![
        Suggestion::With("leaky-relu", "an activation with a bend after each hidden layer"),
        Suggestion::Do("put an activation after each hidden layer of that network".into()),
    ]
}
