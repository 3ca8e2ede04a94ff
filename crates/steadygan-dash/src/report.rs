//! A report: the dashboard's page as one file, with the answers that the dashboard would give.

use crate::curves::Curves;
use crate::detail::{Detail, picture};
use crate::error::DashboardError;
use crate::files::Stamp;
use crate::folder::{Listing, runs_of_study};
use crate::page::{data_url, page};
use crate::study::{Study, StudySummary, record};
use crate::summary::Summary;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use steadygan_run::{RunDirectory, reason};

/// The most sheets of fakes in the report of one run.
const MAX_SHEETS: usize = 24;

/// The most sheets of fakes of each run in a study's report.
const MAX_SHEETS_IN_STUDY: usize = 4;

/// How large all pictures may be together, in bytes. Base64 in the page and again in a mail makes them 16/9 as large,
/// and many mail servers accept 25 MB.
const MAX_PICTURES_BYTES: u64 = 12 << 20;

/// The points of a run's curves. The runs of a study share this number, but each has at least `LEAST_POINTS`.
const POINTS: usize = 2000;
const LEAST_POINTS: usize = 24;

/// The span of real images that covers a whole run.
const WHOLE: [u64; 2] = [0, u64::MAX];

/// A report, ready to be written.
#[derive(Debug)]
pub struct Report {
    /// The file's content.
    pub html: String,
    /// A sentence: how the run ended, or what the study has found so far.
    pub outcome: String,
    /// How many sheets of fakes the report contains.
    pub sheets: usize,
    /// How many sheets of fakes the run or the study has.
    pub sheets_written: usize,
}

/// A run's report. `findings` are lines as in `findings.jsonl`, in their order. Sheets of fakes are left out evenly if
/// there are more than 24, or if the pictures would be larger than 12 MiB.
///
/// # Errors
///
/// The folder cannot be found or has no name.
pub fn report_run(run: &RunDirectory, findings: Vec<Value>) -> Result<Report, DashboardError> {
    let (parent, id) = place(run.path())?;
    let summary = Summary::with_liveness(&id, run);
    let mut detail = Detail::of(run);
    detail.findings = findings;
    let written = std::mem::take(&mut detail.sheets);
    let reals = if detail.has_reals { size(&run.reals()) } else { 0 };
    let size_of = |images: u64| size(&fakes(run, images));
    let chosen =
        fitting(&written, MAX_SHEETS, |sheets| reals + sheets.iter().map(|&images| size_of(images)).sum::<u64>());
    let mut data = ReportData::new(page_of("run", &id), &id);
    data.add_run(&id, run, detail, &chosen, POINTS);
    let outcome = summary.outcome.clone().unwrap_or_else(|| "how it went is not known".to_owned());
    data.answer("/api/runs", &[], &json!({ "folder": parent, "runs": [summary], "studies": [], "notes": [] }));
    Ok(data.report(&id, outcome, written.len()))
}

/// A study's report: its record and, for each run, the curves, findings, recipe and some sheets. All runs show sheets
/// from the same points of training.
///
/// # Errors
///
/// `folder` is not a study, or its record cannot be read.
pub fn report_study(folder: &Path) -> Result<Report, DashboardError> {
    let refused = |why: &str| DashboardError::no_report(folder, why);
    let (parent, id) = place(folder)?;
    record(folder).ok_or_else(|| refused("its study.json cannot be read"))?;
    let Listing { runs, notes, .. } = runs_of_study(folder, &id).map_err(|error| refused(&reason(&error)))?;
    let details: Vec<Detail> = runs.iter().map(|(_, run)| Detail::of(run)).collect();
    let written = details.iter().map(|detail| detail.sheets.len()).sum();
    let first_reals = runs.iter().zip(&details).find(|(_, detail)| detail.has_reals).map(|((id, _), _)| id.clone());
    let chosen = common_sheets(&runs, &details);
    let mut data = ReportData::new(page_of("study", &id), &id);
    let points = (POINTS / runs.len().max(1)).max(LEAST_POINTS);
    let summaries: Vec<Summary> = runs.iter().map(|(id, run)| Summary::with_liveness(id, run)).collect();
    for ((id, run), mut detail) in runs.iter().zip(details) {
        // All runs of a study have the same reals, so the report contains one sheet of them.
        detail.has_reals = first_reals.as_ref() == Some(id);
        let here: Vec<u64> = std::mem::take(&mut detail.sheets);
        let here: Vec<u64> = here.into_iter().filter(|images| chosen.contains(images)).collect();
        data.add_run(id, run, detail, &here, points);
    }
    let study = StudySummary::of(&id, folder);
    let outcome = study.in_words();
    data.answer("/api/study", &[("study", &id)], &Study::of(folder));
    data.answer("/api/runs", &[], &json!({ "folder": parent, "runs": summaries, "studies": [study], "notes": notes }));
    Ok(data.report(&id, outcome, written))
}

