//! Images made with an average of the generator's weights.
//!
//! The pieces: [`optim::average`](crate::optim::average), [`optim::decay`](crate::optim::decay).
//!
//! # When it helps
//!
//! Always: training is not affected, and if the generator circles around a good point, the average is near that point.
//! Several controlled studies agree, and every large system has it. Batch norm's running statistics are copied from the
//! generator, not averaged.

use super::{Card, Evidence, Heuristic, Topic};
use crate::error::{Result, require};
use crate::plan::{AveragePlan, Plan};
use crate::schedule::Schedule;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "ema",
    topic: Topic::Optimisation,
    claim: "The average of the generator's weights makes better and steadier images than the last ones.",
    without: "Images are made with the last weights.",
    formula: "θ̄ ← βθ̄ + (1 − β)θ after each round, β = ½^(images of a round / half-life), half-life at most \
            ramp · images shown",
    default: "half-life = \"10k\", ramp = 0.05",
    source: "Yazıcı et al. 2019; half-life and ramp: Karras et al. 2020",
    evidence: Evidence::Strong,
    conflicts: &[],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Ema {
    /// Real images after which the share of old weights in the average has halved.
    pub half_life: Schedule,
    /// The largest half-life as a share of the images shown; 0 is no such limit.
    pub ramp: f64,
}

impl Default for Ema {
    fn default() -> Self {
        Self { half_life: Schedule::constant(10_000.0), ramp: 0.05 }
    }
}

impl Heuristic for Ema {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        let positive = |images: f64| images.is_finite() && images > 0.0;
        let key = "heuristics.ema.half-life";
        require(self.half_life.all(positive), key, self.half_life, "a positive number of images")?;
        let sound = self.ramp.is_finite() && self.ramp >= 0.0;
        require(sound, "heuristics.ema.ramp", self.ramp, "a number not below 0")?;
        plan.train.average = Some(AveragePlan { half_life_images: self.half_life, ramp: self.ramp });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{plan_of, trained, weights};
    use crate::nn::named_tensors;

    /// After one round of 8 images with a half-life of 8 images, the average is half-way between the old and the new
    /// weights.
    #[test]
    fn the_average_goes_half_the_way_in_a_half_life() {
        let text = "base = 'plain'\n[heuristics]\nema = { half-life = 8, ramp = 0.0 }";
        let plan = plan_of(text).expect("a plan");
        let values = |network| -> Vec<f32> {
            named_tensors(network).iter().flat_map(|t| t.data.iter::<f32>().collect::<Vec<_>>()).collect()
        };
        let before = crate::train::State::new(&plan, Vec::new(), &burn::prelude::Device::flex().autodiff());
        let after = trained(&plan, 8);
        let (start, end) = (values(&before.generator), values(&after.generator));
        let average = values(after.average.as_ref().expect("an average"));
        assert_ne!(start, end);
        assert!((0..start.len()).all(|at| (average[at] - (start[at] + end[at]) / 2.0).abs() < 1e-6));
        let without = plan_of("base = 'plain'").expect("a plan");
        assert_eq!(weights(&trained(&without, 8)), weights(&after), "training is not affected");
    }

    #[test]
    fn early_on_the_half_life_is_a_share_of_what_was_shown() {
        let plan = plan_of("base = 'plain'\n[heuristics]\nema = true").expect("a plan").train.average.expect("one");
        assert!((plan.decay(640 - 64, 64) - 0.5f64.powf(64.0 / 32.0)).abs() < 1e-15);
        assert!((plan.decay(1_000_000, 64) - 0.5f64.powf(64.0 / 10_000.0)).abs() < 1e-15);
    }
}
