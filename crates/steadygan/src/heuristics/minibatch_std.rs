//! The discriminator gets one more channel: how much the images of a batch differ.
//!
//! The pieces: [`plan::NetworkPlan::minibatch_std`](crate::plan::NetworkPlan::minibatch_std).
//!
//! # When it helps
//!
//! Every StyleGAN has it; R3GAN leaves it out and loses nothing. A cheap remedy for fakes that are all alike.

use super::{Card, Evidence, Heuristic, Topic};
use crate::error::{Result, require};
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "minibatch-std",
    topic: Topic::Architecture,
    claim: "Fakes that are too alike give themselves away.",
    without: "Images are judged one by one.",
    formula: "√(variance over a group of images + 1e-8), averaged over channels and pixels: one more channel \
            before the last layer",
    default: "group = 4, a divisor of the discriminator's batch (of its packs, with pac)",
    source: "Karras et al. 2018 (ProGAN), section 3",
    evidence: Evidence::Moderate,
    conflicts: &[],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct MinibatchStd {
    /// Images in a group.
    pub group: usize,
}

impl Default for MinibatchStd {
    fn default() -> Self {
        Self { group: 4 }
    }
}

impl Heuristic for MinibatchStd {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        let key = "heuristics.minibatch-std.group";
        require(self.group >= 2, key, self.group, "at least 2")?;
        plan.model.discriminator.minibatch_std = self.group;
        Ok(())
    }
}
