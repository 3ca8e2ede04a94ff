//! The settings that verdicts depend on.

use serde::{Deserialize, Serialize};

/// The settings that verdicts depend on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct VerdictSettings {
    /// The probability that all intervals of a family hold at once, in (0, 1).
    pub confidence: f64,
    /// δ: an effect on the logarithm of the distance that is smaller than this does not matter.
    pub margin: f64,
}

impl Default for VerdictSettings {
    /// 95%, and δ for a distance larger by a tenth: about the change that another seed of a small GAN causes.
    fn default() -> Self {
        Self { confidence: 0.95, margin: 1.1f64.ln() }
    }
}
