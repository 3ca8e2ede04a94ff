//! Opens what lies in the folder of a run or a study: regular files only, never through a link.
//!
//! Such a folder may come from somebody else. A link in it may lead to files that are not the run's, and a FIFO or a
//! device may never end. So whatever reads, appends to or deletes files there asks this module first. The folder itself
//! may be reached through a link, because the user names it.

use std::fmt;
use std::fs::{self, File, FileType, OpenOptions};
use std::io;
use std::path::Path;

/// Something stands where only a regular file, or only a folder, is read.
#[derive(Debug)]
struct Irregular {
    found: &'static str,
    wanted: &'static str,
}

impl fmt::Display for Irregular {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it is {}, not {}", self.found, self.wanted)
    }
}

impl std::error::Error for Irregular {}

/// Whether an error says that a link, a FIFO, a device or the like was in the place of a regular file or a folder.
pub fn is_irregular(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Irregular>())
}

/// Opens a regular file to read it.
///
/// # Errors
///
/// The system refuses, or `path` is a link or anything else than a regular file ([`is_irregular`]).
pub fn open_regular(path: &Path) -> io::Result<File> {
    open_with(path, File::options().read(true))
}

/// Opens a regular file that the user named: a link to one is followed.
///
/// # Errors
///
/// The system refuses, or something else than a regular file is there ([`is_irregular`]), which might never end.
pub fn open_named(path: &Path) -> io::Result<File> {
    let kind = fs::metadata(path)?.file_type();
    match kind.is_file() {
        true => File::open(path),
        false => Err(irregular(kind, "a regular file")),
    }
}

/// Opens a regular file; these options may make it if nothing is there.
pub(crate) fn open_with(path: &Path, options: &OpenOptions) -> io::Result<File> {
    match check(path, "a regular file", FileType::is_file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => options.open(path),
    }
}

/// Returns an error unless `path` is a folder and no link.
pub(crate) fn check_folder(path: &Path) -> io::Result<()> {
    check(path, "a folder", FileType::is_dir)
}

/// Whether `path` is a regular file and no link.
pub fn is_regular(path: &Path) -> bool {
    check(path, "a regular file", FileType::is_file).is_ok()
}

/// Whether there is anything at `path`, even a link that leads nowhere.
pub fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn check(path: &Path, wanted: &'static str, is_wanted: fn(&FileType) -> bool) -> io::Result<()> {
    let kind = fs::symlink_metadata(path)?.file_type();
    if is_wanted(&kind) {
        return Ok(());
    }
    Err(irregular(kind, wanted))
}

fn irregular(kind: FileType, wanted: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, Irregular { found: in_words(kind), wanted })
}

fn in_words(kind: FileType) -> &'static str {
    match kind {
        _ if kind.is_symlink() => "a link",
        _ if kind.is_dir() => "a folder",
        _ if kind.is_file() => "a regular file",
        _ => in_words_of_system(kind),
    }
}

#[cfg(unix)]
fn in_words_of_system(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    match kind {
        _ if kind.is_fifo() => "a FIFO",
        _ if kind.is_socket() => "a socket",
        _ => "a device",
    }
}

