//! One run's folder: where each of its files is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::checkpoint_kind::CheckpointKind;
use crate::error::RunError;
use crate::number;
use crate::regular::{check_folder, is_regular, is_there};
use crate::temporary::remove_stale_beside;

/// The folder of one run. Its methods are the paths of its files, whether or not these exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDirectory {
    path: PathBuf,
}

impl RunDirectory {
    /// Makes the next run's folder in `parent`, which is created if missing: `00017-fashion-hacks`.
    ///
    /// The number is 1 + the largest number of an entry of `parent`: the five digits that are its name or stand before
    /// a hyphen. Runs that start together get different numbers. `slug` is reduced to a-z, 0-9 and hyphens, and
    /// shortened to 40 characters. What killed processes left in the folders of runs that got no plan is removed, because
    /// nothing else opens those folders.
    ///
    /// # Errors
    ///
    /// If the system refuses, or if number 99999 is taken.
    pub fn create(parent: &Path, slug: &str) -> Result<Self, RunError> {
        let path = number::make_next(parent, slug)?;
        tidy_runs_without_plan(parent);
        Ok(Self { path })
    }

    /// The run at `path`, which may have any name.
    ///
    /// # Errors
    ///
    /// If `path` does not exist, holds neither a `manifest.json` nor a `plan.json`, or if one of the folders in it is a
    /// link ([`RunError::is_irregular`]).
    pub fn open(path: &Path) -> Result<Self, RunError> {
        fs::metadata(path).map_err(|e| RunError::refused("open", path, e))?;
        let run = Self { path: path.to_path_buf() };
        if !is_regular(&run.manifest()) && !is_regular(&run.plan()) {
            return Err(RunError::malformed(path, "is not a run directory"));
        }
        check_folders(&run.folders())?;
        Ok(run)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder's name, `00017-fashion-hacks`.
    pub fn name(&self) -> String {
        // A path such as `.` or `runs/x/..` has no name until it is resolved.
        let resolved = match self.path.file_name() {
            Some(_) => self.path.clone(),
            None => fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone()),
        };
        let name = resolved.file_name().unwrap_or(resolved.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// `recipe.toml`: what the user asked for.
    pub fn recipe(&self) -> PathBuf {
        self.path.join("recipe.toml")
    }

    /// `plan.json`: what was decided.
    pub fn plan(&self) -> PathBuf {
        self.path.join("plan.json")
    }

    /// `manifest.json`: see [`Manifest`](crate::Manifest).
    pub fn manifest(&self) -> PathBuf {
        self.path.join("manifest.json")
    }

    /// `log.txt`: what the console said.
    pub fn log(&self) -> PathBuf {
        self.path.join("log.txt")
    }

    /// `stats.jsonl`: lines of [`Stats`](crate::Stats).
    pub fn stats(&self) -> PathBuf {
        self.path.join("stats.jsonl")
    }

    /// `findings.jsonl`: what looked unhealthy, and when.
    pub fn findings(&self) -> PathBuf {
        self.path.join("findings.jsonl")
    }

    /// `metrics.jsonl`: what was measured on the hold-out, and when.
    pub fn metrics(&self) -> PathBuf {
        self.path.join("metrics.jsonl")
    }

    /// `reals.png`: a sheet of training images as the discriminator sees them.
    pub fn reals(&self) -> PathBuf {
        self.path.join("reals.png")
    }

    /// `fakes_init.png`: a sheet of fakes before the first step.
    pub fn fakes_init(&self) -> PathBuf {
        self.path.join("fakes_init.png")
    }

    /// `checkpoints/latest/state.safetensors` or `checkpoints/best/state.safetensors`.
    pub fn checkpoint(&self, kind: CheckpointKind) -> PathBuf {
        self.checkpoint_folder(kind).join("state.safetensors")
    }

    /// Whether there is anything in a checkpoint's place. A link counts, so that it is refused and not overwritten.
    pub fn has_checkpoint(&self, kind: CheckpointKind) -> bool {
        is_there(&self.checkpoint(kind))
    }

    /// `export`: the networks for other programs, written when asked for.
    pub fn export(&self) -> PathBuf {
        self.path.join("export")
    }

    /// `tensorboard`: event files for TensorBoard, written if the folder is there.
    pub fn tensorboard(&self) -> PathBuf {
        self.path.join("tensorboard")
    }

    /// `evaluation.json`: the latest [`Evaluation`](crate::Evaluation), written when asked for.
    pub fn evaluation(&self) -> PathBuf {
        self.path.join("evaluation.json")
    }

    /// `report.html`, written when asked for.
    pub fn report(&self) -> PathBuf {
        self.path.join("report.html")
    }

    /// `curves.svg`: metrics and stats as plots, written when asked for.
    pub fn plots(&self) -> PathBuf {
        self.path.join("curves.svg")
    }

    /// `progress.gif`: the sheets of fakes one after the other, written when asked for.
    pub fn progress(&self) -> PathBuf {
        self.path.join("progress.gif")
    }

    /// The folders in a run's folder.
    fn folders(&self) -> [PathBuf; 6] {
        let [latest, best] = [CheckpointKind::Latest, CheckpointKind::Best].map(|kind| self.checkpoint_folder(kind));
        [self.fakes_folder(), self.path.join("checkpoints"), latest, best, self.tensorboard(), self.export()]
    }

    pub(crate) fn checkpoint_folder(&self, kind: CheckpointKind) -> PathBuf {
        self.path.join("checkpoints").join(kind.to_string())
    }
}

/// The runs in the folder `parent`, in the order of their numbers. Anything else in it is ignored, and so is a folder
/// with a run's name that [`RunDirectory::open`] refuses.
///
/// # Errors
///
/// If the system refuses to read `parent`.
pub fn list(parent: &Path) -> Result<Vec<RunDirectory>, RunError> {
    let mut runs: Vec<_> = entries(parent)?
        .into_iter()
        .filter_map(|path| {
            let number = number::of_name(path.file_name()?.to_str()?)?;
            Some((number, RunDirectory::open(&path).ok()?))
        })
        .collect();
    runs.sort_by(|(a, run_a), (b, run_b)| (a, run_a.path()).cmp(&(b, run_b.path())));
    Ok(runs.into_iter().map(|(_, run)| run).collect())
}

/// Returns an error if one of these is there and is no folder, or a link.
pub(crate) fn check_folders(folders: &[PathBuf]) -> Result<(), RunError> {
    folders.iter().try_for_each(|folder| match check_folder(folder) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(RunError::refused("open", folder, e)),
        _ => Ok(()),
    })
}

/// The paths in `folder`, in no order.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, RunError> {
    fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .map_err(|e| RunError::refused("read", folder, e))
}

