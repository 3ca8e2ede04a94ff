//! The crate's one error type: a failure on the file system, with the path it is about.

use crate::FORMAT_VERSION;
use crate::regular;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A failure on the file system, with the path.
///
/// Its message is a sentence without a full stop: "cannot write runs/x: permission denied" when the
/// system refused, "runs/x is not a run directory" when the content is not what it has to be.
#[derive(Debug)]
pub struct RunError {
    path: PathBuf,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    /// The system refused to do `what` ("write") with the path.
    Refused { what: &'static str, source: io::Error },
    /// The content has this version of the format, not [`FORMAT_VERSION`].
    OtherVersion(u32),
    /// The run's folder is no longer at the path.
    Moved,
    /// The content is wrong; the text follows the path in the message ("is not a run directory").
    Malformed(String),
}

impl RunError {
    pub(crate) fn refused(what: &'static str, path: &Path, source: io::Error) -> Self {
        Self { path: path.to_path_buf(), cause: Cause::Refused { what, source } }
    }

    pub(crate) fn malformed(path: &Path, predicate: impl Into<String>) -> Self {
        Self { path: path.to_path_buf(), cause: Cause::Malformed(predicate.into()) }
    }

    pub(crate) fn other_version(path: &Path, found: u32) -> Self {
        Self { path: path.to_path_buf(), cause: Cause::OtherVersion(found) }
    }

    pub(crate) fn moved(path: &Path) -> Self {
        Self { path: path.to_path_buf(), cause: Cause::Moved }
    }

    /// The path that the failure is about.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The kind of the system's error; `None` if the content was at fault.
    pub fn io_kind(&self) -> Option<io::ErrorKind> {
        match &self.cause {
            Cause::Refused { source, .. } => Some(source.kind()),
            Cause::OtherVersion(_) | Cause::Moved | Cause::Malformed(_) => None,
        }
    }

    /// Whether another version of the program wrote the content, in a form that this one does not read.
    pub fn is_other_version(&self) -> bool {
        matches!(self.cause, Cause::OtherVersion(_))
    }

    /// Whether a link, a FIFO, a device or the like is in the place of a regular file or a folder.
    pub fn is_irregular(&self) -> bool {
        matches!(&self.cause, Cause::Refused { source, .. } if regular::is_irregular(source))
    }

    /// Whether a run's folder was moved or removed while it was trained.
    pub fn is_moved(&self) -> bool {
        matches!(self.cause, Cause::Moved)
    }

    /// Whether the path does not exist.
    pub fn is_not_found(&self) -> bool {
        self.io_kind() == Some(io::ErrorKind::NotFound)
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.cause {
            Cause::Refused { what, source } => {
                write!(f, "cannot {what} {path}: {}", reason(source))
            }
            Cause::OtherVersion(found) => {
                write!(f, "{path} has format version {found}, this program reads {FORMAT_VERSION}")
            }
            Cause::Moved => write!(f, "{path} was moved or removed while it was trained"),
            Cause::Malformed(predicate) => write!(f, "{path} {predicate}"),
        }
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.cause {
            Cause::Refused { source, .. } => Some(source),
            Cause::OtherVersion(_) | Cause::Moved | Cause::Malformed(_) => None,
        }
    }
}

/// The system's message as the end of a sentence: without "(os error 13)" and without a capital.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or(&text);
    let words = words.trim_end_matches('.');
    let mut characters = words.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    #[test]
    fn a_refusal_is_one_sentence_with_the_path() {
        let source = io::Error::new(io::ErrorKind::PermissionDenied, "Permission denied.");
        let error = RunError::refused("write", Path::new("runs/x"), source);
        assert_eq!(error.to_string(), "cannot write runs/x: permission denied");
        assert_eq!(error.io_kind(), Some(io::ErrorKind::PermissionDenied));
        assert!(error.source().is_some());
    }

    #[test]
    fn the_number_of_a_system_error_is_left_out() {
        let source = std::fs::read("no/such/file").expect_err("the file does not exist");
        let text = RunError::refused("read", Path::new("no/such/file"), source).to_string();
        assert!(text.starts_with("cannot read no/such/file: "), "{text}");
        assert!(!text.contains("os error"), "{text}");
    }

    #[test]
    fn malformed_content_has_no_source() {
        let error = RunError::malformed(Path::new("runs/x"), "is not a run directory");
        assert_eq!(error.to_string(), "runs/x is not a run directory");
        assert!(error.source().is_none());
        assert!(!error.is_not_found());
    }
}
