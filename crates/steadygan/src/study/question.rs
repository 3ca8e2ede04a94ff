//! From what a study asks to what it can vary: the base recipe on its data, and the factors.

use super::asked::{AskedControl, DistanceKind, StudyRecipe};
use super::design::{Design, Rung};
use super::factor::Factor;
use super::plan::{Basis, Extent};
use super::recipes::ORIGIN;
use super::record::{Scale, StudyPlan};
use super::search::drawn;
use crate::data::{DataFacts, Dataset, Samples, sample_shape};
use crate::device::device;
use crate::error::{Error, Result};
use crate::heuristics;
use crate::metrics::network::FASHION;
use crate::nn::LayerTable;
use crate::pixels::PixelRange;
use crate::plan::{Downsampling, Plan, Upsampling};
use crate::recipe::{EMBEDDED, LayeredRecipe, POINTS, PRESETS};
use crate::run::{layer_tables, prepare};
use crate::train::{untrained_distance, untrained_energy};
use std::collections::BTreeMap;
use std::path::Path;
use toml::{Table, Value};

/// The preset whose heuristics are studied if nothing else is asked.
const STUDIED: &str = "hacks";

/// What is asked, with the data at hand.
#[derive(Debug)]
pub struct Question {
    asked: StudyRecipe,
    base: LayeredRecipe,
    plan: Plan,
    data: Dataset,
    factors: Vec<Factor>,
    distance: DistanceKind,
    /// Counts in whole rounds of this are whole rounds of each row.
    round: u64,
    /// Of the factors that are studied without being asked for, those that this recipe or this data has no use for, and why.
    pub left_out: Vec<(String, String)>,
}

impl Question {
    /// Reads the base recipe and its data and settles the factors. Who asks for none studies the eleven of the preset `hacks` that can be
    /// together with the base recipe and change something in it, with fixed labels as a control.
    ///
    /// # Errors
    ///
    /// The recipe or its data is not usable, a factor is unknown, changes nothing or cannot be together with the recipe, or the distance is
    /// not one of this data.
    pub fn of(mut asked: StudyRecipe) -> Result<Self> {
        let mut base = LayeredRecipe::default();
        match &asked.recipe {
            Some(file) => base.lay_file(Path::new(file))?,
            None if is_of_points(&asked) => base.lay_text(POINTS, "embedded recipe of points")?,
            None => base.lay_text(EMBEDDED, "embedded recipe")?,
        }
        lay_all(&mut base, &asked.set)?;
        measure_in_domain(&mut base)?;
        let (plan, data) = prepare(&base)?;
        let distance = distance_of(&asked, &data)?;
        let mut left_out = Vec::new();
        if asked.design == Design::Search && !asked.controls.is_empty() {
            return Err(Error::recipe("a search has no controls", "leave [controls] out, or use another design"));
        }
        if asked.factors.is_empty() {
            let facts = DataFacts::from(&data);
            left_out = choose_factors(&mut asked, &base, &facts);
        }
        let factors = settled(&asked, &base)?;
        let round = common_round(&base, &factors, &DataFacts::from(&data))?;
        let question = Self { asked, base, plan, data, factors, distance, round, left_out };
        // What is wrong with a row is said before anything is written.
        question.draft(question.extent_as_asked())?;
        Ok(question)
    }

    /// What was asked, the factors spelled out.
    pub fn asked(&self) -> &StudyRecipe {
        &self.asked
    }

    /// The base recipe's plan.
    pub fn base(&self) -> &Plan {
        &self.plan
    }

    /// The name of the data.
    pub fn data_name(&self) -> &str {
        &self.data.name
    }

    /// Real images of which every row has whole rounds.
    pub fn round(&self) -> u64 {
        self.round
    }

    /// Whether fakes are measured in a network's features.
    pub fn has_features(&self) -> bool {
        self.distance != DistanceKind::Energy
    }

    /// The study's plan: `extent` of it run, each run measured on `samples` fakes `measured` times.
    ///
    /// # Errors
    ///
    /// The design does not take these factors, a row's recipe is refused, or the data cannot be measured.
    pub fn plan(&self, extent: Measured) -> Result<StudyPlan> {
        let mut plan = self.draft(extent)?;
        plan.scale = self.scale(&plan)?;
        Ok(plan)
    }

