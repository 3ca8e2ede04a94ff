//! Feeds damaged files to the readers, and says what they did.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;
use steadygan_fuzz::outcome::{Outcome, catch_panics, outcome};
use steadygan_fuzz::supervise::{Report, Settings, supervise};
use steadygan_fuzz::{READERS, Reader, campaign::Campaign};

const USAGE: &str = "\
usage: steadygan-fuzz [READER]... [--seconds N] [--cases N] [--seed N] [--keep FOLDER]
       steadygan-fuzz replay READER FILE...

Without names, all readers are tried. It goes on for 60 seconds in all, or as long as --seconds or --cases (of each
reader) say. Cases depend on --seed (0) only. What fails is kept in FOLDER (target/fuzz), and the exit code is 1.
Faults of libraries that are known and reported are marked, and fail nothing. `replay` reads files and says what became of
each.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["campaign", told] => one_thread().and_then(|()| campaign(told)),
        ["replay", name, ref files @ ..] if !files.is_empty() => one_thread().and_then(|()| replay(name, files)),
        _ => all(&arguments),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// One thread for a reader, so that memory and time are those of one.
fn one_thread() -> Result<(), String> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread();
    pool.build_global().map_err(|error| format!("error: no threads: {error}"))
}

fn campaign(told: &str) -> Result<bool, String> {
    let campaign: Campaign = serde_json::from_str(told).map_err(|error| format!("error: {error}"))?;
    campaign.run().map(|()| true)
}

fn reader(name: &str) -> Result<&'static Reader, String> {
    let names: Vec<_> = READERS.iter().map(|reader| reader.name).collect();
    Reader::named(name).ok_or_else(|| format!("error: there is no reader {name}\nhint: {}", names.join(", ")))
}

fn replay(name: &str, files: &[&str]) -> Result<bool, String> {
    let reader = reader(name)?;
    let folder = tempfile::tempdir().map_err(|error| format!("error: no folder: {error}"))?;
    let path = reader.prepare(folder.path())?;
    catch_panics();
    let mut sound = true;
    for file in files {
        std::fs::copy(file, &path).map_err(|error| format!("error: {file} cannot be read: {error}"))?;
        let mut said = String::new();
        let read = || (reader.read)(&path).inspect_err(|error| said = format!("\n  {error:?}"));
        let found = outcome(read, folder.path());
        sound &= !matches!(found, Outcome::Fault(_));
        println!("{file}: {found:?}{said}");
    }
    Ok(sound)
}

fn all(arguments: &[&str]) -> Result<bool, String> {
    let (mut readers, mut seconds, mut cases) = (Vec::new(), None, None);
    let (mut seed, mut keep) = (0, PathBuf::from("target/fuzz"));
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().copied().ok_or(USAGE);
        let number = |text: &str| text.parse::<u64>().map_err(|_| format!("error: {text} is no number\n{USAGE}"));
        match *argument {
            "--seconds" => seconds = Some(number(value()?)?),
            "--cases" => cases = Some(number(value()?)?),
            "--seed" => seed = number(value()?)?,
            "--keep" => keep = Path::new(value()?).into(),
            option if option.starts_with('-') => return Err(USAGE.into()),
            name => readers.push(reader(name)?),
        }
    }
    if readers.is_empty() {
        readers = READERS.iter().collect();
    }
    let at_once = thread::available_parallelism().map_or(1, usize::from).min(readers.len());
    let in_all = seconds.or(cases.is_none().then_some(60));
    let share = |seconds: u64| (seconds * at_once as u64) as f64 / readers.len() as f64;
    let seconds = in_all.map_or(f64::MAX, share);
    let settings = Settings { seed, cases: cases.unwrap_or(u64::MAX), seconds, keep };
    try_all(readers, at_once, &settings)
}

/// Tries the readers, some at once, and prints a line for each. Returns whether all are sound.
fn try_all(mut readers: Vec<&'static Reader>, at_once: usize, settings: &Settings) -> Result<bool, String> {
    println!("{:<13} {:>9} {:>9} {:>8} {:>7} {:>6}", "reader", "cases", "accepted", "messages", "seconds", "faults");
    readers.reverse();
    let waiting = Mutex::new(readers);
    let next = || waiting.lock().expect("no thread panics").pop();
    let work = || {
        let mut sound = true;
        while let Some(reader) = next() {
            let report = supervise(reader, settings)?;
            sound &= report.faults.keys().all(|fault| reader.is_known(fault));
            print(reader, &report);
        }
        Ok::<_, String>(sound)
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..at_once).map(|_| scope.spawn(work)).collect();
        let ends = workers.into_iter().map(|worker| worker.join().expect("no thread panics"));
        ends.collect::<Result<Vec<_>, _>>().map(|sound| sound.into_iter().all(|sound| sound))
    })
}

fn print(reader: &Reader, report: &Report) {
    let Report { cases, accepted, outcomes, faults, seconds } = report;
    let (messages, count) = (outcomes.len(), faults.len());
    let mut lines = format!("{:<13} {cases:>9} {accepted:>9} {messages:>8} {seconds:>7.1} {count:>6}", reader.name);
    for (what, case) in faults {
        let known = if reader.is_known(what) { "known: " } else { "" };
        lines += &format!("\n    {known}{what}\n      {}", case.display());
    }
    println!("{lines}");
}
