//! Finds the compute device by its name on the command line.

use crate::error::{Error, Result};
use burn::prelude::Device;

/// The device called `name`, with gradients: `cpu`, `wgpu`, or `cuda`, the last two with an optional `:INDEX`.
///
/// # Errors
///
/// The name is unknown, or the program was built without that back end.
pub fn device(name: &str) -> Result<Device> {
    let unknown = || Error::device(format!("there is no device `{name}`"), "use cpu, wgpu, cuda or cuda:INDEX");
    let (kind, index) = match name.split_once(':') {
        None => (name, None),
        Some((kind, index)) => (kind, Some(index.parse::<usize>().map_err(|_| unknown())?)),
    };
    match (kind, index) {
        ("cpu", None) => Ok(Device::flex().autodiff()),
        #[cfg(feature = "wgpu")]
        ("wgpu", None) => Ok(Device::wgpu(burn::prelude::DeviceKind::DefaultDevice).autodiff()),
        #[cfg(feature = "wgpu")]
        ("wgpu", Some(index)) => Ok(Device::wgpu(burn::prelude::DeviceKind::DiscreteGpu(index)).autodiff()),
        #[cfg(feature = "cuda")]
        ("cuda", index) => Ok(Device::cuda(index.unwrap_or(0)).autodiff()),
        #[cfg(not(feature = "wgpu"))]
        ("wgpu", _) => Err(not_built_in(kind)),
        #[cfg(not(feature = "cuda"))]
        ("cuda", _) => Err(not_built_in(kind)),
        _ => Err(unknown()),
    }
}

#[cfg(not(all(feature = "wgpu", feature = "cuda")))]
fn not_built_in(kind: &str) -> Error {
    let hint = format!("build it in: cargo build --release --features {kind}");
    Error::device(format!("this program was built without {kind}"), hint)
}
