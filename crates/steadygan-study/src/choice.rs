//! Chooses the factors of a study: those it names, or a default set if it names none.

use super::asked::{AskedControl, StudyRecipe};
use super::design::Design;
use super::factor::Factor;
use super::recipes::ORIGIN;
use std::collections::BTreeMap;
use steadygan::data::{DataFacts, sample_shape};
use steadygan::decide;
use steadygan::heuristics;
use steadygan::nn::LayerTable;
use steadygan::pixels::PixelRange;
use steadygan::plan::{Downsampling, Plan, Upsampling};
use steadygan::recipe::{LayeredRecipe, PRESETS};
use steadygan::run::layer_tables;
use steadygan::{Error, Result};
use toml::Value;

/// The preset whose heuristics are studied when a study names no factors.
const DEFAULT_PRESET: &str = "hacks";

/// Fills in the factors of a study that names none, and returns the names left out, each with the reason.
///
/// The preset's heuristics are tried one after the other, each on top of those accepted before it. One is left out if
/// it cannot be combined with them or changes nothing. If both label heuristics are accepted and the study has no
/// controls, [`fixed_labels`] becomes one.
///
/// # Errors
///
/// The networks do not fit into memory.
pub(super) fn choose_factors(
    asked: &mut StudyRecipe,
    base: &LayeredRecipe,
    facts: &DataFacts,
) -> Result<Vec<(String, String)>> {
    let preset = PRESETS.iter().find(|(name, _)| *name == DEFAULT_PRESET).map_or(&[][..], |(_, on)| on);
    let mut all_on = base.clone();
    let mut left_out = Vec::new();
    for name in preset {
        let with = |on: bool| {
            let mut recipe = all_on.clone();
            recipe.lay_value(&format!("heuristics.{name}"), on, ORIGIN)?;
            let plan = steadygan::decide::decide(&recipe, facts.clone())?;
            Ok((recipe, plan))
        };
        match (with(true), with(false)) {
            (Err(error), _) | (_, Err(error)) => left_out.push(((*name).to_owned(), Error::to_string(&error))),
            (Ok((_, on)), Ok((_, off))) if TrainingParts::of(&on)? == TrainingParts::of(&off)? => {
                left_out.push(((*name).to_owned(), "it changes nothing here".to_owned()));
            }
            (Ok((recipe, _)), Ok(_)) => {
                asked.factors.insert((*name).to_owned(), true.into());
                all_on = recipe;
            }
        }
    }
    let random_labels = ["label-smoothing", "noisy-labels"];
    let compares = asked.design != Design::Search;
    if compares && asked.controls.is_empty() && random_labels.iter().all(|name| asked.factors.contains_key(*name)) {
        asked.controls.insert("fixed-labels".to_owned(), fixed_labels());
    }
    Ok(left_out)
}

/// A control with fixed labels, the mean of the random ones: U[0.7, 1.2] for reals and U[0, 0.3] for fakes, with 5% of
/// both exchanged. The loss is linear in the label, so that its expectation with random labels is the loss with these.
/// What differs is the effect of the randomness itself.
fn fixed_labels() -> AskedControl {
    let set = "heuristics = { label-smoothing = { real = 0.91, fake = 0.19 }, noisy-labels = false }";
    AskedControl { of: vec!["label-smoothing".into(), "noisy-labels".into()], set: set.parse().expect("it is TOML") }
}

/// The parts of a plan that affect training, for comparison: plans with equal parts train alike. Up- and downsampling
/// are compared by the layers that they lead to; the pixel range of points is ignored, because points have no pixels.
#[derive(PartialEq)]
struct TrainingParts {
    plan: Plan,
    layers: [LayerTable; 2],
    hooks: usize,
}

impl TrainingParts {
    fn of(plan: &Plan) -> Result<Self> {
        let layers = layer_tables(plan)?;
        let hooks = decide::hooks(plan).map_or(0, |hooks| hooks.len());
        let mut plan = plan.clone();
        plan.heuristics.clear();
        plan.origins.clear();
        plan.model.downsampling = Downsampling::Strided;
        plan.model.upsampling = Upsampling::Strided;
        if sample_shape(&plan.data.source).is_some() {
            plan.model.range = PixelRange::Unit;
        }
        Ok(Self { plan, layers, hooks })
    }
}

