//! A process that takes turns: it answers each line of stdin with a line of JSON.

use super::comparison::Turn;
use serde::Deserialize;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Lines of a process' stderr that are shown when it ends early.
const SHOWN_LINES: usize = 8;

/// How a process is started.
pub(super) struct Launch {
    pub(super) name: String,
    pub(super) command: Command,
    /// The command as the record shows it.
    pub(super) shown: String,
}

/// A process between its turns.
pub(super) struct BenchProcess {
    name: String,
    shown: String,
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    log: PathBuf,
}

/// A process's answer after a turn.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    pub(super) times_ms: Vec<f64>,
    #[serde(default)]
    pub(super) peak_bytes: Option<u64>,
    /// Real images per step.
    #[serde(default)]
    pub(super) images: Option<u64>,
    /// The trainable parameters of the generator and of the discriminator.
    #[serde(default)]
    pub(super) parameters: Option<[u64; 2]>,
}

impl BenchProcess {
    /// Starts the process; what it prints to stderr goes into a file of `scratch`.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub(super) fn start(launch: Launch, scratch: &Path) -> Result<Self, String> {
        let Launch { name, mut command, shown } = launch;
        let log = scratch.join(format!("{name}.log"));
        let failed = |error| format!("error: this cannot be started: {shown}\n{error}");
        let stderr = File::create(&log).map_err(failed)?;
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr).spawn();
        let mut child = child.map_err(failed)?;
        let questions = child.stdin.take().expect("stdin is piped");
        let answers = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Ok(Self { name, shown, child, questions, answers, log })
    }

    /// Asks for a turn and waits for its end.
    ///
    /// # Errors
    ///
    /// The process ended, or does not answer with an [`Answer`].
    pub(super) fn ask(&mut self, question: &str) -> Result<Answer, String> {
        let mut answer = String::new();
        let asked = writeln!(self.questions, "{question}").and_then(|()| self.questions.flush());
        let read = asked.and_then(|()| self.answers.read_line(&mut answer));
        let parsed = read.ok().and_then(|_| serde_json::from_str(&answer).ok());
        parsed.ok_or_else(|| {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            let last = lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n");
            let Self { name, shown, .. } = self;
            format!("error: {name} did not answer `{question}`\n{last}\nhint: see how it fails alone: echo {question} | {shown}")
        })
    }

    /// Asks for a turn that is recorded.
    pub(super) fn turn(&mut self, round: usize, question: &str) -> Result<Turn, String> {
        let Answer { times_ms, peak_bytes, .. } = self.ask(question)?;
        Ok(Turn { round, who: self.name.clone(), times_ms, peak_bytes })
    }
}

impl Drop for BenchProcess {
    fn drop(&mut self) {
        // The process waits for its next turn, or has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