#[cfg(not(unix))]
fn in_words_of_system(_kind: FileType) -> &'static str {
    "something else"
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::{
        CheckpointKind, JsonLines, Manifest, RunDirectory, RunError, Stats, StudyDirectory, Tail, append_text,
        cut_back, list, read_last_lines, read_lines, read_spread_lines, write_atomically,
    };
    use std::os::unix::fs::symlink;
    use std::process::Command;

    /// Makes a FIFO: opening it to read would wait for a writer.
    fn fifo(path: &Path) {
        assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo").success());
    }

    fn run() -> (tempfile::TempDir, RunDirectory) {
        let folder = tempfile::tempdir().expect("temporary folder");
        let run = RunDirectory::create(&folder.path().join("runs"), "a").expect("run");
        write_atomically(&run.plan(), b"{}").expect("write");
        (folder, run)
    }

    /// All ways to open a file by its path.
    fn open_in_every_way(path: &Path) -> Vec<RunError> {
        vec![
            read_lines::<Stats>(path).expect_err("read_lines"),
            read_last_lines::<Stats>(path, 10).expect_err("read_last_lines"),
            read_spread_lines::<Stats>(path, 10).expect_err("read_spread_lines"),
            Tail::<Stats>::new(path).poll().expect_err("poll"),
            Manifest::load(path).expect_err("load"),
            cut_back(path, 0).expect_err("cut_back"),
            JsonLines::<Stats>::append(path).expect_err("append"),
            append_text(path, "x").expect_err("append_text"),
        ]
    }

    #[test]
    fn nothing_waits_for_a_fifo_or_follows_a_link() {
        let (folder, run) = run();
        let victim = folder.path().join("victim");
        fs::write(&victim, "{\"images\":9}\n").expect("write");
        let (pipe, link, zeros) = (run.path().join("pipe"), run.path().join("link"), run.path().join("zeros"));
        fifo(&pipe);
        symlink(&victim, &link).expect("link");
        symlink("/dev/zero", &zeros).expect("link");
        for (path, found) in
            [(&pipe, "a FIFO"), (&link, "a link"), (&zeros, "a link"), (&folder.path().into(), "a folder")]
        {
            for error in open_in_every_way(path) {
                assert!(error.is_irregular(), "{error}");
                assert!(error.to_string().ends_with(&format!(": it is {found}, not a regular file")), "{error}");
            }
        }
        assert_eq!(fs::read_to_string(&victim).expect("read"), "{\"images\":9}\n");
    }

    #[test]
    fn a_lock_that_is_a_fifo_is_an_error() {
        let (folder, run) = run();
        fifo(&run.path().join(".lock"));
        assert!(run.lock().expect_err("a FIFO").is_irregular());
        assert!(run.is_being_trained().expect_err("a FIFO").is_irregular());
        let study = StudyDirectory::new(folder.path());
        fifo(&folder.path().join(".lock"));
        assert!(study.lock().expect_err("a FIFO").is_irregular());
    }

    #[test]
    fn a_run_whose_folder_holds_a_linked_folder_is_refused() {
        for name in ["fakes", "checkpoints", "checkpoints/latest", "checkpoints/best", "tensorboard", "export"] {
            let (folder, run) = run();
            let victim = folder.path().join("victim");
            fs::create_dir(&victim).expect("mkdir");
            let sheet = victim.join("000000999.png");
            fs::write(&sheet, "mine").expect("write");
            let link = run.path().join(name);
            fs::create_dir_all(link.parent().expect("a folder")).expect("mkdir");
            symlink(&victim, &link).expect("link");
            let error = RunDirectory::open(run.path()).expect_err("a link");
            assert!(error.is_irregular(), "{error}");
            assert!(error.to_string().ends_with(&format!("{name}: it is a link, not a folder")), "{error}");
            if name == "fakes" {
                assert!(run.cut_back_fakes(0).expect_err("a link").is_irregular());
            }
            assert!(sheet.exists());
            assert!(list(&folder.path().join("runs")).expect("list").is_empty());
        }
    }

    #[test]
    fn a_study_with_a_linked_folder_is_not_run() {
        for name in ["recipes", "runs", "calibration"] {
            let folder = tempfile::tempdir().expect("temporary folder");
            let study = StudyDirectory::new(folder.path().join("study"));
            fs::create_dir(study.path()).expect("mkdir");
            symlink(folder.path(), study.path().join(name)).expect("link");
            assert!(study.lock().expect_err("a link").is_irregular());
        }
    }

    #[test]
    fn a_plan_or_manifest_that_is_no_regular_file_makes_no_run() {
        let (_folder, run) = run();
        fs::remove_file(run.plan()).expect("remove");
        fifo(&run.plan());
        symlink("/dev/zero", run.manifest()).expect("link");
        let error = RunDirectory::open(run.path()).expect_err("no run").to_string();
        assert!(error.ends_with("00001-a is not a run directory"), "{error}");
    }

    #[test]
    fn the_folder_itself_may_be_reached_through_a_link() {
        let (folder, run) = run();
        let link = folder.path().join("link");
        symlink(run.path(), &link).expect("link");
        RunDirectory::open(&link).expect("a run");
    }

    #[test]
    fn a_link_that_leads_nowhere_counts_as_a_checkpoint() {
        let (_folder, run) = run();
        assert!(!run.has_checkpoint(CheckpointKind::Latest));
        let checkpoint = run.checkpoint(CheckpointKind::Latest);
        fs::create_dir_all(checkpoint.parent().expect("a folder")).expect("mkdir");
        symlink("nowhere", &checkpoint).expect("link");
        assert!(run.has_checkpoint(CheckpointKind::Latest));
        assert!(is_irregular(&open_regular(&checkpoint).expect_err("a link")));
    }
}
