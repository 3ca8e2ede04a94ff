//! Writes a folder of files completely or not at all.

use std::fs;
use std::path::Path;

use crate::error::RunError;
use crate::temporary::{self, Temporary, parent};

/// A folder that gets its final name only when it is complete. It is removed if it never gets that name.
pub struct StagedFolder {
    temporary: Temporary,
}

impl StagedFolder {
    /// Makes an empty hidden folder beside `path`. Missing parent folders are created.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn beside(path: &Path) -> Result<Self, RunError> {
        let refused = |e| RunError::refused("write", path, e);
        fs::create_dir_all(parent(path)).map_err(refused)?;
        Ok(Self { temporary: Temporary::folder(path).map_err(refused)? })
    }

    /// Writes a file into the folder.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), RunError> {
        let path = self.temporary.path().join(name);
        let _own = temporary::own();
        fs::write(&path, bytes).map_err(|e| RunError::refused("write", &path, e))
    }

    /// Gives the folder its name.
    ///
    /// # Errors
    ///
    /// If the system refuses, for example because the name is taken; the folder is then removed.
    pub fn rename_to(self, path: &Path) -> Result<(), RunError> {
        self.temporary.rename_to(path).map_err(|e| RunError::refused("write", path, e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_staged_folder_is_always_its_own_and_leaves_nothing() {
        let place = tempfile::tempdir().expect("temporary folder");
        let path = place.path().join("new/images");
        let first = StagedFolder::beside(&path).expect("a folder");
        first.write("0.png", b"first").expect("write");
        let second = StagedFolder::beside(&path).expect("another folder");
        assert_ne!(first.temporary.path(), second.temporary.path());
        second.write("0.png", b"second").expect("write");
        let left = first.temporary.path().to_path_buf();
        second.rename_to(&path).expect("rename");
        assert_eq!(fs::read(path.join("0.png")).expect("read"), b"second");
        assert_eq!(fs::read(left.join("0.png")).expect("read"), b"first", "the other folder keeps its content");
        drop(first);
        let count = || fs::read_dir(path.parent().expect("a parent")).expect("readable").count();
        assert_eq!(count(), 1);
        // A folder that cannot get its final name is removed.
        let third = StagedFolder::beside(&path).expect("a folder");
        third.write("0.png", b"third").expect("write");
        assert!(third.rename_to(&path).is_err(), "the final name is taken");
        assert_eq!(count(), 1);
    }
}
