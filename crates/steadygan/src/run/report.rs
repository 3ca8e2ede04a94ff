//! The report on a run that has ended, or is still training.

use super::resume::planned;
use crate::diagnose::History;
use crate::error::Result;
use serde::Serialize;
use std::path::Path;
use steadygan_run::{Finding, Manifest, Outcome, RunDirectory, Severity};

/// The report on a run: its outcome and its findings.
#[derive(Debug, Clone, Serialize)]
pub struct RunReport {
    /// The run's name.
    pub name: String,
    /// Real images shown by the last line of stats.
    pub images: u64,
    /// How training ended; `Running` if it has not.
    pub outcome: Outcome,
    /// All findings in order: each time that one began, got more severe or ended.
    pub findings: Vec<Finding>,
    /// The names of the findings that have not ended, with their severity.
    pub open: Vec<(String, Severity)>,
}

impl RunReport {
    /// Reads a run's files. The doctor reads the lines again, so that today's checks also apply to a run of an earlier
    /// version.
    ///
    /// # Errors
    ///
    /// `path` is no run, or its files are damaged.
    pub fn of(path: &Path) -> Result<Self> {
        let run = RunDirectory::open(path)?;
        let manifest = Manifest::load(&run.manifest())?;
        let plan = planned(&run)?;
        let History { doctor, findings } = History::without_data(&run, &plan, &manifest)?;
        Ok(Self {
            name: run.name(),
            images: doctor.images(),
            outcome: manifest.outcome,
            findings,
            open: doctor.open().map(|(name, severity)| (name.to_owned(), severity)).collect(),
        })
    }
}
