//! The two networks by name, and the files that they can start from.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// A network's part in the game.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Makes images.
    Generator,
    /// Tells reals from fakes.
    Discriminator,
}

impl Role {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Generator, Self::Discriminator];

    /// The file of an export with this network's weights.
    pub fn file_name(self) -> String {
        format!("{self}.safetensors")
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Generator => "generator",
            Self::Discriminator => "discriminator",
        })
    }
}

/// A file of weights that a network starts from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightsFile {
    /// Where it was; a relative path counts from the folder that training was started in.
    pub path: PathBuf,
    /// SHA-256 (hexadecimal) over names, shapes and values: the same weights in another format have the same.
    pub sha256: String,
}
