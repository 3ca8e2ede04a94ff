//! From what a study asks to what it can vary: the base recipe on its data, and the factors.

use super::asked::{DistanceKind, StudyRecipe};
use super::choice::{choose_factors, settled};
use super::design::{Design, Row, Rung};
use super::factor::Factor;
use super::plan::{Basis, Extent};
use super::recipes::ORIGIN;
use super::record::{Scale, StudyPlan};
use super::search::drawn;
use crate::data::{DataFacts, Dataset, Samples, sample_shape};
use crate::device::device;
use crate::error::{Error, Result};
use crate::metrics::network::FASHION;
use crate::plan::Plan;
use crate::recipe::{EMBEDDED, LayeredRecipe, POINTS};
use crate::run::prepare;
use crate::train::{untrained_distance, untrained_energy};
use std::path::Path;
use toml::{Table, Value};

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
        let mut base = crate::heuristics::recipe();
        match &asked.recipe {
            Some(file) => base.lay_file(Path::new(file))?,
            None if is_of_points(&asked) => base.lay_text(POINTS, "embedded recipe of points")?,
            None => base.lay_text(EMBEDDED, "embedded recipe")?,
        }
        lay_all(&mut base, &asked.set)?;
        measure_in_domain(&mut base)?;
        let (plan, data) = prepare(&base)?;
        let distance = distance_of(&asked, &data)?;
        let facts = DataFacts::from(&data);
        let mut left_out = Vec::new();
        if asked.design == Design::Search && !asked.controls.is_empty() {
            return Err(Error::recipe("a search has no controls", "leave [controls] out, or use another design"));
        }
        if asked.factors.is_empty() {
            left_out = choose_factors(&mut asked, &base, &facts);
        }
        let (factors, round) = settled(&asked, &base, &plan, &facts)?;
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
            crate::decide::decide(&plan.recipe(row, seed)?, facts.clone()).map(drop).map_err(|error| {
                let with = self.culprits(plan, row, &facts);
                let message = format!("row {row} of the design{with} cannot be trained: {error}");
                Error::recipe(message, "give other values, or study one at a time of factors that cannot be together")
            })
        })
    }

    /// What a row that cannot be trained has that the base recipe has not, as little of it as still cannot be.
    fn culprits(&self, plan: &StudyPlan, row: usize, facts: &DataFacts) -> String {
        if let Some(control) = plan.controls.iter().find(|control| control.row == row) {
            return format!(", the control `{}`,", control.name);
        }
        let mut levels = plan.rows[row].clone();
        let refused = |levels: &Row| {
            let recipe = plan.of_levels(levels, plan.seeds[0]);
            recipe.and_then(|recipe| crate::decide::decide(&recipe, facts.clone())).is_err()
        };
        for (number, factor) in plan.factors.iter().enumerate() {
            let level = std::mem::replace(&mut levels[number], factor.base);
            if !refused(&levels) {
                levels[number] = level;
            }
        }
        let left = plan.factors.iter().zip(&levels).filter(|(factor, level)| factor.base != **level);
        let left: Vec<String> =
            left.map(|(factor, level)| format!("{} {}", factor.name, factor.level(*level))).collect();
        if left.is_empty() { String::new() } else { format!(" ({})", left.join(", ")) }
    }

    fn scale(&self, plan: &StudyPlan) -> Result<Scale> {
        let base =
            crate::decide::decide(&plan.of_levels(&plan.corners()[2], plan.seeds[0])?, DataFacts::from(&self.data))?;
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
