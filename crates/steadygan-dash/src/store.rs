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
const MAX_CACHED_NUMBERS: usize = 16_000_000;

/// How many removed runs are remembered, so that pages can be informed.
const MAX_GONE: usize = 1000;

/// How many threads read runs, if at least as many runs have changed.
const SUMMARY_THREADS: usize = 16;

/// The folder, and the part of it that is kept in memory.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) folder: Folder,
    cache: Mutex<FolderCache>,
    /// The runs whose curves are in memory, the last used at the end.
    curves: Mutex<Vec<CachedCurves>>,
}

/// A run's curves, and how many numbers they hold.
#[derive(Debug)]
struct CachedCurves {
    id: String,
    numbers: usize,
    curves: Arc<Mutex<Curves>>,
}

/// The latest summaries of the folder's runs and studies.
#[derive(Debug, Default)]
struct FolderCache {
    /// Counts the refreshes. Each run has the generation of its last change.
    generation: u64,
    runs: BTreeMap<String, CachedRun>,
    gone: VecDeque<(u64, String)>,
    studies: BTreeMap<String, (Option<Stamp>, StudySummary)>,
    /// With the generation of its last change.
    studies_and_notes: (u64, StudiesAndNotes),
}

#[derive(Debug)]
struct CachedRun {
    generation: u64,
    stamps: Stamps,
    summary: Summary,
    run: RunDirectory,
    /// When the run's lock was last checked.
    liveness_checked: Option<SystemTime>,
}

/// What the folder holds besides runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct StudiesAndNotes {
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
    pub(crate) studies_and_notes: Option<StudiesAndNotes>,
}

impl Changes {
    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.gone.is_empty() && self.studies_and_notes.is_none()
    }
}

impl Store {
    pub(crate) fn new(folder: Folder) -> Self {
        Self { folder, cache: Mutex::default(), curves: Mutex::default() }
    }

    /// Reads the folder again and returns what has changed since `generation`; since 0, that is everything.
    pub(crate) fn changes_since(&self, generation: u64) -> Changes {
        let mut cache = lock(&self.cache);
        cache.refresh(self.folder.list());
        let is_new = |changed: u64| changed > generation;
        let (changed, studies_and_notes) = &cache.studies_and_notes;
        Changes {
            generation: cache.generation,
            folder: self.folder.shown().to_owned(),
            runs: cache.runs.values().filter(|run| is_new(run.generation)).map(|run| run.summary.clone()).collect(),
            gone: cache.gone.iter().filter(|gone| is_new(gone.0)).map(|gone| gone.1.clone()).collect(),
            studies_and_notes: is_new(*changed).then(|| studies_and_notes.clone()),
        }
    }

    /// Calls `work` with the curves of a run, as they are now.
    pub(crate) fn with_curves<T>(&self, id: &str, run: &RunDirectory, work: impl FnOnce(&Curves) -> T) -> T {
        let curves = self.curves_of(id, run);
        let mut curves_now = lock(&curves);
        curves_now.update();
        let result = work(&curves_now);
        let numbers = curves_now.numbers();
        drop(curves_now);
        self.cache_curves(id, numbers, curves);
        result
    }

    fn curves_of(&self, id: &str, run: &RunDirectory) -> Arc<Mutex<Curves>> {
        let cached = lock(&self.curves);
        let found = cached.iter().find(|cached| cached.id == id).map(|cached| Arc::clone(&cached.curves));
        found.unwrap_or_else(|| Arc::new(Mutex::new(Curves::of(run))))
    }

    /// Caches a run's curves as the most recently used, and drops the least recently used ones above the limit.
    fn cache_curves(&self, id: &str, numbers: usize, curves: Arc<Mutex<Curves>>) {
        let mut cached = lock(&self.curves);
        cached.retain(|cached| cached.id != id);
        cached.push(CachedCurves { id: id.to_owned(), numbers, curves });
        while cached.len() > 1 && cached.iter().map(|cached| cached.numbers).sum::<usize>() > MAX_CACHED_NUMBERS {
            cached.remove(0);
        }
    }
}

