//! `manifest.json`: on which device, with which version and on which data a run trained, and how it ended.

use std::fmt;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::RunError;
use crate::regular::open_regular;
use crate::{FORMAT_VERSION, write_atomically};

/// How large a manifest may be, in bytes: far above any real one, so that a foreign file cannot
/// fill the memory of a program that lists runs.
pub const MAX_MANIFEST_BYTES: u64 = 16 * 1024 * 1024;

/// How many skipped files a trainer names in a manifest; [`DataRecord::skipped_count`] counts all.
/// At 4 KiB a path and as much for the reason, this stays below [`MAX_MANIFEST_BYTES`].
pub const MAX_SKIPPED_LISTED: usize = 1000;

/// The circumstances of a run.
///
/// Keys that this version does not know are ignored when reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the run directory's format: [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The version of the program that trained the run.
    pub version: String,
    /// The seed of every random stream.
    pub seed: u64,
    /// The device that computed, as `--device` takes it.
    pub device: String,
    /// How many threads computed.
    pub threads: usize,
    /// The data that was trained on.
    pub data: DataRecord,
    /// How many parameters the generator trains.
    pub generator_parameters: u64,
    /// How many parameters the discriminator trains.
    pub discriminator_parameters: u64,
    /// The folder that it was started in, from which the recipe's relative paths count; runs of earlier versions do not
    /// say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_in: Option<String>,
    /// When the run was started, in seconds since 1970-01-01 UTC.
    pub started_unix_s: u64,
    /// How training ended, or that it has not.
    pub outcome: Outcome,
}

/// The data of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataRecord {
    /// The recipe's `data.source`.
    pub source: String,
    /// Where the data was at the last resume, if that named another place than `source`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<String>,
    /// What the data is called: a folder's name, `fashion`.
    pub name: String,
    /// 1 for grey, 3 for colour.
    pub channels: usize,
    /// The side of the square images, in pixels.
    pub size: usize,
    /// How many images are trained on.
    pub images: u64,
    /// How many images are held out, never trained on.
    pub holdout: u64,
    /// The names of the classes, in the order of their indices; empty if they are not known.
    pub classes: Vec<String>,
    /// A hash of the prepared images: equal data, equal fingerprint.
    pub fingerprint: String,
    /// The first [`MAX_SKIPPED_LISTED`] of the files that could not be used.
    pub skipped: Vec<SkippedFile>,
    /// How many files could not be used.
    pub skipped_count: u64,
}

/// A file that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedFile {
    /// Its path within the data.
    pub name: String,
    /// What was wrong with it.
    pub why: String,
}

/// How training ended, or that it has not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Outcome {
    /// Training, or killed while training.
    Running,
    /// Training reached the planned number of images.
    Finished {
        /// Real images trained on so far.
        images: u64,
    },
    /// The user stopped it; it can be resumed.
    Stopped {
        /// Real images trained on so far.
        images: u64,
    },
    /// A value stopped being finite, and training stopped before the update that would have used it.
    Diverged {
        /// Real images trained on so far.
        images: u64,
        /// What broke first: a key of `stats.jsonl` (`loss_d`, `grad_norm_g`) or a tensor's name.
        quantity: String,
    },
    /// A severe finding stopped it, as the recipe asked; it can be resumed.
    Halted {
        /// Real images trained on so far.
        images: u64,
        /// The finding's name.
        finding: String,
    },
}

/// A sentence without a full stop, for people.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running => write!(f, "running"),
            Self::Finished { images } => write!(f, "finished after {images} images"),
            Self::Stopped { images } => write!(f, "stopped after {images} images"),
            Self::Diverged { images, quantity } => {
                write!(f, "diverged after {images} images: {quantity} was not finite")
            }
            Self::Halted { images, finding } => {
                write!(f, "halted after {images} images: the finding {finding} is severe")
            }
        }
    }
}

/// The part that is checked before the rest is read.
#[derive(Deserialize)]
struct Format {
    format_version: u32,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    ///
    /// If the system refuses, if the file is larger than [`MAX_MANIFEST_BYTES`], is of another
    /// format version, or is not a manifest.
    pub fn load(path: &Path) -> Result<Self, RunError> {
        let bytes = read_bounded(path)?;
        let invalid = |e: serde_json::Error| RunError::malformed(path, format!("is not a manifest: {e}"));
        let Format { format_version } = serde_json::from_slice(&bytes).map_err(invalid)?;
        if format_version != FORMAT_VERSION {
            return Err(RunError::other_version(path, format_version));
        }
        serde_json::from_slice(&bytes).map_err(invalid)
    }

