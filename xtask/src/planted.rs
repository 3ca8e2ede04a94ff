//! `cargo xtask planted`: runs the test sets of planted failures and records what the doctor finds.

mod best;

use crate::cargo;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The folder of the record.
pub(crate) const RECORD: &str = "benchmarks/2026-11-24-planted";

/// The test sets: the name that `steadygan-planted` has for a set, which is also its file's in the record, and the title.
const SETS: [(&str, &str); 2] = [("held-out-6", "held-out set, edition 6"), ("tuning", "tuning set")];

/// Runs at the same time; each computes on one thread.
const JOBS: usize = 2;

/// What the doctor found in a run, as `steadygan-planted` prints it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Diagnosis {
    name: String,
    planted: Option<String>,
    found: Option<String>,
    round: u64,
    rounds: u64,
    before: Vec<String>,
}

impl Diagnosis {
    fn is_right(&self) -> bool {
        self.planted == self.found
    }
}

/// What `cargo xtask planted` does.
#[derive(Debug, Clone, PartialEq)]
enum Task<'a> {
    /// Trains the runs of these sets until the doctor makes a severe finding.
    Play(Vec<&'a str>),
    /// Trains the runs of a set to their ends, and keeps the lines that the doctor would read in a folder.
    Keep(&'a str, &'a str),
    /// Has the doctor read the lines in a folder; the set's runs without lines are played.
    Diagnose(&'a str, &'a str),
    /// Measures which checkpoint decaying runs keep.
    Best,
}

impl<'a> Task<'a> {
    fn of(arguments: &[&'a str]) -> Result<Self, String> {
        let is_set = |name: &str| SETS.iter().any(|(set, _)| *set == name);
        match *arguments {
            [] => Ok(Self::Play(SETS.map(|(set, _)| set).to_vec())),
            ["--best"] => Ok(Self::Best),
            ["--set", set] if is_set(set) => Ok(Self::Play(vec![set])),
            ["--set", set, "--keep", folder] if is_set(set) => Ok(Self::Keep(set, folder)),
            ["--set", set, "--diagnose", folder] if is_set(set) => Ok(Self::Diagnose(set, folder)),
            _ => Err(format!(
                "error: planted does not take these arguments: {}\nhint: nothing, to play all sets; --set SET, alone or with \
                 --keep FOLDER or --diagnose FOLDER; or --best. SET is one of {}",
                arguments.join(" "),
                SETS.map(|(set, _)| set).join(", ")
            )),
        }
    }
}

/// Carries out the task that the arguments name, and writes results and tables into the record.
///
/// # Errors
///
/// The arguments are not understood, the runs cannot be built or trained, or a file cannot be written or read.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<(), String> {
    let task = Task::of(arguments)?;
    // With the program's package, so that Cargo chooses the same features for both and builds Burn once.
    let packages = ["--package", "steadygan-cli", "--package", "steadygan-planted"];
    let build = [&["build", "--release"], &packages[..], &["--bin", "steadygan-planted"]].concat();
    let program = cargo::executable(root, &build)?;
    match task {
        Task::Play(sets) => {
            for set in sets {
                record(root, set, &answers_of_set(&program, set, |number| owned(&["play", set, number]))?)?;
            }
        }
        Task::Keep(set, folder) => {
            answers_of_set::<String>(&program, set, |number| owned(&["keep", set, number, folder]))?;
        }
        Task::Diagnose(set, folder) => {
            let is_kept = |number: &str| Path::new(folder).join(format!("{number}.jsonl")).exists();
            let command = |number: &str| {
                if is_kept(number) { owned(&["diagnose", set, number, folder]) } else { owned(&["play", set, number]) }
            };
            record(root, set, &answers_of_set(&program, set, command)?)?;
        }
        Task::Best => best::run(root, &program)?,
    }
    Ok(())
}

/// Writes the diagnoses of a set, and the tables of all sets.
fn record(root: &Path, set: &str, diagnoses: &[Diagnosis]) -> Result<(), String> {
    let lines: Vec<String> = diagnoses.iter().map(|run| serde_json::to_string(run).expect("plain data")).collect();
    write(&root.join(RECORD), &format!("{set}.jsonl"), &(lines.join("\n") + "\n"))?;
    println!("{set}: {}", sentence(diagnoses));
    write(&root.join(RECORD), "tables.md", &tables(root)?)
}

fn write(folder: &Path, name: &str, text: &str) -> Result<(), String> {
    let path = folder.join(name);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, text));
    written.map_err(|error| format!("error: {} cannot be written: {error}", path.display()))
}

/// The program's answers to `arguments(number)` for every run of a set.
fn answers_of_set<T: DeserializeOwned + Send>(
    program: &Path,
    set: &str,
    arguments: impl Fn(&str) -> Vec<String>,
) -> Result<Vec<T>, String> {
    let runs: Vec<Vec<String>> = (0..names(program, set)?.len()).map(|number| arguments(&number.to_string())).collect();
    answers(program, &runs)
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// The names of a set's runs; a run's number is its place.
fn names(program: &Path, set: &str) -> Result<Vec<String>, String> {
    Ok(cargo::output_of(Command::new(program).args(["list", set]))?.lines().map(str::to_owned).collect())
}

/// The program's answers to each of these arguments, [`JOBS`] at the same time.
fn answers<T: DeserializeOwned + Send>(program: &Path, runs: &[Vec<String>]) -> Result<Vec<T>, String> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let work = || -> Result<(), String> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(arguments) = runs.get(number) else { return Ok(()) };
            let answer = cargo::output_of(Command::new(program).args(arguments).env("RAYON_NUM_THREADS", "1"))?;
            let answered =
                serde_json::from_str(&answer).map_err(|error| format!("error: {answer} is no result: {error}"))?;
            done.lock().expect("no thread panics").insert(number, answered);
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..JOBS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("no thread panics"))
    })?;
    Ok(done.into_inner().expect("no thread panics").into_values().collect())
}

