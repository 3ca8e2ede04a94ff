//! Runs are trained by processes of their own, as many at once as there are cores, each on one thread.
//!
//! A study that was killed goes on: runs are known by their recipes, one that has ended is never trained again, one that was stopped is resumed,
//! and one that another process still trains is waited for. Processes hold on to the study by their standard input: when it is gone they save and
//! stop.

use super::recipes::Job;
use crate::error::{Error, Result};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use steadygan_run::{
    EXIT_DONE, EXIT_INTERRUPTED, EXIT_WENT_WRONG, Manifest, Outcome, RunDirectory, StudyDirectory, Which, list,
    write_atomically,
};

/// What a process is to do.
#[derive(Debug, Clone, Copy)]
pub enum Task<'a> {
    /// Train a recipe's file into a new run in a folder.
    Train {
        /// The file.
        recipe: &'a Path,
        /// The folder of runs.
        out: &'a Path,
    },
    /// Go on with a run.
    Resume(&'a Path),
}

/// Makes the command of a task: a process that trains on one thread, until it has shown so many images if that is said, saves and stops when its
/// standard input ends, and ends with the exit codes of `steadygan train`.
pub type Trainer<'a> = dyn Fn(Task, Option<u64>) -> Command + Sync + 'a;

/// Watches a study being run.
pub trait Watch {
    /// So many of so many runs have ended.
    fn ended(&mut self, runs: usize, of: usize);
    /// Whether to stop: runs are saved and the study can be started again.
    fn wants_stop(&self) -> bool;
}

/// How long a process that trains is given to save, once the study is to stop, before it is killed; it resumes from its last checkpoint then.
const GRACE: Duration = Duration::from_secs(10);

/// How often a process is looked after.
const GLANCE: Duration = Duration::from_millis(20);