/// Chooses a few points of training, in images, at which many runs have a sheet: evenly spaced, with the last one.
fn common_sheets(runs: &[(String, RunDirectory)], details: &[Detail]) -> Vec<u64> {
    let mut having: BTreeMap<u64, Vec<&RunDirectory>> = BTreeMap::new();
    for ((_, run), detail) in runs.iter().zip(details) {
        detail.sheets.iter().for_each(|&images| having.entry(images).or_default().push(run));
    }
    let most = having.values().map(Vec::len).max().unwrap_or(0);
    // A run that failed has no later sheets, so half of the largest number of runs is enough.
    let common: Vec<u64> =
        having.iter().filter(|(_, runs)| 2 * runs.len() >= most).map(|(&images, _)| images).collect();
    let size_of = |images: &u64| having[images].iter().map(|run| size(&fakes(run, *images))).sum::<u64>();
    fitting(&common, MAX_SHEETS_IN_STUDY, |sheets| sheets.iter().map(size_of).sum())
}

/// Chooses at most `most` of the sheets, evenly and with the last one: as many as fit in [`MAX_PICTURES_BYTES`].
fn fitting(sheets: &[u64], most: usize, size_of: impl Fn(&[u64]) -> u64) -> Vec<u64> {
    let choices = (1..=most.min(sheets.len())).rev().map(|count| evenly(sheets, count));
    choices.into_iter().find(|chosen| size_of(chosen) <= MAX_PICTURES_BYTES).unwrap_or_default()
}

/// Takes `count` of the values at even distances, from the first to the last. A `count` of 1 takes the last.
fn evenly(values: &[u64], count: usize) -> Vec<u64> {
    let last = values.len() - 1;
    let steps = (count - 1).max(1);
    (0..count).map(|at| values[last - last * (count - 1 - at) / steps]).collect()
}

/// The name of the folder that contains a run or study, and the run's or study's own name.
fn place(folder: &Path) -> Result<(String, String), DashboardError> {
    let refused = |why: &str| DashboardError::no_report(folder, why);
    let folder = fs::canonicalize(folder).map_err(|error| refused(&reason(&error)))?;
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let own = name(&folder).ok_or_else(|| refused("it has no name"))?;
    Ok((folder.parent().and_then(name).unwrap_or_default(), own))
}

fn fakes(run: &RunDirectory, images: u64) -> PathBuf {
    if images == 0 { run.fakes_init() } else { run.fakes(images) }
}

fn size(file: &Path) -> u64 {
    Stamp::of_file(file).map_or(0, |stamp| stamp.length)
}

/// The address of a request, written as the page's script writes it.
fn address(path: &str, query: &[(&str, &str)]) -> String {
    if query.is_empty() {
        return path.to_owned();
    }
    format!("{path}?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish())
}

/// The page of a run or a study: `#/run/ID`.
fn page_of(kind: &str, id: &str) -> String {
    let encoded = form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>();
    // In a path a space is `%20`, not a plus.
    format!("#/{kind}/{}", encoded.replace('+', "%20"))
}

/// The data in a report: answers by the addresses that the page requests.
#[derive(Default)]
struct ReportData {
    start: String,
    title: String,
    /// JSON by address.
    answers: BTreeMap<String, String>,
    sheets: usize,
}

impl ReportData {
    fn new(start: String, title: &str) -> Self {
        Self { start, title: title.to_owned(), ..Self::default() }
    }

    fn answer(&mut self, path: &str, query: &[(&str, &str)], answer: &impl Serialize) {
        let json = serde_json::to_string(answer).unwrap_or_else(|_| "null".to_owned());
        self.answers.insert(address(path, query), json);
    }

    /// Adds a run with some of its sheets. Hides its checkpoint, because a file cannot draw new images.
    fn add_run(&mut self, id: &str, run: &RunDirectory, mut detail: Detail, sheets: &[u64], points: usize) {
        for &images in sheets {
            let Some(bytes) = picture(&fakes(run, images)) else { continue };
            let query = [("run", id), ("of", "fakes"), ("images", &images.to_string())];
            self.answer("/api/picture", &query, &data_url("image/png", &bytes));
            detail.sheets.push(images);
            self.sheets += 1;
        }
        let reals = Some(run.reals()).filter(|_| detail.has_reals).and_then(|file| picture(&file));
        detail.has_reals = reals.is_some();
        if let Some(bytes) = reals {
            self.answer("/api/picture", &[("run", id), ("of", "reals")], &data_url("image/png", &bytes));
        }
        detail.has_checkpoint = false;
        self.answer("/api/run", &[("run", id)], &detail);
        let mut curves = Curves::of(run);
        curves.update();
        self.answer("/api/curves", &[("run", id)], &curves.reduce(WHOLE, points));
    }

    fn report(self, id: &str, outcome: String, sheets_written: usize) -> Report {
        let answers = self.answers.iter().map(|(address, json)| format!("{}:{json}", json!(address)));
        let written = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let json = format!(
            "{{\"start\":{},\"title\":{},\"written_unix_s\":{written},\"answers\":{{{}}}}}",
            json!(self.start),
            json!(self.title),
            answers.collect::<Vec<_>>().join(",\n")
        );
        let html = page(&json, &format!("{id} · SteadyGAN"), &format!("{id}: {outcome}"));
        Report { html, outcome, sheets: self.sheets, sheets_written }
    }
}

#[cfg(test)]
mod tests;
