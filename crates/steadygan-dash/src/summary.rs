//! A run in a few words, from a few kilobytes of its files: what the list of runs shows.

use crate::files::{self, Stamp};
use crate::row::Row;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime};
use steadygan_run::{Manifest, Outcome, RunDirectory, Stats, read_last_lines, read_spread_lines};

/// Points of the little curves in the list.
const TREND_POINTS: u64 = 24;

/// How much of a file's end is read for its latest lines, in bytes.
const END_BYTES: u64 = 16 << 10;

/// How much of `findings.jsonl`'s end is read, in bytes. A finding that has lasted long began far from the end, so this
/// is more than `END_BYTES`.
const FINDINGS_BYTES: u64 = 256 << 10;

/// How large a plan may be, in bytes: a hundred times a real one.
pub(crate) const MAX_PLAN_BYTES: u64 = 1 << 20;

/// How long a run may write nothing before its lock is checked, and how long until the next check.
pub(crate) const SILENCE: Duration = Duration::from_secs(15);

/// Whether `time` is longer ago than `span`, or is not known.
pub(crate) fn is_past(time: Option<SystemTime>, span: Duration) -> bool {
    time.is_none_or(|time| time.elapsed().is_ok_and(|ago| ago > span))
}

/// A run in a few words.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Summary {
    pub(crate) id: String,
    /// `running`, `silent` (the manifest says running, but no process holds the lock), `finished`, `stopped`,
    /// `diverged`, `halted`, or `unknown` without a manifest.
    pub(crate) state: &'static str,
    /// How training ended, as a sentence.
    pub(crate) outcome: Option<String>,
    /// Real images trained on so far.
    pub(crate) images: u64,
    /// Real images that the plan trains on in all, if it can be read.
    of: Option<u64>,
    started_unix_s: Option<u64>,
    data: Option<DataSummary>,
    device: Option<String>,
    /// The parameters of the generator and of the discriminator.
    parameters: Option<[u64; 2]>,
    /// As text, because a seed may have more digits than a JavaScript number.
    seed: Option<String>,
    latest: Option<Stats>,
    trend: Trend,
    /// The latest line of each metric.
    metrics: Vec<Value>,
    /// The findings that are not over, with their severities.
    findings: BTreeMap<String, String>,
    /// The images after which the latest sheet of fakes was made; 0 for the sheet before training.
    picture: Option<u64>,
    /// What could not be read.
    notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct DataSummary {
    source: String,
    name: String,
    size: usize,
    channels: usize,
    images: u64,
}

/// The losses at even distances through the run.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
struct Trend {
    loss_d: Vec<f32>,
    loss_g: Vec<f32>,
}

/// The stamps of all files that a summary is made of. While they stay the same, so does the summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamps([Option<Stamp>; 7]);

impl Stamps {
    pub(crate) fn of(run: &RunDirectory) -> Self {
        let file = |path: std::path::PathBuf| Stamp::of_file(&path);
        Self([
            file(run.manifest()),
            file(run.plan()),
            file(run.stats()),
            file(run.metrics()),
            file(run.findings()),
            file(run.fakes_init()),
            Stamp::of_folder(&run.fakes_folder()),
        ])
    }

    /// The time of the last change.
    pub(crate) fn modified(&self) -> Option<SystemTime> {
        self.0.iter().flatten().filter_map(|stamp| stamp.modified).max()
    }
}

/// The images after which sheets of fakes were made, in order. A folder of sheets that is a link counts as empty.
pub(crate) fn sheets(run: &RunDirectory) -> Vec<u64> {
    let is_there = Stamp::of_folder(&run.fakes_folder()).is_some();
    let written = if is_there { run.fakes_written().unwrap_or_default() } else { Vec::new() };
    let first = Stamp::of_file(&run.fakes_init()).map(|_| 0);
    first.into_iter().chain(written.into_iter().map(|(images, _)| images)).collect()
}

/// The part of a plan that the list shows.
#[derive(Deserialize)]
struct PlanPart {
    train: TrainPart,
}

#[derive(Deserialize)]
struct TrainPart {
    images: u64,
}

/// The part of a finding that the list shows.
#[derive(Deserialize)]
struct FindingPart {
    finding: String,
    severity: String,
}

