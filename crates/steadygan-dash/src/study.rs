//! A study's two files that pages show: its record and the recipe that it recommends. The record is read by the keys of
//! its documented format (`docs/study.md`); whatever it lacks is left out.

use crate::files::{self, Stamp};
use serde::Serialize;
use serde_json::Value;
use std::path::Path;
use steadygan_run::StudyDirectory;

/// How large a study's record may be, in bytes.
const MAX_RECORD_BYTES: u64 = 8 << 20;

/// How large a recipe may be, in bytes.
pub(crate) const MAX_RECIPE_BYTES: u64 = 256 << 10;

/// A study in a few words: what the list shows.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct StudySummary {
    pub(crate) id: String,
    design: Option<String>,
    /// Runs that are planned, that have been judged, and that failed of these.
    planned: Option<usize>,
    judged: usize,
    failed: usize,
    /// Effects by their verdicts.
    helps: usize,
    hurts: usize,
    unresolved: usize,
    within: usize,
}

impl StudySummary {
    pub(crate) fn of(id: &str, folder: &Path) -> Self {
        let record = record(folder).unwrap_or_default();
        let (plan, results) = (&record["plan"], &record["results"]);
        let count = |value: &Value| value.as_array().map(Vec::len);
        let effects = results["last"]["effects"].as_array().map_or(&[][..], Vec::as_slice);
        let of_verdict = |verdict: &str| effects.iter().filter(|effect| effect["verdict"] == verdict).count();
        let runs = results["runs"].as_array().map_or(&[][..], Vec::as_slice);
        Self {
            id: id.to_owned(),
            design: plan["design"].as_str().map(str::to_owned),
            planned: count(&plan["rows"]).zip(count(&plan["seeds"])).map(|(rows, seeds)| rows * seeds),
            judged: runs.len(),
            failed: runs.iter().filter(|run| run["last"]["failed"] == true).count(),
            helps: of_verdict("helps"),
            hurts: of_verdict("hurts"),
            unresolved: of_verdict("unresolved"),
            within: of_verdict("within"),
        }
    }

    /// The same in a sentence.
    pub(crate) fn in_words(&self) -> String {
        let Self { judged, failed, helps, hurts, within, unresolved, .. } = self;
        let of = self.planned.map_or(String::new(), |planned| format!(" of {planned}"));
        let effects = match helps + hurts + within + unresolved {
            0 => "no effects yet".to_owned(),
            _ => format!("{helps} help, {hurts} hurt, {within} do not matter, {unresolved} unresolved"),
        };
        format!("{judged}{of} runs judged, {failed} failed; {effects}")
    }
}

/// A study's files, for its page.
#[derive(Debug, Serialize)]
pub(crate) struct Study {
    record: Option<Value>,
    recommended: Option<String>,
}

impl Study {
    pub(crate) fn of(folder: &Path) -> Self {
        Self { record: record(folder), recommended: text(&StudyDirectory::new(folder).recommended()) }
    }
}

/// Whether a folder is a study's: its record makes it one.
pub(crate) fn is_study(folder: &Path) -> bool {
    Stamp::of_file(&StudyDirectory::new(folder).record()).is_some()
}

/// A study's record, whatever it says.
pub(crate) fn record(folder: &Path) -> Option<Value> {
    serde_json::from_slice(&files::read(&StudyDirectory::new(folder).record(), MAX_RECORD_BYTES)?).ok()
}

/// A recipe's text.
pub(crate) fn text(file: &Path) -> Option<String> {
    files::read(file, MAX_RECIPE_BYTES).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_summary_counts_runs_and_verdicts() {
        let place = tempfile::tempdir().unwrap();
        let effect = |verdict: &str| serde_json::json!({ "name": "a", "verdict": verdict });
        let run = |failed: bool| serde_json::json!({ "last": { "failed": failed } });
        let record = serde_json::json!({
            "plan": { "design": "fold-over", "rows": [[0], [1]], "seeds": [1, 2, 3] },
            "results": { "runs": [run(true), run(false)], "last": { "effects": [effect("helps"), effect("helps"), effect("within")] } },
        });
        fs::write(StudyDirectory::new(place.path()).record(), record.to_string()).unwrap();
        let words = StudySummary::of("a", place.path()).in_words();
        assert_eq!(words, "2 of 6 runs judged, 1 failed; 2 help, 0 hurt, 1 do not matter, 0 unresolved");
    }

    #[test]
    fn a_record_of_anything_else_is_no_fault() {
        let place = tempfile::tempdir().unwrap();
        for content in ["", "[1]", "{\"plan\": 3, \"results\": {\"runs\": [[]], \"last\": []}}", "\u{0}"] {
            fs::write(StudyDirectory::new(place.path()).record(), content).unwrap();
            let summary = StudySummary::of("a", place.path());
            assert_eq!((summary.planned, summary.failed, summary.helps), (None, 0, 0), "{content}");
        }
        assert!(StudySummary::of("a", place.path()).in_words().ends_with("no effects yet"));
    }
}
