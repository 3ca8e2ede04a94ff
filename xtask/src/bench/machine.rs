//! The machine, the programs' versions and the date, as a record states them.

use super::programs::Programs;
use crate::cargo;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Debug, Default, Serialize)]
pub(super) struct Machine {
    processor: String,
    processors: usize,
    memory_gib: Option<u64>,
    system: String,
    /// The instruction set that our kernels chose.
    instruction_set: String,
    /// The versions of the compiler, of Python and of its packages, by name.
    versions: BTreeMap<String, String>,
    commit: String,
}

impl Machine {
    /// # Errors
    ///
    /// The compiler or the kernels' example cannot be run.
    pub(super) fn of(programs: &Programs, mut versions: BTreeMap<String, String>) -> Result<Self, String> {
        let rustc = cargo::output_of(Command::new("rustc").arg("--version"))?;
        let rustc = rustc.split(' ').nth(1).unwrap_or_default().to_owned();
        versions.insert("rustc".into(), rustc);
        Ok(Self {
            processor: field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.into()),
            processors: programs.processors,
            memory_gib: field("/proc/meminfo", "MemTotal").and_then(|text| gibibytes(&text)),
            system: std::env::consts::OS.into(),
            instruction_set: programs.kernels()?.instruction_set,
            versions,
            commit: commit(programs),
        })
    }

    pub(super) fn sentence(&self) -> String {
        let Self { processor, processors, system, instruction_set, commit, .. } = self;
        let memory = self.memory_gib.map_or(String::new(), |memory| format!(", {memory} GiB"));
        let versions: Vec<String> = self.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
        format!(
            "Machine: {processor}, {processors} processors{memory}, {system}; our kernels chose {instruction_set}. Commit {commit}. {}.\n",
            versions.join(", ")
        )
    }
}

/// The value of the first line `name : value` of a file.
fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// A size such as `24689764 kB` in GiB, rounded to the nearest.
fn gibibytes(size: &str) -> Option<u64> {
    let kibibytes: u64 = size.strip_suffix("kB")?.trim().parse().ok()?;
    Some((kibibytes + (1 << 19)) >> 20)
}

/// The commit that is measured; "unknown" outside a repository.
fn commit(programs: &Programs) -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(programs.root).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else { return "unknown".into() };
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_none_or(|files| !files.is_empty());
    if changed { commit + " with changes" } else { commit }
}

/// Today, UTC, as `2026-01-31`.
pub(super) fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    date(seconds / 86_400)
}

/// The date of a day counted from 1970-01-01: Hinnant, "chrono-Compatible Low-Level Date Algorithms",
/// `civil_from_days`.
fn date(day: u64) -> String {
    // Days from 0000-03-01, so that a leap day is a year's last; 400 years have 146,097.
    let day = day + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let (month, day) = ((from_march + 2) % 12 + 1, of_year - (153 * from_march + 2) / 5 + 1);
    let year = 400 * era + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        let days = [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (20_148, "2025-03-01"),
            (20_787, "2026-11-30"),
        ];
        for (day, shown) in days {
            assert_eq!(date(day), shown);
        }
    }

    #[test]
    fn memory_is_rounded_to_the_nearest() {
        assert_eq!(gibibytes("24689764 kB"), Some(24));
        assert_eq!(gibibytes("8 GB"), None);
    }
}