/// Trains all jobs that have not been, `at_once` at a time, to their end or until they have shown so many images. Returns whether all have.
///
/// # Errors
///
/// The study's folder cannot be written, or a process fails for another reason than training itself.
pub fn execute(
    study: &StudyDirectory,
    jobs: &[Job],
    at_once: usize,
    until: Option<u64>,
    trainer: &Trainer,
    watch: &mut dyn Watch,
) -> Result<bool> {
    for job in jobs {
        write_if_new(&study.recipe(&job.name), &job.recipe)?;
    }
    let known = Known::of(&study.runs())?;
    let open: VecDeque<&Job> = jobs.iter().filter(|job| !known.has_ended(job, until)).collect();
    let done_before = jobs.len() - open.len();
    watch.ended(done_before, jobs.len());
    let queue = Queue { jobs: Mutex::new(open), stopped: AtomicBool::new(false) };
    let (sender, receiver) = channel();
    let mut ended = done_before;
    let mut failure = None;
    thread::scope(|scope| {
        for _ in 0..at_once.max(1) {
            let worker = Worker { study, trainer, known: &known, queue: &queue, until };
            let sender = sender.clone();
            scope.spawn(move || worker.work(&sender));
        }
        drop(sender);
        loop {
            match receiver.recv_timeout(GLANCE) {
                Ok(Ok(true)) => {
                    ended += 1;
                    watch.ended(ended, jobs.len());
                }
                Ok(Ok(false)) => {}
                Ok(Err(error)) => {
                    queue.stop();
                    failure.get_or_insert(error);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if watch.wants_stop() {
                queue.stop();
            }
        }
    });
    failure.map_or(Ok(ended == jobs.len()), Err)
}

/// Files of recipes are written once: their times say when the study was planned.
pub(super) fn write_if_new(path: &Path, text: &str) -> Result<()> {
    match fs::read_to_string(path) {
        Ok(old) if old == text => Ok(()),
        _ => Ok(write_atomically(path, text.as_bytes())?),
    }
}

/// The runs that a study's folder holds, by their recipes.
pub(super) struct Known(BTreeMap<String, RunDirectory>);

impl Known {
    /// Of several runs of one recipe, as a kill before the first checkpoint leaves behind, the first that is of most use.
    pub(super) fn of(runs: &Path) -> Result<Self> {
        let found = match list(runs) {
            Ok(found) => found,
            Err(error) if error.is_not_found() => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let mut known: BTreeMap<String, RunDirectory> = BTreeMap::new();
        for run in found {
            let Ok(recipe) = fs::read_to_string(run.recipe()) else { continue };
            let use_of = |run: &RunDirectory| (has_ended(run, None), run.checkpoint(Which::Latest).exists());
            match known.entry(recipe) {
                Entry::Vacant(entry) => drop(entry.insert(run)),
                Entry::Occupied(mut entry) if use_of(&run) > use_of(entry.get()) => drop(entry.insert(run)),
                Entry::Occupied(_) => {}
            }
        }
        Ok(Self(known))
    }

    /// The run of a job.
    pub(super) fn run(&self, job: &Job) -> Option<&RunDirectory> {
        self.0.get(&job.recipe)
    }

    fn has_ended(&self, job: &Job, until: Option<u64>) -> bool {
        self.run(job).is_some_and(|run| has_ended(run, until))
    }
}

/// Whether nothing is left to train of a run.
fn has_ended(run: &RunDirectory, until: Option<u64>) -> bool {
    match Manifest::load(&run.manifest()).map(|manifest| manifest.outcome) {
        Ok(Outcome::Finished { .. } | Outcome::Diverged { .. } | Outcome::Halted { .. }) => true,
        Ok(Outcome::Stopped { images }) => until.is_some_and(|until| images >= until),
        Ok(Outcome::Running) | Err(_) => false,
    }
}

/// What is still to be trained.
struct Queue<'a> {
    jobs: Mutex<VecDeque<&'a Job>>,
    stopped: AtomicBool,
}

impl<'a> Queue<'a> {
    fn next(&self) -> Option<&'a Job> {
        if self.is_stopped() {
            return None;
        }
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

/// One of the threads that each look after one process.
struct Worker<'a> {
    study: &'a StudyDirectory,
    trainer: &'a Trainer<'a>,
    known: &'a Known,
    queue: &'a Queue<'a>,
    until: Option<u64>,
}

impl Worker<'_> {
    /// Takes jobs until there are none. Tells of each whether it has ended.
    fn work(&self, tell: &Sender<Result<bool>>) {
        while let Some(job) = self.queue.next() {
            let done = self.train(job);
            let failed = done.is_err();
            if tell.send(done).is_err() || failed {
                return;
            }
        }
    }

    fn train(&self, job: &Job) -> Result<bool> {
        let run = self.known.run(job);
        if let Some(run) = run {
            while run.is_being_trained()? {
                if self.queue.is_stopped() {
                    return Ok(false);
                }
                thread::sleep(10 * GLANCE);
            }
            if has_ended(run, self.until) {
                return Ok(true);
            }
        }
        let resumable = run.filter(|run| run.plan().exists() && run.checkpoint(Which::Latest).exists());
        let (recipe, out) = (self.study.recipe(&job.name), self.study.runs());
        let task = match resumable {
            Some(run) => Task::Resume(run.path()),
            None => Task::Train { recipe: &recipe, out: &out },
        };
        self.wait(job, (self.trainer)(task, self.until))
    }

    /// Runs a process to its end, which it is given [`GRACE`] for if the study is to stop.
    fn wait(&self, job: &Job, mut command: Command) -> Result<bool> {
        let failed = |what: String| {
            let hint = "the study goes on where it was when it is started again";
            Error::checkpoint(format!("the run {} {what}", job.name), hint)
        };
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| failed(format!("could not be started: {error}")))?;
        // What a process says is little: it is told to be quiet.
        let status = self.ended(&mut child).map_err(|error| failed(format!("was lost: {error}")))?;
        let code = status.and_then(|status| status.code());
        match code.map(u8::try_from) {
            Some(Ok(EXIT_DONE | EXIT_WENT_WRONG)) => Ok(true),
            Some(Ok(EXIT_INTERRUPTED)) => Ok(self.until.is_some()),
            _ if self.queue.is_stopped() => Ok(false),
            Some(_) => {
                let mut said = String::new();
                if let Some(mut stderr) = child.stderr.take() {
                    let _ = stderr.read_to_string(&mut said);
                }
                Err(failed(format!("could not be trained: {}", said.trim())))
            }
            None => Err(failed("was killed".to_owned())),
        }
    }

    /// The status of a process that has ended, nothing of one that was killed since the study is to stop.
    fn ended(&self, child: &mut Child) -> std::io::Result<Option<ExitStatus>> {
        let mut patience = GRACE;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            thread::sleep(GLANCE);
            if self.queue.is_stopped() {
                drop(child.stdin.take());
                patience = patience.saturating_sub(GLANCE);
                if patience.is_zero() {
                    child.kill()?;
                    child.wait()?;
                    return Ok(None);
                }
            }
        }
    }
}
