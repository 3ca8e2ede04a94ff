//! Writes a folder of images completely or not at all.

use crate::error::{Error, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A folder that gets its final name only when it is complete. It is removed if it never gets that name.
pub(super) struct StagedFolder {
    path: PathBuf,
}

impl StagedFolder {
    /// Creates an empty hidden folder beside `path`.
    pub(super) fn beside(path: &Path) -> Result<Self> {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|error| refused(path, &error))?;
        }
        let mut number = std::process::id();
        loop {
            let mut name = OsString::from(".");
            name.push(path.file_name().unwrap_or_default());
            name.push(format!(".{number}.partial"));
            let staged = path.with_file_name(name);
            match std::fs::create_dir(&staged) {
                Ok(()) => return Ok(Self { path: staged }),
                // A killed process with the same id left this folder. Its content is not ours, so take another name.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number = number.wrapping_add(1),
                Err(error) => return Err(refused(path, &error)),
            }
        }
    }

    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.path.join(name);
        std::fs::write(&path, bytes).map_err(|error| refused(&path, &error))
    }

    pub(super) fn rename_to(self, path: &Path) -> Result<()> {
        std::fs::rename(&self.path, path).map_err(|error| refused(path, &error))
    }
}

impl Drop for StagedFolder {
    fn drop(&mut self) {
        // After `rename_to` the folder no longer has this path, and the removal fails harmlessly.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

fn refused(path: &Path, error: &std::io::Error) -> Error {
    Error::io(format!("cannot write {}", path.display()), error, "choose another folder with --out DIR")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_staged_folder_is_always_its_own_and_leaves_nothing() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("new/images");
        let first = StagedFolder::beside(&path).unwrap();
        first.write("0.png", b"first").unwrap();
        // The first folder still exists, as if a process with this id had been killed. So the next number is taken.
        let second = StagedFolder::beside(&path).unwrap();
        assert_ne!(first.path, second.path);
        let number = |staged: &StagedFolder| -> u32 {
            let name = staged.path.file_name().unwrap().to_str().unwrap();
            name.strip_prefix(".images.").unwrap().strip_suffix(".partial").unwrap().parse().unwrap()
        };
        assert_eq!([number(&first), number(&second)], [0, 1].map(|more| std::process::id().wrapping_add(more)));
        second.write("0.png", b"second").unwrap();
        let left = first.path.clone();
        second.rename_to(&path).unwrap();
        assert_eq!(std::fs::read(path.join("0.png")).unwrap(), b"second");
        assert_eq!(std::fs::read(left.join("0.png")).unwrap(), b"first", "the other folder keeps its content");
        drop(first);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        // A folder that cannot get its final name is removed.
        let third = StagedFolder::beside(&path).unwrap();
        third.write("0.png", b"third").unwrap();
        assert!(third.rename_to(&path).is_err(), "the final name is taken");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