/// In how many failed runs the first severe finding is the planted one, and how many healthy runs have none.
fn sentence(diagnoses: &[Diagnosis]) -> String {
    let (failed, healthy): (Vec<_>, Vec<_>) = diagnoses.iter().partition(|run| run.planted.is_some());
    let right = |runs: &[&Diagnosis]| runs.iter().filter(|run| run.is_right()).count();
    format!(
        "the first severe finding is the planted one in {} of {} failed runs ({:.0}%); {} of {} healthy runs have no severe finding",
        right(&failed),
        failed.len(),
        100.0 * right(&failed) as f64 / failed.len().max(1) as f64,
        right(&healthy),
        healthy.len(),
    )
}

/// The tables of the sets that have results.
///
/// # Errors
///
/// A result cannot be read.
pub(crate) fn tables(root: &Path) -> Result<String, String> {
    let mut text = String::new();
    for (set, title) in SETS {
        let path = root.join(RECORD).join(format!("{set}.jsonl"));
        let Ok(lines) = fs::read_to_string(&path) else { continue };
        let diagnoses: Result<Vec<Diagnosis>, _> = lines.lines().map(serde_json::from_str).collect();
        let diagnoses = diagnoses.map_err(|error| format!("error: {} cannot be read: {error}", path.display()))?;
        let _ = writeln!(text, "The {title}: {}.\n\n{}", sentence(&diagnoses), table(&diagnoses));
    }
    Ok(text)
}

/// A row for each planted failure, with the first severe findings in its runs.
fn table(diagnoses: &[Diagnosis]) -> String {
    let name = |finding: &Option<String>, nothing: &str| finding.clone().unwrap_or_else(|| nothing.to_owned());
    let rows: BTreeSet<String> = diagnoses.iter().map(|run| name(&run.planted, "(healthy)")).collect();
    let mut text =
        String::from("| planted | runs | found first, severe | rounds until then, median |\n|---|---|---|---|\n");
    for row in rows {
        let of: Vec<&Diagnosis> = diagnoses.iter().filter(|run| name(&run.planted, "(healthy)") == row).collect();
        let mut found: BTreeMap<String, usize> = BTreeMap::new();
        of.iter().for_each(|run| *found.entry(name(&run.found, "nothing")).or_default() += 1);
        let found: Vec<String> = found.into_iter().map(|(name, count)| format!("{name} {count}")).collect();
        let mut rounds: Vec<u64> = of.iter().filter(|run| run.found.is_some()).map(|run| run.round).collect();
        rounds.sort_unstable();
        let median = rounds.get(rounds.len() / 2).map_or("–".to_owned(), u64::to_string);
        let _ = writeln!(text, "| {row} | {} | {} | {median} |", of.len(), found.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnosis(planted: Option<&str>, found: Option<&str>, round: u64) -> Diagnosis {
        let [planted, found] = [planted, found].map(|name| name.map(str::to_owned));
        Diagnosis { name: String::new(), planted, found, round, rounds: 100, before: Vec::new() }
    }

    #[test]
    fn a_set_is_kept_or_diagnosed_in_a_folder() {
        assert_eq!(Task::of(&["--set", "tuning", "--diagnose", "kept"]), Ok(Task::Diagnose("tuning", "kept")));
        assert_eq!(Task::of(&["--set", "held-out-6", "--keep", "kept"]), Ok(Task::Keep("held-out-6", "kept")));
        assert_eq!(Task::of(&["--set", "held-out-6"]), Ok(Task::Play(vec!["held-out-6"])));
        assert!(Task::of(&["--diagnose", "kept"]).is_err());
        let error = Task::of(&["--set", "held-out-5"]).expect_err("that edition is superseded");
        assert!(error.contains("held-out-6"), "{error}");
    }

    #[test]
    fn any_other_severe_finding_is_wrong() {
        let runs = [
            diagnosis(Some("decay"), Some("decay"), 9),
            diagnosis(Some("decay"), Some("wrong-sign"), 5),
            diagnosis(Some("decay"), None, 0),
            diagnosis(None, None, 0),
            diagnosis(None, Some("decay"), 3),
        ];
        assert_eq!(
            sentence(&runs),
            "the first severe finding is the planted one in 1 of 3 failed runs (33%); 1 of 2 healthy runs have no severe finding"
        );
        let table = table(&runs);
        assert!(table.contains("| decay | 3 | decay 1, nothing 1, wrong-sign 1 | 9 |"), "{table}");
        assert!(table.contains("| (healthy) | 2 | decay 1, nothing 1 | 3 |"), "{table}");
    }
}