    /// The plan without the distance's ends, which take time.
    pub(super) fn draft(&self, extent: Measured) -> Result<StudyPlan> {
        let every_run = self.every_run(&extent);
        let extent = Extent { seeds: extent.seeds, images: extent.images, every_run };
        let basis = Basis {
            recipe: self.base.to_toml(),
            factors: self.factors.clone(),
            distance: self.distance,
            scale: Scale { untrained: f64::NAN, floor: f64::NAN },
        };
        let mut plan = StudyPlan::decide(&self.asked, basis, extent)?;
        if plan.design == Design::Search {
            plan.rows = drawn(&plan.factors, self.plan.seed);
            plan.designed = plan.rows.len();
            plan.rungs = Rung::schedule(plan.rows.len(), plan.images);
        }
        self.check_rows(&plan)?;
        Ok(plan)
    }

    /// The keys of every run: whatever a run is shown, it is measured, drawn and saved at the same shares of it. What the study sets itself
    /// stays as it says.
    fn every_run(&self, extent: &Measured) -> Table {
        let every = (extent.images / extent.measured).max(1);
        let stats = (extent.images / STATS_LINES).clamp(1, self.plan.train.stats_every);
        let said = self.asked.set.get("train").and_then(Value::as_table);
        let mut train = Table::new();
        for (key, count) in [
            ("images", extent.images),
            ("sheets-every", every),
            ("checkpoint-every", every),
            ("stats-every", stats),
            ("metric-every", every),
            ("metric-samples", extent.samples),
        ] {
            if !said.is_some_and(|said| said.contains_key(key)) {
                train.insert(key.into(), Value::Integer(count as i64));
            }
        }
        if self.distance == DistanceKind::Frechet {
            train.insert("metric".into(), "frechet-distance".into());
        }
        Table::from_iter([("train".to_owned(), Value::Table(train))])
    }

    /// Each row's recipe is planned before any is run.
    fn check_rows(&self, plan: &StudyPlan) -> Result<()> {
        let facts = DataFacts::from(&self.data);
        let seed = plan.seeds[0];
        (0..plan.rows.len()).try_for_each(|row| {
            Plan::decide(&plan.recipe(row, seed)?, facts.clone()).map(drop).map_err(|error| {
                let message = format!("row {row} of the design cannot be trained: {error}");
                Error::recipe(message, format!("study one of them at a time, or for that row: {}", error.hint()))
            })
        })
    }

    fn scale(&self, plan: &StudyPlan) -> Result<Scale> {
        let base = Plan::decide(&plan.of_levels(&plan.corners()[2], plan.seeds[0])?, DataFacts::from(&self.data))?;
        let cpu = device("cpu")?;
        let [untrained, floor] = match untrained_energy(&base, &self.data, &cpu) {
            Some(ends) => ends,
            None => untrained_distance(&base, &self.data, &cpu)?
                .map(|measured| [measured.distance.value, measured.floor.deviation])
                .ok_or_else(|| {
                    Error::data("there are too few images to measure a distance", "add images: eight are the least")
                })?,
        };
        if !(untrained > floor && floor > 0.0) {
            let message = format!(
                "an untrained generator's distance, {untrained:.4}, is not above what reals have among themselves"
            );
            return Err(Error::data(message, "add images, or measure in another network (train.metric-network)"));
        }
        Ok(Scale { untrained, floor })
    }
}

/// Lines of stats in a run at least: what the doctor reads.
const STATS_LINES: u64 = 40;

/// How much is run, and how it is measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Each row is run with each of them.
    pub seeds: Vec<u64>,
    /// Real images shown in a run.
    pub images: u64,
    /// Times that a run is measured.
    pub measured: u64,
    /// Fakes that are measured each time.
    pub samples: u64,
}

/// The embedded images are measured by a classifier of their kind unless somebody names another network: it tells them better than one of
/// photographs, in a hundredth of the time.
fn measure_in_domain(base: &mut LayeredRecipe) -> Result<()> {
    const KEY: &str = "train.metric-network";
    let is_embedded = matches!(base.recipe()?.data.source.as_str(), "embedded" | FASHION);
    let unsaid = base.spelled_out()?.get(KEY).is_some_and(|(_, origin)| origin == "default");
    if is_embedded && unsaid { base.lay_value(KEY, FASHION, ORIGIN) } else { Ok(()) }
}

