//! The noise between the runs of one row.

use serde::{Deserialize, Serialize};

/// How much the runs of one row differ between seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// Standard deviation of a run's response around its row's mean, after the part that its seed adds to every row was
    /// taken out.
    pub deviation: f64,
    /// Degrees of freedom of the estimate.
    pub freedom: f64,
}

impl Noise {
    /// One estimate from two estimates of the same noise, each weighted by its degrees of freedom.
    pub fn pooled(self, other: Self) -> Self {
        let freedom = self.freedom + other.freedom;
        let squares = self.deviation.powi(2) * self.freedom + other.deviation.powi(2) * other.freedom;
        Self { deviation: (squares / freedom).sqrt(), freedom }
    }
}
