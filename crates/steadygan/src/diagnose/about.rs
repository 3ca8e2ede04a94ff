//! What the doctor knows of a run before it begins.

use crate::data::sample_shape;
use crate::labels::LabelRange;
use crate::loss::Loss;
use crate::plan::{LabelPlan, Plan};

/// What the doctor knows of a run: its plan, and what follows from it for what is healthy.
#[derive(Debug, Clone)]
pub struct About {
    /// The plan.
    pub plan: Plan,
    /// The size of the training set.
    pub trained_on: u64,
    /// The lowest mean loss that the discriminator can reach, if the loss is bounded below. Soft and flipped labels
    /// raise it.
    pub loss_floor: Option<f64>,
    /// The loss of a discriminator that cannot tell reals from fakes, if the loss has such a value.
    pub loss_of_chance: Option<f64>,
}

impl About {
    /// From a plan and the size of the training set.
    pub fn new(plan: &Plan, trained_on: u64) -> Self {
        let [real, fake] = labels(plan);
        let ln2 = std::f64::consts::LN_2;
        let (loss_floor, loss_of_chance) = match plan.train.loss {
            Loss::NonSaturating | Loss::Saturating => (Some(real.entropy() + fake.entropy()), Some(2.0 * ln2)),
            Loss::LeastSquares => {
                let floor = (real.variance() + fake.variance()) / 2.0;
                // At chance every image gets the same logit, at best the mean of all labels.
                (Some(floor), Some(floor + (real.mean - fake.mean).powi(2) / 4.0))
            }
            Loss::Hinge => (Some(0.0), Some(2.0)),
            Loss::RelativisticPairing | Loss::RelativisticAverage => (Some(0.0), Some(ln2)),
            // The loss is a difference of logits: it has no unit and no bound.
            Loss::Wasserstein => (None, None),
        };
        Self { plan: plan.clone(), trained_on, loss_floor, loss_of_chance }
    }

    /// How certain the discriminator is by its loss: 0 if it cannot tell reals from fakes, 1 if its loss is at the
    /// floor. NaN for a loss without these two values.
    pub fn certainty(&self, loss_d: f64) -> f64 {
        match (self.loss_floor, self.loss_of_chance) {
            (Some(floor), Some(chance)) => (chance - loss_d) / (chance - floor),
            _ => f64::NAN,
        }
    }

    /// Whether a heuristic is on.
    pub fn has(&self, heuristic: &str) -> bool {
        self.plan.heuristics.contains_key(heuristic)
    }

    /// Whether the samples are points of the plane.
    pub fn of_points(&self) -> bool {
        sample_shape(&self.plan.data.source).is_some()
    }

    /// Passes through the training set after so many images.
    pub fn epochs(&self, images: u64) -> f64 {
        images as f64 / self.trained_on as f64
    }

    /// How many lines of stats span `rounds` rounds of training; at least three.
    pub fn lines(&self, rounds: u64) -> usize {
        let train = &self.plan.train;
        (rounds * train.round()).div_ceil(train.stats_every).max(3) as usize
    }
}

/// The first two moments of the labels of reals, or of fakes.
#[derive(Debug, Clone, Copy)]
struct Labels {
    mean: f64,
    mean_square: f64,
}

impl Labels {
    /// The lowest cross-entropy against such labels: H(t) = −t ln t − (1 − t) ln(1 − t) at their mean t, because the
    /// loss is linear in the label. Taken as 0 if the mean is outside of [0, 1], where the formula does not hold.
    fn entropy(self) -> f64 {
        let part = |t: f64| if t > 0.0 && t < 1.0 { -t * t.ln() } else { 0.0 };
        part(self.mean) + part(1.0 - self.mean)
    }

    fn variance(self) -> f64 {
        self.mean_square - self.mean * self.mean
    }

    /// The mixture of these labels and, with `probability`, the `other` ones.
    fn or(self, probability: f64, other: Self) -> Self {
        let mix = |a: f64, b: f64| (1.0 - probability) * a + probability * b;
        Self { mean: mix(self.mean, other.mean), mean_square: mix(self.mean_square, other.mean_square) }
    }
}

impl From<LabelRange> for Labels {
    fn from(LabelRange { low, high }: LabelRange) -> Self {
        Self { mean: (low + high) / 2.0, mean_square: (low * low + low * high + high * high) / 3.0 }
    }
}

/// The labels of reals and of fakes on average, wrong ones included.
fn labels(plan: &Plan) -> [Labels; 2] {
    let LabelPlan { real, fake, flips } = plan.train.labels;
    let (real, fake) = (Labels::from(real), Labels::from(fake));
    let flipped = flips.map_or(0.0, |flips| flips.probability);
    [real.or(flipped, fake), fake.or(flipped, real)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(text: &str) -> About {
        let mut recipe = crate::heuristics::recipe();
        recipe.lay_text(text, "test").unwrap();
        About::new(&crate::decide::decide(&recipe, 1).unwrap(), 1_000)
    }

    /// H(0.95) + H(0.15) = 0.1985 + 0.4227 = 0.6212, as the module `labels` says; flips of 0.05 make the means 0.91 and 0.19:
    /// H(0.91) + H(0.19) = 0.3025 + 0.4862.
    #[test]
    fn soft_labels_raise_the_floor() {
        let soft = about("base = 'plain'\n[heuristics]\nlabel-smoothing = true");
        assert!((soft.loss_floor.unwrap() - 0.6212).abs() < 1e-4, "{:?}", soft.loss_floor);
        assert!((about("").loss_floor.unwrap() - 0.7887).abs() < 1e-4, "{:?}", about("").loss_floor);
        assert_eq!(about("base = 'plain'").loss_floor, Some(0.0));
        assert!((soft.certainty(0.6212) - 1.0).abs() < 1e-3);
        assert!(soft.certainty(2.0 * std::f64::consts::LN_2).abs() < 1e-12);
    }

    /// Labels U[0.7, 1.2] have a variance of 0.25/12.
    #[test]
    fn each_loss_is_taken_as_what_it_is() {
        let squares = about("base = 'plain'\n[heuristics]\nleast-squares = true\nlabel-smoothing = { fake = 0 }");
        assert!((squares.loss_floor.unwrap() - 0.25 / 24.0).abs() < 1e-12);
        assert!((squares.certainty(0.25 / 24.0 + 0.95f64.powi(2) / 4.0)).abs() < 1e-12);
        let wasserstein = about("base = 'plain'\n[heuristics]\nwasserstein = true");
        assert!(wasserstein.certainty(-9.0).is_nan());
        assert_eq!(about("base = 'modern'").loss_of_chance, Some(std::f64::consts::LN_2));
    }
}
