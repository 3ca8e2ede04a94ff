//! Collects the runs of a study into its results.

use super::analyse::{Analysis, Failures, Scores, VerdictSource, analyse, detectable};
use super::design::{Design, Row};
use super::execute::RunsByRecipe;
use super::plan::StudyPlan;
use super::recipes::Job;
use super::recommend::{Confirmation, confirm, recommend};
use super::record::{RunRecord, StudyResults};
use super::response::{response, score_at};
use steadygan::{Error, Result};
use steadygan_run::{StudyDirectory, write_atomically};

/// The recommended recipe and the recipes that it is compared with, on seeds that the study has not used.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfirmationPlan {
    /// Names and levels: first the recommended levels, then the base recipe's and the corners', without repeats.
    candidates: Vec<(String, Row)>,
    seeds: Vec<u64>,
}

impl ConfirmationPlan {
    /// The comparisons for these recommended levels, on `fresh_seeds` new seeds.
    pub fn of(plan: &StudyPlan, recommended: &Row, fresh_seeds: u64) -> Self {
        let [all_on, all_off, base] = plan.corners();
        let mut candidates = vec![("recommended".to_owned(), recommended.clone())];
        for (name, levels) in [("base", base), ("all-on", all_on), ("all-off", all_off)] {
            if candidates.iter().all(|(_, other)| *other != levels) {
                candidates.push((name.to_owned(), levels));
            }
        }
        let first = plan.seeds.iter().max().map_or(0, |seed| seed + 1);
        Self { candidates, seeds: (first..first + fresh_seeds).collect() }
    }

    /// The runs of all candidates; none if the recommended recipe is the only one.
    ///
    /// # Errors
    ///
    /// A key is unknown to this program.
    pub fn jobs(&self, plan: &StudyPlan) -> Result<Vec<Job>> {
        let mut jobs = Vec::new();
        if self.candidates.len() == 1 {
            return Ok(jobs);
        }
        for seed in &self.seeds {
            for (name, levels) in &self.candidates {
                let recipe = plan.of_levels(levels, *seed)?.to_toml();
                jobs.push(Job { name: format!("{name}-seed-{seed}"), recipe });
            }
        }
        Ok(jobs)
    }

    /// The comparisons' results; empty while some runs have not ended.
    ///
    /// # Errors
    ///
    /// A run's files are damaged.
    pub fn confirmations(
        &self,
        plan: &StudyPlan,
        study: &StudyDirectory,
        last: &Analysis,
    ) -> Result<Vec<Confirmation>> {
        let runs = RunsByRecipe::of(&study.runs())?;
        let mut scores = vec![Vec::new(); self.candidates.len()];
        for (number, job) in self.jobs(plan)?.iter().enumerate() {
            let ended = runs.run(job).map(|run| response(plan, run)).transpose()?.flatten();
            let Some(ended) = ended else { return Ok(Vec::new()) };
            scores[number % self.candidates.len()].push(Some(ended.last));
        }
        let others: Vec<&str> = self.candidates[1..].iter().map(|(name, _)| name.as_str()).collect();
        Ok(confirm(&Scores(scores), &others, last.noise, plan.settings))
    }
}

/// Analyses the runs that have ended. The results say how many are missing.
///
/// # Errors
///
/// A run's files are damaged, or none has ended.
pub fn collect(plan: &StudyPlan, study: &StudyDirectory) -> Result<StudyResults> {
    let runs = RunsByRecipe::of(&study.runs())?;
    let empty = || Scores(vec![vec![None; plan.seeds.len()]; plan.rows.len()]);
    let (mut last, mut best, mut records) = (empty(), empty(), Vec::new());
    for (column, seed) in plan.seeds.iter().enumerate() {
        for row in 0..plan.rows.len() {
            let Some(run) = runs.run(&plan.job(row, *seed)?) else { continue };
            let record = |last, best, failure| RunRecord { row, seed: *seed, folder: run.name(), last, best, failure };
            match response(plan, run)? {
                Some(ended) => {
                    last.0[row][column] = Some(ended.last);
                    best.0[row][column] = Some(ended.best);
                    records.push(record(ended.last, ended.best, ended.failure));
                }
                // A run that was dropped after a stage of the search is recorded, but not analysed.
                None if plan.design == Design::Search => {
                    let score = score_at(plan, run, plan.images)?;
                    records.push(record(score, score, None));
                }
                None => {}
            }
        }
    }
    if records.is_empty() && !plan.rows.is_empty() {
        let message = format!("no run of the study in {} has ended", study.path().display());
        return Err(Error::checkpoint(message, "run what `steadygan study --list` says, then collect"));
    }
    let missing = plan.rows.len() * plan.seeds.len() - records.len();
    let analysis = analyse(plan, &last);
    let recommended = if plan.design == Design::Search { winner(plan, &last) } else { recommend(plan, &analysis) };
    let mut open = analysis.open();
    if missing > 0 && plan.design != Design::Search {
        open.insert(0, format!("{missing} of {} runs have not ended", plan.rows.len() * plan.seeds.len()));
    }
    if plan.controls.is_empty() && analysis.verdict_source == VerdictSource::Screening {
        open.push("with one seed this is a screening: it takes most effects to be small".to_owned());
    }
    Ok(StudyResults {
        failures: Failures::of_rows(&last, 0..plan.rows.len(), plan.settings.confidence),
        best: analyse(plan, &best),
        detectable: analysis.noise.filter(|_| plan.design != Design::Search).map(|noise| detectable(plan, noise)),
        last: analysis,
        runs: records,
        recommended,
        confirmations: Vec::new(),
        open,
    })
}

/// The levels of the row with the lowest mean score among rows trained to the end; the base recipe's if there is none.
fn winner(plan: &StudyPlan, scores: &Scores) -> Row {
    let scored = (0..plan.rows.len()).filter_map(|row| Some((row, scores.mean(row)?)));
    scored
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map_or_else(|| plan.corners()[2].clone(), |(row, _)| plan.rows[row].clone())
}

/// Writes `recommended.toml`: the base recipe with the recommended levels and the base recipe's own length.
///
/// # Errors
///
/// The folder cannot be written.
pub fn write_recommended(plan: &StudyPlan, results: &StudyResults, study: &StudyDirectory) -> Result<()> {
    let levels = plan.factors.iter().zip(&results.recommended);
    let changed = levels.filter(|(factor, level)| factor.base != **level);
    let changed: Vec<String> =
        changed.map(|(factor, level)| format!("{} {}", factor.name, factor.level(*level))).collect();
    let what = if changed.is_empty() { "the base recipe itself".to_owned() } else { changed.join(", ") };
    let head = format!(
        "# What the study beside it recommends: {what}.\n# {} runs of {} images; study.json has the evidence.\n",
        results.runs.len(),
        plan.images
    );
    let recipe = plan.at(&results.recommended)?.to_toml();
    Ok(write_atomically(&study.recommended(), format!("{head}{recipe}").as_bytes())?)
}
