//! A run's files, read by the doctor.

use super::seen::{MeasuredDistance, Observation};
use super::{Doctor, before_training};
use crate::data::Dataset;
use crate::error::Result;
use crate::plan::Plan;
use serde::Deserialize;
use steadygan_run::{DistanceLine, Finding, Manifest, ModesLine, RunDirectory, StatsLine, read_lines_if_any};

/// The doctor after reading a run's files, and all its findings.
#[derive(Debug)]
pub struct History {
    /// The doctor, after the last observation.
    pub doctor: Doctor,
    /// The findings, in order.
    pub findings: Vec<Finding>,
}

impl History {
    /// Reads what a run has written so far. Findings depend on plan, data and lines only, so that they equal the
    /// findings that the run wrote.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub fn of(run: &RunDirectory, plan: &Plan, data: &Dataset) -> Result<Self> {
        Self::after(before_training(plan, data), run, Doctor::new(plan, data.train.count() as u64))
    }

    /// As [`of`](Self::of), but without the data: the findings from before training are read from the run's own
    /// findings. Also looks at how the run ended.
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
        doctor.open_data_findings(&findings);
        for sign in signs_of(run)? {
            findings.extend(doctor.see(sign));
        }
        Ok(Self { doctor, findings })
    }
}

/// The observations in a run's files, in the order in which they were made.
///
/// # Errors
///
/// A file cannot be read. A missing file is no error: it holds no observations.
pub fn signs_of(run: &RunDirectory) -> Result<Vec<Observation>> {
    let stats: Vec<StatsLine> = read_lines_if_any(&run.stats())?;
    let mut signs: Vec<(u64, Observation)> =
        stats.into_iter().map(|line| (line.stats.images, Observation::Stats(line))).collect();
    let measured: Vec<MetricsLine> = read_lines_if_any(&run.metrics())?;
    signs.extend(measured.into_iter().map(|line| match line {
        MetricsLine::Modes(line) => (line.images, Observation::Modes(line)),
        MetricsLine::Distance(DistanceLine { images, value, deviation, .. }) => {
            (images, Observation::Distance(MeasuredDistance { images, value, deviation }))
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
