//! What a run scores: the distance at its end and its best, from the run's files.

use super::analyse::{Score, scored};
use super::asked::DistanceKind;
use super::record::{Scale, StudyPlan};
use crate::error::Result;
use crate::metrics::modes::{HIGH_QUALITY_SIGMAS, POINTS};
use crate::run::RunReport;
use steadygan_run::{DistanceLine, Manifest, ModesLine, Outcome, RunDirectory, Severity, read_lines_if_any};

/// The finding that makes a run one that failed, if it is severe at the end.
const COLLAPSE: &str = "mode-collapse";

/// What a run came to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Response {
    /// By the distance at the end of training: as an untrained generator's if the run diverged or had collapsed.
    pub(super) last: Score,
    /// By the smallest distance on the way, of which `checkpoints/best` is kept: failed only if none is below the untrained generator's.
    pub(super) best: Score,
    /// Why it counts as failed at the end.
    pub(super) failure: Option<String>,
}

/// Reads what a run came to; nothing if it has not ended.
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
    let Scale { untrained, floor } = plan.scale;
    let last = distances.last().copied().unwrap_or(f64::NAN);
    let lowest = distances.iter().copied().filter(|distance| distance.is_finite()).fold(f64::INFINITY, f64::min);
    Ok(Some(Response {
        last: scored(last, failure.is_some(), untrained, floor),
        best: scored(lowest, lowest >= untrained, untrained, floor),
        failure,
    }))
}

/// How a run stands after `images` images: by its last distance up to there, and as noise if it diverged before.
///
/// # Errors
///
/// Its files are damaged.
pub(super) fn standing(plan: &StudyPlan, run: &RunDirectory, images: u64) -> Result<Score> {
    let measured = distances(plan, run)?;
    let last = measured.iter().rev().find(|(at, _)| *at <= images);
    let diverged =
        matches!(Manifest::load(&run.manifest())?.outcome, Outcome::Diverged { .. } | Outcome::Halted { .. });
    let distance = last.map_or(f64::NAN, |(_, distance)| *distance);
    Ok(scored(distance, diverged, plan.scale.untrained, plan.scale.floor))
}

/// The distances that a run has measured, after how many images.
fn distances(plan: &StudyPlan, run: &RunDirectory) -> Result<Vec<(u64, f64)>> {
    Ok(match plan.distance {
        DistanceKind::Modes => {
            let lines: Vec<ModesLine> = read_lines_if_any(&run.metrics())?;
            lines.iter().map(|line| (line.images, divergence_over_modes(line))).collect()
        }
        DistanceKind::Kernel | DistanceKind::Frechet => {
            let lines: Vec<DistanceLine> = read_lines_if_any(&run.metrics())?;
            lines.iter().map(|line| (line.images, line.value)).collect()
        }
    })
}

/// The share of a mixture's own points that lie further from their centre than those of high quality: e^(−r²/2) in two dimensions.
fn between_modes() -> f64 {
    (-HIGH_QUALITY_SIGMAS.powi(2) / 2.0).exp()
}

/// The KL divergence, in nats, of the fakes from the reals, both as shares of the K modes and of what lies between them. With the share h of
/// high quality, the reverse KL divergence R over modes and 1 − j the reals' own share it is h (R + ln(h / (1 − j))) + (1 − h) ln((1 − h) / j):
/// lost modes and stray points in one number, 0 for a perfect generator.
fn divergence_over_modes(line: &ModesLine) -> f64 {
    let (high, stray) = (line.high_quality, between_modes());
    let term = |share: f64, of: f64| if share > 0.0 { share * (share / of).ln() } else { 0.0 };
    let over_modes = if high > 0.0 { high * line.reverse_kl } else { 0.0 };
    over_modes + term(high, 1.0 - stray) + term(1.0 - high, stray)
}

/// Noise hits no mode: its divergence is ln(1 / j). Counted on n of a mixture's own points, the divergence over K + 1 cells is K / 2n in the
/// mean (half a χ² of K degrees, over n).
pub(super) fn scale_of_modes(modes: usize) -> Scale {
    Scale { untrained: -between_modes().ln(), floor: modes as f64 / (2 * POINTS) as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(high_quality: f64, reverse_kl: f64) -> ModesLine {
        ModesLine { images: 1, modes: 8, of: 8, high_quality, reverse_kl, samples: 2500 }
    }

    /// Against the sum over nine cells by hand.
    #[test]
    fn the_divergence_is_that_over_modes_and_the_rest() {
        let stray = (-4.5f64).exp();
        let shares = [0.5, 0.2, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0];
        let (high, rest) = (0.8, 0.2f64);
        let by_hand =
            shares.iter().filter(|share| **share > 0.0).map(|share| share * (share / ((1.0 - stray) / 8.0)).ln());
        let by_hand = by_hand.sum::<f64>() + rest * (rest / stray).ln();
        let reverse_kl =
            shares.iter().filter(|share| **share > 0.0).map(|share| share / high * (share / high * 8.0).ln()).sum();
        assert!((divergence_over_modes(&line(high, reverse_kl)) - by_hand).abs() < 1e-12);
    }

    #[test]
    fn its_ends_are_noise_and_the_mixture_itself() {
        let scale = scale_of_modes(8);
        assert!((scale.untrained - 4.5).abs() < 1e-12 && (scale.floor - 0.0016).abs() < 1e-12);
        assert!((divergence_over_modes(&line(0.0, f64::NAN)) - scale.untrained).abs() < 1e-12);
        assert!(divergence_over_modes(&line(1.0 - between_modes(), 0.0)).abs() < 1e-12);
        let one_mode = divergence_over_modes(&line(1.0, 8f64.ln()));
        assert!(one_mode < scale.untrained && one_mode > 2.0);
    }
}
