//! The test sets: the tuning set and the current edition of the held-out set, as TOML.

use crate::case::Case;
use crate::data::Data;
use crate::failure::Failure;
use serde::Deserialize;
use toml::Table;

/// The name and the text of every test set.
pub const SETS: [(&str, &str); 2] =
    [("tuning", include_str!("../editions/tuning.toml")), ("held-out-6", include_str!("../editions/held-out-6.toml"))];

/// A set of runs with planted failures and of healthy runs.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestSet {
    /// The recipes, each of which trains soundly on its data.
    #[serde(rename = "recipe")]
    pub recipes: Vec<Recipe>,
    /// The runs with a planted failure.
    pub failed: Vec<FailedRun>,
}

/// A recipe on data.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The name by which failed runs refer to it.
    pub name: String,
    /// The training data.
    pub data: Data,
    /// The rounds of a run.
    pub rounds: u64,
    /// The seeds of the healthy runs.
    pub healthy: Vec<u64>,
    /// The recipe as in a recipe file, without `seed`, `data.source` and the counts of images.
    pub settings: Table,
}

/// A run with a planted failure.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailedRun {
    /// The seed.
    pub seed: u64,
    /// The name of the recipe.
    pub recipe: String,
    /// The failure.
    pub failure: Failure,
}

impl TestSet {
    /// The test set of this name; none if there is no such set.
    ///
    /// # Panics
    ///
    /// The set's file is not sound, which a test would have shown.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let (_, text) = SETS.iter().find(|(known, _)| *known == name)?;
        Some(toml::from_str(text).unwrap_or_else(|error| panic!("editions/{name}.toml: {error}")))
    }

    /// The runs, in the order of their seeds.
    ///
    /// # Panics
    ///
    /// A failed run names a recipe that the set does not have.
    #[must_use]
    pub fn cases(&self) -> Vec<Case<'_>> {
        let failed = self.failed.iter().map(|FailedRun { seed, recipe: name, failure }| {
            let recipe = self.recipes.iter().find(|recipe| recipe.name == *name);
            let recipe = recipe.unwrap_or_else(|| panic!("the run of seed {seed} has an unknown recipe, {name}"));
            Case { recipe, failure: Some(*failure), seed: *seed }
        });
        let healthy = self
            .recipes
            .iter()
            .flat_map(|recipe| recipe.healthy.iter().map(move |&seed| Case { recipe, failure: None, seed }));
        let mut cases: Vec<Case<'_>> = failed.chain(healthy).collect();
        cases.sort_by_key(|case| case.seed);
        cases
    }
}
