//! Temporary files and folders, which become their target by a rename, and the removal of those that a killed process
//! has left.
//!
//! A temporary lies beside its target and is called `.TARGET.PROCESS-COUNT.steadygan.tmp`. Its maker locks it until it
//! has its target's name. So one that can be locked belongs to no living process, and whoever writes next in that folder
//! removes it. Where a file system has no locks, nothing is removed.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How the name of a temporary ends; it begins with a dot and its target's name.
const SUFFIX: &str = ".steadygan.tmp";

/// How earlier versions' temporary files end. They are removed from a run's own folders only.
const EARLIER_SUFFIX: &str = ".tmp";

/// What this process knows of temporaries.
pub(crate) struct Own {
    /// Those that it has made and that are not their targets yet.
    made: BTreeSet<PathBuf>,
    /// The folders from which it has removed what killed processes left; once is enough.
    tidied: BTreeSet<PathBuf>,
}

static OWN: Mutex<Own> = Mutex::new(Own { made: BTreeSet::new(), tidied: BTreeSet::new() });

/// Whoever holds this keeps the other threads from making temporaries, filling folders and renaming.
pub(crate) fn own() -> MutexGuard<'static, Own> {
    OWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The proof that this process has no temporary files; while it lives, the process makes none.
#[must_use = "other threads make temporary files as soon as this is dropped"]
pub struct NoTemporaries {
    _held: MutexGuard<'static, Own>,
}

/// Removes this process's temporary files and folders, because it is about to end in the middle of writing.
pub fn remove_own_temporaries() -> NoTemporaries {
    let mut own = own();
    std::mem::take(&mut own.made).iter().for_each(|path| remove(path));
    NoTemporaries { _held: own }
}

/// A temporary file or folder, removed when dropped unless it has become its target.
pub(crate) struct Temporary {
    path: PathBuf,
    /// The locked file. A folder has one too, where the system opens folders.
    file: Option<File>,
    renamed: bool,
}

impl Temporary {
    /// An empty file beside `target`, and its handle.
    pub(crate) fn file(target: &Path) -> io::Result<Self> {
        Self::make(target, |path| File::create_new(path).map(Some))
    }

    /// An empty folder beside `target`.
    pub(crate) fn folder(target: &Path) -> io::Result<Self> {
        Self::make(target, |path| fs::create_dir(path).map(|()| File::open(path).ok()))
    }

    fn make(target: &Path, make: impl Fn(&Path) -> io::Result<Option<File>>) -> io::Result<Self> {
        remove_stale_beside(target);
        loop {
            let path = beside(target)?;
            let mut own = own();
            let file = match make(&path) {
                Ok(file) => file,
                // A killed process with the same id has left it.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            };
            // Another process may take it for left over in the moment before it is locked; then the next name is taken.
            let taken = file.as_ref().is_some_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)));
            if !taken && fs::symlink_metadata(&path).is_ok() {
                own.made.insert(path.clone());
                return Ok(Self { path, file, renamed: false });
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The handle of a file; none of some systems' folders.
    pub(crate) fn handle(&self) -> Option<&File> {
        self.file.as_ref()
    }

    pub(crate) fn rename_to(mut self, target: &Path) -> io::Result<()> {
        let mut own = own();
        let renamed = fs::rename(&self.path, target);
        if renamed.is_ok() {
            own.made.remove(&self.path);
            self.renamed = true;
        }
        // Dropping `self` takes the lock again if the rename has failed.
        drop(own);
        renamed
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.renamed {
            let mut own = own();
            own.made.remove(&self.path);
            remove(&self.path);
        }
    }
}

/// A name beside `target` that no other writer, of this process or another, uses at this time.
fn beside(target: &Path) -> io::Result<PathBuf> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = target.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not a file's name"))?;
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}-{}{SUFFIX}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    Ok(target.with_file_name(temporary))
}

