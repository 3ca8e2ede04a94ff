//! `steadygan study`: reads the question, runs the study and prints its table.

use crate::arguments::{Options, Study as Arguments};
use crate::console::{answer, answer_path, say, warn_of_data};
use crate::report::write_study_page;
use crate::signals::stop_flag;
use crate::study_table::{announcement, results_table};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fs;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use steadygan::{Error, Result};
use steadygan_run::{EXIT_INTERRUPTED, StudyDirectory, is_there};
use steadygan_study::{
    Budget, Question, Study, StudyFolder, StudyRecipe, Task, UnplannedStudy, Watch, calibrate, duration_in_words,
};

/// The budget when neither the file nor the command line gives one: half an hour.
const DEFAULT_BUDGET: Budget = Budget { seconds: 1800 };

pub(crate) fn study(arguments: &Arguments, options: &Options) -> Result<ExitCode> {
    let directory = StudyDirectory::new(&arguments.out);
    if arguments.collect {
        return collect(directory, options);
    }
    let asked = asked(arguments)?;
    if arguments.list {
        asked.can_be_listed()?;
    }
    // The question is checked before a folder is made, so that a wrong one leaves nothing behind.
    let question = if is_there(&directory.record()) { None } else { Some(Question::of(asked.clone())?) };
    let progress = StudyProgress::new(options.quiet);
    let study = match (StudyFolder::open(directory, Some(&asked))?, question) {
        (StudyFolder::Planned(study), _) => Some(*study),
        (StudyFolder::Unplanned(folder), Some(question)) => {
            if !options.quiet {
                warn_of_data(question.data());
                question.left_out.iter().for_each(|(name, why)| say(&format!("without {name}: {why}")));
            }
            plan(folder, &asked, &question, arguments.list, options, &progress)?
        }
        (StudyFolder::Unplanned(_), None) => unreachable!("the study's record was there and is gone"),
    };
    let Some(study) = study else { return stopped(&arguments.out, options) };
    if arguments.list {
        return list(&study);
    }
    run(study, options, &progress)
}

/// The study's file, changed by the command line's options.
fn asked(arguments: &Arguments) -> Result<StudyRecipe> {
    let mut asked = match &arguments.file {
        Some(file) => {
            let shown = file.display().to_string();
            let text = fs::read_to_string(file).map_err(|error| {
                Error::io(format!("cannot read the study {shown}"), &error, "docs/study.md shows what it may say")
            })?;
            StudyRecipe::parse(&text, &shown)?
        }
        None => StudyRecipe::default(),
    };
    if let Some(data) = &arguments.data {
        asked = asked.on(data);
    }
    asked.budget = arguments.budget.or(asked.budget);
    Ok(asked)
}

/// Fixes the plan, after a calibration by short runs if the budget decides its size. `None` if that was interrupted.
fn plan(
    folder: UnplannedStudy,
    asked: &StudyRecipe,
    question: &Question,
    list: bool,
    options: &Options,
    progress: &StudyProgress,
) -> Result<Option<Study>> {
    let started = Instant::now();
    let at_once = options.threads();
    let fixed = if list { Some(question.size_as_asked()) } else { question.fixed_size() };
    let (size, takes_s) = match (fixed, asked.budget) {
        (Some(size), _) => (size, None),
        (None, budget) => {
            progress.begin("calibrating");
            let trainer = trainer()?;
            let costs = calibrate(question, folder.directory(), at_once, &trainer, &mut progress.clone())?;
            progress.finish();
            let Some(costs) = costs else { return Ok(None) };
            let size = question.size_within(budget.unwrap_or(DEFAULT_BUDGET), started.elapsed(), &costs, at_once)?;
            let takes_s = costs.whole_s(&size, at_once);
            (size, Some(takes_s))
        }
    };
    let study = folder.plan(asked, question, size)?;
    if !options.quiet {
        say(&announcement(study.plan(), &question.data().name, takes_s.map(duration_in_words)));
    }
    Ok(Some(study))
}

