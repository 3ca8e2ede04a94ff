//! The process that draws images. It is started for a question and ended after a while without questions.
//!
//! The process is the `steadygan` program itself, so that this crate needs no tensors. It answers one question at a
//! time, and a few more questions may wait. A process that does not answer in time is ended, whether or not anybody
//! still waits for the answer.

use serde_json::Value;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;

/// How many questions may wait.
const MAX_WAITING: usize = 4;

/// How long the process is kept without a question.
const IDLE: Duration = Duration::from_secs(60);

/// How long an answer may take once the process has the question. The first question about a large data set takes long,
/// because the process then reads the data.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long an answer's line and its picture may be, in bytes.
const MAX_LINE: u64 = 1 << 20;
const MAX_PICTURE: u64 = 64 << 20;

/// Sends questions to the process.
#[derive(Debug)]
pub(crate) struct Sampler {
    questions: SyncSender<Question>,
}

/// The process's answer to a question.
#[derive(Debug)]
pub(crate) struct SamplerAnswer {
    pub(crate) facts: Value,
    /// A PNG, or nothing.
    pub(crate) picture: Vec<u8>,
}

type SamplerResult = Result<SamplerAnswer, SamplerError>;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum SamplerError {
    /// Too many questions wait.
    Busy,
    /// The process could not be started, ended, or took too long.
    Failed,
    /// The process refused, with this reason.
    Refused(String),
}

#[derive(Debug)]
struct Question {
    run: PathBuf,
    line: String,
    answer: oneshot::Sender<SamplerResult>,
}

impl Sampler {
    /// A sampler that starts `program` with that many threads when a question comes.
    pub(crate) fn new(program: PathBuf, threads: usize) -> Self {
        Self::with_patience(program, threads, PATIENCE)
    }

    fn with_patience(program: PathBuf, threads: usize, patience: Duration) -> Self {
        let (questions, receiver) = sync_channel(MAX_WAITING);
        let worker = Worker { program, threads, patience, connection: None };
        thread::spawn(move || worker.work(&receiver));
        Self { questions }
    }

    /// Answers a question about a run. Questions that already wait are answered first.
    pub(crate) async fn ask(&self, run: &Path, question: &Value) -> SamplerResult {
        let (answer, receiver) = oneshot::channel();
        // JSON on one line: a line break within a text is written as `\n`.
        let question = Question { run: run.to_owned(), line: question.to_string(), answer };
        self.questions.try_send(question).map_err(|_| SamplerError::Busy)?;
        receiver.await.unwrap_or(Err(SamplerError::Failed))
    }
}

/// Runs on a thread of its own and talks with the process.
struct Worker {
    program: PathBuf,
    threads: usize,
    patience: Duration,
    connection: Option<Connection>,
}

/// The connection to a process that draws images of one run.
struct Connection {
    run: PathBuf,
    process: Child,
    to: ChildStdin,
    /// The answers, which a separate thread reads because a pipe cannot be read with a time limit.
    answers: Receiver<io::Result<SamplerResult>>,
}

