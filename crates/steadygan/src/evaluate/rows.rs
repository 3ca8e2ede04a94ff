//! The rows of the table of metrics.

use super::subject::Subject;
use crate::metrics::subsamples::Estimate;
use steadygan_run::evaluation::Metric;

/// A row of the table: a metric of the fakes and its floor.
pub(super) fn row(
    subject: &Subject,
    metric: &str,
    name: String,
    better: &str,
    estimate: Estimate,
    floor: f64,
) -> Metric {
    let [low, high] = estimate.interval();
    Metric {
        metric: metric.into(),
        name,
        better: better.into(),
        value: estimate.value,
        low,
        high,
        floor,
        samples: subject.fakes.count() as u64,
        reals: subject.reals.count() as u64,
        floor_samples: subject.floor[0].len() as u64,
        caveat: None,
    }
}

/// Clips the interval to the metric's range.
pub(super) fn clip_interval([least, most]: [f64; 2], row: Metric) -> Metric {
    Metric { low: row.low.max(least), high: row.high.min(most), ..row }
}

/// The range of a share.
pub(super) const SHARE: [f64; 2] = [0.0, 1.0];

/// The range of a distance, a density or a count.
pub(super) const DISTANCE: [f64; 2] = [0.0, f64::INFINITY];
