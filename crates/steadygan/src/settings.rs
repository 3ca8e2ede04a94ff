//! The choices that recipes and plans both name.

use serde::{Deserialize, Serialize};

/// What a severe finding does to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnSevere {
    /// The finding is reported, and training goes on.
    #[default]
    Warn,
    /// Training stops after the step; it can be resumed.
    Stop,
    /// Training stops, and the latest checkpoint becomes the best one if there is one.
    Rollback,
}

/// A distance that is measured as training goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MetricKind {
    /// The [kernel distance](crate::metrics::kernel): unbiased with few samples.
    #[default]
    KernelDistance,
    /// The [Fréchet distance](crate::metrics::frechet): of few samples mostly bias, so that only equal counts compare.
    FrechetDistance,
}
