//! The process that draws images: started when something is asked, ended when nothing has been for a while.
//!
//! It is the `steadygan` program itself, so that this crate needs no tensors. One process answers one question at a
//! time, a few more may wait, and one that does not answer is ended.

use serde_json::Value;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;

/// How many questions may wait.
const MAX_WAITING: usize = 4;

/// How long the process is kept without a question.
const IDLE: Duration = Duration::from_secs(60);

/// How long an answer may take: the first one about a large data set reads it.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long an answer's line and its picture may be, in bytes.
const MAX_LINE: u64 = 1 << 20;
const MAX_PICTURE: u64 = 64 << 20;

/// Asks the process.
#[derive(Debug)]
pub(crate) struct Sampler {
    questions: SyncSender<Question>,
    process: Arc<Mutex<Option<Child>>>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Drawn {
    pub(crate) facts: Value,
    /// A PNG, or nothing.
    pub(crate) picture: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Unanswered {
    /// Too many questions wait.
    Busy,
    /// The process could not be started, ended, or took too long.
    Failed,
    /// It says why.
    Refused(String),
}

#[derive(Debug)]
struct Question {
    run: PathBuf,
    line: String,
    answer: oneshot::Sender<Result<Drawn, Unanswered>>,
}

impl Sampler {
    /// Will start `program` for what is asked.
    pub(crate) fn new(program: PathBuf) -> Self {
        let (questions, asked) = sync_channel(MAX_WAITING);
        let process = Arc::new(Mutex::new(None));
        let desk = Desk { program, process: Arc::clone(&process), open: None };
        thread::spawn(move || desk.work(&asked));
        Self { questions, process }
    }

    /// The answer to a question about a run.
    pub(crate) async fn ask(&self, run: &Path, question: &Value) -> Result<Drawn, Unanswered> {
        let (answer, answered) = oneshot::channel();
        // JSON on one line: a line break within a text is written as `\n`.
        let question = Question { run: run.to_owned(), line: question.to_string(), answer };
        self.questions.try_send(question).map_err(|_| Unanswered::Busy)?;
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(answered) => answered.unwrap_or(Err(Unanswered::Failed)),
            Err(_) => {
                end(&self.process);
                Err(Unanswered::Failed)
            }
        }
    }
}

/// Ends the process, if one is there; who waits for its answer then finds the end of it.
fn end(process: &Mutex<Option<Child>>) {
    if let Some(mut child) = process.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // It may have ended by itself.
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// The thread that talks with the process.
struct Desk {
    program: PathBuf,
    process: Arc<Mutex<Option<Child>>>,
    open: Option<Line>,
}

/// The line to a process that draws images of one run.
struct Line {
    run: PathBuf,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Desk {
    fn work(mut self, asked: &Receiver<Question>) {
        loop {
            match asked.recv_timeout(IDLE) {
                Ok(question) => self.take(question),
                Err(RecvTimeoutError::Timeout) => self.hang_up(),
                Err(RecvTimeoutError::Disconnected) => return self.hang_up(),
            }
        }
    }

    fn take(&mut self, question: Question) {
        // Whoever asked may have gone while this waited.
        if question.answer.is_closed() {
            return;
        }
        let answer = self.reply(&question.run, &question.line).unwrap_or_else(|_| {
            self.hang_up();
            Err(Unanswered::Failed)
        });
        let _ = question.answer.send(answer);
    }

    fn hang_up(&mut self) {
        self.open = None;
        end(&self.process);
    }

    fn reply(&mut self, run: &Path, question: &str) -> io::Result<Result<Drawn, Unanswered>> {
        if self.open.as_ref().is_none_or(|line| line.run != run) {
            self.hang_up();
            self.open = Some(self.start(run)?);
        }
        let Some(line) = &mut self.open else { return Err(io::ErrorKind::NotConnected.into()) };
        writeln!(line.to, "{question}")?;
        line.to.flush()?;
        let mut head = String::new();
        line.from.by_ref().take(MAX_LINE).read_line(&mut head)?;
        let head: Value = serde_json::from_str(&head)?;
        if let Some(why) = head["error"].as_str() {
            let hint = head["hint"].as_str().unwrap_or_default();
            return Ok(Err(Unanswered::Refused(format!("{why}\n{hint}"))));
        }
        let length =
            head["bytes"].as_u64().filter(|&length| length <= MAX_PICTURE).ok_or(io::ErrorKind::InvalidData)?;
        let mut picture = Vec::new();
        line.from.by_ref().take(length).read_to_end(&mut picture)?;
        if picture.len() as u64 == length {
            Ok(Ok(Drawn { facts: head["facts"].clone(), picture }))
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }

    fn start(&self, run: &Path) -> io::Result<Line> {
        let mut command = Command::new(&self.program);
        command.arg("sample-worker").arg("--").arg(run);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let ends = child.stdin.take().zip(child.stdout.take());
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        let (to, from) = ends.ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Line { run: run.to_owned(), to, from: BufReader::new(from) })
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    /// A sampler whose process is this shell script.
    fn sampler(place: &tempfile::TempDir, script: &str) -> Sampler {
        let program = place.path().join("program");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Sampler::new(program)
    }

    fn wait<T>(answer: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(answer)
    }

    #[test]
    fn one_process_answers_for_a_run_and_another_for_the_next() {
        let place = tempfile::tempdir().unwrap();
        let script = r#"echo started >> "${0%/*}/log"; while read -r line; do printf '{"bytes":3,"facts":"%s"}\nPNG' "$3"; done"#;
        let sampler = sampler(&place, script);
        for run in ["/a", "/a", "/b"] {
            let drawn = wait(sampler.ask(Path::new(run), &serde_json::json!({ "ask": "a\nb" }))).unwrap();
            assert_eq!((drawn.facts, &drawn.picture[..]), (run.into(), &b"PNG"[..]));
        }
        assert_eq!(fs::read_to_string(place.path().join("log")).unwrap(), "started\nstarted\n");
    }

    #[test]
    fn a_process_that_refuses_says_why_and_one_that_ends_is_started_again() {
        let place = tempfile::tempdir().unwrap();
        let refusing = sampler(&place, r#"read -r line; echo '{"error":"no","hint":"ask less"}'"#);
        for _ in 0..2 {
            let first = wait(refusing.ask(Path::new("/a"), &Value::Null));
            assert!(matches!(first, Err(Unanswered::Refused(why)) if why == "no\nask less"));
            thread::sleep(Duration::from_millis(50));
            assert!(
                matches!(wait(refusing.ask(Path::new("/a"), &Value::Null)), Err(Unanswered::Failed)),
                "it has ended"
            );
        }
        for rubbish in [
            "exit 1",
            "echo rubbish",
            "echo '{\"bytes\":99999999999}'",
            "echo '{\"bytes\":9}'; echo short",
            "echo '{}'",
        ] {
            let place = tempfile::tempdir().unwrap();
            let answer = wait(sampler(&place, rubbish).ask(Path::new("/a"), &Value::Null));
            assert!(matches!(answer, Err(Unanswered::Failed)), "{rubbish}: {answer:?}");
        }
        let missing = Sampler::new(place.path().join("missing"));
        assert!(matches!(wait(missing.ask(Path::new("/a"), &Value::Null)), Err(Unanswered::Failed)));
    }

    #[test]
    fn few_may_wait() {
        let place = tempfile::tempdir().unwrap();
        let slow = sampler(&place, "sleep 1");
        let answers = wait(async {
            let asks: Vec<_> = (0..12)
                .map(|_| tokio::time::timeout(Duration::from_millis(1), slow.ask(Path::new("/a"), &Value::Null)))
                .collect();
            let mut answers = Vec::new();
            for ask in asks {
                answers.push(ask.await);
            }
            answers
        });
        let busy = answers.iter().filter(|answer| matches!(answer, Ok(Err(Unanswered::Busy)))).count();
        assert!((7..=8).contains(&busy), "one is answered, {MAX_WAITING} wait: {busy}");
    }
}
