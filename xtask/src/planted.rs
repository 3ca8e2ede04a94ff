//! `cargo xtask planted`: plays the corpus of planted failures and records what the doctor found.

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

/// The record.
pub(crate) const RECORD: &str = "benchmarks/2026-11-24-planted";

/// Runs at once: each computes on one thread.
const JOBS: usize = 2;

/// How one run went.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Played {
    name: String,
    planted: Option<String>,
    found: Option<String>,
    round: u64,
    rounds: u64,
    before: Vec<String>,
}

impl Played {
    fn is_right(&self) -> bool {
        self.planted == self.found
    }
}

/// What `cargo xtask planted` does.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Task<'a> {
    /// Trains the runs of these halves under the doctor's eyes.
    Play(&'a [&'a str]),
    /// Trains the runs of a half to their ends, and keeps all that the doctor would see in a folder.
    Keep(&'a str, &'a str),
    /// Has the doctor judge a half by what was kept in a folder, and plays those of which nothing was.
    Judge(&'a str, &'a str),
    /// Measures which checkpoint decaying runs keep.
    Best,
}

impl<'a> Task<'a> {
    fn of(arguments: &[&'a str]) -> Result<Self, String> {
        match *arguments {
            [] => Ok(Self::Play(&["tuning", "scored"])),
            ["--half", "tuning"] => Ok(Self::Play(&["tuning"])),
            ["--half", "scored"] => Ok(Self::Play(&["scored"])),
            ["--half", half @ ("tuning" | "scored"), "--keep", folder] => Ok(Self::Keep(half, folder)),
            ["--half", half @ ("tuning" | "scored"), "--judge", folder] => Ok(Self::Judge(half, folder)),
            ["--best"] => Ok(Self::Best),
            _ => Err("error: planted takes --half tuning or --half scored, alone or with --keep FOLDER or --judge FOLDER; or --best; \
                      or nothing to play both halves"
                .to_owned()),
        }
    }
}

/// Plays, keeps or judges runs and writes what was found and the tables into the record; or measures which checkpoint decaying runs
/// keep.
///
/// # Errors
///
/// The arguments are not understood, the runs cannot be built or played, or a file cannot be written or read.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<(), String> {
    let task = Task::of(arguments)?;
    let build = ["bench", "--no-run", "--package", "steadygan", "--bench", "planted"];
    let program = cargo::executable(root, &build)?;
    match task {
        Task::Play(halves) => {
            for half in halves {
                record(root, half, &of_all(&program, half, |number| owned(&["play", half, number]))?)?;
            }
        }
        Task::Keep(half, folder) => {
            of_all::<String>(&program, half, |number| owned(&["look", half, number, folder]))?;
        }
        Task::Judge(half, folder) => {
            let is_kept = |number: &str| Path::new(folder).join(format!("{number}.jsonl")).exists();
            let judge = |number: &str| {
                if is_kept(number) { owned(&["judge", half, number, folder]) } else { owned(&["play", half, number]) }
            };
            record(root, half, &of_all(&program, half, judge)?)?;
        }
        Task::Best => best::run(root, &program)?,
    }
    Ok(())
}

/// Writes how the runs of a half went, and the tables of all halves.
fn record(root: &Path, half: &str, played: &[Played]) -> Result<(), String> {
    let lines: Vec<String> = played.iter().map(|run| serde_json::to_string(run).expect("plain data")).collect();
    write(&root.join(RECORD), &format!("{half}.jsonl"), &(lines.join("\n") + "\n"))?;
    println!("{half}: {}", sentence(played));
    write(&root.join(RECORD), "tables.md", &tables(root)?)
}

fn write(folder: &Path, name: &str, text: &str) -> Result<(), String> {
    let path = folder.join(name);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, text));
    written.map_err(|error| format!("error: {} cannot be written: {error}", path.display()))
}

/// What the program answers to some words about each run of a half, by its number.
fn of_all<T: DeserializeOwned + Send>(
    program: &Path,
    half: &str,
    words: impl Fn(&str) -> Vec<String>,
) -> Result<Vec<T>, String> {
    let runs: Vec<Vec<String>> = (0..names(program, half)?.len()).map(|number| words(&number.to_string())).collect();
    answers(program, &runs)
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn names(program: &Path, half: &str) -> Result<Vec<String>, String> {
    Ok(cargo::output_of(Command::new(program).args(["list", half]))?.lines().map(str::to_owned).collect())
}

/// What the program answers to each of these arguments, some at once.
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

/// How often the first severe finding was the planted one, and whether healthy runs were left in peace.
fn sentence(played: &[Played]) -> String {
    let (failed, healthy): (Vec<_>, Vec<_>) = played.iter().partition(|run| run.planted.is_some());
    let right = |runs: &[&Played]| runs.iter().filter(|run| run.is_right()).count();
    format!(
        "the first severe finding is the planted one in {} of {} failed runs ({:.0}%); {} of {} healthy runs have no severe finding",
        right(&failed),
        failed.len(),
        100.0 * right(&failed) as f64 / failed.len().max(1) as f64,
        right(&healthy),
        healthy.len(),
    )
}

/// The tables of the halves that were played.
///
/// # Errors
///
/// A result cannot be read.
pub(crate) fn tables(root: &Path) -> Result<String, String> {
    let mut text = String::new();
    for half in ["scored", "tuning"] {
        let path = root.join(RECORD).join(format!("{half}.jsonl"));
        let Ok(lines) = fs::read_to_string(&path) else { continue };
        let played: Result<Vec<Played>, _> = lines.lines().map(serde_json::from_str).collect();
        let played = played.map_err(|error| format!("error: {} cannot be read: {error}", path.display()))?;
        let _ = writeln!(text, "The {half} half: {}.\n\n{}", sentence(&played), table(&played));
    }
    Ok(text)
}

/// What was planted, by row, and what was found first, by column.
fn table(played: &[Played]) -> String {
    let name = |finding: &Option<String>, nothing: &str| finding.clone().unwrap_or_else(|| nothing.to_owned());
    let rows: BTreeSet<String> = played.iter().map(|run| name(&run.planted, "(healthy)")).collect();
    let mut text =
        String::from("| planted | runs | found first, severe | rounds until then, median |\n|---|---|---|---|\n");
    for row in rows {
        let of: Vec<&Played> = played.iter().filter(|run| name(&run.planted, "(healthy)") == row).collect();
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

    fn played(planted: Option<&str>, found: Option<&str>, round: u64) -> Played {
        let [planted, found] = [planted, found].map(|name| name.map(str::to_owned));
        Played { name: String::new(), planted, found, round, rounds: 100, before: Vec::new() }
    }

    #[test]
    fn a_half_is_kept_or_judged_in_a_folder() {
        assert_eq!(Task::of(&["--half", "tuning", "--judge", "kept"]), Ok(Task::Judge("tuning", "kept")));
        assert_eq!(Task::of(&["--half", "scored", "--keep", "kept"]), Ok(Task::Keep("scored", "kept")));
        assert_eq!(Task::of(&["--half", "scored"]), Ok(Task::Play(&["scored"])));
        assert!(Task::of(&["--judge", "kept"]).is_err());
    }

    #[test]
    fn any_other_severe_finding_is_wrong() {
        let runs = [
            played(Some("decay"), Some("decay"), 9),
            played(Some("decay"), Some("wrong-sign"), 5),
            played(Some("decay"), None, 0),
            played(None, None, 0),
            played(None, Some("decay"), 3),
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
