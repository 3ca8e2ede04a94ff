//! Reads SafeTensors files: exports of this program, and files of other programs.

use super::{
    Contents, FORMAT_VERSION, FileTensor, METADATA_KEY, READABLE, Refusal, Role, Weights, is_batch_counter, values,
};
use crate::error::{Error, Result};
use crate::nn::ModelPlan;
use safetensors::tensor::{Dtype, SafeTensors};
use serde::Deserialize;

/// What an export says of itself, as far as it is always needed.
#[derive(Debug, Clone)]
pub(super) struct Description {
    pub(super) role: Role,
    /// All of it, as JSON.
    json: String,
}

/// The tensors, and the description if the file is an export.
pub(super) fn read(bytes: &[u8]) -> Result<(Option<Description>, Contents), Refusal> {
    let no_weights = |error| Refusal::new(format!("is no file of weights, or is damaged: {error}"), READABLE);
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(no_weights)?;
    let metadata = header.metadata().as_ref().and_then(|map| map.get(METADATA_KEY));
    let description = metadata.map(|json| Description::of(json)).transpose()?;
    let file = SafeTensors::deserialize(bytes).map_err(no_weights)?;
    let mut contents = Contents::default();
    for (name, view) in file.iter().filter(|(name, _)| !is_batch_counter(name)) {
        let values = match view.dtype() {
            Dtype::F32 => Ok(values(&view)),
            other => Err(format!("{other:?}")),
        };
        contents.tensors.insert(name.to_owned(), FileTensor { shape: view.shape().to_vec(), values });
    }
    Ok((description, contents))
}

impl Description {
    fn of(json: &str) -> Result<Self, Refusal> {
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
        Ok(Self { role, json: json.to_owned() })
    }

    /// The plan of the networks.
    fn model(&self) -> Result<ModelPlan, Refusal> {
        #[derive(Deserialize)]
        struct Described {
            /// An earlier version of this program wrote the trained weights where images are made with their average,
            /// and did not write this key.
            #[serde(rename = "average")]
            _average: bool,
            model: ModelPlan,
        }
        if self.role != Role::Generator {
            return Err(Refusal::new(format!("holds a {}, not a generator", self.role), EXPORT_AGAIN));
        }
        let described = serde_json::from_str(&self.json);
        let Described { model, .. } = described.map_err(|error| {
            Refusal::new(format!("was exported by another version of this program: {error}"), EXPORT_AGAIN)
        })?;
        Ok(model)
    }
}

const EXPORT_AGAIN: &str = "`steadygan export RUN` writes generator.safetensors, which images can be made with";

impl Weights {
    /// Whether an export of this program wrote the file.
    pub(crate) fn is_export(&self) -> bool {
        self.description.is_some()
    }

    /// The plan of the networks that an export of a generator describes. It is as untrusted as the file.
    ///
    /// # Errors
    ///
    /// The file is not an export of a generator.
    pub(crate) fn described_model(&self) -> Result<ModelPlan, Error> {
        let Some(description) = &self.description else {
            let why = "does not say what network its weights are of";
            let hint = "`steadygan train --init FILE` starts a run from such weights; images are made with a run or its export";
            return Err(Refusal::new(why, hint).of(&self.path));
        };
        description.model().map_err(|refusal| refusal.of(&self.path))
    }
}
