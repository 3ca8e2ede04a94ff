//! How the networks of one architecture are built, and the architecture by its name.

use super::{Initializer, ModelPlan, Network};
use crate::error::Result;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Builds a network with its initial weights.
type Build = fn(&ModelPlan, Initializer) -> Network;

/// How the generator and the discriminator of one architecture are built.
pub struct Architecture {
    /// The name in recipes.
    pub name: &'static str,
    /// Whether it can generate points of the plane. If not, it generates images only.
    pub makes_points: bool,
    /// Builds the generator, `[n, latent, 1, 1]` to `[n, channels, size, size]`.
    pub generator: Build,
    /// Builds the discriminator, `[n, pack · channels, size, size]` to logits `[n, 1, 1, 1]`.
    pub discriminator: Build,
    /// Estimates the number of weights of both networks together, from above.
    pub weights: fn(&ModelPlan) -> usize,
    /// Returns an error if the architecture cannot be built with these settings.
    pub check: fn(&ModelPlan) -> Result<()>,
}

/// An architecture of [`FAMILIES`](super::FAMILIES), written as its name.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&str")]
pub struct Family(pub(super) &'static Architecture);

impl Family {
    /// The architecture of this name.
    pub fn architecture(self) -> &'static Architecture {
        self.0
    }
}

impl PartialEq for Family {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Family {}

impl fmt::Debug for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

impl From<Family> for &str {
    fn from(family: Family) -> Self {
        family.0.name
    }
}
