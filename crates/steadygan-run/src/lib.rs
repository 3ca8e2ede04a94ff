//! The run directory of SteadyGAN: plain records, their writer and a tailing reader.
//!
//! Everything that training leaves behind is a file with a fixed name in one folder, so that the dashboard, reports and
//! any other script can read it without the trainer. The format is public and versioned ([`FORMAT_VERSION`]);
//! `docs/run-directory.md` is its contract. This crate knows no tensors, HTTP or command lines.
//!
//! # What survives a kill, and why
//!
//! A process may be killed between any two system calls, and the resumed run must still give the same bits as a run
//! that was not killed. Two rules ensure that:
//!
//! 1. **A file is either replaced whole or appended to.** [`write_atomically`] writes beside the
//!    target, syncs, and renames, so a reader finds the old bytes or the new ones, never a mixture.
//!    `log.txt` and the `.jsonl` files are appended to, one line a write ([`JsonLines`]), and every
//!    reader tolerates a last line that is torn.
//! 2. **The renamed `checkpoints/latest/state.safetensors` is the commit.** A run has done what that file says. At
//!    resume, everything in other files that goes beyond it is removed.
//!
//! Each time the trainer saves, it therefore writes in this order:
//!
//! | step | written | killed right after it |
//! |---|---|---|
//! | 1 | lines of `stats`, `findings` and `metrics`, then [`JsonLines::sync`] | [`cut_back`] removes the lines beyond the checkpoint; they are written again |
//! | 2 | `fakes/<images>.png` | [`RunDirectory::cut_back_fakes`] removes it; it is drawn again |
//! | 3 | `checkpoints/best`, if this is the best so far | it is written again with the same bytes |
//! | 4 | `checkpoints/latest` | everything is saved |
//!
//! The best checkpoint is written before the latest, because the latest records which one was best: in the other order
//! a kill between them would leave a record of a best file that was never written. The sync of step 1 matters only for
//! a power cut: without it the checkpoint could reach the disk before lines that no resumed run would write again.
//!
//! A new run writes `recipe.toml`, `manifest.json`, `reals.png` and, last of all, `plan.json` before
//! its first step. If it is killed before `plan.json`, nothing has been trained and the folder cannot be
//! resumed. If it is killed between that and the first checkpoint, the run starts again from the plan at 0
//! images, which is a cut back to 0. A manifest that says [`Outcome::Running`] while no process holds the
//! run's [`RunLock`] belongs to a killed run. Temporary files of a killed writer are removed by the
//! next holder of the lock, and by whoever writes next in that folder.

mod atomic;
mod checkpoint_kind;
mod directory;
mod distance;
mod error;
pub mod evaluation;
mod excerpt;
mod exit;
mod fakes;
mod finding;
mod held_folder;
mod json_lines;
mod line_reader;
mod lines;
mod lock;
mod manifest;
mod modes;
mod number;
mod regular;
mod signs;
mod staged_folder;
mod stats;
mod study_directory;
mod tail;
mod temporary;
mod written;

pub use atomic::{write_atomically, write_atomically_with};
pub use checkpoint_kind::{CheckpointKind, UnknownCheckpoint};
pub use directory::{RunDirectory, list};
pub use distance::DistanceLine;
pub use error::{RunError, reason};
pub use evaluation::Evaluation;
pub use excerpt::{read_last_lines, read_spread_lines};
pub use exit::{EXIT_DONE, EXIT_INTERRUPTED, EXIT_TRAINING_FAILED};
pub use finding::{Advice, Finding, Severity};
pub use held_folder::HeldFolder;
pub use json_lines::{JsonLines, append_text};
pub use line_reader::MAX_LINE_BYTES;
pub use lines::{Lines, cut_back, read_lines, read_lines_if_any};
pub use lock::{RunLock, StudyLock};
pub use manifest::{DataRecord, MAX_MANIFEST_BYTES, MAX_SKIPPED_LISTED, Manifest, Outcome, SkippedFile};
pub use modes::ModesLine;
pub use regular::{is_irregular, is_regular, is_there, open_named, open_regular};
pub use signs::{Signs, StatsLine};
pub use staged_folder::StagedFolder;
pub use stats::Stats;
pub use study_directory::StudyDirectory;
pub use tail::{Polled, Tail};
pub use temporary::{NoTemporaries, is_temporary, remove_own_temporaries};
pub use written::written_by;

/// The version of the run directory's format, written to every manifest. A program refuses a
/// manifest of another version; a new key that old readers may ignore does not change it.
pub const FORMAT_VERSION: u32 = 1;
