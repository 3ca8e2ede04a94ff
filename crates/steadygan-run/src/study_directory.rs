//! One study's folder: where each of its files is.

use std::path::{Path, PathBuf};

/// The folder of one study. Its methods are the paths of its files, whether or not these exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudyDirectory {
    path: PathBuf,
}

impl StudyDirectory {
    /// The study at `path`, which may have any name.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `study.toml`: the question that the user asked.
    pub fn question(&self) -> PathBuf {
        self.path.join("study.toml")
    }

    /// `study.json`: the plan from before the first run, and the results.
    pub fn record(&self) -> PathBuf {
        self.path.join("study.json")
    }

    /// `recipes/NAME.toml`: the recipe of a run.
    pub fn recipe(&self, name: &str) -> PathBuf {
        self.path.join("recipes").join(format!("{name}.toml"))
    }

    /// `runs`: the folders of the runs.
    pub fn runs(&self) -> PathBuf {
        self.path.join("runs")
    }

    /// `calibration`: short runs that measure how long the others will take; removed afterwards.
    pub fn calibration(&self) -> PathBuf {
        self.path.join("calibration")
    }

    /// `recommended.toml`: the recipe that the study recommends.
    pub fn recommended(&self) -> PathBuf {
        self.path.join("recommended.toml")
    }

    /// The folders in a study's folder.
    pub(crate) fn folders(&self) -> [PathBuf; 3] {
        [self.path.join("recipes"), self.runs(), self.calibration()]
    }

    /// `report.html`, written when asked for.
    pub fn report(&self) -> PathBuf {
        self.path.join("report.html")
    }
}
