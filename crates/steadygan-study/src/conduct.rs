//! A study in its folder, from its plan to its answer. If it is killed at any moment, it can go on from there.

use super::asked::StudyRecipe;
use super::collect::{ConfirmationPlan, collect, write_recommended};
use super::design::Design;
use super::execute::{Trainer, Watch, execute, write_if_new};
use super::plan::StudyPlan;
use super::question::{Question, StudySize};
use super::record::StudyRecord;
use super::search::search;
use super::size::{EXPECTED_NOISE, FRESH_SEEDS};
use std::fs;
use std::path::PathBuf;
use steadygan::{Error, Result};
use steadygan_base::files::read_in_folder;
use steadygan_run::{StudyDirectory, StudyLock, is_there, write_atomically};

/// The largest record that is read. Thousands of rows take a megabyte, so a larger file is not a record.
const MAX_RECORD_BYTES: u64 = 64 << 20;

/// The hint if a study cannot use a folder.
const ELSEWHERE: &str = "choose another folder: --out DIR";

/// A planned study, whose folder this process holds locked.
#[derive(Debug)]
pub struct Study {
    directory: StudyDirectory,
    record: StudyRecord,
    _lock: StudyLock,
}

/// A study's folder before its plan is fixed, held locked by this process.
#[derive(Debug)]
pub struct UnplannedStudy {
    directory: StudyDirectory,
    lock: StudyLock,
}

/// A study's folder, held locked by this process.
#[derive(Debug)]
pub enum StudyFolder {
    /// A study with a plan.
    Planned(Box<Study>),
    /// No plan yet.
    Unplanned(UnplannedStudy),
}

impl StudyFolder {
    /// Locks a study's folder, which is made if it is missing, and reads the study in it. `asked` must equal the
    /// question of the study there; with `None` any study is accepted.
    ///
    /// # Errors
    ///
    /// Another process runs the study, or the folder holds another study or files that are not a study's.
    pub fn open(directory: StudyDirectory, asked: Option<&StudyRecipe>) -> Result<Self> {
        let planned = is_there(&directory.record());
        if !planned {
            is_free(&directory)?;
        }
        let lock = directory.lock()?;
        if !planned {
            return Ok(Self::Unplanned(UnplannedStudy { directory, lock }));
        }
        let record = Study::record_of(&directory)?;
        if let Some(asked) = asked {
            let text = read_in_folder(&directory.question(), MAX_RECORD_BYTES, "study", ELSEWHERE)?;
            let before =
                StudyRecipe::parse(&String::from_utf8_lossy(&text), &directory.question().display().to_string())?;
            if before != *asked {
                let message = format!("{} holds another study", directory.path().display());
                return Err(Error::recipe(
                    message,
                    "ask the same to go on with it, or choose another folder: --out DIR",
                ));
            }
        }
        Ok(Self::Planned(Box::new(Study { directory, record, _lock: lock })))
    }
}

/// An error unless the folder is missing, empty, or left by a study that was killed before its plan was fixed.
fn is_free(directory: &StudyDirectory) -> Result<()> {
    let path = directory.path();
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io(format!("cannot read {}", path.display()), &error, ELSEWHERE)),
    };
    let calibration = directory.calibration();
    let foreign = entries.flatten().find(|entry| {
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        !hidden && entry.path() != calibration && entry.path() != directory.question()
    });
    foreign.map_or(Ok(()), |entry| {
        let message = format!("{} is no study's folder: it holds {}", path.display(), entry.file_name().display());
        Err(Error::recipe(message, ELSEWHERE))
    })
}

impl UnplannedStudy {
    /// The folder.
    pub fn directory(&self) -> &StudyDirectory {
        &self.directory
    }

