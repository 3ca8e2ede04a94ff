//! Replaces a file as a whole: writes a temporary file beside it, syncs that and renames it.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::RunError;

/// How the name of a temporary file ends; it begins with a dot and its target's name.
const TEMPORARY_SUFFIX: &str = ".tmp";

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
    let temporary = Temporary::beside(path).map_err(refused)?;
    let file = File::create_new(&temporary.path).map_err(refused)?;
    fill(file, write).map_err(refused)?;
    temporary.rename_to(path).map_err(refused)?;
    sync_folder(folder);
    Ok(())
}

fn fill(file: File, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut buffered = BufWriter::new(file);
    write(&mut buffered)?;
    buffered.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

/// The folder that holds `path`; for a bare name it is the current one.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes a rename in `folder` outlast a power cut. Best effort: the rename itself has happened, and
/// some file systems cannot sync a folder.
#[cfg(unix)]
fn sync_folder(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) {}

/// A temporary file's name, removed when dropped unless the file has become its target.
struct Temporary {
    path: PathBuf,
    renamed: bool,
}

impl Temporary {
    /// A name beside `target` that no other writer, of this process or another, uses at this time.
    fn beside(target: &Path) -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name =
            target.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not a file's name"))?;
        let unique = format!(".{}-{}{TEMPORARY_SUFFIX}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let mut temporary = std::ffi::OsString::from(".");
        temporary.push(name);
        temporary.push(unique);
        Ok(Self { path: target.with_file_name(temporary), renamed: false })
    }

    fn rename_to(mut self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.renamed {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The target's name if `name` is the name of a temporary file: `stats.jsonl` for `.stats.jsonl.4711-0.tmp`.
pub(crate) fn target_of_temporary(name: &str) -> Option<&str> {
    let (target, unique) = name.strip_prefix('.')?.strip_suffix(TEMPORARY_SUFFIX)?.rsplit_once('.')?;
    let (process, count) = unique.split_once('-')?;
    let is_number = |text: &str| text.parse::<u64>().is_ok();
    (is_number(process) && is_number(count)).then_some(target)
}

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

    #[test]
    fn only_names_of_temporaries_have_a_target() {
        let made = Temporary::beside(Path::new("runs/stats.jsonl")).expect("a name");
        let name = made.path.file_name().expect("name").to_string_lossy();
        assert_eq!(target_of_temporary(&name), Some("stats.jsonl"));
        for foreign in ["stats.jsonl", ".hidden.tmp", ".x.a-0.tmp", ".x.1-0.bak"] {
            assert_eq!(target_of_temporary(foreign), None, "{foreign}");
        }
    }
}
