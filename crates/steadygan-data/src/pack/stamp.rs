//! How a pack notices that its source has changed.

use std::cmp::Ordering;
use std::fs::Metadata;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::name::Name;
use super::super::{DataPlan, Door, find_door};
use crate::error::{Error, Result};
use crate::files::hex;
use crate::names::printable;

/// The background of a recipe that names none.
const WHITE: [u8; 3] = [255; 3];

/// A source's state when it was packed: the names, sizes and modification times of its files, which are cheap to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    /// The source's path: relative to the pack's folder if the source lies in that folder, else absolute.
    path: String,
    /// How many files the images came from.
    files: u64,
    /// The total size of these files.
    bytes: u64,
    /// SHA-256 (hexadecimal) over each file's name, size, and modification time in nanoseconds.
    sha256: String,
}

impl Stamp {
    /// The stamp of a source for a pack at `pack`.
    ///
    /// # Errors
    /// If the source or a file's metadata cannot be read.
    pub(super) fn new(door: &dyn Door, source: &str, pack: &Path) -> Result<Self> {
        let (place, files) = located(door, source)?;
        Self::of(&place, &files, pack)
    }

    /// The stamp of a source that is found at `place` and consists of these files.
    fn of(place: &Path, files: &[(Name, PathBuf)], pack: &Path) -> Result<Self> {
        let folder = canonical(folder_of(pack)).unwrap_or_default();
        let path = place.strip_prefix(&folder).unwrap_or(place).to_string_lossy().into_owned();
        let mut hash = Sha256::new();
        let mut bytes = 0;
        for (name, path) in files {
            let metadata = path.metadata().map_err(|cause| unseen(path, &cause))?;
            bytes += metadata.len();
            hash.update((name.bytes().len() as u64).to_le_bytes());
            hash.update(name.bytes());
            hash.update(metadata.len().to_le_bytes());
            hash.update(modified_ns(&metadata).to_le_bytes());
        }
        let sha256 = hex(hash);
        Ok(Self { path, files: files.len() as u64, bytes, sha256 })
    }

    /// Refuses the pack if its source exists and has changed. A pack whose source is gone is accepted, because nothing
    /// better is left. A source out of reach is not checked; the returned warning says so.
    pub(super) fn check(&self, pack: &Path, plan: &DataPlan) -> Result<Option<String>> {
        if !self.is_in_reach(pack) {
            return Ok(Some(format!(
                "whether {} is stale was not checked: its source {} lies neither near it nor below the current folder",
                pack.display(),
                printable(&self.path)
            )));
        }
        let source = self.source(pack);
        let Some(text) = source.to_str().filter(|_| source.exists()) else { return Ok(None) };
        let most = usize::try_from(self.files).unwrap_or(usize::MAX).saturating_add(1);
        let difference = match find_door(text) {
            Ok(door) => self.difference(&Self::of(&source, &door.files(text, most), pack)?),
            Err(_) => Some("it is of no kind that can be read now".to_owned()),
        };
        let Some(difference) = difference else { return Ok(None) };
        let shown = printable(text);
        Err(Error::data(
            format!("{} is stale: {shown} has changed since it was packed ({difference})", pack.display()),
            format!("pack it again: {} --out {}", self.command(pack, plan), pack.display()),
        ))
    }

    /// How the source differs from what it was when it had this stamp, as part of a sentence.
    fn difference(&self, now: &Self) -> Option<String> {
        if (now.files, now.bytes, &now.sha256) == (self.files, self.bytes, &self.sha256) {
            return None;
        }
        Some(match (now.files.cmp(&self.files), now.bytes == self.bytes) {
            (Ordering::Greater, _) => format!("{} files then, more now", self.files),
            (Ordering::Less, _) => format!("{} files then, {} now", self.files, now.files),
            (Ordering::Equal, false) => format!("{} bytes then, {} now", self.bytes, now.bytes),
            (Ordering::Equal, true) => "files were renamed or written again".to_owned(),
        })
    }

    /// Whether the source lies below the pack's folder, below that folder's parent, or below the current folder; a file
    /// system's root does not count as any of them. A pack may come from a stranger, so its path is not followed
    /// anywhere else, not even by a link.
    fn is_in_reach(&self, pack: &Path) -> bool {
        let Ok(here) = canonical(folder_of(pack)) else { return false };
        let current = std::env::current_dir().and_then(|folder| folder.canonicalize()).ok();
        let near = [Some(here.as_path()), here.parent(), current.as_deref()];
        let near: Vec<&Path> = near.into_iter().flatten().filter(|folder| folder.parent().is_some()).collect();
        let is_near = |path: &Path| near.iter().any(|folder| path.starts_with(folder));
        let source = here.join(&self.path);
        let climbs = source.components().any(|part| part == Component::ParentDir);
        !climbs && is_near(&source) && source.canonicalize().ok().is_none_or(|source| is_near(&source))
    }

    /// Whether both stamps are of the same source, even if it has changed.
    pub(super) fn is_same_place(&self, other: &Self) -> bool {
        self.path == other.path
    }

    /// The command that packs the source for this plan.
    pub(super) fn command(&self, pack: &Path, plan: &DataPlan) -> String {
        let source = self.source(pack).display().to_string();
        let mut command = format!("steadygan data pack {} --set data.size={}", printable(&source), plan.size);
        if plan.background != WHITE {
            let [red, green, blue] = plan.background;
            command += &format!(" --set data.background=[{red},{green},{blue}]");
        }
        if !plan.fit.is_crop() {
            command += &format!(" --set data.fit={}", plan.fit.word());
        }
        command
    }

    fn source(&self, pack: &Path) -> PathBuf {
        match folder_of(pack) {
            here if here == Path::new(".") => PathBuf::from(&self.path),
            folder => folder.join(&self.path),
        }
    }
}

/// The path by which a source is found again, which is its path with links resolved, and its files as they are named
/// there. A link to a file keeps its own path if the files are others where it leads: what the file is may depend on the
/// link's name, and its labels may lie beside the link.
fn located(door: &dyn Door, source: &str) -> Result<(PathBuf, Vec<(Name, PathBuf)>)> {
    let (path, files) = (Path::new(source), door.files(source, usize::MAX));
    let resolved = canonical(path)?;
    if path.is_dir() {
        return Ok((resolved, files));
    }
    let there = resolved.to_str().and_then(|text| Some(find_door(text).ok()?.files(text, usize::MAX)));
    let paths = |files: &[(Name, PathBuf)]| files.iter().map(|(_, path)| canonical(path).ok()).collect::<Vec<_>>();
    match there.filter(|there| paths(there) == paths(&files)) {
        Some(there) => Ok((resolved, there)),
        None => Ok((canonical(folder_of(path))?.join(path.file_name().unwrap_or_default()), files)),
    }
}

/// The folder that holds a file; for a bare file name, the current folder.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn canonical(path: &Path) -> Result<PathBuf> {
    path.canonicalize().map_err(|cause| unseen(path, &cause))
}

fn unseen(path: &Path, cause: &io::Error) -> Error {
    Error::io(format!("cannot look at {}", path.display()), cause, "check the path and its permissions")
}

/// The modification time in nanoseconds since 1970; 0 if the file system keeps no time.
fn modified_ns(metadata: &Metadata) -> u128 {
    let since = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| since.as_nanos())
}
