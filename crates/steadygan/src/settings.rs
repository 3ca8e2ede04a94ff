//! Settings that recipes and plans have in common.

use serde::{Deserialize, Serialize};

/// The effect of a severe finding on a run.
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

/// A distance that is measured during training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MetricKind {
    /// The [kernel distance](crate::metrics::kernel): unbiased with few samples.
    #[default]
    KernelDistance,
    /// The [Fréchet distance](crate::metrics::frechet). With few samples it is mostly bias, so that only values of
    /// equal counts compare.
    FrechetDistance,
}
