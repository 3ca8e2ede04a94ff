//! The table of architectures. A new one is a file with a `FAMILY` and a line in [`FAMILIES`].

use super::{Initializer, ModelPlan, Network, dcgan, mlp, resnet, unrolled};
use crate::error::Result;
use burn::prelude::Device;
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

/// All architectures.
pub const FAMILIES: [Family; 4] = [dcgan::FAMILY, resnet::FAMILY, mlp::FAMILY, unrolled::FAMILY];

/// An architecture of [`FAMILIES`], written as its name.
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

impl TryFrom<String> for Family {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        FAMILIES.into_iter().find(|family| family.0.name == name).ok_or_else(|| {
            let names = FAMILIES.map(|family| format!("`{}`", family.0.name)).join(", ");
            format!("unknown family `{name}`, expected one of {names}")
        })
    }
}

/// The generator of a plan with its initial weights.
pub fn generator(model: &ModelPlan, seed: u64, device: &Device) -> Network {
    (model.family.0.generator)(model, initializer(model, seed, "generator", device))
}

/// The discriminator of a plan with its initial weights.
pub fn discriminator(model: &ModelPlan, seed: u64, device: &Device) -> Network {
    (model.family.0.discriminator)(model, initializer(model, seed, "discriminator", device))
}

fn initializer(model: &ModelPlan, seed: u64, network: &str, device: &Device) -> Initializer {
    Initializer { init: model.init, seed, network: network.into(), device: device.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_written_as_its_name() {
        for family in FAMILIES {
            let name: &str = family.into();
            assert_eq!(serde_json::to_value(family).unwrap(), name);
            assert_eq!(serde_json::from_value::<Family>(name.into()).unwrap(), family);
        }
        let error = serde_json::from_str::<Family>("\"dcgans\"").unwrap_err().to_string();
        assert!(error.contains("unknown family `dcgans`, expected one of `dcgan`, `resnet`"), "{error}");
    }
}