    /// Writes the manifest to `path`, whole ([`write_atomically`]).
    ///
    /// # Errors
    ///
    /// If the system refuses, or if the manifest is larger than one that [`Manifest::load`] reads.
    pub fn save(&self, path: &Path) -> Result<(), RunError> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|e| RunError::refused("write", path, e.into()))?;
        bytes.push(b'\n');
        check_size(path, bytes.len())?;
        write_atomically(path, &bytes)
    }
}

fn read_bounded(path: &Path) -> Result<Vec<u8>, RunError> {
    let mut bytes = Vec::new();
    open_regular(path)
        .and_then(|file| file.take(MAX_MANIFEST_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|e| RunError::refused("read", path, e))?;
    check_size(path, bytes.len())?;
    Ok(bytes)
}

fn check_size(path: &Path, bytes: usize) -> Result<(), RunError> {
    if bytes as u64 <= MAX_MANIFEST_BYTES {
        return Ok(());
    }
    let limit_mib = MAX_MANIFEST_BYTES / (1024 * 1024);
    Err(RunError::malformed(path, format!("is larger than the {limit_mib} MiB of a manifest")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn manifest() -> Manifest {
        Manifest {
            format_version: FORMAT_VERSION,
            version: "0.1.0".to_owned(),
            seed: u64::MAX,
            device: "cpu".to_owned(),
            threads: 2,
            data: DataRecord {
                source: "photos".to_owned(),
                moved_to: Some("/elsewhere/photos".to_owned()),
                name: "photos".to_owned(),
                channels: 3,
                size: 64,
                images: 900,
                holdout: 100,
                classes: vec!["cat".to_owned(), "dog".to_owned()],
                fingerprint: "00ff".to_owned(),
                skipped: vec![SkippedFile { name: "a.png".to_owned(), why: "cut short".to_owned() }],
                skipped_count: 1,
            },
            generator_parameters: 3_576_704,
            discriminator_parameters: 2_765_568,
            started_in: Some("/home/me".to_owned()),
            started_unix_s: 1_700_000_000,
            outcome: Outcome::Running,
        }
    }

    #[test]
    fn a_manifest_survives_the_file() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("manifest.json");
        manifest().save(&path).expect("save");
        assert_eq!(Manifest::load(&path).expect("load"), manifest());
    }

    #[test]
    fn outcomes_are_tagged_by_their_state() {
        let json = |outcome| serde_json::to_string(&outcome).expect("json");
        assert_eq!(json(Outcome::Running), r#"{"state":"running"}"#);
        assert_eq!(json(Outcome::Finished { images: 5 }), r#"{"state":"finished","images":5}"#);
        assert_eq!(json(Outcome::Stopped { images: 5 }), r#"{"state":"stopped","images":5}"#);
        let diverged = Outcome::Diverged { images: 5, quantity: "loss_d".to_owned() };
        assert_eq!(diverged.to_string(), "diverged after 5 images: loss_d was not finite");
        assert_eq!(json(diverged), r#"{"state":"diverged","images":5,"quantity":"loss_d"}"#);
        let halted = Outcome::Halted { images: 5, finding: "mode-collapse".to_owned() };
        assert_eq!(halted.to_string(), "halted after 5 images: the finding mode-collapse is severe");
        assert_eq!(json(halted), r#"{"state":"halted","images":5,"finding":"mode-collapse"}"#);
    }

    #[test]
    fn unknown_keys_are_ignored_and_another_version_is_refused_with_both_numbers() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("manifest.json");
        let mut value = serde_json::to_value(manifest()).expect("json");
        value["later"] = true.into();
        value["data"]["later"] = true.into();
        fs::write(&path, value.to_string()).expect("write");
        assert_eq!(Manifest::load(&path).expect("load"), manifest());

        let text = format!(r#"{{"format_version": {}, "else": []}}"#, FORMAT_VERSION + 1);
        fs::write(&path, text).expect("write");
        let error = Manifest::load(&path).expect_err("another version");
        assert!(error.is_other_version());
        let error = error.to_string();
        assert!(error.ends_with("manifest.json has format version 2, this program reads 1"), "{error}");
    }

    #[test]
    fn foreign_and_oversized_files_are_refused() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("manifest.json");
        fs::write(&path, "[1, 2").expect("write");
        let error = Manifest::load(&path).expect_err("not json").to_string();
        assert!(error.contains("manifest.json is not a manifest: "), "{error}");

        let file = fs::File::create(&path).expect("create");
        file.set_len(MAX_MANIFEST_BYTES + 1).expect("grow");
        let error = Manifest::load(&path).expect_err("too large").to_string();
        assert!(error.ends_with("is larger than the 16 MiB of a manifest"), "{error}");

        let mut large = manifest();
        large.version = "x".repeat(MAX_MANIFEST_BYTES as usize);
        let unwritten = folder.path().join("large.json");
        large.save(&unwritten).expect_err("too large");
        assert!(!unwritten.exists());
    }
}