impl Drop for Connection {
    /// Ends the process. It may have ended by itself.
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Worker {
    fn work(mut self, questions: &Receiver<Question>) {
        loop {
            match questions.recv_timeout(IDLE) {
                Ok(question) => self.take(question),
                Err(RecvTimeoutError::Timeout) => self.connection = None,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn take(&mut self, question: Question) {
        // The page may have gone while its question waited.
        if question.answer.is_closed() {
            return;
        }
        let answer = self.reply(&question.run, &question.line).unwrap_or(Err(SamplerError::Failed));
        let _ = question.answer.send(answer);
    }

    /// The answer of the run's process. A process that fails is ended.
    fn reply(&mut self, run: &Path, question: &str) -> io::Result<SamplerResult> {
        let mut connection = match self.connection.take().filter(|connection| connection.run == run) {
            Some(connection) => connection,
            None => self.start(run)?,
        };
        writeln!(connection.to, "{question}")?;
        connection.to.flush()?;
        let answer = connection.answers.recv_timeout(self.patience).map_err(|_| io::ErrorKind::TimedOut)??;
        self.connection = Some(connection);
        Ok(answer)
    }

    fn start(&self, run: &Path) -> io::Result<Connection> {
        let mut command = Command::new(&self.program);
        command.args(["sample-worker", "--threads", &self.threads.to_string(), "--"]).arg(run);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let (to, from) = process.stdin.take().zip(process.stdout.take()).ok_or(io::ErrorKind::BrokenPipe)?;
        let (sender, answers) = sync_channel(1);
        thread::spawn(move || {
            let mut from = BufReader::new(from);
            // Reads until the process writes something that is not an answer, or ends, or until nobody receives the
            // answers.
            loop {
                let answer = read_answer(&mut from);
                let is_last = answer.is_err();
                if sender.send(answer).is_err() || is_last {
                    return;
                }
            }
        });
        Ok(Connection { run: run.to_owned(), process, to, answers })
    }
}

fn read_answer(from: &mut impl BufRead) -> io::Result<SamplerResult> {
    let mut head = String::new();
    from.by_ref().take(MAX_LINE).read_line(&mut head)?;
    let head: Value = serde_json::from_str(&head)?;
    if let Some(why) = head["error"].as_str() {
        let hint = head["hint"].as_str().unwrap_or_default();
        return Ok(Err(SamplerError::Refused(format!("{why}\n{hint}"))));
    }
    let length = head["bytes"].as_u64().filter(|&length| length <= MAX_PICTURE).ok_or(io::ErrorKind::InvalidData)?;
    let mut picture = Vec::new();
    from.by_ref().take(length).read_to_end(&mut picture)?;
    if picture.len() as u64 == length {
        Ok(Ok(SamplerAnswer { facts: head["facts"].clone(), picture }))
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::sync::Arc;

    fn program(place: &tempfile::TempDir, script: &str) -> PathBuf {
        let program = place.path().join("program");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        program
    }

    /// A sampler whose process is this shell script.
    fn sampler(place: &tempfile::TempDir, script: &str) -> Sampler {
        Sampler::new(program(place, script), 3)
    }

    fn wait<T>(answer: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(answer)
    }

    #[test]
    fn one_process_answers_for_a_run_and_another_for_the_next() {
        let place = tempfile::tempdir().unwrap();
        let script = r#"echo started >> "${0%/*}/log"; while read -r line; do printf '{"bytes":3,"facts":"%s %s"}\nPNG' "$3" "$5"; done"#;
        let sampler = sampler(&place, script);
        for run in ["/a", "/a", "/b"] {
            let answer = wait(sampler.ask(Path::new(run), &serde_json::json!({ "ask": "a\nb" }))).unwrap();
            assert_eq!((answer.facts, &answer.picture[..]), (format!("3 {run}").into(), &b"PNG"[..]));
        }
        assert_eq!(fs::read_to_string(place.path().join("log")).unwrap(), "started\nstarted\n");
    }

    #[test]
    fn a_process_that_refuses_says_why_and_one_that_ends_is_started_again() {
        let place = tempfile::tempdir().unwrap();
        let refusing = sampler(&place, r#"read -r line; echo '{"error":"no","hint":"ask less"}'"#);
        for _ in 0..2 {
            let first = wait(refusing.ask(Path::new("/a"), &Value::Null));
            assert!(matches!(first, Err(SamplerError::Refused(why)) if why == "no\nask less"));
            thread::sleep(Duration::from_millis(50));
            assert!(
                matches!(wait(refusing.ask(Path::new("/a"), &Value::Null)), Err(SamplerError::Failed)),
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
            assert!(matches!(answer, Err(SamplerError::Failed)), "{rubbish}: {answer:?}");
        }
        let missing = Sampler::new(place.path().join("missing"), 1);
        assert!(matches!(wait(missing.ask(Path::new("/a"), &Value::Null)), Err(SamplerError::Failed)));
    }

    #[test]
    fn waiting_for_others_is_no_reason_to_end_the_process() {
        let place = tempfile::tempdir().unwrap();
        let script = r#"echo started >> "${0%/*}/log"; while read -r line; do sleep 0.5; printf '{"bytes":0}\n'; done"#;
        let sampler = Arc::new(Sampler::with_patience(program(&place, script), 1, Duration::from_millis(1500)));
        wait(async {
            let ask = |sampler: Arc<Sampler>| async move { sampler.ask(Path::new("/a"), &Value::Null).await };
            let asks: Vec<_> = (0..4).map(|_| tokio::spawn(ask(Arc::clone(&sampler)))).collect();
            for (at, ask) in asks.into_iter().enumerate() {
                let answer = ask.await.unwrap();
                assert!(answer.is_ok(), "question {at}, of which the last one waits 1.5 s for the others: {answer:?}");
            }
        });
        assert_eq!(fs::read_to_string(place.path().join("log")).unwrap(), "started\n");
    }

    #[test]
    fn a_process_that_hangs_is_ended_even_if_nobody_waits_for_it() {
        let place = tempfile::tempdir().unwrap();
        let script = r#"if mkdir "${0%/*}/hung" 2>&-; then exec sleep 60; fi; read -r line; printf '{"bytes":0}\n'"#;
        let sampler = Sampler::with_patience(program(&place, script), 1, Duration::from_secs(1));
        let ask = || sampler.ask(Path::new("/a"), &Value::Null);
        wait(async {
            assert!(
                tokio::time::timeout(Duration::from_millis(200), ask()).await.is_err(),
                "the first question is abandoned"
            );
            assert!(ask().await.is_ok(), "another process answers the next question");
        });
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
        let busy = answers.iter().filter(|answer| matches!(answer, Ok(Err(SamplerError::Busy)))).count();
        assert!((7..=8).contains(&busy), "one is answered, {MAX_WAITING} wait: {busy}");
    }
}
