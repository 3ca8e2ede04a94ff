//! Runs a reader's campaign in processes of its own, and starts another when a case has ended one.

use crate::Reader;
use crate::campaign::{Campaign, EXIT_SLOW, Event, MAX_CPU_S};
use crate::outcome::without_numbers;
use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// The memory that a process may map: what the largest picture takes while it is decoded, turned and resized.
pub const MAX_MEMORY_KB: u64 = 3 << 20;

/// A reader whose cases end its process more often than this is not tried further.
const MAX_ABORTS: usize = 20;

/// How long to go on, and where to keep what is found.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The seed of all cases.
    pub seed: u64,
    /// The most cases of a reader.
    pub cases: u64,
    /// The most seconds for a reader.
    pub seconds: f64,
    /// Where cases that fail are kept.
    pub keep: PathBuf,
}

/// What became of a reader's cases.
#[derive(Debug, Default)]
pub struct Report {
    /// How many there were.
    pub cases: u64,
    /// How many were accepted, of processes that came to their end.
    pub accepted: u64,
    /// The kinds of messages.
    pub outcomes: BTreeSet<String>,
    /// The faults, each with a case that shows it.
    pub faults: BTreeMap<String, PathBuf>,
    /// How long it took.
    pub seconds: f64,
}

/// Runs a reader's campaign.
///
/// # Errors
///
/// A process cannot be started, or says what no campaign says.
pub fn supervise(reader: &Reader, settings: &Settings) -> Result<Report, String> {
    let failed = |error: std::io::Error| format!("error: the campaign of {} fails: {error}", reader.name);
    let memory = Path::new("/dev/shm");
    let scratch = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.map_err(failed)?;
    let Settings { seed, cases, seconds, ref keep } = *settings;
    let mut campaign = Campaign {
        reader: reader.name.into(),
        seed,
        first: 0,
        end: cases,
        seconds,
        scratch: scratch.path().into(),
        keep: keep.clone(),
    };
    let (began, mut report, mut aborts) = (Instant::now(), Report::default(), 0);
    while let Some(why) = run(&campaign, &mut report)? {
        let number = fs::read_to_string(campaign.number()).map_err(failed)?;
        let number: u64 = number.parse().map_err(|_| format!("error: {}: {why}", reader.name))?;
        let case = fs::read(scratch.path().join(reader.file)).map_err(failed)?;
        if let Entry::Vacant(entry) = report.faults.entry(why) {
            entry.insert(campaign.keep(&format!("abort-{number}"), &case)?);
        }
        report.cases = number + 1;
        campaign.first = number + 1;
        campaign.seconds = seconds - began.elapsed().as_secs_f64();
        aborts += 1;
        if aborts == MAX_ABORTS || campaign.seconds <= 0.0 {
            break;
        }
    }
    report.seconds = began.elapsed().as_secs_f64();
    Ok(report)
}

/// Runs one process. Returns why it ended before its end.
fn run(campaign: &Campaign, report: &mut Report) -> Result<Option<String>, String> {
    let failed = |error: std::io::Error| format!("error: the campaign of {} fails: {error}", campaign.reader);
    let told = serde_json::to_string(campaign).expect("plain data");
    // The shell sets the limit, because that takes no unsafe code. What knows no such limit goes on without.
    let limited = format!("ulimit -v {MAX_MEMORY_KB} 2>/dev/null; exec \"$0\" campaign \"$1\"");
    let program = std::env::current_exe().map_err(failed)?;
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(limited).arg(program).arg(told).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = shell.spawn().map_err(failed)?;
    let mut errors = child.stderr.take().expect("piped");
    // Read beside, so that a process which says much does not wait for a reader.
    let errors = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = errors.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    });
    for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
        match serde_json::from_str(&line.map_err(failed)?) {
            Ok(Event::Outcome(kind)) => drop(report.outcomes.insert(kind)),
            Ok(Event::Fault(what, case)) => drop(report.faults.entry(what).or_insert(case)),
            Ok(Event::End(cases, accepted)) => {
                report.cases = cases;
                report.accepted += accepted;
            }
            Err(error) => return Err(format!("error: the campaign of {} says: {error}", campaign.reader)),
        }
    }
    let status = child.wait().map_err(failed)?;
    let said = errors.join().unwrap_or_default();
    let said = said.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    Ok(match status.code() {
        Some(0) => None,
        Some(EXIT_SLOW) => Some(format!("more than {MAX_CPU_S} s of processor time")),
        Some(1) if said.starts_with("error: ") => return Err(said.into()),
        _ => Some(format!("{status}: {}", without_numbers(said))),
    })
}
