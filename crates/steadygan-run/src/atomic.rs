//! Replaces a file as a whole: writes a temporary file beside it, syncs that and renames it.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::error::RunError;
use crate::temporary::{Temporary, parent};

/// Replaces `path` by `bytes`, whole: a reader, or a resume after a kill, finds the old file or the
/// new one.
///
/// Missing parent folders are created.
///
/// # Errors
///
/// If the system refuses; the old file is then untouched and no temporary file is left.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    write_atomically_with(path, |file| file.write_all(bytes))
}

/// [`write_atomically`] for content that is produced piece by piece. Writing is buffered.
///
/// # Errors
///
/// If the system or `write` refuses; the old file is then untouched and no temporary file is left.
pub fn write_atomically_with(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), RunError> {
    let folder = parent(path);
    fs::create_dir_all(folder).map_err(|e| RunError::refused("create", folder, e))?;
    let refused = |e| RunError::refused("write", path, e);
    let temporary = Temporary::file(path).map_err(refused)?;
    let file = temporary.handle().expect("a temporary file is open");
    fill(file, write).map_err(refused)?;
    temporary.rename_to(path).map_err(refused)?;
    sync_folder(folder);
    Ok(())
}

fn fill(file: &File, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut buffered = BufWriter::new(file);
    write(&mut buffered)?;
    buffered.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

/// Makes a rename in `folder` outlast a power cut. Best effort: the rename itself has happened, and
/// some file systems cannot sync a folder.
#[cfg(unix)]
fn sync_folder(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .expect("readable")
            .map(|e| e.expect("entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn replaces_the_file_and_creates_its_folders() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("a/b/state");
        write_atomically(&path, b"old and longer").expect("first");
        write_atomically(&path, b"new").expect("second");
        assert_eq!(fs::read(&path).expect("read"), b"new");
        assert_eq!(names(&folder.path().join("a/b")), ["state"]);
    }

    #[test]
    fn a_parent_that_is_a_file_is_an_error_naming_it() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let file = folder.path().join("file");
        fs::write(&file, "x").expect("write");
        let error = write_atomically(&file.join("state"), b"y").expect_err("not a folder");
        assert_eq!(error.path(), file);
        assert!(error.to_string().starts_with("cannot create "), "{error}");
        assert_eq!(names(folder.path()), ["file"]);
        assert_eq!(fs::read(&file).expect("read"), b"x");
    }

    #[test]
    fn a_failed_rename_leaves_no_temporary() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let target = folder.path().join("state");
        fs::create_dir_all(target.join("occupied")).expect("mkdir");
        let error = write_atomically(&target, b"y").expect_err("a folder is in the way");
        assert_eq!(error.path(), target);
        assert_eq!(names(folder.path()), ["state"]);
    }

    #[test]
    fn a_writer_that_fails_halfway_leaves_the_old_file_alone() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("state");
        write_atomically(&path, b"old").expect("write");
        let error = write_atomically_with(&path, |file| {
            file.write_all(&[0; 100_000])?;
            Err(io::Error::other("No more"))
        })
        .expect_err("the writer failed");
        assert!(error.to_string().ends_with("state: no more"), "{error}");
        assert_eq!(fs::read(&path).expect("read"), b"old");
        assert_eq!(names(folder.path()), ["state"]);
    }
}
