//! The analysis of a study's runs: effects with simultaneous intervals, failure rates, verdicts.
//!
//! The model: a run's response is its row's mean, plus an effect of its seed that is the same in every row, plus noise
//! with the same deviation everywhere. The noise is estimated from replicates (runs of one row with different seeds).
//! The assumptions, and where they matter:
//!
//! * The noise is about equal in all rows that train. An effect that compares two single rows needs this. An effect
//!   that compares halves of the rows does not, because it averages over unequal rows just as the pooled noise does.
//! * A row in which only some seeds fail has a spread of its own, which replaces the pooled noise for that row. A row
//!   whose seeds all failed may fail less often than always, and a row whose seeds all trained may fail sometimes;
//!   Clopper–Pearson bounds limit both ([`failures`]). This does not widen an average over rows where no run on
//!   either side failed. It widens an effect between two rows without failures only if some row fails sometimes.
//!
//! Intervals are simultaneous by Šidák's inequality, or Dunnett's for differences from one corner ([`critical_value`]):
//! one family holds all effects of single factors and controls, another all interactions.

mod estimate;
mod failures;
mod screening;
mod study;
mod verdict;

pub use estimate::{EffectEstimate, EffectEstimator, Score, Scores, score};
pub use failures::{Arm, Failures};
pub use screening::{Lenth, lenth};
pub use study::{Analysis, Effect, analyse, detectable};
pub(super) use study::{Family, interval};
pub use verdict::{Interval, Verdict, VerdictSource, verdict};

#[cfg(doc)]
use super::distribution::critical_value;
