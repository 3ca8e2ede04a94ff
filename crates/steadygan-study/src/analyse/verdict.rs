//! The verdict on an interval, in one word.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An effect on the logarithm of the distance, with an interval that holds at once with the others of its family.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The estimate.
    pub estimate: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// What an interval says about an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The distance is smaller with the level.
    Helps,
    /// The distance is larger with the level.
    Hurts,
    /// The effect is too small to matter.
    Within,
    /// The runs cannot decide.
    Unresolved,
}

/// Where a verdict comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictSource {
    /// From replicates: the intervals have the stated confidence.
    Replicates,
    /// From one seed, by Lenth's method: a screening, which is only valid if most effects are small.
    Screening,
}

/// The verdict on an interval. Effects between −`margin` and `margin` are too small to matter: an interval between
/// these is [`Within`], even if it excludes zero.
///
/// [`Within`]: Verdict::Within
pub fn verdict(interval: Interval, margin: f64) -> Verdict {
    let Interval { low, high, .. } = interval;
    if -margin < low && high < margin {
        Verdict::Within
    } else if high < 0.0 {
        Verdict::Helps
    } else if low > 0.0 {
        Verdict::Hurts
    } else {
        Verdict::Unresolved
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Helps => "helps",
            Self::Hurts => "hurts",
            Self::Within => "within ±δ",
            Self::Unresolved => "unresolved",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_words() {
        let said = |low: f64, high: f64| verdict(Interval { estimate: f64::midpoint(low, high), low, high }, 0.1);
        assert_eq!(said(-0.5, -0.01), Verdict::Helps);
        assert_eq!(said(0.01, 0.5), Verdict::Hurts);
        assert_eq!(said(-0.05, 0.05), Verdict::Within);
        assert_eq!(said(-0.09, -0.01), Verdict::Within);
        assert_eq!(said(-0.5, 0.01), Verdict::Unresolved);
        assert_eq!(said(f64::NEG_INFINITY, f64::INFINITY), Verdict::Unresolved);
        assert_eq!(said(f64::NAN, f64::NAN), Verdict::Unresolved);
    }
}
