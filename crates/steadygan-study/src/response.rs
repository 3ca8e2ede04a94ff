//! Reads a run's scores from its files: by the distance at its end and by its smallest distance.

use super::analyse::{Score, score};
use super::asked::DistanceKind;
use super::plan::{DistanceRange, StudyPlan};
use steadygan::Result;
use steadygan::run::RunReport;
use steadygan_run::{DistanceLine, Manifest, ModesLine, Outcome, RunDirectory, Severity, read_lines_if_any};

/// A run fails if this finding is severe at its end.
const COLLAPSE: &str = "mode-collapse";

/// The scores of a run that has ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Response {
    /// The score at the end of training. A run that diverged, was halted or has collapsed gets an untrained generator's
    /// distance.
    pub(super) last: Score,
    /// The score of the smallest distance, at which `checkpoints/best` was saved. It counts as failed only if no
    /// distance was below the untrained generator's.
    pub(super) best: Score,
    /// Why the run counts as failed at the end, if it does.
    pub(super) failure: Option<String>,
}

/// Reads a run's scores; `None` if it has not ended.
///
/// # Errors
///
/// Its files are damaged.
pub(super) fn response(plan: &StudyPlan, run: &RunDirectory) -> Result<Option<Response>> {
    let report = RunReport::of(run.path())?;
    if matches!(report.outcome, Outcome::Running | Outcome::Stopped { .. }) {
        return Ok(None);
    }
    let collapsed = report.open.iter().any(|(name, severity)| name == COLLAPSE && *severity == Severity::Severe);
    let failure = match &report.outcome {
        Outcome::Diverged { .. } | Outcome::Halted { .. } => Some(report.outcome.to_string()),
        _ => collapsed.then(|| format!("collapsed: {COLLAPSE} is severe at the end")),
    };
    let distances: Vec<f64> = distances(plan, run)?.into_iter().map(|(_, distance)| distance).collect();
    let DistanceRange { untrained, floor } = plan.distance_range;
    let last = distances.last().copied().unwrap_or(f64::NAN);
    let lowest = distances.iter().copied().filter(|distance| distance.is_finite()).fold(f64::INFINITY, f64::min);
    Ok(Some(Response {
        last: score(last, failure.is_some(), untrained, floor),
        best: score(lowest, lowest >= untrained, untrained, floor),
        failure,
    }))
}

/// The score of a run at `images` real images, by its last distance up to there. A run that diverged or was halted gets
/// an untrained generator's distance.
///
/// # Errors
///
/// Its files are damaged.
pub(super) fn score_at(plan: &StudyPlan, run: &RunDirectory, images: u64) -> Result<Score> {
    let distances = distances(plan, run)?;
    let last = distances.iter().rev().find(|(at, _)| *at <= images);
    let diverged =
        matches!(Manifest::load(&run.manifest())?.outcome, Outcome::Diverged { .. } | Outcome::Halted { .. });
    let distance = last.map_or(f64::NAN, |(_, distance)| *distance);
    Ok(score(distance, diverged, plan.distance_range.untrained, plan.distance_range.floor))
}

/// The distances of a run, each with the count of real images at which it was measured.
fn distances(plan: &StudyPlan, run: &RunDirectory) -> Result<Vec<(u64, f64)>> {
    Ok(match plan.distance {
        DistanceKind::Energy => {
            let lines: Vec<ModesLine> = read_lines_if_any(&run.metrics())?;
            lines.iter().map(|line| (line.images, line.energy_distance.unwrap_or(f64::NAN))).collect()
        }
        DistanceKind::Kernel | DistanceKind::Frechet => {
            let lines: Vec<DistanceLine> = read_lines_if_any(&run.metrics())?;
            lines.iter().map(|line| (line.images, line.value)).collect()
        }
    })
}
