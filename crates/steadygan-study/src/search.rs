//! Runs a search by successive halving: draws combinations, trains all of them a little, and goes on with the better
//! third.

use super::design::{Row, SearchStage, survivors};
use super::execute::{RunsByRecipe, Trainer, Watch, execute};
use super::factor::Factor;
use super::plan::StudyPlan;
use super::response::score_at;
use rand_distr::{Distribution, Uniform};
use steadygan::Result;
use steadygan::rng;
use steadygan_run::StudyDirectory;

/// Number of combinations in a search: four stages of 27, 9, 3 and 1.
pub(super) const COMBINATIONS: usize = 27;

/// Stop drawing after this many repeats in a row, because then nearly all combinations have been drawn.
const MAX_REPEATS: usize = 1000;

/// Draws different combinations of the factors' levels, the base recipe's first.
pub(super) fn draw_combinations(factors: &[Factor], seed: u64) -> Vec<Row> {
    let mut rows: Vec<Row> = vec![factors.iter().map(|factor| factor.base).collect()];
    let mut stream = rng::stream(seed, "study/search", 0);
    let mut repeats = 0;
    while rows.len() < COMBINATIONS && repeats < MAX_REPEATS {
        let level = |factor: &Factor| {
            let levels = Uniform::new(0, factor.levels.len()).expect("a factor has levels");
            levels.sample(&mut stream)
        };
        let row: Row = factors.iter().map(level).collect();
        if rows.contains(&row) {
            repeats += 1;
        } else {
            repeats = 0;
            rows.push(row);
        }
    }
    rows
}

/// Trains the stages of a search. Returns whether all of them are complete.
///
/// # Errors
///
/// Those of [`execute`], or a run's files are damaged.
pub fn search(
    plan: &StudyPlan,
    study: &StudyDirectory,
    at_once: usize,
    trainer: &Trainer,
    watch: &mut dyn Watch,
) -> Result<bool> {
    let mut rows: Vec<usize> = (0..plan.rows.len()).collect();
    for (number, stage) in plan.stages.iter().enumerate() {
        if number > 0 {
            rows = surviving_rows(plan, study, &rows, [&plan.stages[number - 1], stage])?;
        }
        let jobs = rows.iter().map(|row| plan.job(*row, plan.seeds[0])).collect::<Result<Vec<_>>>()?;
        let until = (stage.images < plan.images).then_some(stage.images);
        if !execute(study, &jobs, at_once, until, trainer, watch)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The rows that go on from stage `before` to stage `next`, by their scores at the end of `before`.
fn surviving_rows(
    plan: &StudyPlan,
    study: &StudyDirectory,
    rows: &[usize],
    [before, next]: [&SearchStage; 2],
) -> Result<Vec<usize>> {
    let runs = RunsByRecipe::of(&study.runs())?;
    let score = |row: &usize| -> Result<Option<f64>> {
        let run = runs.run(&plan.job(*row, plan.seeds[0])?);
        let score = run.map(|run| score_at(plan, run, before.images)).transpose()?;
        Ok(score.map(|score| score.log_distance))
    };
    let scores = rows.iter().map(score).collect::<Result<Vec<_>>>()?;
    Ok(survivors(&scores, next.combinations).into_iter().map(|at| rows[at]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::factor::testing::switches;

    #[test]
    fn combinations_differ_and_begin_with_the_base() {
        let rows = draw_combinations(&switches(11), 1);
        assert_eq!((rows.len(), &rows[0]), (COMBINATIONS, &vec![1; 11]));
        let mut different = rows.clone();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), COMBINATIONS);
        assert_ne!(rows, draw_combinations(&switches(11), 2));
        assert_eq!(draw_combinations(&switches(3), 1).len(), 8, "three switches have only eight combinations");
    }
}
