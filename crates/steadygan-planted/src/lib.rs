//! Planted failures: training runs that fail in a known way, and healthy runs of the same recipes.
//!
//! Thresholds of the doctor (`steadygan::diagnose`) are chosen on the *tuning set*, and the doctor is scored on the
//! *held-out set*. A set is a file in `editions/`, from which [`TestSet`] reads its cases. [`play`] trains a case until
//! the doctor makes a severe finding; [`train_to_end`] trains it without the doctor and keeps the lines that the doctor
//! would read; [`diagnose`] has a doctor read these lines later.

mod best;
mod canvas;
mod case;
mod data;
mod failure;
mod intervention;
mod lines;
mod pictures;
mod play;
mod points;
mod set;

pub use best::{BestCheckpoint, best_checkpoint};
pub use case::Case;
pub use data::Data;
pub use failure::{Failure, Layer};
pub use lines::{Line, read_kept_lines, write_kept_lines};
pub use play::{Diagnosis, Trained, diagnose, play, train_to_end};
pub use set::{FailedRun, Recipe, SETS, TestSet};
