//! Latents: what the generator starts from.

use crate::rng::Stream;
use rand_distr::{Distribution, StandardNormal, Uniform};
use serde::{Deserialize, Serialize};

/// What latents are drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LatentDistribution {
    /// N(0, I).
    Gaussian,
    /// Uniform on [−1, 1] in every coordinate.
    Uniform,
}

impl LatentDistribution {
    /// `count` latents of length `length`, one after the other.
    pub fn sample(self, count: usize, length: usize, stream: &mut Stream) -> Vec<f32> {
        let total = count * length;
        match self {
            Self::Gaussian => StandardNormal.sample_iter(stream).take(total).collect(),
            Self::Uniform => {
                let uniform = Uniform::new_inclusive(-1.0f32, 1.0).expect("−1 is below 1");
                uniform.sample_iter(stream).take(total).collect()
            }
        }
    }
}
