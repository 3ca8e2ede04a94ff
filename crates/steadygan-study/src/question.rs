//! Turns a study's file into the base recipe, its data and the factors, and from these into a plan.

use super::asked::{DistanceKind, StudyRecipe};
use super::choice::{build_factors, choose_factors};
use super::design::{Design, Row, SearchStage};
use super::factor::Factor;
use super::plan::{DistanceRange, PlanBasis, StudyPlan};
use super::recipes::{ORIGIN, lay_table};
use super::search::draw_combinations;
use std::path::Path;
use steadygan::data::{DataFacts, Dataset, Samples, sample_shape};
use steadygan::device::device;
use steadygan::metrics::network::FASHION;
use steadygan::plan::Plan;
use steadygan::recipe::{EMBEDDED, LayeredRecipe, POINTS};
use steadygan::run::prepare;
use steadygan::train::{untrained_distance, untrained_energy};
use steadygan::{Error, Result};
use toml::{Table, Value};

/// A study's question, with its data loaded and its factors settled.
#[derive(Debug)]
pub struct Question {
    asked: StudyRecipe,
    base: LayeredRecipe,
    plan: Plan,
    data: Dataset,
    factors: Vec<Factor>,
    distance: DistanceKind,
    /// A multiple of this many real images is a whole number of rounds in every row.
    common_round: u64,
    /// If the study names no factors: the default factors that were left out, because this recipe or this data has no
    /// use for them, each with the reason.
    pub left_out: Vec<(String, String)>,
}

impl Question {
    /// Reads the base recipe and its data and settles the factors. A study that names none gets those heuristics of the
    /// preset `hacks` that work with the base recipe and change something in it, with fixed labels as a control.
    ///
    /// # Errors
    ///
    /// The recipe or its data is not usable; a factor is unknown, changes nothing or conflicts with the recipe; or the
    /// distance cannot be measured on this data.
    pub fn of(mut asked: StudyRecipe) -> Result<Self> {
        let mut base = steadygan::heuristics::recipe();
        match &asked.recipe {
            Some(file) => base.lay_file(Path::new(file))?,
            None if is_of_points(&asked) => base.lay_text(POINTS, "embedded recipe of points")?,
            None => base.lay_text(EMBEDDED, "embedded recipe")?,
        }
        lay_table(&mut base, &asked.set)?;
        measure_in_domain(&mut base)?;
        let (plan, data) = prepare(&base)?;
        let distance = distance_of(&asked, &data)?;
        let facts = DataFacts::from(&data);
        let mut left_out = Vec::new();
        if asked.design == Design::Search && !asked.controls.is_empty() {
            return Err(Error::recipe("a search has no controls", "leave [controls] out, or use another design"));
        }
        if asked.factors.is_empty() {
            left_out = choose_factors(&mut asked, &base, &facts)?;
        }
        let (factors, common_round) = build_factors(&asked, &base, &plan, &facts)?;
        let question = Self { asked, base, plan, data, factors, distance, common_round, left_out };
        // Plans every row now, so that a row that cannot be trained is reported before anything is written.
        question.draft(question.size_as_asked())?;
        Ok(question)
    }

    /// The study's file, with default factors filled in.
    pub fn asked(&self) -> &StudyRecipe {
        &self.asked
    }

    /// The base recipe's plan.
    pub fn base(&self) -> &Plan {
        &self.plan
    }

    /// The data set.
    pub fn data(&self) -> &Dataset {
        &self.data
    }

    /// A multiple of this many real images is a whole number of rounds in every row.
    pub fn common_round(&self) -> u64 {
        self.common_round
    }

    /// Whether the distance is measured on the features of a network.
    pub fn has_features(&self) -> bool {
        self.distance != DistanceKind::Energy
    }

    /// The study's plan with this size.
    ///
    /// # Errors
    ///
    /// The design does not take these factors, a row cannot be trained, or the data cannot be measured.
    pub fn plan(&self, size: StudySize) -> Result<StudyPlan> {
        let mut plan = self.draft(size)?;
        plan.distance_range = self.distance_range(&plan)?;
        Ok(plan)
    }

    /// The plan without the range of its distances (NaN instead), which takes time to measure.
    pub(super) fn draft(&self, size: StudySize) -> Result<StudyPlan> {
        let basis = PlanBasis {
            recipe: self.base.to_toml(),
            factors: self.factors.clone(),
            distance: self.distance,
            distance_range: DistanceRange { untrained: f64::NAN, floor: f64::NAN },
            every_run: self.every_run(&size),
            seeds: size.seeds,
            images: size.images_per_run,
        };
        let mut plan = StudyPlan::decide(&self.asked, basis)?;
        if plan.design == Design::Search {
            plan.rows = draw_combinations(&plan.factors, self.plan.seed);
            plan.designed = plan.rows.len();
            plan.stages = SearchStage::schedule(plan.rows.len(), plan.images);
        }
        self.check_rows(&plan)?;
        Ok(plan)
    }