/// Builds and checks the factors that a study names, and computes its common round.
///
/// The common round, in real images, is the least common multiple of the rounds of `base_plan` and of every level put
/// alone into the base recipe. A count of images that is a multiple of it is a whole number of rounds in each of them.
///
/// # Errors
///
/// The factors or controls do not fit, a key is unknown, a factor changes nothing in the base recipe, or the common
/// round is too long.
pub(super) fn build_factors(
    asked: &StudyRecipe,
    base: &LayeredRecipe,
    base_plan: &Plan,
    facts: &DataFacts,
) -> Result<(Vec<Factor>, u64)> {
    let spelled: BTreeMap<String, (Value, String)> = base.spelled_out()?;
    let is_heuristic = |name: &str| heuristics::names().any(|known| known == name);
    let mut factors = asked.factors(is_heuristic, |key| spelled.get(key).map(|(value, _)| value.clone()))?;
    let mut common_round = base_plan.train.round();
    for factor in &mut factors {
        let plans = plans(factor, base, facts)?;
        if plans.len() == factor.levels.len() && plans.iter().all(|plan| *plan == plans[0]) {
            let message = format!("the factor `{}` changes nothing in the base recipe", factor.name);
            return Err(Error::recipe(message, "turn on under [set] what it is a setting of, or leave it out"));
        }
        common_round =
            plans.iter().try_fold(common_round, |round, plan| least_common_round(round, plan, &factor.name))?;
        factor.only_through = only_through(&factor.name)?;
    }
    let names: Vec<String> = factors.iter().map(|factor| factor.name.clone()).collect();
    factors.iter_mut().for_each(|factor| factor.only_through.retain(|through| names.contains(through)));
    Ok((factors, common_round))
}

/// The plan of the base recipe with each level of a factor, without the values' origins, so that plans can be compared.
/// A level that the base recipe refuses gets no plan; it is reported later, with the row that has it.
fn plans(factor: &Factor, base: &LayeredRecipe, facts: &DataFacts) -> Result<Vec<Plan>> {
    let mut plans = Vec::new();
    for level in &factor.levels {
        let mut recipe = base.clone();
        // An unknown key is an error here, which names the nearest known key.
        recipe.lay_value(&factor.key, level.clone(), ORIGIN)?;
        plans.extend(
            steadygan::decide::decide(&recipe, facts.clone()).map(|plan| Plan { origins: BTreeMap::new(), ..plan }),
        );
    }
    Ok(plans)
}

/// The heuristics without which this one, in its default settings, changes nothing.
fn only_through(name: &str) -> Result<Vec<String>> {
    let Some((name, settings)) = heuristics::defaults().find(|(known, _)| *known == name) else {
        return Ok(Vec::new());
    };
    let alone = BTreeMap::from([(name.to_owned(), settings)]);
    let through = heuristics::chosen(&alone)?
        .iter()
        .flat_map(|heuristic| heuristic.only_through())
        .map(|name| (*name).to_owned())
        .collect();
    Ok(through)
}

/// The most real images in a common round. With a longer one, measurements and checkpoints would not fit within a run.
const LONGEST_ROUND: u64 = 1 << 16;

/// The least common multiple of `round` and a plan's round. `factor` is named in the error if it is too long.
fn least_common_round(round: u64, plan: &Plan, factor: &str) -> Result<u64> {
    let (mut a, mut b) = (round, plan.train.round());
    let product = a * b;
    while b > 0 {
        (a, b) = (b, a % b);
    }
    let common = product / a;
    if common > LONGEST_ROUND {
        let message = format!("the levels of `{factor}` have no common round of images");
        return Err(Error::recipe(message, "choose batches and discriminator steps that divide each other"));
    }
    Ok(common)
}
