//! Runs a search by successive halving: draws combinations, trains all of them a little, and goes on with the better
//! third.

use super::design::{Row, Rung, survivors};
use super::execute::{Known, Trainer, Watch, execute};
use super::factor::Factor;
use super::record::StudyPlan;
use super::response::standing;
use rand_distr::{Distribution, Uniform};
use steadygan::Result;
use steadygan::rng;
use steadygan_run::StudyDirectory;

/// Number of combinations in a search: four stages of 27, 9, 3 and 1.
pub(super) const COMBINATIONS: usize = 27;

/// Stop drawing after this many repeats in a row, because then nearly all combinations have been drawn.
const TIRED_AFTER: usize = 1000;

/// Different combinations of the factors' levels, the base recipe's first.
pub(super) fn drawn(factors: &[Factor], seed: u64) -> Vec<Row> {
    let mut rows: Vec<Row> = vec![factors.iter().map(|factor| factor.base).collect()];
    let mut stream = rng::stream(seed, "study/search", 0);
    let mut known = 0;
    while rows.len() < COMBINATIONS && known < TIRED_AFTER {
        let level = |factor: &Factor| {
            let levels = Uniform::new(0, factor.levels.len()).expect("a factor has levels");
            levels.sample(&mut stream)
        };
        let row: Row = factors.iter().map(level).collect();
        if rows.contains(&row) {
            known += 1;
        } else {
            known = 0;
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
    for (stage, rung) in plan.rungs.iter().enumerate() {
        if stage > 0 {
            rows = going_on(plan, study, &rows, [&plan.rungs[stage - 1], rung])?;
        }
        let jobs = rows.iter().map(|row| plan.job(*row, plan.seeds[0])).collect::<Result<Vec<_>>>()?;
        let until = (rung.images < plan.images).then_some(rung.images);
        if !execute(study, &jobs, at_once, until, trainer, watch)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The rows that go on from stage `before` to stage `next`, by their scores at the end of `before`.
fn going_on(
    plan: &StudyPlan,
    study: &StudyDirectory,
    rows: &[usize],
    [before, next]: [&Rung; 2],
) -> Result<Vec<usize>> {
    let known = Known::of(&study.runs())?;
    let stands = |row: &usize| -> Result<Option<f64>> {
        let run = known.run(&plan.job(*row, plan.seeds[0])?);
        let score = run.map(|run| standing(plan, run, before.images)).transpose()?;
        Ok(score.map(|score| score.log_distance))
    };
    let scores = rows.iter().map(stands).collect::<Result<Vec<_>>>()?;
    Ok(survivors(&scores, next.combinations).into_iter().map(|at| rows[at]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::factor::testing::switches;

    #[test]
    fn combinations_differ_and_begin_with_the_base() {
        let rows = drawn(&switches(11), 1);
        assert_eq!((rows.len(), &rows[0]), (COMBINATIONS, &vec![1; 11]));
        let mut different = rows.clone();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), COMBINATIONS);
        assert_ne!(rows, drawn(&switches(11), 2));
        assert_eq!(drawn(&switches(3), 1).len(), 8, "three switches have only eight combinations");
    }
}
