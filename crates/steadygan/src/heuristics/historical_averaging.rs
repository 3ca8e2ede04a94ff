//! Weights are pulled towards their mean over the past.
//!
//! The pieces: [`Hook::change_gradients`].
//!
//! # When it helps
//!
//! A remedy of 2016 for networks that circle each other; `ema` averages without affecting training.

use super::{Card, Evidence, Heuristic, Hook, Memory, Topic};
use crate::error::{Result, require};
use crate::nn::{Network, each_tensor};
use crate::optim::Gradients;
use crate::plan::Plan;
use crate::role::Role;
use burn::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The card.
pub static CARD: Card = Card {
    name: "historical-averaging",
    topic: Topic::Optimisation,
    claim: "A pull towards where a player was on average damps circling.",
    without: "Weights go where gradients send them.",
    formula: "weight · ‖θ − mean θ‖² is added to each player's loss, the mean being over all its steps so far",
    default: "weight = 1",
    source: "Salimans et al. 2016, section 3.3",
    evidence: Evidence::Weak,
    conflicts: &[],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct HistoricalAveraging {
    /// The term's weight, not below 0.
    pub weight: f64,
}

impl Default for HistoricalAveraging {
    fn default() -> Self {
        Self { weight: 1.0 }
    }
}

impl Heuristic for HistoricalAveraging {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, _: &mut Plan) -> Result<()> {
        let sound = self.weight.is_finite() && self.weight >= 0.0;
        require(sound, "heuristics.historical-averaging.weight", self.weight, "a number not below 0")
    }

    fn arm(&self, _: &Plan) -> Option<Box<dyn Hook>> {
        Some(Box::new(History { weight: self.weight, steps: BTreeMap::new(), means: BTreeMap::new() }))
    }
}

/// The past of both networks.
#[derive(Debug)]
struct History {
    weight: f64,
    /// Steps that each network took.
    steps: BTreeMap<String, f64>,
    /// The mean of each parameter over these steps, by network and name, flat.
    means: BTreeMap<String, Tensor<1>>,
}

impl Hook for History {
    fn name(&self) -> &'static str {
        CARD.name
    }

    /// Adds the term's gradient, 2 · weight · (θ − mean θ); the mean is over the steps before and θ itself.
    fn change_gradients(&mut self, role: Role, network: &Network, gradients: &mut Gradients) {
        let steps = self.steps.entry(role.to_string()).or_default();
        *steps += 1.0;
        let share = 1.0 / *steps;
        each_tensor(network, |name, weights| {
            let Some(gradient) = gradients.0.get_mut(name) else { return };
            let key = format!("{role}.{name}");
            let mean = match self.means.remove(&key) {
                Some(mean) => mean.clone() + (weights.clone() - mean) * share,
                None => weights.clone(),
            };
            *gradient = gradient.clone() + (weights - mean.clone()) * (2.0 * self.weight);
            self.means.insert(key, mean);
        });
    }

    fn memory(&self) -> Memory {
        let means = self.means.iter().map(|(key, mean)| (key.clone(), mean.to_data()));
        Memory { numbers: self.steps.clone(), tensors: means.collect() }
    }

    fn restore(&mut self, memory: Memory) -> Result<(), String> {
        let flat = memory.tensors.values().all(|data| data.shape().rank() == 1);
        if !flat {
            return Err("a remembered mean is not a flat tensor".into());
        }
        let device = Device::flex();
        let means = memory.tensors.into_iter().map(|(key, data)| (key, Tensor::from_data(data, &device)));
        (self.steps, self.means) = (memory.numbers, means.collect());
        Ok(())
    }
}
