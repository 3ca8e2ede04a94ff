//! The folder that is shown, and the runs and studies in it. Nothing outside of it is reachable from here.

use crate::error::DashboardError;
use crate::files::{Stamp, within};
use crate::study::is_study;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use steadygan_run::{RunDirectory, reason};

/// The most names on the path from the folder to a run: `study/runs/run`.
const MAX_DEPTH: usize = 3;

/// The most runs of one folder that are shown.
const MAX_RUNS: usize = 5000;

/// The folder that is shown.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    shown: String,
}

/// What the folder holds. An id is the path from the folder to a run or study, with its names joined by `/`.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) runs: Vec<(String, RunDirectory)>,
    pub(crate) studies: Vec<(String, PathBuf)>,
    /// What is not shown, and why.
    pub(crate) notes: Vec<String>,
}

impl Folder {
    pub(crate) fn open(path: &Path) -> Result<Self, DashboardError> {
        let refused = |error| DashboardError::folder(path, &error);
        let root = fs::canonicalize(path).map_err(refused)?;
        if root.is_dir() {
            Ok(Self { root, shown: path.display().to_string() })
        } else {
            Err(refused(io::ErrorKind::NotADirectory.into()))
        }
    }

    /// The folder as the user named it.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// The run with that id, if there is one.
    pub(crate) fn run(&self, id: &str) -> Option<RunDirectory> {
        RunDirectory::open(&self.resolve(id)?).ok()
    }

    /// The folder of the study with that id, if there is one.
    pub(crate) fn study(&self, id: &str) -> Option<PathBuf> {
        self.resolve(id).filter(|folder| is_study(folder))
    }

    /// The folder with that id; `None` unless each part of the id is a plain name and a folder that is no link.
    fn resolve(&self, id: &str) -> Option<PathBuf> {
        let names: Vec<&str> = id.split('/').collect();
        let are_plain = names.len() <= MAX_DEPTH && names.iter().all(|name| is_plain(name));
        let mut path = self.root.clone();
        for name in names.iter().filter(|_| are_plain) {
            path.push(name);
            Stamp::of_folder(&path)?;
        }
        are_plain.then_some(path)
    }

    /// Lists the runs and studies that are there now.
    pub(crate) fn list(&self) -> Listing {
        let mut listing = Listing::default();
        if let Err(error) = list_into(&mut listing, &self.root, "", MAX_DEPTH) {
            listing.notes.push(format!("cannot read the folder {}: {}", self.shown, reason(&error)));
        }
        if listing.runs.len() > MAX_RUNS {
            listing.notes.push(format!("only the last {MAX_RUNS} of {} runs are shown", listing.runs.len()));
            listing.runs.drain(..listing.runs.len() - MAX_RUNS);
        }
        listing
    }
}

/// The runs in a study's folder; their ids begin with the study's `id`.
pub(crate) fn runs_of_study(folder: &Path, id: &str) -> io::Result<Listing> {
    let mut listing = Listing::default();
    list_into(&mut listing, folder, &format!("{id}/"), MAX_DEPTH - 1)?;
    Ok(listing)
}

/// Whether a name is one entry of a folder, and not a hidden one.
fn is_plain(name: &str) -> bool {
    let mut components = Path::new(name).components();
    let is_one =
        matches!((components.next(), components.next()), (Some(Component::Normal(only)), None) if only == name);
    is_one && !name.starts_with('.') && !name.contains(['\\', '\0', ':'])
}

