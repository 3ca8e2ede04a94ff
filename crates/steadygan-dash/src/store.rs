//! Keeps the summaries and curves of the folder's runs in memory, and reads them again when their files change.

use crate::curves::Curves;
use crate::files::Stamp;
use crate::folder::{Folder, Listing};
use crate::study::StudySummary;
use crate::summary::{SILENCE, Stamps, Summary, is_past};
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;
use steadygan_run::{RunDirectory, StudyDirectory};

/// The most numbers that the curves of all runs together may keep in memory, at about four bytes each.
const MAX_NUMBERS: usize = 16_000_000;

/// How many removed runs are remembered, so that pages can be informed.
const MAX_GONE: usize = 1000;

/// How many threads read a folder's runs for the first time.
const READERS: usize = 16;

/// The folder, and the part of it that is kept in memory.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) folder: Folder,
    known: Mutex<Known>,
    /// The runs whose curves are in memory, the last used at the end.
    curves: Mutex<Vec<Kept>>,
}

/// A run's curves, and how many numbers they hold.
#[derive(Debug)]
struct Kept {
    id: String,
    numbers: usize,
    curves: Arc<Mutex<Curves>>,
}

#[derive(Debug, Default)]
struct Known {
    /// Counts the refreshes. Each entry keeps the generation of its last change.
    generation: u64,
    runs: BTreeMap<String, Entry>,
    gone: VecDeque<(u64, String)>,
    studies: BTreeMap<String, (Option<Stamp>, StudySummary)>,
    others: (u64, Others),
}

#[derive(Debug)]
struct Entry {
    generation: u64,
    stamps: Stamps,
    summary: Summary,
    run: RunDirectory,
    asked: Option<SystemTime>,
}

/// What the folder holds besides runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Others {
    studies: Vec<StudySummary>,
    notes: Vec<String>,
}

/// What has changed since a generation.
#[derive(Debug, Serialize)]
pub(crate) struct Changes {
    #[serde(skip)]
    pub(crate) generation: u64,
    folder: String,
    pub(crate) runs: Vec<Summary>,
    pub(crate) gone: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    pub(crate) others: Option<Others>,
}

impl Changes {
    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.gone.is_empty() && self.others.is_none()
    }
}

impl Store {
    pub(crate) fn new(folder: Folder) -> Self {
        Self { folder, known: Mutex::default(), curves: Mutex::default() }
    }

    /// Reads the folder again and returns what has changed since `generation`; since 0, that is everything.
    pub(crate) fn changes_since(&self, generation: u64) -> Changes {
        let mut known = lock(&self.known);
        known.refresh(self.folder.list());
        let is_new = |changed: u64| changed > generation;
        let (changed, others) = &known.others;
        Changes {
            generation: known.generation,
            folder: self.folder.shown().to_owned(),
            runs: known
                .runs
                .values()
                .filter(|entry| is_new(entry.generation))
                .map(|entry| entry.summary.clone())
                .collect(),
            gone: known.gone.iter().filter(|gone| gone.0 > generation).map(|gone| gone.1.clone()).collect(),
            others: is_new(*changed).then(|| others.clone()),
        }
    }

    /// Calls `draw` with the curves of a run, as they are now.
    pub(crate) fn with_curves<T>(&self, id: &str, run: &RunDirectory, draw: impl FnOnce(&Curves) -> T) -> T {
        let curves = self.take_curves(id, run);
        let mut curves_now = lock(&curves);
        curves_now.update();
        let drawn = draw(&curves_now);
        let numbers = curves_now.numbers();
        drop(curves_now);
        self.keep_curves(id, numbers, curves);
        drawn
    }

    fn take_curves(&self, id: &str, run: &RunDirectory) -> Arc<Mutex<Curves>> {
        let kept = lock(&self.curves);
        let known = kept.iter().find(|kept| kept.id == id).map(|kept| Arc::clone(&kept.curves));
        known.unwrap_or_else(|| Arc::new(Mutex::new(Curves::of(run))))
    }

    /// Keeps a run's curves as the most recently used, and drops the least recently used ones above the limit.
    fn keep_curves(&self, id: &str, numbers: usize, curves: Arc<Mutex<Curves>>) {
        let mut kept = lock(&self.curves);
        kept.retain(|kept| kept.id != id);
        kept.push(Kept { id: id.to_owned(), numbers, curves });
        while kept.len() > 1 && kept.iter().map(|kept| kept.numbers).sum::<usize>() > MAX_NUMBERS {
            kept.remove(0);
        }
    }
}