/// Removes temporaries of killed processes from the folders of runs without a plan. Best effort.
fn tidy_runs_without_plan(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let run = RunDirectory { path: entry.path() };
        let is_run = number::of_name(&run.name()).is_some() && entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_run && !run.plan().exists() {
            remove_stale_beside(&run.plan());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write_atomically;

    #[test]
    fn the_files_have_the_names_of_the_contract() {
        let run = RunDirectory { path: PathBuf::from("r") };
        let expected = [
            (run.recipe(), "r/recipe.toml"),
            (run.plan(), "r/plan.json"),
            (run.manifest(), "r/manifest.json"),
            (run.log(), "r/log.txt"),
            (run.stats(), "r/stats.jsonl"),
            (run.findings(), "r/findings.jsonl"),
            (run.metrics(), "r/metrics.jsonl"),
            (run.reals(), "r/reals.png"),
            (run.fakes_init(), "r/fakes_init.png"),
            (run.checkpoint(CheckpointKind::Latest), "r/checkpoints/latest/state.safetensors"),
            (run.checkpoint(CheckpointKind::Best), "r/checkpoints/best/state.safetensors"),
            (run.export(), "r/export"),
            (run.tensorboard(), "r/tensorboard"),
            (run.evaluation(), "r/evaluation.json"),
            (run.report(), "r/report.html"),
            (run.plots(), "r/curves.svg"),
            (run.progress(), "r/progress.gif"),
        ];
        for (path, name) in expected {
            assert_eq!(path, Path::new(name));
        }
        assert_eq!(run.name(), "r");
    }

    #[test]
    fn open_wants_a_manifest_or_a_plan() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let run = RunDirectory::create(folder.path(), "a").expect("run");
        let error = RunDirectory::open(run.path()).expect_err("empty");
        assert!(error.to_string().ends_with("00001-a is not a run directory"));
        write_atomically(&run.plan(), b"{}").expect("write");
        assert_eq!(RunDirectory::open(run.path()).expect("a plan"), run);
        let missing = RunDirectory::open(&folder.path().join("x")).expect_err("missing");
        assert!(missing.is_not_found());
        let through_parent = RunDirectory::open(&run.path().join("../00001-a")).expect("open");
        assert_eq!(through_parent.name(), "00001-a");
        fs::create_dir(run.path().join("fakes")).expect("mkdir");
        let unnamed = RunDirectory::open(&run.path().join("fakes/..")).expect("open");
        assert_eq!(unnamed.name(), "00001-a");
    }

    #[test]
    fn what_a_run_without_a_plan_left_goes_when_the_next_begins() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let [killed, whole] = ["00001-killed", "00002-whole"].map(|name| folder.path().join(name));
        for run in [&killed, &whole] {
            fs::create_dir(run).expect("mkdir");
            fs::write(run.join(".plan.json.4711-0.steadygan.tmp"), "{").expect("write");
            fs::write(run.join("recipe.toml"), "").expect("write");
        }
        fs::write(whole.join("plan.json"), "{}").expect("write");
        let next = RunDirectory::create(folder.path(), "next").expect("run");
        assert_eq!(next.name(), "00003-next");
        let files = |run| fs::read_dir(run).expect("readable").count();
        assert_eq!((files(&killed), files(&whole)), (1, 3), "the second's own next command removes it");
    }

    #[test]
    fn runs_are_listed_by_number_and_other_things_ignored() {
        let folder = tempfile::tempdir().expect("temporary folder");
        for name in ["00010-a", "00002-z", "00003-empty", "notes", "123456-x"] {
            let path = folder.path().join(name);
            fs::create_dir(&path).expect("mkdir");
            if name != "00003-empty" {
                fs::write(path.join("manifest.json"), "{}").expect("write");
            }
        }
        fs::write(folder.path().join("00004-file"), "").expect("write");
        let names: Vec<_> = list(folder.path()).expect("list").iter().map(RunDirectory::name).collect();
        assert_eq!(names, ["00002-z", "00010-a"]);
        let missing = list(&folder.path().join("x")).expect_err("missing");
        assert!(missing.is_not_found());
    }
}
