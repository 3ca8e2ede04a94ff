//! Reads SafeTensors files: exports of this program, and files of other programs.

use super::{FORMAT_VERSION, METADATA_KEY, READABLE, Refusal, Role, Tensors, floats, is_batch_counter};
use safetensors::tensor::{Dtype, SafeTensors};
use serde::Deserialize;

/// The tensors, and the network's role if the file is an export.
pub(super) fn read(bytes: &[u8]) -> Result<(Option<Role>, Tensors), Refusal> {
    let no_weights = |error| Refusal::new(format!("is no file of weights, or is damaged: {error}"), READABLE);
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(no_weights)?;
    let metadata = header.metadata().as_ref().and_then(|map| map.get(METADATA_KEY));
    let role = metadata.map(|json| described_role(json)).transpose()?;
    let file = SafeTensors::deserialize(bytes).map_err(no_weights)?;
    let mut tensors = Tensors::new();
    for (name, view) in file.iter() {
        if is_batch_counter(name) {
            continue;
        }
        if view.dtype() != Dtype::F32 {
            return Err(Refusal::not_floats(name, format_args!("{:?}", view.dtype())));
        }
        tensors.insert(name.to_owned(), floats(&view));
    }
    Ok((role, tensors))
}

/// The network's role in an export's description.
fn described_role(json: &str) -> Result<Role, Refusal> {
    #[derive(Deserialize)]
    struct Described {
        format_version: u32,
        role: Option<Role>,
    }
    let described = serde_json::from_str(json);
    let Described { format_version, role } =
        described.map_err(|error| Refusal::new(format!("is no export, or is damaged: {error}"), READABLE))?;
    let to_export = "`steadygan export RUN` writes the weights of a run's networks";
    let role = role.ok_or_else(|| Refusal::new("is a run's checkpoint, not an export", to_export))?;
    if format_version != FORMAT_VERSION {
        let why = format!("has the export's format version {format_version}, this program reads {FORMAT_VERSION}");
        return Err(Refusal::new(why, "use the program that wrote it"));
    }
    Ok(role)
}
