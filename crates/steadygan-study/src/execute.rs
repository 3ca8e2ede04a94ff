//! Trains the runs of a study: each in a process of its own, on one thread, with as many processes at once as there are
//! cores.
//!
//! A study that was killed can go on. Its runs are found by their recipes: a finished run is never trained again, a
//! stopped run is resumed, and a run that another process still trains is waited for. Each process reads from a pipe
//! that the study holds open; when the pipe closes, because the study has ended, the process saves and stops.

use super::recipes::Job;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use steadygan::{Error, Result};
use steadygan_run::{
    CheckpointKind, EXIT_DONE, EXIT_INTERRUPTED, EXIT_TRAINING_FAILED, Manifest, Outcome, RunDirectory, StudyDirectory,
    is_there, list, open_regular, write_atomically,
};

/// The task of a training process.
#[derive(Debug, Clone, Copy)]
pub enum Task<'a> {
    /// Train a recipe as a new run.
    Train {
        /// The recipe's file.
        recipe: &'a Path,
        /// The folder that the run's folder is made in.
        out: &'a Path,
    },
    /// Resume the run in this folder.
    Resume(&'a Path),
}

/// Makes the command for a task. Its process must train on one thread, stop after the second argument's count of real
/// images if there is one, save and stop when its standard input ends, and end with the exit codes of
/// `steadygan train`.
pub type Trainer<'a> = dyn Fn(Task, Option<u64>) -> Command + Sync + 'a;

/// Follows the progress of a study, and can stop it.
pub trait Watch {
    /// Called when `runs` of all `of` runs have ended.
    fn ended(&mut self, runs: usize, of: usize);
    /// Whether to stop. The runs then save their state, so that the study can be started again.
    fn wants_stop(&self) -> bool;
}

/// How long a training process may take to save after the study was told to stop. After that it is killed, and its run
/// resumes from the last checkpoint.
const GRACE: Duration = Duration::from_secs(10);

/// The largest recipe that is read, as much as the program reads of any recipe.
const MAX_RECIPE_BYTES: u64 = 1 << 20;