impl Summary {
    /// Reads the files that exist.
    pub(crate) fn of(id: &str, run: &RunDirectory) -> Self {
        let mut summary = Self::empty(id);
        summary.read_manifest(run);
        summary.read_plan(run);
        summary.read_lines(run);
        summary.picture = sheets(run).last().copied();
        if summary.images == 0 {
            summary.images = summary.latest.map(|stats| stats.images).or(summary.picture).unwrap_or(0);
        }
        summary
    }

    /// Like [`Summary::of`], but also checks whether a run that says it is running is still trained.
    pub(crate) fn with_liveness(id: &str, run: &RunDirectory) -> Self {
        let mut summary = Self::of(id, run);
        if summary.state == "running" && is_past(Stamps::of(run).modified(), SILENCE) {
            summary.check_liveness(run);
        }
        summary
    }

    /// Checks whether a process trains the run, which says that it is running. Returns whether the summary changed.
    pub(crate) fn check_liveness(&mut self, run: &RunDirectory) -> bool {
        match run.is_being_trained() {
            Ok(true) => false,
            Ok(false) => {
                self.state = "silent";
                true
            }
            Err(error) => {
                let note = files::within(run.path(), &error.to_string());
                let is_new = !self.notes.contains(&note);
                self.notes.extend(is_new.then_some(note));
                is_new
            }
        }
    }

    fn empty(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            state: "unknown",
            outcome: None,
            images: 0,
            of: None,
            started_unix_s: None,
            data: None,
            device: None,
            parameters: None,
            seed: None,
            latest: None,
            trend: Trend::default(),
            metrics: Vec::new(),
            findings: BTreeMap::new(),
            picture: None,
            notes: Vec::new(),
        }
    }

    fn read_manifest(&mut self, run: &RunDirectory) {
        if Stamp::of_file(&run.manifest()).is_none() {
            return;
        }
        let manifest = match Manifest::load(&run.manifest()) {
            Ok(manifest) => manifest,
            Err(error) => return self.notes.push(files::within(run.path(), &error.to_string())),
        };
        (self.state, self.images) = match manifest.outcome {
            Outcome::Running => ("running", 0),
            Outcome::Finished { images } => ("finished", images),
            Outcome::Stopped { images } => ("stopped", images),
            Outcome::Diverged { images, .. } => ("diverged", images),
            Outcome::Halted { images, .. } => ("halted", images),
        };
        self.outcome = Some(manifest.outcome.to_string());
        self.started_unix_s = Some(manifest.started_unix_s);
        self.device = Some(manifest.device);
        self.parameters = Some([manifest.generator_parameters, manifest.discriminator_parameters]);
        self.seed = Some(manifest.seed.to_string());
        let data = manifest.data;
        self.data = Some(DataSummary {
            source: data.source,
            name: data.name,
            size: data.size,
            channels: data.channels,
            images: data.images,
        });
    }

    fn read_plan(&mut self, run: &RunDirectory) {
        let Some(bytes) = files::read(&run.plan(), MAX_PLAN_BYTES) else { return };
        match serde_json::from_slice::<PlanPart>(&bytes) {
            Ok(plan) => self.of = Some(plan.train.images),
            Err(error) => self.notes.push(format!("plan.json is not a plan: {error}")),
        }
    }

    fn read_lines(&mut self, run: &RunDirectory) {
        if Stamp::of_file(&run.stats()).is_some() {
            self.latest = last::<Stats>(&run.stats(), END_BYTES).pop();
            let rows = read_spread_lines::<Row>(&run.stats(), TREND_POINTS).unwrap_or_default();
            let curve = |key: &str| rows.iter().filter_map(|row| row.number(key)).collect();
            self.trend = Trend { loss_d: curve("loss_d"), loss_g: curve("loss_g") };
        }
        if Stamp::of_file(&run.metrics()).is_some() {
            let lines = last::<Value>(&run.metrics(), END_BYTES);
            let kind = |line: &Value| line.get("metric").and_then(Value::as_str).unwrap_or_default().to_owned();
            let by_kind: BTreeMap<String, Value> = lines.into_iter().map(|line| (kind(&line), line)).collect();
            self.metrics = by_kind.into_values().collect();
        }
        if Stamp::of_file(&run.findings()).is_some() {
            for line in last::<FindingPart>(&run.findings(), FINDINGS_BYTES) {
                match line.severity.as_str() {
                    "over" => self.findings.remove(&line.finding),
                    _ => self.findings.insert(line.finding, line.severity),
                };
            }
        }
    }
}

