//! What the page of one run shows besides its curves and its summary.

use crate::files::{self, Stamp};
use crate::study;
use crate::summary::{MAX_PLAN_BYTES, sheets};
use serde::Serialize;
use serde_json::Value;
use std::path::Path;
use steadygan_run::{RunDirectory, read_last_lines};

/// How large an evaluation may be, in bytes: a hundred times a real one.
const MAX_EVALUATION_BYTES: u64 = 1 << 20;

/// How much of `findings.jsonl` is shown, in bytes from its end.
const FINDINGS_BYTES: u64 = 1 << 20;

/// How large a picture may be, in bytes: 64 colour images of 128 pixels take a twentieth of it.
const MAX_PICTURE_BYTES: u64 = 64 << 20;

/// One run, without its summary and its curves.
#[derive(Debug, Serialize)]
pub(crate) struct Detail {
    /// The sheets of fakes that can be requested, by the images trained on, in order; 0 is the sheet before training.
    pub(crate) sheets: Vec<u64>,
    /// How many sheets the run has.
    sheets_written: usize,
    pub(crate) has_reals: bool,
    /// Whether the run has a checkpoint, from which new images can be drawn.
    pub(crate) has_checkpoint: bool,
    recipe: Option<String>,
    plan: Option<Value>,
    /// `evaluation.json`.
    evaluation: Option<Value>,
    /// The lines of `findings.jsonl`.
    pub(crate) findings: Vec<Value>,
}

impl Detail {
    pub(crate) fn of(run: &RunDirectory) -> Self {
        let json = |file: &Path, limit| serde_json::from_slice(&files::read(file, limit)?).ok();
        let findings =
            Stamp::of_file(&run.findings()).and_then(|_| read_last_lines(&run.findings(), FINDINGS_BYTES).ok());
        let latest = run.checkpoint(steadygan_run::CheckpointKind::Latest);
        let sheets = sheets(run);
        Self {
            sheets_written: sheets.len(),
            sheets,
            has_reals: Stamp::of_file(&run.reals()).is_some(),
            has_checkpoint: Stamp::of_file(&latest).is_some(),
            recipe: study::text(&run.recipe()),
            plan: json(&run.plan(), MAX_PLAN_BYTES),
            evaluation: json(&run.evaluation(), MAX_EVALUATION_BYTES),
            findings: findings.map_or_else(Vec::new, |lines| lines.records),
        }
    }
}

/// A picture's bytes; `None` if the file is not a PNG.
pub(crate) fn picture(file: &Path) -> Option<Vec<u8>> {
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
    files::read(file, MAX_PICTURE_BYTES).filter(|bytes| bytes.starts_with(PNG))
}
