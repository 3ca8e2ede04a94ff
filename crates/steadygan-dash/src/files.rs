//! Reading files of a run: only regular ones, never links, never more than a limit.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;

/// What tells whether a file, or the entries of a folder, may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Bytes of a file; of a folder whatever the system says.
    pub(crate) length: u64,
    /// The last change, if the system keeps it.
    pub(crate) modified: Option<SystemTime>,
}

impl Stamp {
    /// The stamp of a regular file, or nothing: a link may lead out of the folder.
    pub(crate) fn of_file(path: &Path) -> Option<Self> {
        Self::of(path, |metadata| metadata.is_file())
    }

    /// The stamp of a folder that is no link.
    pub(crate) fn of_folder(path: &Path) -> Option<Self> {
        Self::of(path, |metadata| metadata.is_dir())
    }

    fn of(path: &Path, is_wanted: fn(&fs::Metadata) -> bool) -> Option<Self> {
        let metadata = fs::symlink_metadata(path).ok().filter(is_wanted)?;
        Some(Self { length: metadata.len(), modified: metadata.modified().ok() })
    }
}

/// A regular file's bytes, or nothing if there is none or it has more than `limit`.
pub(crate) fn read(path: &Path, limit: u64) -> Option<Vec<u8>> {
    let stamp = Stamp::of_file(path)?;
    if stamp.length > limit {
        return None;
    }
    read_bounded(path, limit).ok()
}

fn read_bounded(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
