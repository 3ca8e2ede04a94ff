//! A study's two files that pages show: its record and the recipe that it recommends. The record is read by the keys of
//! its documented format (`docs/study.md`); whatever it lacks is left out.

use crate::files::{self, Stamp};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use steadygan_run::{RunDirectory, StudyDirectory};

/// How large a study's record may be, in bytes.
const MAX_RECORD_BYTES: u64 = 8 << 20;

/// How large a recipe may be, in bytes.
pub(crate) const MAX_RECIPE_BYTES: u64 = 256 << 10;

/// The most recipes of a study that are read, and the most runs.
const MAX_JOBS: usize = 1000;

/// A study in a few words: what the list shows.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct StudySummary {
    pub(crate) id: String,
    design: Option<String>,
    /// The planned runs (unknown for a search), the runs with results, and how many of the latter failed.
    planned: Option<usize>,
    #[serde(rename = "judged")]
    with_results: usize,
    failed: usize,
    /// The number of effects with each verdict.
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
            planned: count(&plan["rows"])
                .zip(count(&plan["seeds"]))
                .map(|(rows, seeds)| rows * seeds)
                .filter(|_| count(&plan["rungs"]).is_none()),
            with_results: runs.len(),
            failed: runs.iter().filter(|run| run["last"]["failed"] == true).count(),
            helps: of_verdict("helps"),
            hurts: of_verdict("hurts"),
            unresolved: of_verdict("unresolved"),
            within: of_verdict("within"),
        }
    }

    /// The summary as a sentence.
    pub(crate) fn in_words(&self) -> String {
        let Self { with_results, failed, helps, hurts, within, unresolved, .. } = self;
        let of = self.planned.map_or(String::new(), |planned| format!(" of {planned}"));
        let effects = match helps + hurts + within + unresolved {
            0 => "no effects yet".to_owned(),
            _ => format!("{helps} help, {hurts} hurt, {within} do not matter, {unresolved} unresolved"),
        };
        format!("{with_results}{of} runs judged, {failed} failed; {effects}")
    }
}

/// A study's files, for its page.
#[derive(Debug, Serialize)]
pub(crate) struct Study {
    record: Option<Value>,
    recommended: Option<String>,
    /// The name of each run's recipe in the study, such as `row-03-seed-1`, by the run's folder. It is known before the
    /// record has results.
    jobs: BTreeMap<String, String>,
}

impl Study {
    pub(crate) fn of(folder: &Path) -> Self {
        let study = StudyDirectory::new(folder);
        Self { record: record(folder), recommended: text(&study.recommended()), jobs: jobs(&study) }
    }
}

/// The name of each run's recipe, by run. A run and its recipe are matched by the recipe's text, as the study itself
/// does.
fn jobs(study: &StudyDirectory) -> BTreeMap<String, String> {
    let recipes = study.recipe("");
    let Some(recipes) = recipes.parent().filter(|folder| Stamp::of_folder(folder).is_some()) else {
        return BTreeMap::new();
    };
    let named = |path: &Path| Some((text(path)?, path.file_stem()?.to_string_lossy().into_owned()));
    let entries = fs::read_dir(recipes).into_iter().flatten().filter_map(Result::ok).take(MAX_JOBS);
    let known: HashMap<String, String> = entries.filter_map(|entry| named(&entry.path())).collect();
    let is_there = Stamp::of_folder(&study.runs()).is_some();
    let runs = if is_there { steadygan_run::list(&study.runs()).unwrap_or_default() } else { Vec::new() };
    let job = |run: &RunDirectory| Some((run.name(), known.get(&text(&run.recipe())?)?.clone()));
    runs.iter().take(MAX_JOBS).filter_map(job).collect()
}

/// Whether a folder is a study, which it is if it has a record.
pub(crate) fn is_study(folder: &Path) -> bool {
    Stamp::of_file(&StudyDirectory::new(folder).record()).is_some()
}

/// A study's record, as unchecked JSON.
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
    fn runs_are_known_by_their_recipes() {
        let place = tempfile::tempdir().unwrap();
        let study = StudyDirectory::new(place.path());
        for (name, recipe) in [("row-00-seed-0", "seed = 0"), ("row-00-seed-1", "seed = 1")] {
            steadygan_run::write_atomically(&study.recipe(name), recipe.as_bytes()).unwrap();
        }
        for recipe in ["seed = 1", "seed = 7"] {
            let run = RunDirectory::create(&study.runs(), "a").unwrap();
            fs::write(run.plan(), "{}").unwrap();
            fs::write(run.recipe(), recipe).unwrap();
        }
        assert_eq!(jobs(&study), BTreeMap::from([("00001-a".to_owned(), "row-00-seed-1".to_owned())]));
        assert!(jobs(&StudyDirectory::new(place.path().join("none"))).is_empty());
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
