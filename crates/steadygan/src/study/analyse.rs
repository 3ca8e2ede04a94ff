//! What a study's runs say: effects with intervals that hold all at once, failures, verdicts.
//!
//! The model: a run's response is its row's mean, plus what its seed does to every row, plus noise of one deviation. Rows are compared with
//! that noise, which replicates show. What this takes for granted, and where it matters:
//!
//! * The noise is about equal in all rows that train. An effect between halves of the rows does not need it, since it averages over
//!   unequal rows as the pooled noise does; one between two rows does.
//! * A row of which some seeds fail and some do not has a spread of its own, which is used for it in place of the pooled noise. How
//!   far from always a row fails whose seeds all failed, and from never one whose seeds all trained, is bounded by counts
//!   ([`failures`]); where no run of either side of an effect failed, it is taken for never.
//!
//! Intervals are simultaneous by Šidák's inequality ([`critical_value`]): over all effects of single factors (and controls) at once, and over
//! all interactions at once.

mod failures;
mod noise;
mod screening;
mod study;
mod verdict;

pub use failures::{Arm, Failures};
pub use noise::{Estimate, Evidence, Noise, Score, Scores, scored};
pub use screening::{Lenth, lenth};
pub use study::{Analysis, Effect, Settings, analyse, detectable};
pub(super) use study::{Family, interval};
pub use verdict::{Decided, Interval, Verdict, verdict};

#[cfg(doc)]
use super::distribution::critical_value;
