//! Runs the cases of one reader in this process, and prints what it sees as lines of JSON.

use crate::Reader;
use crate::cases::Cases;
use crate::outcome::{Outcome, catch_panics, outcome};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The most processor time that a case may take. A picture of 64 megapixels, the largest that is read, takes four.
pub const MAX_CPU_S: f64 = 20.0;

/// The exit code of a process whose case takes longer.
pub const EXIT_SLOW: i32 = 70;

/// How many readings may go into making a case that fails smaller.
const SHRINKING_STEPS: usize = 500;

/// What a process of a campaign is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Campaign {
    /// The reader's name.
    pub reader: String,
    /// The seed of all cases.
    pub seed: u64,
    /// The number of the first case.
    pub first: u64,
    /// The number after the last case.
    pub end: u64,
    /// When to stop before that.
    pub seconds: f64,
    /// Where cases are written.
    pub scratch: PathBuf,
    /// Where cases that fail are kept.
    pub keep: PathBuf,
}

/// A line of a campaign.
#[derive(Debug, Serialize, Deserialize)]
pub enum Event {
    /// An outcome that was not seen before in this process.
    Outcome(String),
    /// A new kind of fault, and the case that shows it.
    Fault(String, PathBuf),
    /// The number after the last case, and how many cases were accepted.
    End(u64, u64),
}

impl Campaign {
    /// Where the number of the case that is being read stands.
    pub fn number(&self) -> PathBuf {
        self.scratch.join("number")
    }

    /// Runs the cases.
    ///
    /// # Errors
    ///
    /// There is no such reader, or a file cannot be written.
    pub fn run(&self) -> Result<(), String> {
        let reader = Reader::named(&self.reader).ok_or_else(|| format!("error: no reader {}", self.reader))?;
        let path = reader.prepare(&self.scratch)?;
        let failed = |error: std::io::Error| format!("error: {} cannot be written: {error}", self.scratch.display());
        let mut cases = Cases::new(reader, self.seed)?;
        catch_panics();
        let watched = watch();
        let mut number_file = File::create(self.number()).map_err(failed)?;
        let (began, mut number, mut accepted) = (Instant::now(), self.first, 0);
        let (mut outcomes, mut faults) = (BTreeSet::new(), BTreeSet::new());
        let look = |case: &[u8]| {
            fs::write(&path, case).map_err(failed)?;
            Ok::<_, String>(outcome(|| (reader.read)(&path), &self.scratch))
        };
        while number < self.end && began.elapsed().as_secs_f64() < self.seconds {
            number_file.rewind().and_then(|()| write!(number_file, "{number:020}")).map_err(failed)?;
            watched.store(number + 1, Ordering::Relaxed);
            let case = cases.case(number);
            match look(&case)? {
                Outcome::Accepted => accepted += 1,
                Outcome::Refused(kind) => {
                    if outcomes.insert(kind.clone()) {
                        cases.learn(&case);
                        print(&Event::Outcome(kind));
                    }
                }
                Outcome::Fault(what) => {
                    if faults.insert(what.clone()) {
                        let small = shrink(case, |case| Ok(look(case)? == Outcome::Fault(what.clone())))?;
                        print(&Event::Fault(what, self.keep(&format!("fault-{number}"), &small)?));
                    }
                }
            }
            number += 1;
        }
        print(&Event::End(number, accepted));
        Ok(())
    }

    /// Keeps a case that failed, under a name.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn keep(&self, name: &str, case: &[u8]) -> Result<PathBuf, String> {
        let path = self.keep.join(&self.reader).join(name);
        let write = |path: &Path| {
            fs::create_dir_all(path.parent().expect("a folder"))?;
            fs::write(path, case)
        };
        write(&path).map_err(|error| format!("error: {} cannot be written: {error}", path.display()))?;
        Ok(path)
    }
}

fn print(event: &Event) {
    println!("{}", serde_json::to_string(event).expect("events are plain data"));
}

/// Leaves out pieces of a case while it still `fails`, large ones first.
fn shrink(mut case: Vec<u8>, mut fails: impl FnMut(&[u8]) -> Result<bool, String>) -> Result<Vec<u8>, String> {
    let mut steps = 0;
    let mut piece = case.len() / 2;
    while piece > 0 {
        let mut at = 0;
        while at < case.len() && steps < SHRINKING_STEPS {
            let without = [&case[..at], &case[case.len().min(at + piece)..]].concat();
            steps += 1;
            if fails(&without)? { case = without } else { at += piece }
        }
        piece /= 2;
    }
    Ok(case)
}

/// Ends the process if a case takes too much processor time. The caller stores another number for each case.
fn watch() -> Arc<AtomicU64> {
    let watched = Arc::new(AtomicU64::new(0));
    let shared = Arc::clone(&watched);
    thread::spawn(move || {
        let (mut case, mut began) = (0, cpu_seconds());
        loop {
            thread::sleep(Duration::from_millis(200));
            let now = shared.load(Ordering::Relaxed);
            if now != case {
                (case, began) = (now, cpu_seconds());
            } else if cpu_seconds() - began > MAX_CPU_S {
                std::process::exit(EXIT_SLOW);
            }
        }
    });
    watched
}

/// The processor time that this process has taken: wall-clock time counts for nothing on a machine that others use.
fn cpu_seconds() -> f64 {
    /// Of Linux, on every architecture.
    const TICKS_PER_S: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name, in parentheses, may hold spaces; user and system time are the 12th and 13th field after it.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS_PER_S
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_that_fails_is_made_small() {
        let fails = |case: &[u8]| Ok(case.contains(&7) && case.contains(&9));
        assert_eq!(shrink([[1; 40].as_slice(), &[7], &[2; 50], &[9], &[3; 9]].concat(), fails), Ok(vec![7, 9]));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn processor_time_goes_on() {
        let before = cpu_seconds();
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(200) {
            std::hint::spin_loop();
        }
        assert!((0.0..10.0).contains(&(cpu_seconds() - before)));
    }
}
