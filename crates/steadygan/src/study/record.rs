//! `study.json`: what was planned before the first run, and what came of it.

use super::analyse::{Analysis, Failures, Noise, Score, Settings};
use super::asked::DistanceKind;
use super::design::{Design, Row, Rung};
use super::factor::Factor;
use super::recommend::Confirmation;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// The version of the format.
pub const FORMAT_VERSION: u32 = 1;

/// The whole file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudyRecord {
    /// [`FORMAT_VERSION`] of the program that wrote it.
    pub format_version: u32,
    /// Fixed before the first run.
    pub plan: StudyPlan,
    /// What is known so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub results: Option<StudyResults>,
}

/// What a study will run, and what that will show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudyPlan {
    /// How rows were chosen.
    pub design: Design,
    /// What effects mean in it.
    pub estimates: String,
    /// Which interactions of pairs each effect is mixed with.
    pub aliases: String,
    /// The base recipe as TOML.
    pub recipe: String,
    /// Recipe keys that every run has besides: how many images, and when they are measured on how many.
    pub every_run: toml::Table,
    /// What is varied.
    pub factors: Vec<Factor>,
    /// A level of each factor for each row: first those of the design, then the all-on corner if a control needs it, then one for each
    /// control.
    pub rows: Vec<Row>,
    /// How many rows are the design's.
    pub designed: usize,
    /// Controls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<ControlRecord>,
    /// The stages of a search.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rungs: Vec<Rung>,
    /// Each row is run with each of them.
    pub seeds: Vec<u64>,
    /// Real images shown in a run.
    pub images: u64,
    /// What the response is the logarithm of.
    pub distance: DistanceKind,
    /// The distance's ends.
    pub scale: Scale,
    /// How effects are judged.
    pub settings: Settings,
    /// The noise that is supposed, from earlier studies of other data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<Noise>,
    /// The effect on the logarithm of the distance that will be found with probability 0.8, by that noise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detectable: Option<f64>,
}

/// Between which the distance lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    /// Of an untrained generator's fakes to reals: what a failed run scores.
    pub untrained: f64,
    /// What cannot be told from no distance on as many samples: the standard deviation of that between reals.
    pub floor: f64,
}

/// The all-on corner in another form: fixed labels in place of random ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ControlRecord {
    /// What it is called.
    pub name: String,
    /// The factors that it is a control of.
    pub of: Vec<String>,
    /// Recipe keys laid over the all-on corner.
    pub set: toml::Table,
    /// Its row.
    pub row: usize,
    /// The row of the all-on corner.
    pub against: usize,
}

/// What came of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudyResults {
    /// Every run that was trained.
    pub runs: Vec<RunRecord>,
    /// By the distance at the end of training.
    pub last: Analysis,
    /// By the smallest distance on the way.
    pub best: Analysis,
    /// Of all runs.
    pub failures: Failures,
    /// The levels of the recommended recipe.
    pub recommended: Row,
    /// The recommended recipe against others, on seeds that the study had not used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirmations: Vec<Confirmation>,
    /// The effect on the logarithm of the distance that as many runs find with probability 0.8, by the noise that these showed at the end of
    /// training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detectable: Option<f64>,
    /// What could not be resolved, in sentences.
    pub open: Vec<String>,
}

/// A run of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Its row in the plan.
    pub row: usize,
    /// Its seed.
    pub seed: u64,
    /// Its folder's name within the study's.
    pub folder: String,
    /// At the end of training.
    pub last: Score,
    /// The best on the way.
    pub best: Score,
    /// Why it counts as failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// What has to be known before the rest may be read.
#[derive(Deserialize)]
struct Format {
    format_version: u32,
}

impl StudyRecord {
    /// The record of a study that has been planned.
    pub fn new(plan: StudyPlan) -> Self {
        Self { format_version: FORMAT_VERSION, plan, results: None }
    }

    /// Reads a `study.json`; `path` is named in messages.
    ///
    /// # Errors
    ///
    /// It is of another format version, or no record of a study.
    pub fn parse(json: &[u8], path: &str) -> Result<Self> {
        let hint = "name the folder of a study, or another one with --out";
        let foreign =
            |error: serde_json::Error| Error::checkpoint(format!("{path} is no record of a study: {error}"), hint);
        let Format { format_version } = serde_json::from_slice(json).map_err(foreign)?;
        if format_version != FORMAT_VERSION {
            let message = format!("{path} has format version {format_version}, this program reads {FORMAT_VERSION}");
            return Err(Error::checkpoint(message, "use the program that wrote it"));
        }
        let record: Self = serde_json::from_slice(json).map_err(foreign)?;
        if !record.plan.is_sound() {
            return Err(Error::checkpoint(format!("{path} is damaged: its rows and factors do not fit"), hint));
        }
        Ok(record)
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a record is plain data") + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::analyse;
    use crate::study::analyse::Scores;
    use crate::study::factor::testing::switches;
    use crate::study::simulation::plan_of;

    fn record() -> StudyRecord {
        let mut factors = switches(3);
        factors.push(crate::study::factor::testing::values("adam.lr", 2));
        let plan = plan_of(Design::FoldOver, factors, 2);
        let score = |row: usize, seed: usize| Score { log_distance: (row * 7 % 5 + seed) as f64, failed: row == 3 };
        let scores = Scores((0..16).map(|row| (0..2).map(|seed| Some(score(row, seed))).collect()).collect());
        let analysis = analyse(&plan, &scores);
        let results = StudyResults {
            runs: Vec::new(),
            failures: Failures::of_rows(&scores, 0..16, 0.95),
            recommended: vec![1, 1, 0, 0],
            confirmations: Vec::new(),
            detectable: None,
            open: analysis.open(),
            last: analysis.clone(),
            best: analysis,
        };
        StudyRecord { results: Some(results), ..StudyRecord::new(plan) }
    }

    #[test]
    fn a_record_survives_the_file() {
        let record = record();
        assert_eq!(StudyRecord::parse(record.to_json().as_bytes(), "study.json").unwrap(), record);
    }

    #[test]
    fn foreign_and_damaged_files_are_refused() {
        let refused = |json: &str| StudyRecord::parse(json.as_bytes(), "s/study.json").unwrap_err().to_string();
        assert!(refused("[1, 2").starts_with("s/study.json is no record of a study"));
        assert_eq!(refused(r#"{"format_version": 9}"#), "s/study.json has format version 9, this program reads 1");
        for (key, value) in [
            ("designed", serde_json::json!(99)),
            ("rows", serde_json::json!([[0, 0, 0, 7]])),
            ("seeds", serde_json::json!([])),
        ] {
            let mut json = serde_json::to_value(record()).unwrap();
            json["plan"][key] = value;
            assert_eq!(refused(&json.to_string()), "s/study.json is damaged: its rows and factors do not fit");
        }
    }
}
