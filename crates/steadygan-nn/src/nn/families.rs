//! The table of architectures. A new one is a file with a `FAMILY` and a line in [`FAMILIES`].

use super::architecture::Family;
use super::{Initializer, ModelPlan, Network, dcgan, mlp, resnet, unrolled};
use burn::prelude::Device;

/// All architectures.
pub const FAMILIES: &[Family] = &[dcgan::FAMILY, resnet::FAMILY, mlp::FAMILY, unrolled::FAMILY];

impl TryFrom<String> for Family {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        FAMILIES.iter().copied().find(|family| family.0.name == name).ok_or_else(|| {
            let names: Vec<String> = FAMILIES.iter().map(|family| format!("`{}`", family.0.name)).collect();
            format!("unknown family `{name}`, expected one of {}", names.join(", "))
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
        for &family in FAMILIES {
            let name: &str = family.into();
            assert_eq!(serde_json::to_value(family).unwrap(), name);
            assert_eq!(serde_json::from_value::<Family>(name.into()).unwrap(), family);
        }
        let error = serde_json::from_str::<Family>("\"dcgans\"").unwrap_err().to_string();
        assert!(error.contains("unknown family `dcgans`, expected one of `dcgan`, `resnet`"), "{error}");
    }
}
