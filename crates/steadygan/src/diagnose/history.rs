//! A run's files, read by the doctor.

use super::seen::{Measured, Sign};
use super::{Doctor, before_training};
use crate::data::Dataset;
use crate::error::Result;
use crate::plan::Plan;
use serde::Deserialize;
use steadygan_run::{DistanceLine, Finding, Manifest, ModesLine, RunDirectory, StatsLine, read_lines_if_any};

/// The doctor after reading a run's files, and all that there was to say.
#[derive(Debug)]
pub struct History {
    /// Knows all that the files tell.
    pub doctor: Doctor,
    /// In order.
    pub findings: Vec<Finding>,
}

impl History {
    /// Reads what a run has written so far. Findings are a function of plan, data and lines: those of the files are the same
    /// again.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub fn of(run: &RunDirectory, plan: &Plan, data: &Dataset) -> Result<Self> {
        Self::after(before_training(plan, data), run, Doctor::new(plan, data.train.count() as u64))
    }

    /// The same of a run whose data are not at hand: what was found before training is taken from its findings.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub fn without_data(run: &RunDirectory, plan: &Plan, manifest: &Manifest) -> Result<Self> {
        let before: Vec<Finding> = read_lines_if_any(&run.findings())?;
        let before = before.into_iter().filter(|found| found.images == 0).collect();
        let mut history = Self::after(before, run, Doctor::new(plan, manifest.data.images))?;
        history.findings.extend(history.doctor.end(&manifest.outcome));
        Ok(history)
    }

    fn after(mut findings: Vec<Finding>, run: &RunDirectory, mut doctor: Doctor) -> Result<Self> {
        doctor.heed(&findings);
        for sign in signs_of(run)? {
            findings.extend(doctor.see(sign));
        }
        Ok(Self { doctor, findings })
    }
}

/// What a run's files tell, in the order in which it was observed.
///
/// # Errors
///
/// A file cannot be read; one that is not there tells nothing.
pub fn signs_of(run: &RunDirectory) -> Result<Vec<Sign>> {
    let stats: Vec<StatsLine> = read_lines_if_any(&run.stats())?;
    let mut signs: Vec<(u64, Sign)> = stats.into_iter().map(|line| (line.stats.images, Sign::Stats(line))).collect();
    let measured: Vec<MetricsLine> = read_lines_if_any(&run.metrics())?;
    signs.extend(measured.into_iter().map(|line| match line {
        MetricsLine::Modes(line) => (line.images, Sign::Modes(line)),
        MetricsLine::Distance(DistanceLine { images, value, deviation, .. }) => {
            (images, Sign::Distance(Measured { images, value, deviation }))
        }
    }));
    signs.sort_by_key(|(images, _)| *images);
    Ok(signs.into_iter().map(|(_, sign)| sign).collect())
}

/// A line of metrics.jsonl.
#[derive(Deserialize)]
#[serde(untagged)]
enum MetricsLine {
    Modes(ModesLine),
    Distance(DistanceLine),
}