/// Trains the runs that are left, analyses and confirms them, and prints the answer.
fn run(mut study: Study, options: &Options, progress: &StudyProgress) -> Result<ExitCode> {
    let (trainer, at_once) = (trainer()?, options.threads());
    let folder = study.directory().path().to_path_buf();
    progress.begin("training");
    let ended = study.train(at_once, &trainer, &mut progress.clone());
    progress.finish();
    if !ended? {
        return stopped(&folder, options);
    }
    study.collect()?;
    progress.begin("confirming");
    let ended = study.confirm(at_once, &trainer, &mut progress.clone());
    progress.finish();
    if !ended? {
        return stopped(&folder, options);
    }
    print_answer(&study, options)
}

fn collect(directory: StudyDirectory, options: &Options) -> Result<ExitCode> {
    let nothing = || {
        let message = format!("{} holds no study", directory.path().display());
        Error::recipe(message, "name a study's folder: --out DIR")
    };
    if !is_there(&directory.record()) {
        return Err(nothing());
    }
    let StudyFolder::Planned(mut study) = StudyFolder::open(directory.clone(), None)? else { return Err(nothing()) };
    study.collect()?;
    print_answer(&study, options)
}

/// Writes the study's page, and prints the table and the folder.
fn print_answer(study: &Study, options: &Options) -> Result<ExitCode> {
    write_study_page(study.directory())?;
    if !options.json {
        answer(&results_table(study.record()))?;
    }
    answer_path("study", study.directory().path(), options.json)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints a command for each run, which trains it on any machine that sees this folder.
fn list(study: &Study) -> Result<ExitCode> {
    let out = study.directory().runs();
    for recipe in study.list()? {
        answer(&format!("steadygan train {} --out {} --threads 1", quoted(&recipe), quoted(&out)))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A path, quoted for a shell if it needs quotes.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

fn stopped(folder: &Path, options: &Options) -> Result<ExitCode> {
    if !options.quiet {
        say("stopped; the same command goes on with it");
    }
    answer_path("study", folder, options.json)?;
    Ok(ExitCode::from(EXIT_INTERRUPTED))
}

/// Trains runs with this program, on one thread each, because several such runs at once are faster than one run on as
/// many threads (benchmarks/2026-11-24-study).
fn trainer() -> Result<impl Fn(Task, Option<u64>) -> Command + Sync> {
    let program: PathBuf = std::env::current_exe()
        .map_err(|error| Error::io("cannot find this program", &error, "start it by its path"))?;
    Ok(move |task: Task, until: Option<u64>| {
        let mut command = Command::new(&program);
        command.args(["--quiet", "--threads", "1"]);
        match task {
            Task::Train { recipe, out } => command.arg("train").arg(recipe).arg("--out").arg(out),
            Task::Resume(run) => command.arg("resume").arg(run),
        };
        command.arg("--attended");
        if let Some(images) = until {
            command.arg("--until").arg(images.to_string());
        }
        command
    })
}

/// Shows progress, as a bar on a terminal and as a line now and then elsewhere, and stops the study at Ctrl-C.
#[derive(Clone)]
struct StudyProgress {
    bar: ProgressBar,
    interrupted: Arc<AtomicBool>,
    lines: bool,
}

impl StudyProgress {
    fn new(quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if quiet || !terminal { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let style =
            ProgressStyle::with_template("{prefix} {bar:24} {pos}/{len} runs  {elapsed} gone, {eta_precise} left");
        let bar = ProgressBar::with_draw_target(Some(0), target).with_style(style.expect("the template is sound"));
        Self { bar, interrupted: stop_flag(), lines: !quiet && !terminal }
    }

    fn begin(&self, what: &'static str) {
        self.bar.reset();
        self.bar.set_prefix(what);
        self.bar.enable_steady_tick(std::time::Duration::from_secs(1));
    }

    fn finish(&self) {
        self.bar.disable_steady_tick();
        self.bar.finish_and_clear();
    }
}

impl Watch for StudyProgress {
    fn ended(&mut self, runs: usize, of: usize) {
        // In a log, a line for each tenth of the runs.
        let tenth = (of / 10).max(1);
        if self.lines && runs > 0 && (runs.is_multiple_of(tenth) || runs == of) {
            say(&format!("{}: {runs} of {of} runs", self.bar.prefix()));
        }
        self.bar.set_length(of as u64);
        self.bar.set_position(runs as u64);
        if runs == 0 {
            self.bar.reset_eta();
        }
    }

    fn wants_stop(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}
