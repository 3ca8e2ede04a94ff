//! `cargo xtask costs`: measures what each heuristic costs in time and memory, by training with it and without it in
//! turns.

use super::bench_process::BenchProcess;
use super::comparison::median;
use super::machine::{Machine, today};
use super::programs::Programs;
use crate::cargo;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The table that the cards' costs come from.
const TABLE: &str = "crates/steadygan/src/heuristics/costs.tsv";
/// The pairs that are refused together, from the laws.
const REFUSALS: &str = "crates/steadygan/src/heuristics/laws/refusals.txt";

/// The preset of all measurements: the DCGAN paper's seven heuristics.
const BASE: &str = "dcgan";
/// A turn has as many steps as take about this long, but at most eight. A turn's time is its median step, and a side's
/// time is its quickest turn, so that other work of the machine is not counted.
const TURN_MS: f64 = 400.0;
const MAX_STEPS: f64 = 8.0;
const DEFAULT_ROUNDS: usize = 4;

/// Measures all heuristics, or only the named ones, and writes the table after each. Other rows stay as they are.
///
/// # Errors
///
/// An option is not understood, the library's benchmark cannot be built or fails, or the table cannot be written.
pub(crate) fn run(root: &Path, options: &[&str]) -> Result<(), String> {
    let (rounds, only) = parse(options)?;
    let programs = Programs::new(root, PathBuf::new())?;
    let (names, steps) = (names(&programs)?, programs.steps()?);
    if let Some(unknown) = only.iter().find(|name| !names.iter().any(|known| known == *name)) {
        return Err(format!("error: there is no heuristic {unknown}\nhint: `steadygan heuristics` lists them"));
    }
    let read = |file: &str| fs::read_to_string(root.join(file)).unwrap_or_default();
    let (refusals, mut rows) = (read(REFUSALS), rows(&read(TABLE)));
    let machine = Machine::of(&programs, BTreeMap::new())?.sentence();
    let head = format!(
        "# Written by `cargo xtask costs`: training with a heuristic over training without it, as ratios of time for\n\
         # an image and of peak memory, and the heuristic that was off on both sides because the two are refused\n\
         # together. Preset `{BASE}` on the embedded images, in turns, the quickest of {rounds}. Last changed {}. {machine}",
        today(),
    );
    for name in names.iter().filter(|name| only.is_empty() || only.contains(&name.as_str())) {
        let off = refused_by(&refusals, name);
        let [time, memory] = measure((&programs, &steps), name, off, rounds)?;
        eprintln!("{name}: time × {time:.3}, memory × {memory:.3}");
        rows.insert(name.clone(), format!("{time:.3}\t{memory:.3}\t{}", off.unwrap_or_default()));
        let lines = names.iter().filter_map(|name| Some(format!("{name}\t{}\n", rows.get(name)?)));
        let written = fs::write(root.join(TABLE), head.clone() + &lines.collect::<String>());
        written.map_err(|error| format!("error: {TABLE} cannot be written: {error}"))?;
    }
    Ok(())
}

fn parse<'a>(options: &[&'a str]) -> Result<(usize, Vec<&'a str>), String> {
    let (mut rounds, mut only) = (DEFAULT_ROUNDS, Vec::new());
    for pair in options.chunks(2) {
        match (pair, pair.get(1).and_then(|count| count.parse().ok())) {
            (["--rounds", _], Some(count @ 1..)) => rounds = count,
            (["--only", name], _) => only.push(*name),
            _ => {
                let hint = "costs takes --rounds N and --only HEURISTIC (also several)";
                return Err(format!("error: this is not understood: {}\nhint: {hint}", pair.join(" ")));
            }
        }
    }
    Ok((rounds, only))
}

/// The table's rows by name.
fn rows(table: &str) -> BTreeMap<String, String> {
    let row = |line: &str| line.split_once('\t').map(|(name, rest)| (name.to_owned(), rest.to_owned()));
    table.lines().filter(|line| !line.starts_with('#')).filter_map(row).collect()
}

/// The catalogue's names in order.
fn names(programs: &Programs) -> Result<Vec<String>, String> {
    let list = cargo::output_of(Command::new(programs.steadygan()?).arg("heuristics"))?;
    Ok(list.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect())
}

/// The heuristic of the base that the laws refuse together with `name`.
fn refused_by<'a>(refusals: &'a str, name: &str) -> Option<&'a str> {
    refusals.lines().find_map(|line| line.strip_prefix(&format!("{BASE} + {name}: ")))
}

/// One of the two sides: training with the heuristic, or without it.
struct Side {
    process: BenchProcess,
    /// Steps per turn.
    steps: String,
    /// The time for an image in the quickest turn.
    quickest_ms: f64,
    peak_bytes: f64,
}

impl Side {
    fn start((programs, bench): (&Programs, &Path), keys: &[String]) -> Result<Self, String> {
        let mut process = BenchProcess::start(programs.embedded(bench, keys), &programs.scratch)?;
        let steps = (TURN_MS / median(&process.ask("1")?.times_ms)).clamp(1.0, MAX_STEPS);
        Ok(Self { process, steps: format!("{steps:.0}"), quickest_ms: f64::INFINITY, peak_bytes: f64::NAN })
    }

    fn turn(&mut self) -> Result<(), String> {
        let answer = self.process.ask(&self.steps)?;
        let images = answer.images.unwrap_or(1) as f64;
        self.quickest_ms = self.quickest_ms.min(median(&answer.times_ms) / images);
        self.peak_bytes = answer.peak_bytes.map_or(f64::NAN, |bytes| bytes as f64);
        Ok(())
    }
}

/// The ratio of times for an image, and the ratio of peak memory, with the heuristic over without it.
fn measure(programs: (&Programs, &Path), name: &str, off: Option<&str>, rounds: usize) -> Result<[f64; 2], String> {
    let mut keys = vec![format!("base={BASE}")];
    keys.extend(off.map(|other| format!("heuristics.{other}=false")));
    let side = |on: bool| Side::start(programs, &[&keys[..], &[format!("heuristics.{name}={on}")]].concat());
    let (mut with, mut without) = (side(true)?, side(false)?);
    for _ in 0..rounds {
        with.turn()?;
        without.turn()?;
    }
    Ok([with.quickest_ms / without.quickest_ms, with.peak_bytes / without.peak_bytes])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_those_of_the_base() {
        let refusals = "dcgan + r1: batch-norm\nhacks + pac: other\n";
        assert_eq!(refused_by(refusals, "r1"), Some("batch-norm"));
        assert_eq!((refused_by(refusals, "pac"), refused_by(refusals, "r")), (None, None));
    }

    #[test]
    fn options_are_rounds_and_names() {
        assert_eq!(parse(&[]), Ok((DEFAULT_ROUNDS, vec![])));
        assert_eq!(parse(&["--only", "r1", "--rounds", "2", "--only", "r2"]), Ok((2, vec!["r1", "r2"])));
        for wrong in [&["--rounds", "0"][..], &["--rounds"], &["--only"], &["--fast", "1"]] {
            assert!(parse(wrong).is_err_and(|error| error.contains("\nhint: ")), "{wrong:?}");
        }
    }

    #[test]
    fn rows_are_kept() {
        let kept = rows("# head\nr1\t1.5\t1.0\tbatch-norm\nema\t1.0\t1.1\t\n");
        assert_eq!((kept.len(), kept["r1"].as_str()), (2, "1.5\t1.0\tbatch-norm"));
    }
}
