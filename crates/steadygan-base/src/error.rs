//! The library's one error type: what went wrong, who can act on it, and what to do next.

use crate::names::printable;
use std::fmt;
use std::fmt::Display;
use std::io;
use steadygan_run::RunError;

/// Which part of what the user gave (or of the machine) an [`Error`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// A recipe, a setting or an argument.
    Recipe,
    /// Images, archives, latents: anything read as data.
    Data,
    /// A checkpoint, weights, or another file of a run directory.
    Checkpoint,
    /// The compute device.
    Device,
    /// The file system refused to read or write.
    Io,
}

/// Could not do what was asked. How training ended is not an error: that is an
/// [`Outcome`](steadygan_run::Outcome).
///
/// The message is a sentence without a full stop; the hint says what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    hint: String,
}

/// The hint for a path that is no run's folder.
pub const NO_RUN: &str = "name a run's folder, such as runs/00001-fashion-hacks; `steadygan train` starts a new one";

/// The hint for a link, a FIFO, a device or the like in the folder of a run or a study.
const REGULAR_ONLY: &str = "put the file or folder itself there: in the folder of a run or a study no link is followed, \
                            and nothing but regular files is read";

/// The result of anything that can fail in this library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error about a recipe, a setting or an argument.
    pub fn recipe(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(ErrorKind::Recipe, message, hint)
    }

    /// An error about data.
    pub fn data(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(ErrorKind::Data, message, hint)
    }

    /// An error about a checkpoint, weights or a run directory.
    pub fn checkpoint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(ErrorKind::Checkpoint, message, hint)
    }

    /// An error about the compute device.
    pub fn device(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(ErrorKind::Device, message, hint)
    }

    /// An error of the file system, `what` being the sentence's start ("cannot read photos/a.png"). If the cause is a
    /// link or the like where only a regular file is read, the hint says that in place of `hint`.
    pub fn io(what: impl Display, cause: &io::Error, hint: impl Into<String>) -> Self {
        let hint = if steadygan_run::is_irregular(cause) { REGULAR_ONLY.into() } else { hint.into() };
        Self::new(ErrorKind::Io, format!("{what}: {}", steadygan_run::reason(cause)), hint)
    }

    fn new(kind: ErrorKind, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { kind, message: printable_lines(&message.into()), hint: printable_lines(&hint.into()) }
    }

    /// The same error with another hint.
    #[must_use]
    pub fn with_hint(self, hint: &str) -> Self {
        Self { hint: printable_lines(hint), ..self }
    }

    /// What the error is about.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What to do next.
    pub fn hint(&self) -> &str {
        &self.hint
    }
}

/// Lines, each [`printable`], because a message may quote what a file says.
fn printable_lines(text: &str) -> String {
    text.split('\n').map(printable).collect::<Vec<_>>().join("\n")
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Returns an error unless `ok`: the recipe key `key`, whose value is `found`, must be `wanted`.
///
/// # Errors
///
/// `ok` is false.
pub fn require(ok: bool, key: &str, found: impl Display, wanted: &str) -> Result<()> {
    if ok {
        return Ok(());
    }
    let hint = format!("set it with --set {key}=VALUE or in the recipe");
    Err(Error::recipe(format!("`{key}` is {found} but must be {wanted}"), hint))
}

/// Returns an error unless `value` is positive and finite as a 32-bit float, because training computes in 32 bits.
///
/// # Errors
///
/// `value` is zero, negative, not finite, or becomes so in 32 bits.
pub fn require_positive(value: f64, key: &str) -> Result<()> {
    let narrow = value as f32;
    require(narrow.is_finite() && narrow > 0.0, key, value, "a positive number of 32 bits")
}

impl From<RunError> for Error {
    fn from(error: RunError) -> Self {
        let (kind, hint) = match error.io_kind() {
            Some(io::ErrorKind::NotFound) => (ErrorKind::Io, NO_RUN),
            Some(io::ErrorKind::StorageFull) => {
                (ErrorKind::Io, "free some space and try again; a run resumes from its last checkpoint")
            }
            Some(_) if error.is_irregular() => (ErrorKind::Io, REGULAR_ONLY),
            Some(_) => (ErrorKind::Io, "check the path, and that you may read and write there"),
            None if error.is_moved() => (
                ErrorKind::Io,
                "put it back, or go on where it is now: `steadygan resume RUN` continues from its last checkpoint",
            ),
            None if error.is_other_version() => (ErrorKind::Checkpoint, "use the program that wrote it"),
            None => (ErrorKind::Checkpoint, NO_RUN),
        };
        Self::new(kind, error.to_string(), hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use steadygan_run::{Manifest, RunDirectory};

    /// The smallest recipe that did it: `"\u001b" = 1`.
    #[test]
    fn a_message_does_not_command_a_terminal() {
        let error = Error::recipe("unknown key `\u{1b}`\nin line 1", "\u{7}").with_hint("\u{1b}[2J");
        assert_eq!((error.to_string().as_str(), error.hint()), ("unknown key `\\u{1b}`\nin line 1", "\\u{1b}[2J"));
    }

    #[test]
    fn what_the_system_refuses_and_what_is_malformed_differ_in_kind() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let missing = Error::from(RunDirectory::open(&folder.path().join("none")).expect_err("no such folder"));
        assert_eq!((missing.kind(), missing.hint()), (ErrorKind::Io, NO_RUN));
        let empty = Error::from(RunDirectory::open(folder.path()).expect_err("no run"));
        assert_eq!((empty.kind(), empty.hint()), (ErrorKind::Checkpoint, NO_RUN));
        let path = folder.path().join("manifest.json");
        std::fs::write(&path, r#"{"format_version": 99}"#).expect("a file");
        let later = Error::from(Manifest::load(&path).expect_err("another version"));
        assert_eq!((later.kind(), later.hint()), (ErrorKind::Checkpoint, "use the program that wrote it"));
    }
}