/// How often a process and the wish to stop are polled.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Trains all jobs that have not ended yet, `at_once` at a time, to their end or to `until` real images. Returns
/// whether all jobs got there.
///
/// # Errors
///
/// The study's folder cannot be written, or a process fails for a reason other than diverged or halted training.
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
    let runs = RunsByRecipe::of(&study.runs())?;
    let open: VecDeque<&Job> = jobs.iter().filter(|job| !runs.has_ended(job, until)).collect();
    let done_before = jobs.len() - open.len();
    watch.ended(done_before, jobs.len());
    let queue = Queue { jobs: Mutex::new(open), stopped: AtomicBool::new(false) };
    let (sender, receiver) = channel();
    let mut ended = done_before;
    let mut failure = None;
    thread::scope(|scope| {
        for _ in 0..at_once.max(1) {
            let worker = Worker { study, trainer, runs: &runs, queue: &queue, until };
            let sender = sender.clone();
            scope.spawn(move || worker.work(&sender));
        }
        drop(sender);
        loop {
            match receiver.recv_timeout(POLL_INTERVAL) {
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

/// Writes a file unless it already has this text, so that a recipe file's time says when the study was planned.
pub(super) fn write_if_new(path: &Path, text: &str) -> Result<()> {
    match read_text(path) {
        Some(old) if old == text => Ok(()),
        _ => Ok(write_atomically(path, text.as_bytes())?),
    }
}

/// The text of a regular file, as much of it as a recipe can have; none if it cannot be read.
fn read_text(path: &Path) -> Option<String> {
    let mut text = String::new();
    open_regular(path).ok()?.take(MAX_RECIPE_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}

/// The runs in a study's folder, by the text of their recipes.
pub(super) struct RunsByRecipe(BTreeMap<String, RunDirectory>);

impl RunsByRecipe {
    /// Lists the runs in this folder. A kill before the first checkpoint leaves several folders for one recipe. Prefer
    /// a finished run, then one with a checkpoint, then the oldest.
    pub(super) fn of(folder: &Path) -> Result<Self> {
        let runs = match list(folder) {
            Ok(runs) => runs,
            Err(error) if error.is_not_found() => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let mut by_recipe: BTreeMap<String, RunDirectory> = BTreeMap::new();
        for run in runs {
            let Some(recipe) = read_text(&run.recipe()) else { continue };
            let use_of = |run: &RunDirectory| (has_ended(run, None), run.has_checkpoint(CheckpointKind::Latest));
            match by_recipe.entry(recipe) {
                Entry::Vacant(entry) => drop(entry.insert(run)),
                Entry::Occupied(mut entry) if use_of(&run) > use_of(entry.get()) => drop(entry.insert(run)),
                Entry::Occupied(_) => {}
            }
        }
        Ok(Self(by_recipe))
    }

    /// The run of a job, if it was begun.
    pub(super) fn run(&self, job: &Job) -> Option<&RunDirectory> {
        self.0.get(&job.recipe)
    }

    fn has_ended(&self, job: &Job, until: Option<u64>) -> bool {
        self.run(job).is_some_and(|run| has_ended(run, until))
    }
}

/// Whether a run needs no more training: it has ended, or has been stopped at `until` images or later.
fn has_ended(run: &RunDirectory, until: Option<u64>) -> bool {
    match Manifest::load(&run.manifest()).map(|manifest| manifest.outcome) {
        Ok(Outcome::Finished { .. } | Outcome::Diverged { .. } | Outcome::Halted { .. }) => true,
        Ok(Outcome::Stopped { images }) => until.is_some_and(|until| images >= until),
        Ok(Outcome::Running) | Err(_) => false,
    }
}

/// The jobs that are still to be trained.
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

/// The work of one thread, which runs one training process at a time.
struct Worker<'a> {
    study: &'a StudyDirectory,
    trainer: &'a Trainer<'a>,
    runs: &'a RunsByRecipe,
    queue: &'a Queue<'a>,
    until: Option<u64>,
}

impl Worker<'_> {
    /// Takes jobs from the queue until it is empty, and sends for each whether it has ended.
    fn work(&self, results: &Sender<Result<bool>>) {
        while let Some(job) = self.queue.next() {
            let done = self.train(job);
            let failed = done.is_err();
            if results.send(done).is_err() || failed {
                return;
            }
        }
    }

    fn train(&self, job: &Job) -> Result<bool> {
        let run = self.runs.run(job);
        if let Some(run) = run {
            while run.is_being_trained()? {
                if self.queue.is_stopped() {
                    return Ok(false);
                }
                thread::sleep(10 * POLL_INTERVAL);
            }
            if has_ended(run, self.until) {
                return Ok(true);
            }
        }
        let resumable = run.filter(|run| is_there(&run.plan()) && run.has_checkpoint(CheckpointKind::Latest));
        let (recipe, out) = (self.study.recipe(&job.name), self.study.runs());
        let task = match resumable {
            Some(run) => Task::Resume(run.path()),
            None => Task::Train { recipe: &recipe, out: &out },
        };
        self.wait(job, (self.trainer)(task, self.until))
    }

    /// Runs a process and returns whether its job has ended. If the study is to stop, the process has [`GRACE`] to
    /// save.
    fn wait(&self, job: &Job, mut command: Command) -> Result<bool> {
        let failed = |what: String| {
            let hint = "the study goes on where it was when it is started again";
            Error::checkpoint(format!("the run {} {what}", job.name), hint)
        };
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| failed(format!("could not be started: {error}")))?;
        // stderr is read only after the end: with `--quiet` a process writes too little to fill the pipe.
        let status = self.ended(&mut child).map_err(|error| failed(format!("was lost: {error}")))?;
        let code = status.and_then(|status| status.code());
        match code.map(u8::try_from) {
            Some(Ok(EXIT_DONE | EXIT_TRAINING_FAILED)) => Ok(true),
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

    /// Waits for a process to end and returns its status; `None` if it was killed here because the study is to stop.
    fn ended(&self, child: &mut Child) -> std::io::Result<Option<ExitStatus>> {
        let mut patience = GRACE;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            thread::sleep(POLL_INTERVAL);
            if self.queue.is_stopped() {
                drop(child.stdin.take());
                patience = patience.saturating_sub(POLL_INTERVAL);
                if patience.is_zero() {
                    child.kill()?;
                    child.wait()?;
                    return Ok(None);
                }
            }
        }
    }
}
