//! The compute device by its name on the command line.

use crate::error::{Error, Result};
use burn::prelude::Device;

/// The device called `name`: `cpu`, `wgpu`, or `cuda` with an optional `:INDEX`, gradients on.
///
/// # Errors
///
/// The name is unknown, or the program was built without that back end.
pub fn device(name: &str) -> Result<Device> {
    let (kind, index) = name.split_once(':').unwrap_or((name, "0"));
    let unknown = || Error::device(format!("there is no device `{name}`"), "use cpu, wgpu, cuda or cuda:INDEX");
    let index: usize = index.parse().map_err(|_| unknown())?;
    match kind {
        "cpu" if !name.contains(':') => Ok(Device::flex().autodiff()),
        #[cfg(feature = "wgpu")]
        "wgpu" => {
            let kind = if index == 0 && !name.contains(':') {
                burn::prelude::DeviceKind::DefaultDevice
            } else {
                burn::prelude::DeviceKind::DiscreteGpu(index)
            };
            Ok(Device::wgpu(kind).autodiff())
        }
        #[cfg(feature = "cuda")]
        "cuda" => Ok(Device::cuda(index).autodiff()),
        "wgpu" | "cuda" => {
            let hint = format!("build it in: cargo run --release --features {kind} -- …; index {index} is then yours");
            Err(Error::device(format!("this program was built without {kind}"), hint))
        }
        _ => Err(unknown()),
    }
}
