//! How a pack knows its source again.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::{DataPlan, door};
use crate::error::{Error, Result};

/// A source as it was when it was packed: names, sizes and modification times, which are cheap to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    /// Where it is: as seen from the pack's folder if it lies in there, else from the root.
    path: String,
    /// How many files the images came from.
    files: u64,
    /// Their size in all.
    bytes: u64,
    /// SHA-256 (hexadecimal) over each file's name, size, and modification time in nanoseconds.
    sha256: String,
}

impl Stamp {
    /// The stamp of a source that consists of these files, for a pack at `pack`.
    ///
    /// # Errors
    /// If a file cannot be looked at.
    pub(super) fn of(source: &Path, files: &[(String, PathBuf)], pack: &Path) -> Result<Self> {
        let source = canonical(source)?;
        let folder = canonical(folder_of(pack)).unwrap_or_default();
        let path = source.strip_prefix(&folder).unwrap_or(&source).to_string_lossy().into_owned();
        let mut hash = Sha256::new();
        let mut bytes = 0;
        for (name, path) in files {
            let metadata = path.metadata().map_err(|cause| unseen(path, &cause))?;
            bytes += metadata.len();
            hash.update((name.len() as u64).to_le_bytes());
            hash.update(name);
            hash.update(metadata.len().to_le_bytes());
            hash.update(modified_ns(&metadata).to_le_bytes());
        }
        let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { path, files: files.len() as u64, bytes, sha256 })
    }

    /// Refuses the pack if its source is there and has changed. A pack whose source is gone is all that
    /// there is, and good.
    pub(super) fn check(&self, pack: &Path, plan: &DataPlan) -> Result<()> {
        let source = self.source(pack);
        let Some(text) = source.to_str().filter(|_| source.exists()) else { return Ok(()) };
        let now = door(text).and_then(|door| Self::of(&source, &door.files(text), pack))?;
        if (now.files, now.bytes, &now.sha256) == (self.files, self.bytes, &self.sha256) {
            return Ok(());
        }
        let difference = match (now.files == self.files, now.bytes == self.bytes) {
            (false, _) => format!("{} files then, {} now", self.files, now.files),
            (true, false) => format!("{} bytes then, {} now", self.bytes, now.bytes),
            (true, true) => "files were renamed or written again".to_owned(),
        };
        Err(Error::data(
            format!("{} is stale: {text} has changed since it was packed ({difference})", pack.display()),
            format!("pack it again: {} --out {}", self.command(pack, plan), pack.display()),
        ))
    }

    /// The command that packs the source for this plan's size.
    pub(super) fn command(&self, pack: &Path, plan: &DataPlan) -> String {
        format!("steadygan data pack {} --set data.size={}", self.source(pack).display(), plan.size)
    }

    fn source(&self, pack: &Path) -> PathBuf {
        match folder_of(pack) {
            here if here == Path::new(".") => PathBuf::from(&self.path),
            folder => folder.join(&self.path),
        }
    }
}

/// The folder that holds a file; of a bare name it is the current one.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn canonical(path: &Path) -> Result<PathBuf> {
    path.canonicalize().map_err(|cause| unseen(path, &cause))
}

fn unseen(path: &Path, cause: &io::Error) -> Error {
    Error::io(format!("cannot look at {}", path.display()), cause, "check the path and its permissions")
}

/// Nanoseconds since 1970, 0 where the file system keeps no time.
fn modified_ns(metadata: &Metadata) -> u128 {
    let since = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| since.as_nanos())
}
