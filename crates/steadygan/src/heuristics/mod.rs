//! The heuristics. Each is a file with its card, its change of the plan and, if it acts inside a step, its hook.
//!
//! A new heuristic is one new file and one line in the catalogue below. The recipe keys, the command
//! `steadygan heuristics`, the documentation page and the tests in `laws` follow from these.

mod card;
mod costs;
#[cfg(test)]
mod laws;
mod losses;
mod norms;
mod penalties;
#[cfg(test)]
pub(crate) mod testing;

pub use crate::hook::{BatchKind, Hook, Memory};
pub use card::{Card, Conflict, Evidence, Topic};
pub use costs::{Cost, cost};

use crate::error::{Error, Result};
use crate::names::nearest;
use crate::plan::Plan;
use crate::recipe::{LayeredRecipe, Vocabulary};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One heuristic with its settings.
pub trait Heuristic {
    /// The heuristic's card.
    fn card(&self) -> &'static Card;

    /// Changes the plan as this heuristic does when it is on. Planning twice changes nothing more.
    ///
    /// # Errors
    ///
    /// A setting is out of its range; the message names the recipe key.
    fn plan(&self, plan: &mut Plan) -> Result<()>;

    /// The first of the card's conflicts that holds in a complete plan. A heuristic whose settings decide whether a
    /// conflict holds overrides this.
    fn conflict(&self, plan: &Plan) -> Option<&'static Conflict> {
        self.card().conflicts.iter().find(|conflict| plan.heuristics.contains_key(conflict.with))
    }

    /// Other heuristics, if this one has an effect (beyond rounding) only together with one of them.
    fn only_through(&self) -> &'static [&'static str] {
        &[]
    }

    /// The hook, if the heuristic acts inside a step.
    fn arm(&self, _plan: &Plan) -> Option<Box<dyn Hook>> {
        None
    }
}

/// A line of the catalogue: a heuristic's card, default settings and parser.
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
    saturating::Saturating,
    least_squares::LeastSquares,
    hinge::Hinge,
    wasserstein::Wasserstein,
    relativistic_pairing::RelativisticPairing,
    relativistic_average::RelativisticAverage,
    feature_matching::FeatureMatching,
    r1::R1,
    r2::R2,
    gradient_penalty::GradientPenalty,
    dragan::Dragan,
    instance_noise::InstanceNoise,
    augmentation::Augmentation,
    adaptive_augmentation::AdaptiveAugmentation,
    replay::Replay,
    pac::Pac,
    class_conditioning::ClassConditioning,
    spherical_latent::SphericalLatent,
    ema::Ema,
    ttur::Ttur,
    sgd_discriminator::SgdDiscriminator,
    discriminator_steps::DiscriminatorSteps,
    gradient_clipping::GradientClipping,
    historical_averaging::HistoricalAveraging,
    spectral_norm::SpectralNorm,
    instance_norm::InstanceNorm,
    layer_norm::LayerNorm,
    virtual_batch_norm::VirtualBatchNorm,
    minibatch_std::MinibatchStd,
    minibatch_discrimination::MinibatchDiscrimination,
    self_attention::SelfAttention,
    dropout::Dropout,
    generator_noise::GeneratorNoise,
    average_pooling::AveragePooling,
    pixel_shuffle::PixelShuffle,
    resize_convolution::ResizeConvolution,
    orthogonal_init::OrthogonalInit,
    truncation::Truncation,
}

/// The names in the catalogue's order.
pub fn names() -> impl Iterator<Item = &'static str> {
    CATALOGUE.iter().map(|entry| entry.card.name)
}

/// The cards in the catalogue's order.
pub fn cards() -> impl Iterator<Item = &'static Card> {
    CATALOGUE.iter().map(|entry| entry.card)
}

/// Every heuristic's name and default settings.
pub fn defaults() -> impl Iterator<Item = (&'static str, toml::Table)> {
    CATALOGUE.iter().map(|entry| (entry.card.name, (entry.defaults)()))
}

/// The keys that a recipe may have: the keys of [`Recipe`](crate::recipe::Recipe) and of this catalogue.
pub fn vocabulary() -> &'static Vocabulary {
    static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| Vocabulary::new(defaults().collect()));
    &VOCABULARY
}

/// A recipe without values, over which layers can be laid.
pub fn recipe() -> LayeredRecipe {
    LayeredRecipe::new(vocabulary())
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
/// There is no heuristic of that name; the hint names the nearest.
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
            #[cfg(test)]
            testing::count_parse(entry.card.name);
            (entry.parse)(settings.clone()).map_err(|error| {
                let name = entry.card.name;
                let message = format!("`heuristics.{name}` has a setting that does not fit: {}", error.message());
                Error::recipe(message, format!("`steadygan heuristics {name}` shows its settings"))
            })
        })
        .collect()
}

/// Checks that no two heuristics of a plan conflict; `on` are the plan's [`chosen`] heuristics.
///
/// # Errors
///
/// Two heuristics conflict. The message names both and the reason; the hint says how to turn one off.
pub(crate) fn check_conflicts(plan: &Plan, on: &[Box<dyn Heuristic>]) -> Result<()> {
    for heuristic in on {
        let name = heuristic.card().name;
        if let Some(Conflict { with, why, instead }) = heuristic.conflict(plan) {
            let hint = match *instead {
                "" => format!("--without {with} or --without {name}"),
                instead => format!("--set {instead}, --without {with} or --without {name}"),
            };
            return Err(Error::recipe(format!("`{name}` cannot be together with `{with}`: {why}"), hint));
        }
    }
    Ok(())
}
