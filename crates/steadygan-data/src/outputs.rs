//! Keeps what this program has written from becoming data: the folders of runs and studies are never data, and a
//! picture is not written among the images of a source.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf, absolute};

use steadygan_run::written_by;

use super::name::Name;
use crate::error::{Error, Result};

/// What wrote the folder at `path`, "a run" or "a study", if this program did.
pub(super) fn writer(path: &Path) -> Option<&'static str> {
    written_by(|name| path.join(name).is_file())
}

/// Whether a folder holds folders of runs and studies and nothing else, like `runs`.
pub(super) fn holds_only_outputs(folder: &Path) -> bool {
    let mut entries = std::fs::read_dir(folder).into_iter().flatten().flatten().peekable();
    entries.peek().is_some() && entries.all(|entry| writer(&entry.path()).is_some())
}

/// Refuses an archive that holds the folder of a run or a study, whose pictures would become data.
///
/// # Errors
/// The archive holds the folder of a run or a study.
pub(super) fn refuse_in_archive<'a>(what: &str, files: impl Iterator<Item = &'a Name>) -> Result<()> {
    let mut folders: BTreeMap<&[u8], BTreeSet<&[u8]>> = BTreeMap::new();
    for file in files.filter(|file| file.bytes().ends_with(b".json") || file.bytes().ends_with(b".toml")) {
        folders.entry(file.folder()).or_default().insert(file.last());
    }
    for (folder, files) in folders {
        if let Some(writer) = written_by(|name| files.contains(name.as_bytes())) {
            let folder = Name::new(folder.strip_suffix(b"/").unwrap_or(b"."));
            return Err(Error::data(
                format!("{what} holds the folder of {writer}, {folder}, whose pictures are no data"),
                "make the archive again without it",
            ));
        }
    }
    Ok(())
}

/// Whether a picture at `out` would be one of the images of the folder `source` the next time. A run's or a study's own
/// folder may lie there, because it is never data.
pub fn would_be_data(source: &str, out: &Path) -> bool {
    let source = Path::new(source);
    let lies_in = |source: Option<PathBuf>, folder: Option<PathBuf>| {
        let (Some(source), Some(folder)) = (source, folder) else { return false };
        let below = folder.ancestors().take_while(|folder| *folder != source);
        folder.starts_with(&source) && below.into_iter().all(|folder| writer(folder).is_none())
    };
    let climbs = out.components().any(|part| part == Component::ParentDir);
    let parent = absolute(out).ok().filter(|_| !climbs).and_then(|out| Some(out.parent()?.to_owned()));
    // By names as well as behind links, because links are followed when images are read.
    source.is_dir()
        && (lies_in(absolute(source).ok(), parent)
            || lies_in(source.canonicalize().ok(), existing_folder(out).canonicalize().ok()))
}

/// The folder of a file, or the nearest folder above it that exists.
fn existing_folder(file: &Path) -> PathBuf {
    let above = file.ancestors().skip(1).map(|folder| Path::new(".").join(folder));
    above.into_iter().find(|folder| folder.is_dir()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A folder with a run at `runs/1` and a folder `cat`.
    fn photos() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for path in ["runs/1/fakes", "cat"] {
            fs::create_dir_all(folder.path().join(path)).unwrap();
        }
        for name in ["manifest.json", "recipe.toml"] {
            fs::write(folder.path().join("runs/1").join(name), "").unwrap();
        }
        folder
    }

    #[test]
    fn a_picture_among_the_images_would_be_data() {
        let folder = photos();
        let is = |out: &str| would_be_data(folder.path().to_str().unwrap(), &folder.path().join(out));
        assert!(["a.png", "cat/a.png", "new/folder/a.png", "runs/a.png"].iter().all(|out| is(out)));
        assert!(!["../a.png", "runs/1/a.png", "runs/1/fakes/a.png"].iter().any(|out| is(out)));
        assert!(!would_be_data("embedded", Path::new("a.png")));
        #[cfg(unix)]
        {
            let other = tempfile::tempdir().unwrap();
            std::os::unix::fs::symlink(other.path(), folder.path().join("out")).unwrap();
            std::os::unix::fs::symlink(folder.path(), other.path().join("in")).unwrap();
            assert!(is("out/a.png") && is(other.path().join("in/a.png").to_str().unwrap()));
        }
    }

    #[test]
    fn folders_of_runs_are_told_apart() {
        let folder = photos();
        assert_eq!(writer(&folder.path().join("runs/1")), Some("a run"));
        assert_eq!(writer(folder.path()), None);
        assert!(holds_only_outputs(&folder.path().join("runs")));
        assert!(!holds_only_outputs(folder.path()) && !holds_only_outputs(&folder.path().join("cat")));
    }

    #[test]
    fn an_archive_with_a_run_is_refused() {
        let refused = |names: &[&str]| {
            let names: Vec<Name> = names.iter().map(|name| Name::new(*name)).collect();
            refuse_in_archive("a.zip", names.iter()).map_err(|error| error.to_string())
        };
        let error = "a.zip holds the folder of a run, runs/1, whose pictures are no data";
        assert_eq!(refused(&["1.png", "runs/1/plan.json", "runs/1/manifest.json"]), Err(error.to_owned()));
        let error = "a.zip holds the folder of a study, ., whose pictures are no data";
        assert_eq!(refused(&["study.toml", "study.json"]), Err(error.to_owned()));
        assert_eq!(refused(&["manifest.json", "cat/plan.json", "cat/1.png"]), Ok(()));
    }
}