    /// Fixes the plan and writes it, which makes the folder this study's. `asked` is the question before factors were
    /// chosen.
    ///
    /// # Errors
    ///
    /// As [`Question::plan`], and the folder cannot be written.
    pub fn plan(self, asked: &StudyRecipe, question: &Question, size: StudySize) -> Result<Study> {
        let plan = question.plan(size)?.expecting(EXPECTED_NOISE);
        let text = toml::to_string(asked).map_err(|error| {
            Error::recipe(format!("the study cannot be written as TOML: {error}"), "docs/study.md shows every key")
        })?;
        write_atomically(&self.directory.question(), text.as_bytes())?;
        // The record is written last, because it marks the study as planned.
        let study = Study { directory: self.directory, record: StudyRecord::new(plan), _lock: self.lock };
        study.save()?;
        Ok(study)
    }
}

impl Study {
    /// Reads a folder's `study.json`, even while another process runs the study.
    ///
    /// # Errors
    ///
    /// The file is missing, damaged, or of another version.
    pub fn record_of(directory: &StudyDirectory) -> Result<StudyRecord> {
        let path = directory.record();
        let json = read_in_folder(&path, MAX_RECORD_BYTES, "study's record", ELSEWHERE)?;
        StudyRecord::parse(&json, &path.display().to_string())
    }

    /// The folder.
    pub fn directory(&self) -> &StudyDirectory {
        &self.directory
    }

    /// The plan.
    pub fn plan(&self) -> &StudyPlan {
        &self.record.plan
    }

    /// The plan and the results so far.
    pub fn record(&self) -> &StudyRecord {
        &self.record
    }

    /// Writes the recipe of every run and returns the files' paths.
    ///
    /// # Errors
    ///
    /// The study is a search, whose later stages depend on the earlier ones, or the folder cannot be written.
    pub fn list(&self) -> Result<Vec<PathBuf>> {
        self.record.plan.design.can_be_listed()?;
        self.record
            .plan
            .jobs()?
            .iter()
            .map(|job| {
                let file = self.directory.recipe(&job.name);
                write_if_new(&file, &job.recipe)?;
                Ok(file)
            })
            .collect()
    }

    /// Trains all runs, `at_once` at a time. Returns whether all have ended.
    ///
    /// # Errors
    ///
    /// Those of [`execute`], or those of [`search`] if the design is one.
    pub fn train(&self, at_once: usize, trainer: &Trainer, watch: &mut dyn Watch) -> Result<bool> {
        match self.record.plan.design {
            Design::Search => search(&self.record.plan, &self.directory, at_once, trainer, watch),
            _ => execute(&self.directory, &self.record.plan.jobs()?, at_once, None, trainer, watch),
        }
    }

    /// Analyses the runs that have ended, and writes the results and the recommended recipe.
    ///
    /// # Errors
    ///
    /// No run has ended, one is damaged, or the folder cannot be written.
    pub fn collect(&mut self) -> Result<()> {
        let mut results = collect(&self.record.plan, &self.directory)?;
        // Confirmation runs that have ended before count again.
        let confirmation_plan = ConfirmationPlan::of(&self.record.plan, &results.recommended, FRESH_SEEDS);
        results.confirmations = confirmation_plan.confirmations(&self.record.plan, &self.directory, &results.last)?;
        write_recommended(&self.record.plan, &results, &self.directory)?;
        self.record.results = Some(results);
        self.save()
    }

    /// Compares the recommended recipe with the base recipe and the corners on fresh seeds. Returns whether all these
    /// runs have ended.
    ///
    /// # Errors
    ///
    /// Those of [`execute`], a run is damaged, or the folder cannot be written.
    pub fn confirm(&mut self, at_once: usize, trainer: &Trainer, watch: &mut dyn Watch) -> Result<bool> {
        let Some(results) = &mut self.record.results else { return Ok(false) };
        let plan = &self.record.plan;
        let confirmation_plan = ConfirmationPlan::of(plan, &results.recommended, FRESH_SEEDS);
        let ended = execute(&self.directory, &confirmation_plan.jobs(plan)?, at_once, None, trainer, watch)?;
        if ended {
            results.confirmations = confirmation_plan.confirmations(plan, &self.directory, &results.last)?;
            self.save()?;
        }
        Ok(ended)
    }

    fn save(&self) -> Result<()> {
        Ok(write_atomically(&self.directory.record(), self.record.to_json().as_bytes())?)
    }
}
