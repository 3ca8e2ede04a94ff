//! Old fakes are mixed into the discriminator's batches, and old networks replace the current opponent for a while.
//!
//! The pieces: [`Hook::replace_images`], [`Hook::opponent`].
//!
//! # When it helps
//!
//! Against a discriminator that forgets earlier fakes. It comes from image translation (CycleGAN) and reinforcement
//! learning; for GANs that start from noise, only ganhacks' tip supports it.

mod networks;
mod pool;

use super::penalties::Every;
use super::{Card, Evidence, Heuristic, Hook, Memory, Topic};
use crate::error::{Result, require};
use crate::class::Classed;
use crate::labels::Moment;
use crate::nn::Network;
use crate::plan::Plan;
use networks::Past;
use pool::Pool;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "replay",
    topic: Topic::Inputs,
    claim: "The discriminator does not forget earlier fakes.",
    without: "All fakes come from the present generator.",
    formula: "a pool of old fakes; with the probability, a new fake is exchanged for one of the pool, which takes \
              its place in the discriminator's batch. With `networks.every`, both networks are copied every so many \
              images; for `networks.for` images after that, the discriminator trains on fakes of an old generator and \
              the generator against an old discriminator",
    default: "images = 50, probability = 0.5; networks = { every = 0 } keeps none; every = \"20k\" would keep the last \
              3 and swap one in for 2,000 images",
    source: "Shrivastava et al. 2017; ganhacks tip 8",
    evidence: Evidence::Weak,
    conflicts: &[],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Replay {
    /// Fakes in the pool, in 1..=4096.
    pub images: usize,
    /// The probability that a new fake is exchanged for one of the pool, in [0, 1]; 0 is no pool.
    pub probability: f64,
    /// Old networks.
    pub networks: Networks,
}

/// The settings of old networks, which the current networks train against for a while.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Networks {
    /// How often both networks are kept and old ones swapped in, in real images; 0 is never.
    pub every: Every,
    /// How long old networks stay in, in real images; must be less than `every`.
    #[serde(rename = "for")]
    pub span: Every,
    /// How many copies of the networks are kept, in 2..=16, including the newest, which is not swapped in.
    pub keep: usize,
}

impl Default for Networks {
    fn default() -> Self {
        Self { every: Every(0), span: Every(2_000), keep: 3 }
    }
}

impl Default for Replay {
    fn default() -> Self {
        Self { images: 50, probability: 0.5, networks: Networks::default() }
    }
}

impl Heuristic for Replay {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, _: &mut Plan) -> Result<()> {
        let key = "heuristics.replay.images";
        require((1..=4096).contains(&self.images), key, self.images, "in 1..=4096")?;
        let sound = (0.0..=1.0).contains(&self.probability);
        require(sound, "heuristics.replay.probability", self.probability, "in [0, 1]")?;
        let Networks { every: Every(every), span: Every(span), keep } = self.networks;
        require((2..=16).contains(&keep), "heuristics.replay.networks.keep", keep, "in 2..=16")?;
        let fits = every == 0 || span < every;
        require(fits, "heuristics.replay.networks.for", span, "fewer images than networks.every")
    }

    fn arm(&self, plan: &Plan) -> Option<Box<dyn Hook>> {
        let pool = (self.probability > 0.0).then(|| Pool::new(self.images, self.probability, plan));
        let past = (self.networks.every.0 > 0).then(|| Past::new(self.networks, plan));
        Some(Box::new(Memories { pool, past }))
    }
}

/// Old fakes and old networks.
#[derive(Debug)]
struct Memories {
    pool: Option<Pool>,
    past: Option<Past>,
}

impl Hook for Memories {
    fn name(&self) -> &'static str {
        CARD.name
    }

    fn before_round(&mut self, generator: &Network, discriminator: &Network, moment: &Moment) {
        if let Some(past) = &mut self.past {
            past.before_round(generator, discriminator, moment);
        }
    }

    fn replace_images(&mut self, _: &mut Classed, fakes: &mut Classed, moment: &Moment) {
        if let Some(past) = &self.past {
            past.replace(fakes, moment);
        }
        if let Some(pool) = &mut self.pool {
            pool.replace(fakes, moment);
        }
    }

    fn opponent(&self) -> Option<&Network> {
        self.past.as_ref().and_then(Past::discriminator)
    }

    fn memory(&self) -> Memory {
        let mut memory = self.pool.as_ref().map(Pool::memory).unwrap_or_default();
        memory.tensors.extend(self.past.iter().flat_map(Past::tensors));
        memory
    }

    fn restore(&mut self, memory: Memory) -> Result<(), String> {
        if let Some(pool) = &mut self.pool {
            pool.restore(&memory)?;
        }
        self.past.as_mut().map_or(Ok(()), |past| past.restore(&memory))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{checkpoint, plan_of, resumed, trained};

    const NETWORKS: &str = "base = 'dcgan'\n[heuristics]\nreplay = { networks = { every = 32, for = 16, keep = 2 } }";

    /// In rounds of 8 images: networks are kept at 32, 64 and 96, and swapped in from 64 and from 96 on, for 16 images
    /// each.
    #[test]
    fn old_networks_are_kept_and_swapped_in_for_a_while() {
        let plan = plan_of(NETWORKS).expect("a plan");
        for (images, kept, swapped) in [(32, 0, false), (40, 1, false), (64, 1, false), (72, 2, true), (88, 2, false)] {
            let state = trained(&plan, images);
            let names = state.hooks[0].memory().tensors;
            let first = |name: &&String| name.ends_with("generator.main.0.weight");
            assert_eq!(names.keys().filter(first).count(), kept, "{images}");
            assert_eq!(state.hooks[0].opponent().is_some(), swapped, "{images}");
        }
    }

    /// Runs that are stopped before, during and after a swap.
    #[test]
    fn runs_with_old_networks_resume_to_the_bit() {
        let plan = plan_of(NETWORKS).expect("a plan");
        let straight = checkpoint(&plan, trained(&plan, 96));
        for images in [48, 72, 88] {
            assert_eq!(checkpoint(&plan, resumed(&plan, images, 96)), straight, "{images}");
        }
        let without = plan_of("base = 'dcgan'\n[heuristics]\nreplay = true").expect("a plan");
        let weights = |plan, images| super::super::testing::weights(&trained(plan, images));
        assert_eq!(weights(&plan, 64), weights(&without, 64), "no old network is swapped in yet");
        assert_ne!(weights(&plan, 72), weights(&without, 72));
    }

    #[test]
    fn impossible_settings_are_refused_by_name() {
        for (settings, key) in [("every = 100, for = 100", "for"), ("keep = 1", "keep")] {
            let error = plan_of(&format!("[heuristics]\nreplay = {{ networks = {{ {settings} }} }}"));
            let error = error.expect_err("no plan").to_string();
            assert!(error.contains(&format!("heuristics.replay.networks.{key}")), "{error}");
        }
    }
}
