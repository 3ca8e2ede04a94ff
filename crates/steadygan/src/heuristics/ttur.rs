//! A learning rate for each network.
//!
//! The pieces: [`Adam`](crate::optim::Adam) of each network, [`Schedule`].
//!
//! # When it helps
//!
//! A discriminator that learns faster stays near its best response, as the theory of two time scales requires. Which
//! rates are good depends on the rest: published pairs go from 4e-4 / 1e-4 to 5e-4 / 2e-4.

use super::{Card, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::plan::Plan;
use crate::schedule::Schedule;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "ttur",
    topic: Topic::Optimisation,
    claim: "A discriminator that learns faster than the generator keeps close to its best answer.",
    without: "Both networks have one learning rate.",
    formula: "lr of the discriminator above the generator's",
    default: "discriminator = 4e-4, generator = 1e-4; each a number or a schedule",
    source: "Heusel et al. 2017; rates of Zhang et al. 2019 (SAGAN)",
    evidence: Evidence::Moderate,
    conflicts: &[],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Ttur {
    /// The discriminator's learning rate.
    pub discriminator: Schedule,
    /// The generator's learning rate.
    pub generator: Schedule,
}

impl Default for Ttur {
    fn default() -> Self {
        Self { discriminator: Schedule::constant(4e-4), generator: Schedule::constant(1e-4) }
    }
}

impl Heuristic for Ttur {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.optimizer.discriminator.lr = self.discriminator;
        plan.optimizer.generator.lr = self.generator;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::plan_of;

    #[test]
    fn each_network_has_its_rate_which_may_vary() {
        let text = "[heuristics]\nttur = { discriminator = { from = 4e-4, to = 0.0, over = 8 } }";
        let optimizer = plan_of(text).expect("a plan").optimizer;
        assert_eq!([0, 4, 8].map(|images| optimizer.discriminator.lr.at(images)), [4e-4, 2e-4, 0.0]);
        assert_eq!((optimizer.generator.lr.at(0), optimizer.generator.beta1), (1e-4, 0.5));
        let error = plan_of("[heuristics]\nttur = { generator = -1.0 }").expect_err("no plan").to_string();
        assert!(error.contains("optimizer.generator.lr"), "{error}");
    }
}
