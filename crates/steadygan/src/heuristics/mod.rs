//! The heuristics: each one a file with its card, what being on means for the plan, and, if it acts
//! inside a step, its hook.
//!
//! A new heuristic is one new file and one line in the catalogue below. Recipe keys, the command
//! `steadygan heuristics`, the documentation page and the laws that hold for all of them follow.

mod card;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod testing;

pub use card::{Card, Evidence, Family};

use crate::error::{Error, Result};
use crate::labels::{Batches, Moment};
use crate::names::nearest;
use crate::plan::Plan;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt;

/// One heuristic with its settings.
pub trait Heuristic {
    /// What there is to know about it.
    fn card(&self) -> &'static Card;

    /// Writes into the plan what being on means; the plan it is given has the off-form.
    ///
    /// # Errors
    ///
    /// A setting is out of its range; the message names the recipe key.
    fn plan(&self, plan: &mut Plan) -> Result<()>;

    /// The hook, if the heuristic acts inside a step.
    fn arm(&self) -> Option<Box<dyn Hook>> {
        None
    }
}

/// The places inside a step where a heuristic may act. Whatever is random comes from the moment's
/// streams, so a hook remembers nothing.
pub trait Hook: fmt::Debug {
    /// Changes what the discriminator is shown.
    fn show(&self, _batches: &mut Batches, _moment: &Moment) {}

    /// Changes which images the discriminator is told are real.
    fn tell(&self, _batches: &mut Batches, _moment: &Moment) {}

    /// Changes the labels, the targets of the discriminator's loss, given what each image is told to be.
    fn soften(&self, _batches: &mut Batches, _moment: &Moment) {}
}

/// One line of the catalogue: how a heuristic is made from a recipe's settings.
struct Entry {
    card: &'static Card,
    defaults: fn() -> toml::Table,
    parse: fn(toml::Table) -> Result<Box<dyn Heuristic>, toml::de::Error>,
}

const fn entry<H>(card: &'static Card) -> Entry
where
    H: Heuristic + Serialize + DeserializeOwned + Default + 'static,
{
    Entry {
        card,
        defaults: || toml::Table::try_from(H::default()).expect("settings are plain data"),
        parse: |table| Ok(Box::new(toml::Value::Table(table).try_into::<H>()?)),
    }
}

macro_rules! catalogue {
    ($($module:ident :: $heuristic:ident,)*) => {
        $(pub mod $module;)*
        const CATALOGUE: &[Entry] = &[$(entry::<$module::$heuristic>(&$module::CARD)),*];
    };
}

catalogue! {
    strided_downsampling::StridedDownsampling,
    strided_upsampling::StridedUpsampling,
    leaky_relu::LeakyRelu,
    batch_norm::BatchNorm,
    gaussian_init::GaussianInit,
    adam::Adam,
    image_scaling::ImageScaling,
    gaussian_latent::GaussianLatent,
    separate_batches::SeparateBatches,
    label_smoothing::LabelSmoothing,
    noisy_labels::NoisyLabels,
}

/// The names in the catalogue's order.
pub fn names() -> impl Iterator<Item = &'static str> {
    CATALOGUE.iter().map(|entry| entry.card.name)
}

/// The cards in the catalogue's order.
pub fn cards() -> impl Iterator<Item = &'static Card> {
    CATALOGUE.iter().map(|entry| entry.card)
}

/// Every heuristic's settings as they are when nothing else is said.
pub fn defaults() -> impl Iterator<Item = (&'static str, toml::Table)> {
    CATALOGUE.iter().map(|entry| (entry.card.name, (entry.defaults)()))
}

/// The recipe line that turns a heuristic on with all its settings spelled out.
pub fn recipe_line(name: &str) -> String {
    let settings = defaults().find(|(known, _)| *known == name).map(|(_, settings)| settings);
    match settings.unwrap_or_default() {
        settings if settings.is_empty() => format!("{name} = true"),
        settings => {
            let pairs: Vec<String> = settings.iter().map(|(key, value)| format!("{key} = {value}")).collect();
            format!("{name} = {{ {} }}", pairs.join(", "))
        }
    }
}

/// The named heuristic's card.
///
/// # Errors
///
/// There is none of that name; the hint names the nearest.
pub fn card(name: &str) -> Result<&'static Card> {
    cards().find(|card| card.name == name).ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> Error {
    let nearest = nearest(names(), name).expect("there are heuristics");
    let hint = format!("the nearest is `{nearest}`; `steadygan heuristics` lists all");
    Error::recipe(format!("there is no heuristic `{name}`"), hint)
}

/// The heuristics that are on, in the catalogue's order.
///
/// # Errors
///
/// A name is unknown or a setting has the wrong type.
pub fn chosen(on: &BTreeMap<String, toml::Table>) -> Result<Vec<Box<dyn Heuristic>>> {
    if let Some(name) = on.keys().find(|name| !names().any(|known| known == *name)) {
        return Err(unknown(name));
    }
    let entries = CATALOGUE.iter().filter_map(|entry| Some((entry, on.get(entry.card.name)?)));
    entries
        .map(|(entry, settings)| {
            (entry.parse)(settings.clone()).map_err(|error| {
                let name = entry.card.name;
                let message = format!("`heuristics.{name}` has a setting that does not fit: {}", error.message());
                Error::recipe(message, format!("`steadygan heuristics {name}` shows its settings"))
            })
        })
        .collect()
}

/// The hooks of the heuristics that are on, in the catalogue's order.
///
/// # Errors
///
/// As [`chosen`].
pub fn hooks(on: &BTreeMap<String, toml::Table>) -> Result<Vec<Box<dyn Hook>>> {
    Ok(chosen(on)?.iter().filter_map(|heuristic| heuristic.arm()).collect())
}
