//! A line of `metrics.jsonl` for images: how far the fakes are from the reals.

use serde::{Deserialize, Serialize};

use crate::stats::null_is_nan;

/// The kernel distance of some fakes to some reals, and that between reals.
///
/// JSON has no NaN: a number that is not finite is written as `null` and read back as NaN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DistanceLine {
    /// Real images shown.
    pub images: u64,
    /// The metric and its network: `kd-efficientnet-lite0`.
    pub metric: String,
    /// The distance; it may be a little below 0.
    #[serde(deserialize_with = "null_is_nan")]
    pub value: f64,
    /// Its standard deviation.
    #[serde(deserialize_with = "null_is_nan")]
    pub deviation: f64,
    /// The distance between two disjoint sets of reals.
    #[serde(deserialize_with = "null_is_nan")]
    pub floor: f64,
    /// Its standard deviation.
    #[serde(deserialize_with = "null_is_nan")]
    pub floor_deviation: f64,
    /// Fakes that this was measured on.
    pub fakes: u64,
    /// Reals that they were compared with.
    pub reals: u64,
    /// Whether it is the lowest so far, for which `checkpoints/best` was written.
    pub best: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_those_of_the_contract() {
        let text = r#"{"images":64,"metric":"kd-x","value":0.5,"deviation":0.25,"floor":0.0,"floor_deviation":null,"fakes":512,"reals":1000,"best":true}"#;
        let read: DistanceLine = serde_json::from_str(text).expect("a line");
        assert!(read.best && read.floor_deviation.is_nan() && read.reals == 1000);
        assert_eq!(serde_json::to_string(&read).expect("json"), text);
        assert!(serde_json::from_str::<DistanceLine>(r#"{"images":64,"modes":3}"#).is_err());
    }
}
