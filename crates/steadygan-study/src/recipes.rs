//! The recipes of a study's runs.

use super::design::Row;
use super::plan::StudyPlan;
use steadygan::recipe::LayeredRecipe;
use steadygan::{Error, Result};
use toml::Table;

/// The origin that messages give for values set by a study.
pub(super) const ORIGIN: &str = "the study";

/// A run of a study. Its recipe identifies it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The name of its recipe's file, such as `row-03-seed-1`.
    pub name: String,
    /// Its recipe: TOML that names every key of the study.
    pub recipe: String,
}

impl StudyPlan {
    /// The base recipe with each factor at a level.
    ///
    /// # Errors
    ///
    /// A key is unknown to this program.
    pub fn at(&self, levels: &Row) -> Result<LayeredRecipe> {
        let mut recipe = steadygan::heuristics::recipe();
        recipe.lay_text(&self.recipe, "the study's base recipe")?;
        for (factor, level) in self.factors.iter().zip(levels) {
            recipe.lay_value(&factor.key, factor.levels[*level].clone(), ORIGIN)?;
        }
        Ok(recipe)
    }

    /// The whole recipe of a run with these levels.
    ///
    /// # Errors
    ///
    /// As [`at`](Self::at), or the seed is too large.
    pub fn of_levels(&self, levels: &Row, seed: u64) -> Result<LayeredRecipe> {
        self.every_run_of(self.at(levels)?, seed)
    }

    /// The whole recipe of a row's run, with the keys of a control if the row is one.
    ///
    /// # Errors
    ///
    /// As [`of_levels`](Self::of_levels).
    pub fn recipe(&self, row: usize, seed: u64) -> Result<LayeredRecipe> {
        let mut recipe = self.at(&self.rows[row])?;
        if let Some(control) = self.controls.iter().find(|control| control.row == row) {
            lay_table(&mut recipe, &control.set)?;
        }
        self.every_run_of(recipe, seed)
    }

    fn every_run_of(&self, mut recipe: LayeredRecipe, seed: u64) -> Result<LayeredRecipe> {
        lay_table(&mut recipe, &self.every_run)?;
        let seed = i64::try_from(seed).map_err(|_| {
            Error::recipe(format!("the seed {seed} is too large"), "seeds are numbers up to 9223372036854775807")
        })?;
        recipe.lay_value("seed", seed, ORIGIN)?;
        Ok(recipe)
    }

    /// All runs, with all rows of the first seed first, so that the runs done so far can be analysed at any time.
    ///
    /// # Errors
    ///
    /// As [`of_levels`](Self::of_levels).
    pub fn jobs(&self) -> Result<Vec<Job>> {
        let all = self.seeds.iter().flat_map(|seed| (0..self.rows.len()).map(|row| (row, *seed)));
        all.map(|(row, seed)| self.job(row, seed)).collect()
    }

    /// The run of a row with a seed.
    ///
    /// # Errors
    ///
    /// As [`of_levels`](Self::of_levels).
    pub fn job(&self, row: usize, seed: u64) -> Result<Job> {
        Ok(Job { name: format!("row-{row:02}-seed-{seed}"), recipe: self.recipe(row, seed)?.to_toml() })
    }
}

/// Sets a table's keys in a recipe.
pub(super) fn lay_table(recipe: &mut LayeredRecipe, table: &Table) -> Result<()> {
    table.iter().try_for_each(|(key, value)| recipe.lay_value(key, value.clone(), ORIGIN))
}
