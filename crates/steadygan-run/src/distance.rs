//! A line of `metrics.jsonl` for images: how far the fakes are from the reals.

use serde::{Deserialize, Serialize};

use crate::stats::null_is_nan;

/// The kernel distance between fakes and reals, and the one between reals and other reals.
///
/// JSON has no NaN: a number that is not finite is written as `null` and read back as NaN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DistanceLine {
    /// Real images trained on so far.
    pub images: u64,
    /// The metric and its network: `kd-efficientnet-lite0`.
    pub metric: String,
    /// The distance; it may be a little below 0.
    #[serde(deserialize_with = "null_is_nan")]
    pub value: f64,
    /// The standard deviation of `value`.
    #[serde(deserialize_with = "null_is_nan")]
    pub deviation: f64,
    /// The distance between two disjoint sets of reals.
    #[serde(deserialize_with = "null_is_nan")]
    pub floor: f64,
    /// The standard deviation of `floor`.
    #[serde(deserialize_with = "null_is_nan")]
    pub floor_deviation: f64,
    /// How many fakes were measured.
    pub fakes: u64,
    /// How many reals the fakes were compared with.
    pub reals: u64,
    /// Whether `value` is the lowest so far; if so, `checkpoints/best` was written.
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
