//! The lines that are kept of a run, so that a later doctor can read them without training the run again.

use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use steadygan::{Error, Result};
use steadygan_run::{ModesLine, Outcome, StatsLine, read_lines};

/// A line of a file of kept lines: everything that the doctor reads of a run, and how the run ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "nearly all lines are of the largest variant")]
pub enum Line {
    /// The first line: the name of the case.
    Of {
        /// The name.
        case: String,
    },
    /// The last line: how the run ended.
    Ended(Outcome),
    /// How the fakes are spread over the known modes.
    Modes(ModesLine),
    /// A line of stats.
    Stats(StatsLine),
}

/// The file of the case with this number.
fn file(folder: &Path, number: &str) -> PathBuf {
    folder.join(format!("{number}.jsonl"))
}

/// Writes the lines of a case.
///
/// # Errors
///
/// The folder or the file cannot be written.
pub fn write_kept_lines(folder: &Path, number: &str, case: String, lines: &[Line]) -> std::io::Result<()> {
    let mut text = String::new();
    for line in std::iter::once(&Line::Of { case }).chain(lines) {
        let _ = writeln!(text, "{}", serde_json::to_string(line).expect("lines are plain data"));
    }
    fs::create_dir_all(folder)?;
    fs::write(file(folder, number), text)
}

/// Reads the lines of a case.
///
/// # Errors
///
/// The file is absent, holds another case's lines, or has no last line.
pub fn read_kept_lines(folder: &Path, number: &str, case: &str) -> Result<Vec<Line>> {
    let path = file(folder, number);
    let lines = read_lines::<Line>(&path)?.records;
    match &lines[..] {
        [Line::Of { case: of }, .., Line::Ended(_)] if of == case => Ok(lines),
        _ => Err(Error::checkpoint(
            format!("{} does not have all lines of {case}", path.display()),
            "train the runs of the current test set again with `cargo xtask planted --set SET --keep FOLDER`",
        )),
    }
}
