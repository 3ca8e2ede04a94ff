//! An interval in a word.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An effect on the logarithm of the distance, with the interval that holds together with the others'.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The estimate.
    pub estimate: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// What an interval says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The distance is smaller with it.
    Helps,
    /// The distance is larger with it.
    Hurts,
    /// Whatever it does is less than what matters.
    Within,
    /// The runs cannot say.
    Unresolved,
}

/// Where a verdict comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decided {
    /// From replicates: the intervals have the confidence that they say.
    Replicates,
    /// From one seed, by Lenth's method: a screening, which needs most effects to be small.
    Screening,
}

/// The verdict of an interval, effects between ±`margin` being too small to matter. An interval that lies between them is [`Within`],
/// also where it leaves out zero.
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