impl Known {
    fn refresh(&mut self, listing: Listing) {
        let next = self.generation + 1;
        let mut before = std::mem::take(&mut self.runs);
        let mut changed = Vec::new();
        for (id, run) in listing.runs {
            let stamps = Stamps::of(&run);
            match before.remove(&id) {
                Some(entry) if entry.stamps == stamps => drop(self.runs.insert(id, entry)),
                _ => changed.push((id, run, stamps)),
            }
        }
        for (stamps, summary, run) in read_all(changed) {
            let id = summary.id.clone();
            self.runs.insert(id, Entry { generation: next, stamps, summary, run, asked: None });
        }
        self.runs.values_mut().for_each(|entry| entry.ask_whether_it_is_silent(next));
        self.gone.retain(|(_, id)| !self.runs.contains_key(id));
        self.gone.extend(before.into_keys().map(|id| (next, id)));
        self.gone.drain(..self.gone.len().saturating_sub(MAX_GONE));
        let others = Others { studies: self.summaries_of(listing.studies), notes: listing.notes };
        if self.generation == 0 || self.others.1 != others {
            self.others = (next, others);
        }
        self.generation = next;
    }

    /// The summaries of these studies. A study's record is read again only if it has changed.
    fn summaries_of(&mut self, studies: Vec<(String, PathBuf)>) -> Vec<StudySummary> {
        let mut before = std::mem::take(&mut self.studies);
        let mut summaries = Vec::with_capacity(studies.len());
        for (id, folder) in studies {
            let stamp = Stamp::of_file(&StudyDirectory::new(&folder).record());
            let summary = match before.remove(&id) {
                Some((known, summary)) if known == stamp => summary,
                _ => StudySummary::of(&id, &folder),
            };
            summaries.push(summary.clone());
            self.studies.insert(id, (stamp, summary));
        }
        summaries
    }
}

impl Entry {
    /// Marks a run as silent if its manifest says that it is running, but it has written nothing for a while and no
    /// process trains it.
    fn ask_whether_it_is_silent(&mut self, next: u64) {
        if self.summary.state != "running" || !is_past(self.stamps.modified(), SILENCE) || !is_past(self.asked, SILENCE)
        {
            return;
        }
        self.asked = Some(SystemTime::now());
        if matches!(self.run.is_being_trained(), Ok(false)) {
            self.summary.state = "silent";
            self.generation = next;
        }
    }
}

/// The summaries of runs. Many runs are read in parallel, because a slow disk serves several waiting readers faster.
fn read_all(runs: Vec<(String, RunDirectory, Stamps)>) -> Vec<(Stamps, Summary, RunDirectory)> {
    let read = |(id, run, stamps): (String, RunDirectory, Stamps)| (stamps, Summary::of(&id, &run), run);
    if runs.len() < READERS {
        return runs.into_iter().map(read).collect();
    }
    let waiting = Mutex::new(runs.into_iter());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| {
                while let Some(next) = { lock(&waiting).next() } {
                    let summary = read(next);
                    lock(&done).push(summary);
                }
            });
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Locks a mutex, even after a panic in another thread: the value is still valid, because no change here takes several
/// dependent steps.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn ids(changes: &Changes) -> Vec<&str> {
        changes.runs.iter().map(|summary| summary.id.as_str()).collect()
    }

    #[test]
    fn changes_are_told_once_and_runs_that_go_are_told_too() {
        let place = tempfile::tempdir().unwrap();
        for id in ["00001-a", "00002-b"] {
            fs::create_dir(place.path().join(id)).unwrap();
            fs::write(place.path().join(id).join("plan.json"), "{}").unwrap();
        }
        let store = Store::new(Folder::open(place.path()).unwrap());
        let first = store.changes_since(0);
        assert_eq!(ids(&first), ["00001-a", "00002-b"]);
        assert!(first.others.is_some());
        let second = store.changes_since(first.generation);
        assert!(second.is_empty());
        fs::write(place.path().join("00001-a/stats.jsonl"), "{}\n").unwrap();
        fs::remove_dir_all(place.path().join("00002-b")).unwrap();
        fs::create_dir(place.path().join("study")).unwrap();
        fs::write(place.path().join("study/study.json"), "{}").unwrap();
        let third = store.changes_since(second.generation);
        assert_eq!((ids(&third), &third.gone[..]), (vec!["00001-a"], &["00002-b".to_owned()][..]));
        assert_eq!(third.others.as_ref().unwrap().studies[0].id, "study");
        assert!(store.changes_since(third.generation).is_empty());
        fs::write(place.path().join("study/study.json"), "{\"plan\":{\"design\":\"full\"}}").unwrap();
        assert!(store.changes_since(third.generation).others.is_some(), "a study's record has changed");
        assert_eq!(ids(&store.changes_since(0)), ["00001-a"]);
    }

    #[test]
    fn curves_of_runs_used_long_ago_are_let_go() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::new(Folder::open(place.path()).unwrap());
        let run = RunDirectory::create(place.path(), "a").unwrap();
        let keep = |id: &str, numbers| store.keep_curves(id, numbers, Arc::new(Mutex::new(Curves::of(&run))));
        let kept = || lock(&store.curves).iter().map(|kept| kept.id.clone()).collect::<Vec<_>>();
        keep("a", MAX_NUMBERS / 2);
        keep("b", MAX_NUMBERS / 2);
        keep("a", MAX_NUMBERS / 2);
        assert_eq!(kept(), ["b", "a"]);
        keep("c", 1);
        assert_eq!(kept(), ["a", "c"]);
        keep("d", 2 * MAX_NUMBERS);
        assert_eq!(kept(), ["d"]);
    }
}
