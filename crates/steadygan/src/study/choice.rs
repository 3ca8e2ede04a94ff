//! The factors of a study: those that are asked for, or those that who asks for none is likely to mean.

use super::asked::{AskedControl, StudyRecipe};
use super::design::Design;
use super::factor::Factor;
use super::recipes::ORIGIN;
use crate::data::{DataFacts, sample_shape};
use crate::decide;
use crate::error::{Error, Result};
use crate::heuristics;
use crate::nn::LayerTable;
use crate::pixels::PixelRange;
use crate::plan::{Downsampling, Plan, Upsampling};
use crate::recipe::{LayeredRecipe, PRESETS};
use crate::run::layer_tables;
use std::collections::BTreeMap;
use toml::Value;

/// The preset whose heuristics are studied if nothing else is asked.
const STUDIED: &str = "hacks";

/// The factors of who asks for none, and those that were left out with the reason. They are tried one by one beside those before them.
pub(super) fn choose_factors(
    asked: &mut StudyRecipe,
    base: &LayeredRecipe,
    facts: &DataFacts,
) -> Vec<(String, String)> {
    let eleven = PRESETS.iter().find(|(name, _)| *name == STUDIED).map_or(&[][..], |(_, on)| on);
    let mut all_on = base.clone();
    let mut left_out = Vec::new();
    for name in eleven {
        let with = |on: bool| {
            let mut recipe = all_on.clone();
            recipe.lay_value(&format!("heuristics.{name}"), on, ORIGIN)?;
            let plan = crate::decide::decide(&recipe, facts.clone())?;
            Ok((recipe, plan))
        };
        match (with(true), with(false)) {
            (Err(error), _) | (_, Err(error)) => left_out.push(((*name).to_owned(), Error::to_string(&error))),
            (Ok((_, on)), Ok((_, off))) if Acting::of(&on) == Acting::of(&off) => {
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
    left_out
}

/// The labels that random ones have on average: U[0.7, 1.2] for reals and U[0, 0.3] for fakes, 5% of them exchanged. The loss is linear in the
/// label, so that random labels are these in expectation; what remains is what randomness itself does.
fn fixed_labels() -> AskedControl {
    let set = "heuristics = { label-smoothing = { real = 0.91, fake = 0.19 }, noisy-labels = false }";
    AskedControl { of: vec!["label-smoothing".into(), "noisy-labels".into()], set: set.parse().expect("it is TOML") }
}

/// What of a plan acts on training: settings of the networks show in their layers, and points have no pixels.
#[derive(PartialEq)]
struct Acting {
    plan: Plan,
    layers: [LayerTable; 2],
    hooks: usize,
}

impl Acting {
    fn of(plan: &Plan) -> Self {
        let layers = layer_tables(plan);
        let hooks = decide::hooks(plan).map_or(0, |hooks| hooks.len());
        let mut plan = plan.clone();
        plan.heuristics.clear();
        plan.origins.clear();
        plan.model.downsampling = Downsampling::Strided;
        plan.model.upsampling = Upsampling::Strided;
        if sample_shape(&plan.data.source).is_some() {
            plan.model.range = PixelRange::Unit;
        }
        Self { plan, layers, hooks }
    }
}

/// The factors that are asked for, with the base recipe's levels, each known and at work, and the real images of which every level, by itself
/// in the base recipe, has whole rounds: the least common multiple of its rounds and those of `base_plan`.
pub(super) fn settled(
    asked: &StudyRecipe,
    base: &LayeredRecipe,
    base_plan: &Plan,
    facts: &DataFacts,
) -> Result<(Vec<Factor>, u64)> {
    let spelled: BTreeMap<String, (Value, String)> = base.spelled_out()?;
    let is_heuristic = |name: &str| heuristics::names().any(|known| known == name);
    let mut factors = asked.factors(is_heuristic, |key| spelled.get(key).map(|(value, _)| value.clone()))?;
    let mut round = base_plan.train.round();
    for factor in &mut factors {
        let plans = plans(factor, base, facts)?;
        if plans.len() == factor.levels.len() && plans.iter().all(|plan| *plan == plans[0]) {
            let message = format!("the factor `{}` changes nothing in the base recipe", factor.name);
            return Err(Error::recipe(message, "turn on under [set] what it is a setting of, or leave it out"));
        }
        round = plans.iter().try_fold(round, |round, plan| common_round(round, plan, &factor.name))?;
        factor.only_through = only_through(&factor.name)?;
    }
    let names: Vec<String> = factors.iter().map(|factor| factor.name.clone()).collect();
    factors.iter_mut().for_each(|factor| factor.only_through.retain(|through| names.contains(through)));
    Ok((factors, round))
}

/// The plans that a factor's levels make of the base recipe, without where values come from. Levels that the base recipe refuses have none:
/// they are told with the row that has them.
fn plans(factor: &Factor, base: &LayeredRecipe, facts: &DataFacts) -> Result<Vec<Plan>> {
    let mut plans = Vec::new();
    for level in &factor.levels {
        let mut recipe = base.clone();
        // A key that no recipe has is told with the nearest that one may have.
        recipe.lay_value(&factor.key, level.clone(), ORIGIN)?;
        plans.extend(
            crate::decide::decide(&recipe, facts.clone()).map(|plan| Plan { origins: BTreeMap::new(), ..plan }),
        );
    }
    Ok(plans)
}

/// What a heuristic acts through alone, as it is by default.
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

/// More images than this in a common round, and cadences would not meet within a run.
const LONGEST_ROUND: u64 = 1 << 16;

/// The least common multiple of a round and that of a plan, which a level of `factor` makes.
fn common_round(round: u64, plan: &Plan, factor: &str) -> Result<u64> {
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
