//! Where a plan's values came from.

use super::{OptimizerPlan, Plan};
use crate::data::sample_shape;
use crate::error::Result;
use crate::recipe::LayeredRecipe;
use crate::schedule::Schedule;
use std::collections::BTreeMap;
use toml::Value;

impl Plan {
    /// Every key of the recipe that this plan was decided from, with the value that was decided and its origin.
    ///
    /// # Errors
    ///
    /// As [`LayeredRecipe::recipe`].
    pub fn spelled_out(&self, layered: &LayeredRecipe) -> Result<BTreeMap<String, (Value, String)>> {
        let (recipe, mut keys) = (layered.recipe()?, layered.spelled_out()?);
        let (asked, planned) = (&recipe.train, &self.train);
        for (key, asked, planned) in [
            ("train.images", asked.images, planned.images),
            ("train.stats-every", asked.stats_every, planned.stats_every),
            ("train.sheets-every", asked.sheets_every, planned.sheets_every),
            ("train.checkpoint-every", asked.checkpoint_every, planned.checkpoint_every),
        ] {
            let origin = count_origin(asked.0, planned, &keys[key].1);
            keys.insert(key.into(), (whole_number(planned), origin));
        }
        match &self.metric {
            Some(metric) => {
                let origin = &keys["train.metric-every"].1;
                let asked = asked.metric_every.0.map_or(metric.every, |count| count.0);
                let origin = if asked == metric.every {
                    origin.clone()
                } else {
                    format!("{origin}: {asked}, rounded down to whole batches")
                };
                keys.insert("train.metric-every".into(), (whole_number(metric.every), origin));
            }
            None if asked.metric_every.0.is_some() => {
                let origin = format!("{} are points", self.data.source);
                keys.insert("train.metric-every".into(), ("off".into(), origin));
            }
            None => {}
        }
        if recipe.data.channels.is_none() {
            let origin = format!("{}: \"auto\", what the images have", keys["data.channels"].1);
            keys.insert("data.channels".into(), (whole_number(self.model.channels as u64), origin));
        }
        if recipe.model.family.is_none() {
            let origin = format!("{}: \"auto\", chosen by the data", keys["model.family"].1);
            let family = Value::try_from(self.model.family).expect("a family is a word");
            keys.insert("model.family".into(), (family, origin));
        }
        if let Some([_, size, _]) = sample_shape(&self.data.source) {
            let origin = format!("the size of {}'s points", self.data.source);
            keys.insert("data.size".into(), (whole_number(size as u64), origin));
        }
        let default_origin = if self.heuristics.contains_key("adam") { "heuristics.adam" } else { "Adam's usual" };
        let optimizers = [("generator", self.optimizer.generator), ("discriminator", self.optimizer.discriminator)];
        for (network, OptimizerPlan { lr, beta1, beta2, epsilon, .. }) in optimizers {
            let values =
                [("lr", written(lr)), ("beta1", beta1.into()), ("beta2", written(beta2)), ("epsilon", epsilon.into())];
            for (name, value) in values {
                let key = format!("optimizer.{network}.{name}");
                let origin = keys.remove(&key).map_or_else(|| default_origin.into(), |(_, origin)| origin);
                keys.insert(key, (value, origin));
            }
        }
        Ok(keys)
    }
}

/// The origin of a planned count: `origin`, with a note if the asked count was rounded up to whole batches.
pub(crate) fn count_origin(asked: u64, planned: u64, origin: &str) -> String {
    if asked == planned {
        return origin.into();
    }
    format!("{origin}: {asked}, rounded up to whole batches")
}

fn whole_number(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn written(schedule: Schedule) -> Value {
    Value::try_from(schedule).expect("a schedule is plain data")
}