impl FolderCache {
    fn refresh(&mut self, listing: Listing) {
        let next = self.generation + 1;
        let mut before = std::mem::take(&mut self.runs);
        let mut changed = Vec::new();
        for (id, run) in listing.runs {
            let stamps = Stamps::of(&run);
            match before.remove(&id) {
                Some(cached) if cached.stamps == stamps => drop(self.runs.insert(id, cached)),
                _ => changed.push((id, run, stamps)),
            }
        }
        for (stamps, summary, run) in read_all(changed) {
            let id = summary.id.clone();
            self.runs.insert(id, CachedRun { generation: next, stamps, summary, run, liveness_checked: None });
        }
        self.runs.values_mut().for_each(|cached| cached.check_liveness(next));
        self.gone.retain(|(_, id)| !self.runs.contains_key(id));
        self.gone.extend(before.into_keys().map(|id| (next, id)));
        self.gone.drain(..self.gone.len().saturating_sub(MAX_GONE));
        let current = StudiesAndNotes { studies: self.summaries_of(listing.studies), notes: listing.notes };
        if self.generation == 0 || self.studies_and_notes.1 != current {
            self.studies_and_notes = (next, current);
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
                Some((cached, summary)) if cached == stamp => summary,
                _ => StudySummary::of(&id, &folder),
            };
            summaries.push(summary.clone());
            self.studies.insert(id, (stamp, summary));
        }
        summaries
    }
}

impl CachedRun {
    /// Marks a run as silent if its manifest says that it is running, but it has written nothing for a while and no
    /// process trains it. A lock that cannot be checked is named.
    fn check_liveness(&mut self, next: u64) {
        if self.summary.state != "running"
            || !is_past(self.stamps.modified(), SILENCE)
            || !is_past(self.liveness_checked, SILENCE)
        {
            return;
        }
        self.liveness_checked = Some(SystemTime::now());
        if self.summary.check_liveness(&self.run) {
            self.generation = next;
        }
    }
}

/// The summaries of runs. Many runs are read in parallel, because a slow disk serves several waiting readers faster.
fn read_all(runs: Vec<(String, RunDirectory, Stamps)>) -> Vec<(Stamps, Summary, RunDirectory)> {
    let read = |(id, run, stamps): (String, RunDirectory, Stamps)| (stamps, Summary::of(&id, &run), run);
    if runs.len() < SUMMARY_THREADS {
        return runs.into_iter().map(read).collect();
    }
    let waiting = Mutex::new(runs.into_iter());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..SUMMARY_THREADS {
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
    fn changes_are_reported_once_and_runs_that_go_are_reported_too() {
        let place = tempfile::tempdir().unwrap();
        for id in ["00001-a", "00002-b"] {
            fs::create_dir(place.path().join(id)).unwrap();
            fs::write(place.path().join(id).join("plan.json"), "{}").unwrap();
        }
        let store = Store::new(Folder::open(place.path()).unwrap());
        let first = store.changes_since(0);
        assert_eq!(ids(&first), ["00001-a", "00002-b"]);
        assert!(first.studies_and_notes.is_some());
        let second = store.changes_since(first.generation);
        assert!(second.is_empty());
        fs::write(place.path().join("00001-a/stats.jsonl"), "{}\n").unwrap();
        fs::remove_dir_all(place.path().join("00002-b")).unwrap();
        fs::create_dir(place.path().join("study")).unwrap();
        fs::write(place.path().join("study/study.json"), "{}").unwrap();
        let third = store.changes_since(second.generation);
        assert_eq!((ids(&third), &third.gone[..]), (vec!["00001-a"], &["00002-b".to_owned()][..]));
        assert_eq!(third.studies_and_notes.as_ref().unwrap().studies[0].id, "study");
        assert!(store.changes_since(third.generation).is_empty());
        fs::write(place.path().join("study/study.json"), "{\"plan\":{\"design\":\"full\"}}").unwrap();
        assert!(store.changes_since(third.generation).studies_and_notes.is_some(), "a study's record has changed");
        assert_eq!(ids(&store.changes_since(0)), ["00001-a"]);
    }

    #[test]
    fn curves_of_runs_used_long_ago_are_let_go() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::new(Folder::open(place.path()).unwrap());
        let run = RunDirectory::create(place.path(), "a").unwrap();
        let cache = |id: &str, numbers| store.cache_curves(id, numbers, Arc::new(Mutex::new(Curves::of(&run))));
        let cached = || lock(&store.curves).iter().map(|cached| cached.id.clone()).collect::<Vec<_>>();
        cache("a", MAX_CACHED_NUMBERS / 2);
        cache("b", MAX_CACHED_NUMBERS / 2);
        cache("a", MAX_CACHED_NUMBERS / 2);
        assert_eq!(cached(), ["b", "a"]);
        cache("c", 1);
        assert_eq!(cached(), ["a", "c"]);
        cache("d", 2 * MAX_CACHED_NUMBERS);
        assert_eq!(cached(), ["d"]);
    }
}