/// Whether what the study sets itself makes its data points.
fn is_of_points(asked: &StudyRecipe) -> bool {
    let source = asked.set.get("data").and_then(|data| data.get("source")).and_then(Value::as_str);
    source.is_some_and(|source| sample_shape(source).is_some())
}

/// Lays a table's keys over a recipe.
pub(super) fn lay_all(recipe: &mut LayeredRecipe, table: &Table) -> Result<()> {
    table.iter().try_for_each(|(key, value)| recipe.lay_value(key, value.clone(), ORIGIN))
}

fn distance_of(asked: &StudyRecipe, data: &Dataset) -> Result<DistanceKind> {
    let points = matches!(data.train, Samples::Points(_));
    match asked.distance {
        None if points => Ok(DistanceKind::Energy),
        None => Ok(DistanceKind::Kernel),
        Some(DistanceKind::Energy) if !points => {
            Err(Error::recipe("`distance = energy` is of points, and these are images", "use kernel or frechet"))
        }
        Some(DistanceKind::Energy) => Ok(DistanceKind::Energy),
        Some(_) if points => {
            Err(Error::recipe("`distance` is one of images, and these are points", "leave it out, or use energy"))
        }
        Some(kind) => Ok(kind),
    }
}

/// The factors of who asks for none, and those that were left out with the reason. They are tried one by one beside those before them.
fn choose_factors(asked: &mut StudyRecipe, base: &LayeredRecipe, facts: &DataFacts) -> Vec<(String, String)> {
    let eleven = PRESETS.iter().find(|(name, _)| *name == STUDIED).map_or(&[][..], |(_, on)| on);
    let mut all_on = base.clone();
    let mut left_out = Vec::new();
    for name in eleven {
        let with = |on: bool| {
            let mut recipe = all_on.clone();
            recipe.lay_value(&format!("heuristics.{name}"), on, ORIGIN)?;
            let plan = Plan::decide(&recipe, facts.clone())?;
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
        let hooks = heuristics::hooks(plan).map_or(0, |hooks| hooks.len());
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

/// The factors that are asked for, with the base recipe's levels, each known and at work.
fn settled(asked: &StudyRecipe, base: &LayeredRecipe) -> Result<Vec<Factor>> {
    let spelled: BTreeMap<String, (Value, String)> = base.spelled_out()?;
    let is_heuristic = |name: &str| heuristics::names().any(|known| known == name);
    let mut factors = asked.factors(is_heuristic, |key| spelled.get(key).map(|(value, _)| value.clone()))?;
    for factor in &mut factors {
        // A key that no recipe has is told with the nearest that one may have.
        base.clone().lay_value(&factor.key, factor.levels[0].clone(), ORIGIN)?;
        factor.only_through = only_through(&factor.name)?;
    }
    let names: Vec<String> = factors.iter().map(|factor| factor.name.clone()).collect();
    factors.iter_mut().for_each(|factor| factor.only_through.retain(|through| names.contains(through)));
    Ok(factors)
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

/// The least common multiple of the rounds that the factors' levels make, each by itself.
fn common_round(base: &LayeredRecipe, factors: &[Factor], facts: &DataFacts) -> Result<u64> {
    let mut common = Plan::decide(base, facts.clone())?.train.round();
    for factor in factors {
        for level in &factor.levels {
            let mut recipe = base.clone();
            recipe.lay_value(&factor.key, level.clone(), ORIGIN)?;
            // Levels that the base recipe refuses are told with the row that has them.
            let Ok(plan) = Plan::decide(&recipe, facts.clone()) else { continue };
            let (mut a, mut b) = (common, plan.train.round());
            let product = a * b;
            while b > 0 {
                (a, b) = (b, a % b);
            }
            common = product / a;
            if common > LONGEST_ROUND {
                let message = format!("the levels of `{}` have no common round of images", factor.name);
                return Err(Error::recipe(message, "choose batches and discriminator steps that divide each other"));
            }
        }
    }
    Ok(common)
}
