//! Reading files of a run: only regular ones, never links, never more than a limit.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;
use steadygan_run::open_regular;

/// A file or a folder's list of entries counts as unchanged while its stamp is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// A file's length in bytes; for a folder, whatever the system says.
    pub(crate) length: u64,
    /// The time of the last change, if the system records it.
    pub(crate) modified: Option<SystemTime>,
}

impl Stamp {
    /// The stamp of a regular file; `None` for anything else, because a link may lead out of the folder.
    pub(crate) fn of_file(path: &Path) -> Option<Self> {
        Self::of(path, |metadata| metadata.is_file())
    }

    /// The stamp of a folder; `None` for a link.
    pub(crate) fn of_folder(path: &Path) -> Option<Self> {
        Self::of(path, |metadata| metadata.is_dir())
    }

    fn of(path: &Path, is_wanted: fn(&fs::Metadata) -> bool) -> Option<Self> {
        let metadata = fs::symlink_metadata(path).ok().filter(is_wanted)?;
        Some(Self { length: metadata.len(), modified: metadata.modified().ok() })
    }
}

/// A regular file's bytes; `None` if there is no such file or it has more than `limit` bytes.
pub(crate) fn read(path: &Path, limit: u64) -> Option<Vec<u8>> {
    let stamp = Stamp::of_file(path)?;
    if stamp.length > limit {
        return None;
    }
    read_bounded(path, limit).ok()
}

/// A message without the path of the folder that it is about, which a page need not know.
pub(crate) fn within(folder: &Path, message: &str) -> String {
    message.replace(&format!("{}{}", folder.display(), std::path::MAIN_SEPARATOR), "")
}

fn read_bounded(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_regular(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
