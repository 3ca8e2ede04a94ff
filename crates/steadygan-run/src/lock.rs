//! Locks that allow one trainer per run and one process per study, and tidying up after a killed trainer.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use crate::checkpoint_kind::CheckpointKind;
use crate::directory::{RunDirectory, check_folders, entries};
use crate::error::RunError;
use crate::regular::{check_folder, open_regular, open_with};
use crate::study_directory::StudyDirectory;
use crate::temporary::{remove_if_stale, target_of_temporary};

/// The file that is locked; it is empty and stays where it is.
const LOCK_NAME: &str = ".lock";

/// The right to train a run, held until dropped. The system gives it back if the process is killed.
#[derive(Debug)]
#[must_use = "the run is unlocked as soon as the lock is dropped"]
pub struct RunLock {
    // Closing the file is what unlocks it.
    _file: File,
}

/// The right to run a study, held until dropped. The system gives it back if the process is killed.
#[derive(Debug)]
#[must_use = "the study is unlocked as soon as the lock is dropped"]
pub struct StudyLock {
    _file: File,
}

impl StudyDirectory {
    /// Takes the right to run this study; its folder is made if it is missing.
    ///
    /// # Errors
    ///
    /// If another process runs it, if one of the folders in it is a link, or if the system refuses.
    pub fn lock(&self) -> Result<StudyLock, RunError> {
        fs::create_dir_all(self.path()).map_err(|e| RunError::refused("create", self.path(), e))?;
        check_folders(&self.folders())?;
        Ok(StudyLock { _file: exclusive(self.path(), "is being run by another process")? })
    }
}

/// Locks a folder's lock file. `busy` completes the message if another process holds the lock. On a file system without
/// locks the lock is always granted.
fn exclusive(folder: &Path, busy: &str) -> Result<File, RunError> {
    let path = folder.join(LOCK_NAME);
    let file = open_with(&path, File::options().create(true).write(true).truncate(false))
        .map_err(|e| RunError::refused("write", &path, e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(RunError::malformed(folder, busy)),
        Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(e)) => Err(RunError::refused("lock", &path, e)),
    }
}

impl RunDirectory {
    /// Takes the right to train this run, and removes the temporary files that a killed trainer has
    /// left in it.
    ///
    /// Readers need no lock. On a file system without locks it is always granted.
    ///
    /// # Errors
    ///
    /// If another process is training the run, or if the system refuses.
    pub fn lock(&self) -> Result<RunLock, RunError> {
        let file = exclusive(self.path(), "is being trained by another process")?;
        self.remove_temporaries()?;
        Ok(RunLock { _file: file })
    }

    /// Whether a process is training this run. On a file system without locks this cannot be known, and the answer is
    /// yes.
    ///
    /// For a very short moment this holds a lock itself, and a trainer that starts just then would be refused. So ask
    /// only about a run that has been silent, and not again and again.
    ///
    /// # Errors
    ///
    /// If the system refuses; a run that was never locked is not being trained.
    pub fn is_being_trained(&self) -> Result<bool, RunError> {
        let path = self.path().join(LOCK_NAME);
        let file = match open_regular(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(e) => return Err(RunError::refused("read", &path, e)),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported => Ok(true),
            Err(TryLockError::Error(e)) => Err(RunError::refused("lock", &path, e)),
        }
    }

    /// Removes the temporary files of killed processes. Another process may be writing a report or the like.
    fn remove_temporaries(&self) -> Result<(), RunError> {
        let folders = [
            self.path().to_path_buf(),
            self.fakes_folder(),
            self.checkpoint_folder(CheckpointKind::Latest),
            self.checkpoint_folder(CheckpointKind::Best),
        ];
        for folder in folders.iter().filter(|folder| check_folder(folder).is_ok()) {
            for path in entries(folder)? {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if target_of_temporary(&name).is_some() {
                    remove_if_stale(&path);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_trained_by_one_at_a_time() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let run = RunDirectory::create(folder.path(), "a").expect("run");
        assert!(!run.is_being_trained().expect("never locked"));
        let lock = run.lock().expect("free");
        assert!(run.is_being_trained().expect("locked"));
        let error = run.lock().expect_err("held");
        assert!(error.to_string().ends_with("00001-a is being trained by another process"), "{error}");
        drop(lock);
        assert!(!run.is_being_trained().expect("free again"));
        let _again = run.lock().expect("free again");
    }

    #[test]
    fn a_study_is_run_by_one_at_a_time() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let study = StudyDirectory::new(folder.path().join("s"));
        let lock = study.lock().expect("free");
        let error = study.lock().expect_err("held").to_string();
        assert!(error.ends_with("s is being run by another process"), "{error}");
        drop(lock);
        let _again = study.lock().expect("free again");
    }

    #[test]
    fn the_lock_removes_what_a_killed_trainer_left_and_nothing_else() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let run = RunDirectory::create(folder.path(), "a").expect("run");
        let latest = run.checkpoint_folder(CheckpointKind::Latest);
        let left = [
            latest.join(".state.safetensors.4711-0.tmp"),
            latest.join(".state.safetensors.4711-0.steadygan.tmp"),
            run.path().join(".report.html.4711-0.steadygan.tmp"),
        ];
        let written = run.path().join(".report.html.4712-0.steadygan.tmp");
        let kept =
            [run.checkpoint(CheckpointKind::Latest), run.manifest(), written.clone(), run.path().join(".mine.tmp")];
        for path in kept.iter().chain(&left) {
            fs::create_dir_all(path.parent().expect("a folder")).expect("mkdir");
            fs::write(path, b"x").expect("write");
        }
        let living = File::open(&written).expect("open");
        living.lock().expect("lock");
        let _lock = run.lock().expect("free");
        assert!(left.iter().all(|path| !path.exists()));
        for path in kept {
            assert!(path.exists(), "{}", path.display());
        }
    }
}
