//! All that is known of one run beside its curves, and one study's file.

use crate::files::{self, Stamp};
use crate::summary::{MAX_PLAN_BYTES, sheets};
use serde::Serialize;
use serde_json::Value;
use std::path::Path;
use steadygan_run::{RunDirectory, read_last_lines};

/// How large a recipe may be, in bytes.
const MAX_RECIPE_BYTES: u64 = 256 << 10;

/// How large a study's file may be, in bytes.
const MAX_STUDY_BYTES: u64 = 8 << 20;

/// How much of `findings.jsonl` is shown, in bytes from its end.
const FINDINGS_BYTES: u64 = 1 << 20;

/// How large a picture may be, in bytes: 64 colour images of 128 pixels take a twentieth of it.
const MAX_PICTURE_BYTES: u64 = 64 << 20;

/// One run, beside its summary.
#[derive(Debug, Serialize)]
pub(crate) struct Detail {
    /// Images of the sheets of fakes, in order; 0 is the one before training.
    sheets: Vec<u64>,
    has_reals: bool,
    has_checkpoint: bool,
    recipe: Option<String>,
    plan: Option<Value>,
    /// The lines of `findings.jsonl`.
    findings: Vec<Value>,
}

impl Detail {
    pub(crate) fn of(run: &RunDirectory) -> Self {
        let recipe = files::read(&run.recipe(), MAX_RECIPE_BYTES);
        let plan = files::read(&run.plan(), MAX_PLAN_BYTES);
        let findings =
            Stamp::of_file(&run.findings()).and_then(|_| read_last_lines(&run.findings(), FINDINGS_BYTES).ok());
        let latest = run.checkpoint(steadygan_run::Which::Latest);
        Self {
            sheets: sheets(run),
            has_reals: Stamp::of_file(&run.reals()).is_some(),
            has_checkpoint: Stamp::of_file(&latest).is_some(),
            recipe: recipe.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
            plan: plan.and_then(|bytes| serde_json::from_slice(&bytes).ok()),
            findings: findings.map_or_else(Vec::new, |lines| lines.records),
        }
    }
}

/// A study's file, whatever it says.
pub(crate) fn study(file: &Path) -> Option<Value> {
    serde_json::from_slice(&files::read(file, MAX_STUDY_BYTES)?).ok()
}

/// A picture's bytes; nothing if the file is no PNG.
pub(crate) fn picture(file: &Path) -> Option<Vec<u8>> {
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
    files::read(file, MAX_PICTURE_BYTES).filter(|bytes| bytes.starts_with(PNG))
}