    /// The recipe keys of every run: its length, and cadences that are the same share of the length whatever the length
    /// is. A key that the study sets under `[set]` keeps the study's value.
    fn every_run(&self, size: &StudySize) -> Table {
        let every = (size.images_per_run / size.measurements_per_run).max(1);
        let stats = (size.images_per_run / STATS_LINES).clamp(1, self.plan.train.stats_every);
        let set = self.asked.set.get("train").and_then(Value::as_table);
        let mut train = Table::new();
        for (key, count) in [
            ("images", size.images_per_run),
            ("sheets-every", every),
            ("checkpoint-every", every),
            ("stats-every", stats),
            ("metric-every", every),
            ("metric-samples", size.fakes_per_measurement),
        ] {
            if !set.is_some_and(|set| set.contains_key(key)) {
                train.insert(key.into(), Value::Integer(count as i64));
            }
        }
        if self.distance == DistanceKind::Frechet {
            train.insert("metric".into(), "frechet-distance".into());
        }
        Table::from_iter([("train".to_owned(), Value::Table(train))])
    }

    /// An error if a row's recipe cannot be planned.
    fn check_rows(&self, plan: &StudyPlan) -> Result<()> {
        let facts = DataFacts::from(&self.data);
        let seed = plan.seeds[0];
        (0..plan.rows.len()).try_for_each(|row| {
            steadygan::decide::decide(&plan.recipe(row, seed)?, facts.clone()).map(drop).map_err(|error| {
                let with = self.culprits(plan, row, &facts);
                let message = format!("row {row} of the design{with} cannot be trained: {error}");
                Error::recipe(message, "give other values, or study factors that exclude each other one at a time")
            })
        })
    }

    /// Why a row cannot be trained: a smallest set of its levels that, put into the base recipe, is still refused. In
    /// words, for the message.
    fn culprits(&self, plan: &StudyPlan, row: usize, facts: &DataFacts) -> String {
        if let Some(control) = plan.controls.iter().find(|control| control.row == row) {
            return format!(", the control `{}`,", control.name);
        }
        let mut levels = plan.rows[row].clone();
        let refused = |levels: &Row| {
            let recipe = plan.of_levels(levels, plan.seeds[0]);
            recipe.and_then(|recipe| steadygan::decide::decide(&recipe, facts.clone())).is_err()
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

    fn distance_range(&self, plan: &StudyPlan) -> Result<DistanceRange> {
        let base = steadygan::decide::decide(
            &plan.of_levels(&plan.corners()[2], plan.seeds[0])?,
            DataFacts::from(&self.data),
        )?;
        let cpu = device("cpu")?;
        let [untrained, floor] = match untrained_energy(&base, &self.data, &cpu) {
            Some(ends) => ends,
            None => untrained_distance(&base, &self.data, &cpu)?
                .map(|untrained| [untrained.distance.value, untrained.floor.deviation])
                .ok_or_else(|| {
                    Error::data("there are too few images to measure a distance", "add images: eight are the least")
                })?,
        };
        if !(untrained > floor && floor > 0.0) {
            let message = format!(
                "an untrained generator's distance, {untrained:.4}, is not above the distance between two sets of reals"
            );
            return Err(Error::data(message, "add images, or measure in another network (train.metric-network)"));
        }
        Ok(DistanceRange { untrained, floor })
    }
}

/// The least number of lines in a run's stats, which the doctor reads.
const STATS_LINES: u64 = 40;

/// How much a study runs, and how its runs are measured.
#[derive(Debug, Clone, PartialEq)]
pub struct StudySize {
    /// The seeds; each row is run with each of them.
    pub seeds: Vec<u64>,
    /// Real images that a run is trained on.
    pub images_per_run: u64,
    /// How many times a run is measured.
    pub measurements_per_run: u64,
    /// Number of fakes in each measurement.
    pub fakes_per_measurement: u64,
}

/// Measures the embedded images with a classifier trained on such images, unless the recipe names a network. It tells
/// them apart better than a classifier of photographs does, in a hundredth of the time.
fn measure_in_domain(base: &mut LayeredRecipe) -> Result<()> {
    const KEY: &str = "train.metric-network";
    let is_embedded = matches!(base.recipe()?.data.source.as_str(), "embedded" | FASHION);
    let unsaid = base.spelled_out()?.get(KEY).is_some_and(|(_, origin)| origin == "default");
    if is_embedded && unsaid { base.lay_value(KEY, FASHION, ORIGIN) } else { Ok(()) }
}

/// Whether the study's `[set]` names a source of points.
fn is_of_points(asked: &StudyRecipe) -> bool {
    let source = asked.set.get("data").and_then(|data| data.get("source")).and_then(Value::as_str);
    source.is_some_and(|source| sample_shape(source).is_some())
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