/// The folder that holds `path`; for a bare name it is the current one.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Removes from the folder of `target` the temporaries that killed processes have left, at this process's first call for
/// that folder. Best effort, because nothing depends on it.
pub(crate) fn remove_stale_beside(target: &Path) {
    let folder = parent(target);
    if !own().tidied.insert(folder.to_path_buf()) {
        return;
    }
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| target_of(name, SUFFIX).is_some()) {
            remove_if_stale(&entry.path());
        }
    }
}

/// Removes a temporary unless its maker lives. Nothing but a regular file or a folder is touched.
pub(crate) fn remove_if_stale(path: &Path) {
    let is_ours = fs::symlink_metadata(path).is_ok_and(|found| found.is_file() || found.is_dir());
    if let Some(file) = is_ours.then(|| File::open(path).ok()).flatten()
        && file.try_lock().is_ok()
    {
        remove(path);
    }
}

fn remove(path: &Path) {
    let _ = fs::remove_file(path).or_else(|_| fs::remove_dir_all(path));
}

/// The target's name if `name` is the name of a temporary, of this version or an earlier one: `stats.jsonl` for
/// `.stats.jsonl.4711-0.steadygan.tmp`.
pub(crate) fn target_of_temporary(name: &str) -> Option<&str> {
    target_of(name, SUFFIX).or_else(|| target_of(name, EARLIER_SUFFIX))
}

/// Whether `name` is the name of a temporary file or folder of this program, whose writer may live or not.
pub fn is_temporary(name: &str) -> bool {
    target_of(name, SUFFIX).is_some()
}

fn target_of<'a>(name: &'a str, suffix: &str) -> Option<&'a str> {
    let (target, unique) = name.strip_prefix('.')?.strip_suffix(suffix)?.rsplit_once('.')?;
    let (process, count) = unique.split_once('-')?;
    let is_number = |text: &str| text.parse::<u64>().is_ok();
    (is_number(process) && is_number(count)).then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("readable");
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn only_names_of_temporaries_have_a_target() {
        let made = beside(Path::new("runs/stats.jsonl")).expect("a name");
        let name = made.file_name().expect("name").to_string_lossy();
        assert_eq!(target_of_temporary(&name), Some("stats.jsonl"));
        assert_eq!(target_of_temporary(".stats.jsonl.4711-0.tmp"), Some("stats.jsonl"), "an earlier version's");
        for foreign in ["stats.jsonl", ".hidden.tmp", ".x.a-0.tmp", ".x.1-0.bak", ".x.steadygan.tmp"] {
            assert_eq!(target_of_temporary(foreign), None, "{foreign}");
        }
    }

    /// A file and a folder of a killed process, and what looks like them.
    #[test]
    fn what_a_killed_process_left_goes_and_nothing_else() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = |name: &str| folder.path().join(name);
        fs::write(path(".a.png.4711-0.steadygan.tmp"), "half").expect("write");
        fs::create_dir(path(".images.4711-1.steadygan.tmp")).expect("mkdir");
        fs::write(path(".images.4711-1.steadygan.tmp/000000.png"), "png").expect("write");
        let living = File::create_new(path(".b.png.4712-0.steadygan.tmp")).expect("create");
        living.lock().expect("lock");
        for foreign in [".a.png.4711-0.tmp", ".mine.steadygan.tmp", "a.png"] {
            fs::write(path(foreign), "mine").expect("write");
        }
        let made = Temporary::file(&path("new.png")).expect("a file");
        let own = made.path().file_name().expect("name").to_string_lossy().into_owned();
        let kept = [".a.png.4711-0.tmp", ".b.png.4712-0.steadygan.tmp", ".mine.steadygan.tmp", &own, "a.png"];
        assert_eq!(names(folder.path()), kept);
        remove_if_stale(made.path());
        assert!(made.path().exists(), "its maker lives");
        drop((made, living));
        remove_if_stale(&path(".b.png.4712-0.steadygan.tmp"));
        assert_eq!(names(folder.path()), [".a.png.4711-0.tmp", ".mine.steadygan.tmp", "a.png"]);
    }
}
