//! One run of a test set, and its plan.

use crate::failure::Failure;
use crate::set::Recipe;
use steadygan::Result;
use steadygan::plan::Plan;
use toml::Value;

/// Lines of stats in a run.
const STATS_LINES: u64 = 100;

/// Measurements of the metric in a run that measures it.
const EVALUATIONS: u64 = 12;

/// The origin of the settings that every run has, as plans name it.
const ORIGIN: &str = "corpus";

/// One run of a test set.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The recipe.
    pub recipe: &'a Recipe,
    /// The planted failure; none in a healthy run.
    pub failure: Option<Failure>,
    /// The run's seed.
    pub seed: u64,
}

impl Case<'_> {
    /// The run's name in records: recipe, failure and seed.
    #[must_use]
    pub fn name(&self) -> String {
        let failure = self.failure.map_or("healthy".to_owned(), |failure| format!("{failure:?}"));
        format!("{} {failure} seed {}", self.recipe.name, self.seed)
    }

    /// The plan that the doctor gets: without the failure.
    ///
    /// # Errors
    ///
    /// The recipe is not sound.
    pub fn plan(&self) -> Result<Plan> {
        // On painted pictures the doctor's own distance is as good as the metric, and a hundred times faster.
        self.plan_with_metric(|_| "off".into())
    }

    /// The plan with the metric measured some times, as the program does by default.
    ///
    /// # Errors
    ///
    /// The recipe is not sound.
    pub fn measured_plan(&self) -> Result<Plan> {
        self.plan_with_metric(|images| integer(images / EVALUATIONS))
    }

    fn plan_with_metric(&self, metric_every: impl Fn(u64) -> Value) -> Result<Plan> {
        let mut recipe = steadygan::heuristics::recipe();
        for (key, value) in &self.recipe.settings {
            recipe.lay_value(key, value.clone(), &self.recipe.name)?;
        }
        let batch = recipe.recipe()?.train.batch as u64;
        // Memorisation takes longer than the other failures.
        let longer = if matches!(self.failure, Some(Failure::Few(_))) { 2 } else { 1 };
        let images = batch * self.recipe.rounds * longer;
        let settings: [(&str, Value); 7] = [
            ("seed", integer(self.seed)),
            ("data.source", self.recipe.data.recipe_source().into()),
            ("train.images", integer(images)),
            ("train.stats-every", integer(images / STATS_LINES)),
            ("train.sheets-every", integer(images / 10)),
            ("train.metric-every", metric_every(images)),
            ("train.checkpoint-every", integer(images)),
        ];
        for (key, value) in settings {
            recipe.lay_value(key, value, ORIGIN)?;
        }
        steadygan::decide::decide(&recipe, self.recipe.data.facts())
    }
}

fn integer(count: u64) -> Value {
    i64::try_from(count).unwrap_or(i64::MAX).into()
}