/// The records at the end of a file; none if the file cannot be read.
fn last<T: serde::de::DeserializeOwned>(path: &Path, bytes: u64) -> Vec<T> {
    read_last_lines(path, bytes).map(|lines| lines.records).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn run() -> (tempfile::TempDir, RunDirectory) {
        let place = tempfile::tempdir().unwrap();
        let run = RunDirectory::create(place.path(), "a").unwrap();
        (place, run)
    }

    #[test]
    fn garbage_is_a_summary_that_says_so() {
        let (_place, run) = run();
        for path in [run.manifest(), run.plan(), run.stats(), run.metrics(), run.findings(), run.fakes_init()] {
            fs::write(path, b"\xff\x00{\"images\": [\n\n1\n\"x\"\n").unwrap();
        }
        let summary = Summary::of("a", &run);
        assert_eq!((summary.state, summary.images, summary.picture), ("unknown", 0, Some(0)));
        assert_eq!(summary.notes.len(), 2);
        assert!(summary.notes[0].starts_with("manifest.json is not a manifest: "), "{:?}", summary.notes);
        assert!(summary.notes[1].starts_with("plan.json is not a plan: "), "{:?}", summary.notes);
    }

    #[test]
    fn folders_in_the_place_of_files_are_nothing() {
        let (_place, run) = run();
        for path in [run.manifest(), run.plan(), run.stats(), run.metrics(), run.findings(), run.fakes_init()] {
            fs::create_dir(path).unwrap();
        }
        assert_eq!(Summary::of("a", &run), Summary::empty("a"));
    }

    #[test]
    fn whatever_a_summary_is_made_of_changes_its_stamps() {
        let (_place, run) = run();
        let paths = [run.manifest(), run.plan(), run.stats(), run.metrics(), run.findings(), run.fakes_init()];
        for path in paths.into_iter().chain([run.fakes(64)]) {
            let before = Stamps::of(&run);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "{}").unwrap();
            assert_ne!(Stamps::of(&run), before, "{}", path.display());
        }
    }

    #[test]
    fn findings_last_until_they_are_over_and_metrics_are_the_latest_of_their_kind() {
        let (_place, run) = run();
        let finding = |name: &str, severity: &str| {
            format!("{{\"images\":1,\"finding\":\"{name}\",\"severity\":\"{severity}\"}}\n")
        };
        let findings = [finding("a", "note"), finding("b", "severe"), finding("a", "over"), finding("b", "warning")];
        fs::write(run.findings(), findings.concat()).unwrap();
        let metrics = "{\"images\":1,\"metric\":\"kd\",\"value\":2}\n{\"images\":2,\"modes\":3}\n{\"images\":3,\"metric\":\"kd\",\"value\":1}\n{";
        fs::write(run.metrics(), metrics).unwrap();
        let summary = Summary::of("a", &run);
        assert_eq!(summary.findings, BTreeMap::from([("b".to_owned(), "warning".to_owned())]));
        let expected = serde_json::json!([{ "images": 2, "modes": 3 }, { "images": 3, "metric": "kd", "value": 1 }]);
        assert_eq!(Value::from(summary.metrics), expected);
    }

    /// Opening a FIFO would wait for ever, with the dashboard's cache locked.
    #[cfg(unix)]
    #[test]
    fn a_lock_that_is_a_fifo_is_named_once() {
        let (_place, run) = run();
        let lock = run.path().join(".lock");
        assert!(std::process::Command::new("mkfifo").arg(&lock).status().unwrap().success());
        let mut summary = Summary::empty("a");
        assert!(summary.check_liveness(&run));
        assert!(!summary.check_liveness(&run));
        assert_eq!(summary.notes, ["cannot read .lock: it is a FIFO, not a regular file"]);
        fs::remove_file(&lock).unwrap();
        assert!(summary.check_liveness(&run));
        assert_eq!(summary.state, "silent");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_nothing() {
        let (place, run) = run();
        fs::create_dir(place.path().join("fakes")).unwrap();
        fs::write(place.path().join("fakes/000000064.png"), "secret").unwrap();
        fs::write(place.path().join("secret"), "{\"images\":1,\"modes\":3}\n").unwrap();
        std::os::unix::fs::symlink(place.path().join("fakes"), run.path().join("fakes")).unwrap();
        std::os::unix::fs::symlink(place.path().join("secret"), run.metrics()).unwrap();
        assert_eq!(Summary::of("a", &run), Summary::empty("a"));
    }
}
