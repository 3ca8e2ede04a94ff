//! Notices that a run's folder was moved or removed while the run is trained.

use std::io;
use std::path::PathBuf;

use same_file::Handle;

use crate::directory::RunDirectory;
use crate::error::RunError;

/// A run's folder that is held open, so that it is known again. A trainer that writes by path would otherwise make a
/// second folder where the run was.
#[derive(Debug)]
pub struct HeldFolder {
    path: PathBuf,
    folder: Handle,
}

impl RunDirectory {
    /// Holds the run's folder as it is now.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn hold(&self) -> Result<HeldFolder, RunError> {
        let folder = Handle::from_path(self.path()).map_err(|e| RunError::refused("open", self.path(), e))?;
        Ok(HeldFolder { path: self.path().to_path_buf(), folder })
    }
}

impl HeldFolder {
    /// Checks that the held folder is still the one at its path.
    ///
    /// # Errors
    ///
    /// If nothing or another folder is there ([`RunError::is_moved`]), or if the system refuses.
    pub fn check(&self) -> Result<(), RunError> {
        match Handle::from_path(&self.path) {
            Ok(now) if now == self.folder => Ok(()),
            Ok(_) => Err(RunError::moved(&self.path)),
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Err(RunError::moved(&self.path))
            }
            Err(e) => Err(RunError::refused("open", &self.path, e)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_moved_or_replaced_folder_is_noticed() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let run = RunDirectory::create(folder.path(), "a").expect("run");
        let held = run.hold().expect("a folder");
        held.check().expect("in place");
        let elsewhere = folder.path().join("elsewhere");
        fs::rename(run.path(), &elsewhere).expect("move");
        let error = held.check().expect_err("moved");
        assert!(error.is_moved());
        assert!(error.to_string().ends_with("00001-a was moved or removed while it was trained"), "{error}");
        fs::create_dir(run.path()).expect("mkdir");
        assert!(held.check().expect_err("another folder").is_moved());
        fs::remove_dir(run.path()).expect("rmdir");
        fs::rename(&elsewhere, run.path()).expect("move back");
        held.check().expect("in place again");
    }
}