/// Adds the runs and studies in `folder`, whose ids begin with `prefix`. Goes down only into studies and their `runs`.
fn list_into(listing: &mut Listing, folder: &Path, prefix: &str, depth: usize) -> io::Result<()> {
    let mut names: Vec<_> = fs::read_dir(folder)?.filter_map(Result::ok).map(|entry| entry.file_name()).collect();
    names.sort();
    for name in names {
        let Some(name) = name.to_str().filter(|name| is_plain(name)) else { continue };
        let (path, id) = (folder.join(name), format!("{prefix}{name}"));
        let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
        if metadata.is_symlink() && path.is_dir() {
            listing.notes.push(format!("{id} is a link and not shown"));
        }
        if !metadata.is_dir() {
            continue;
        }
        let is_study = is_study(&path);
        match RunDirectory::open(&path) {
            Ok(run) => {
                listing.runs.push((id, run));
                continue;
            }
            Err(error) if error.is_irregular() => {
                listing.notes.push(format!("{id} is not shown: {}", within(&path, &error.to_string())));
                continue;
            }
            Err(_) => {}
        }
        if is_study || (depth < MAX_DEPTH && depth > 1 && name == "runs") {
            if is_study {
                listing.studies.push((id.clone(), path.clone()));
            }
            if depth > 1 {
                let inner = list_into(listing, &path, &format!("{id}/"), depth - 1);
                listing.notes.extend(inner.err().map(|error| format!("cannot read {id}: {}", reason(&error))));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(files: &[&str]) -> (tempfile::TempDir, Folder) {
        let place = tempfile::tempdir().unwrap();
        for file in files {
            let path = place.path().join("shown").join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{}").unwrap();
        }
        let folder = Folder::open(&place.path().join("shown")).unwrap();
        (place, folder)
    }

    fn ids(folder: &Folder) -> Vec<String> {
        folder.list().runs.into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn runs_lie_in_the_folder_or_in_a_study() {
        let (_place, folder) = folder_with(&[
            "00002-b/plan.json",
            "00001-a/manifest.json",
            "mine/manifest.json",
            "screen/study.json",
            "screen/00001-a/plan.json",
            "other/study.json",
            "other/runs/00001-a/plan.json",
            "notes/00001-a/plan.json",
            ".hidden/plan.json",
            "file",
        ]);
        let expected = ["00001-a", "00002-b", "mine", "other/runs/00001-a", "screen/00001-a"];
        assert_eq!(ids(&folder), expected);
        let studies: Vec<String> = folder.list().studies.into_iter().map(|(id, _)| id).collect();
        assert_eq!(studies, ["other", "screen"]);
        assert!(expected.iter().all(|id| folder.run(id).is_some()));
        assert!(folder.study("screen").is_some() && folder.study("00001-a").is_none());
        assert!(folder.list().notes.is_empty());
    }

    #[test]
    fn no_id_leads_out_of_the_folder() {
        let (place, folder) = folder_with(&["00001-a/plan.json"]);
        fs::create_dir_all(place.path().join("secret")).unwrap();
        fs::write(place.path().join("secret/plan.json"), "{}").unwrap();
        let absolute = place.path().join("secret").display().to_string();
        for id in [
            "../secret",
            "00001-a/../../secret",
            "./00001-a",
            "..",
            ".",
            "",
            "/",
            "00001-a/",
            "//00001-a",
            "00001-a\\..\\..\\secret",
            "..%2fsecret",
            "00001-a\0",
            &absolute,
        ] {
            assert!(folder.run(id).is_none(), "{id:?}");
            assert!(folder.study(id).is_none(), "{id:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_named_and_not_followed() {
        let (place, folder) = folder_with(&["00001-a/plan.json", "screen/study.json"]);
        fs::create_dir_all(place.path().join("secret/00009-x")).unwrap();
        fs::write(place.path().join("secret/00009-x/plan.json"), "{}").unwrap();
        let link =
            |to: &str, at: &str| std::os::unix::fs::symlink(place.path().join(to), place.path().join(at)).unwrap();
        link("secret/00009-x", "shown/00002-link");
        link("secret", "shown/screen/runs");
        fs::create_dir(place.path().join("shown/00003-b")).unwrap();
        fs::write(place.path().join("shown/00003-b/plan.json"), "{}").unwrap();
        link("secret", "shown/00003-b/fakes");
        assert_eq!(ids(&folder), ["00001-a"]);
        assert!(folder.run("00002-link").is_none());
        assert!(folder.run("screen/runs/00009-x").is_none());
        assert!(folder.run("00003-b").is_none());
        let expected = [
            "00002-link is a link and not shown",
            "00003-b is not shown: cannot open fakes: it is a link, not a folder",
            "screen/runs is a link and not shown",
        ];
        assert_eq!(folder.list().notes, expected);
    }

    #[test]
    fn a_folder_that_goes_away_is_empty_and_says_so() {
        let (place, folder) = folder_with(&["00001-a/plan.json"]);
        fs::remove_dir_all(place.path().join("shown")).unwrap();
        let listing = folder.list();
        assert!(listing.runs.is_empty());
        assert!(listing.notes[0].starts_with("cannot read the folder "), "{:?}", listing.notes);
        let file = place.path().join("file");
        fs::write(&file, "").unwrap();
        for path in [file, place.path().join("missing")] {
            let error = Folder::open(&path).unwrap_err();
            assert!(error.to_string().starts_with("cannot open the folder "), "{error}");
        }
    }
}
