//! The lines that are kept of a run, by which a later doctor judges it without training it again.

use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use steadygan::{Error, Result};
use steadygan_run::{ModesLine, Outcome, StatsLine, read_lines};

/// All that the doctor sees of a run while it trains, and how it ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "nearly all are the largest")]
pub(crate) enum Kept {
    /// The first line: whose lines these are.
    Of { case: String },
    /// The last line.
    Ended(Outcome),
    /// How fakes are spread over known modes.
    Modes(ModesLine),
    /// At a line of stats.
    Stats(StatsLine),
}

/// The file of a case by its number.
fn file(folder: &Path, number: &str) -> PathBuf {
    folder.join(format!("{number}.jsonl"))
}

/// Writes what is kept of a case.
pub(crate) fn write(folder: &Path, number: &str, case: String, lines: &[Kept]) -> std::io::Result<()> {
    let mut text = String::new();
    for line in std::iter::once(&Kept::Of { case }).chain(lines) {
        let _ = writeln!(text, "{}", serde_json::to_string(line).expect("plain data"));
    }
    fs::create_dir_all(folder)?;
    fs::write(file(folder, number), text)
}

/// Reads what is kept of a case.
///
/// # Errors
///
/// There is no such file, it is another case's, or the run had not ended.
pub(crate) fn read(folder: &Path, number: &str, case: &str) -> Result<Vec<Kept>> {
    let path = file(folder, number);
    let lines = read_lines::<Kept>(&path)?.records;
    match &lines[..] {
        [Kept::Of { case: of }, .., Kept::Ended(_)] if of == case => Ok(lines),
        _ => Err(Error::checkpoint(
            format!("{} has not all lines of {case}", path.display()),
            "keep them with `look`, by the corpus as it is now",
        )),
    }
}
