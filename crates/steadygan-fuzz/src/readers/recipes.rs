//! Recipes and `--set`.

use crate::Reader;
use crate::reader::PLAIN;
use std::fs;
use std::path::Path;
use steadygan::data::{DataFacts, sample_shape};
use steadygan::decide::{Draft, hooks};
use steadygan::plan::Plan;
use steadygan::recipe::LayeredRecipe;
use steadygan::{Result, class::Class, heuristics};

pub(crate) const RECIPE: Reader = Reader { name: "recipe", file: "recipe.toml", text: true, read: recipe, ..PLAIN };

pub(crate) const ASSIGNMENT: Reader =
    Reader { name: "assignment", file: "assignments.txt", text: true, read: assignments, ..PLAIN };

fn recipe(path: &Path) -> Result<()> {
    let mut recipe = heuristics::recipe();
    recipe.lay_file(path)?;
    decide(&recipe)
}

/// Each line is the argument of a `--set`.
fn assignments(path: &Path) -> Result<()> {
    let mut recipe = heuristics::recipe();
    let text = fs::read(path).expect("the case was written");
    String::from_utf8_lossy(&text).lines().try_for_each(|line| recipe.lay_assignment(line, "--set"))?;
    decide(&recipe)
}

/// Decides the plan of a recipe, without reading its data.
fn decide(recipe: &LayeredRecipe) -> Result<()> {
    let mut again = heuristics::recipe();
    again.lay_text(&recipe.to_toml(), "what was asked").expect("what was asked is a recipe");
    assert_eq!(recipe.to_toml(), again.to_toml(), "a recipe that was written asks the same");
    plan(recipe).map(|_| ())
}

/// The plan of a recipe for data of a kind that it can be used for.
pub(crate) fn plan(recipe: &LayeredRecipe) -> Result<Plan> {
    recipe.spelled_out()?;
    let draft = Draft::new(recipe)?;
    let points = sample_shape(&draft.recipe().data.source).map(|[channels, ..]| channels);
    let channels = points.or(draft.channels()).unwrap_or(3);
    let class = |name: &str| Class { name: name.into(), images: 7 };
    let plan = draft.complete(DataFacts { channels, classes: ["cat", "dog", "emu"].map(class).into() })?;
    hooks(&plan).expect("a plan that was decided can be trained");
    let json = serde_json::to_string(&plan).expect("a plan is plain data");
    let read: Plan = serde_json::from_str(&json).expect("a plan that was written can be read");
    assert_eq!(serde_json::to_string(&read).expect("plain data"), json, "it is the same plan");
    Ok(plan)
}
