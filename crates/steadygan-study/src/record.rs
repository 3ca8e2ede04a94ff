//! `study.json`: the plan, fixed before the first run, and the results.

use super::analyse::{Analysis, Failures, Score};
use super::design::Row;
use super::plan::StudyPlan;
use super::recommend::Confirmation;
use serde::{Deserialize, Serialize};
use steadygan::{Error, Result};

/// The version of the format.
pub const FORMAT_VERSION: u32 = 1;

/// The whole file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudyRecord {
    /// [`FORMAT_VERSION`] of the program that wrote it.
    pub format_version: u32,
    /// The plan, fixed before the first run.
    pub plan: StudyPlan,
    /// The results so far, if the study has been analysed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub results: Option<StudyResults>,
}

/// The results of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudyResults {
    /// The runs that were analysed.
    pub runs: Vec<RunRecord>,
    /// The analysis of the distances at the end of training.
    pub last: Analysis,
    /// The analysis of each run's smallest distance.
    pub best: Analysis,
    /// The failures among all runs.
    pub failures: Failures,
    /// The levels of the recommended recipe.
    pub recommended: Row,
    /// The recommended recipe compared with others, on seeds that the study had not used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirmations: Vec<Confirmation>,
    /// The smallest effect on the logarithm of the distance that this many runs find with probability 0.8, computed
    /// with the noise that they showed at the end of training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detectable: Option<f64>,
    /// The open questions, one sentence each: unresolved effects, missing runs, doubts about a screening.
    pub open: Vec<String>,
}

/// A run of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The number of its row in the plan.
    pub row: usize,
    /// Its seed.
    pub seed: u64,
    /// The name of its folder, which lies in the study's folder of runs.
    pub folder: String,
    /// The score at the end of training.
    pub last: Score,
    /// The score of its smallest distance.
    pub best: Score,
    /// Why it counts as failed at the end, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// The file's version, which is checked before the rest is parsed.
#[derive(Deserialize)]
struct Format {
    format_version: u32,
}

impl StudyRecord {
    /// The record of a study that is planned and has no results yet.
    pub fn new(plan: StudyPlan) -> Self {
        Self { format_version: FORMAT_VERSION, plan, results: None }
    }

    /// Reads a `study.json`; `path` is named in messages.
    ///
    /// # Errors
    ///
    /// The file has another format version, or is not a sound record of a study.
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
    use crate::analyse;
    use crate::analyse::Scores;
    use crate::design::Design;
    use crate::factor::testing::switches;
    use crate::simulation::plan_of;

    fn record() -> StudyRecord {
        let mut factors = switches(3);
        factors.push(crate::factor::testing::values("adam.lr", 2));
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
            ("seeds", serde_json::json!([u64::MAX])),
        ] {
            let mut json = serde_json::to_value(record()).unwrap();
            json["plan"][key] = value;
            assert_eq!(refused(&json.to_string()), "s/study.json is damaged: its rows and factors do not fit");
        }
    }
}
