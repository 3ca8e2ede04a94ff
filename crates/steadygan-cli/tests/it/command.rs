//! Running the program and reading its answer.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The documented exit codes.
pub(crate) const DONE: i32 = 0;
pub(crate) const INPUT: i32 = 1;
pub(crate) const DIVERGED: i32 = 3;
pub(crate) const INTERRUPTED: i32 = 130;

/// The program's output and exit code.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Answer {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the program speaks UTF-8");
        let answer = Self {
            code: output.status.code().expect("no signal ended it"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        for fault in ["panicked", "RUST_BACKTRACE", "unexpected:", "os error"] {
            assert!(!answer.stderr.contains(fault), "{answer:#?}");
        }
        answer
    }

    /// Asserts that the command succeeded, and returns its answer.
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.code, DONE, "{self:#?}");
        self
    }

    /// Asserts that the command was refused: one line of error, one of hint, nothing else, exit code 1. Returns both
    /// lines.
    pub(crate) fn refused(self) -> (String, String) {
        assert_eq!((self.code, self.stdout.as_str()), (INPUT, ""), "{self:#?}");
        let lines: Vec<&str> = self.stderr.lines().collect();
        let [error, hint] = lines[..] else { panic!("not two lines: {self:#?}") };
        let part = |line: &str, prefix| line.strip_prefix(prefix).map(str::to_owned).filter(|text| !text.is_empty());
        let (error, hint) = (part(error, "error: "), part(hint, "hint: "));
        let (Some(error), Some(hint)) = (error, hint) else { panic!("not an error and a hint: {self:#?}") };
        assert!(!error.ends_with('.') && !hint.ends_with('.'), "sentences without a full stop: {self:#?}");
        (error, hint)
    }

    /// The last line on stdout.
    pub(crate) fn last_line(&self) -> &str {
        self.stdout.lines().last().unwrap_or_default()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// A command of the program that runs in `folder`, not started yet.
pub(crate) fn command<S: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_steadygan"));
    command.current_dir(folder).args(arguments).env_remove("COLUMNS").stdin(Stdio::null());
    command
}

/// Runs the program in `folder` to its end; `arguments` are split at spaces.
pub(crate) fn steadygan(folder: &Path, arguments: &str) -> Answer {
    Answer::of(command(folder, arguments.split_whitespace()).output().expect("the program runs"))
}

/// Runs the program in `folder` with arguments that may hold spaces.
pub(crate) fn steadygan_with(folder: &Path, arguments: &[&str]) -> Answer {
    Answer::of(command(folder, arguments).output().expect("the program runs"))
}

/// Trains in `folder` and returns the run's folder, the last line on stdout.
pub(crate) fn train(folder: &Path, arguments: &str) -> PathBuf {
    let answer = steadygan(folder, &format!("train {arguments}")).done();
    folder.join(answer.last_line())
}

/// The names in a folder, sorted, with hidden files.
pub(crate) fn entries(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
