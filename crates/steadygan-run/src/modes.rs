//! A line of `metrics.jsonl` where the data's modes are known.

use serde::{Deserialize, Serialize};

use crate::stats::null_is_nan;

/// How the fakes are spread over the modes of the data.
///
/// JSON has no NaN: a number that is not finite is written as `null` and read back as NaN.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ModesLine {
    /// Real images trained on so far.
    pub images: u64,
    /// Modes with at least one fake of high quality.
    pub modes: u64,
    /// How many modes the data has.
    pub of: u64,
    /// The share of the fakes that are of high quality.
    #[serde(deserialize_with = "null_is_nan")]
    pub high_quality: f64,
    /// The KL divergence, in nats, of the high-quality fakes' distribution over modes from the uniform one; NaN
    /// if there are none.
    #[serde(deserialize_with = "null_is_nan")]
    pub reverse_kl: f64,
    /// How many fakes were counted.
    pub samples: u64,
    /// For points only: the energy distance of the fakes to as many reals, in the unit of their coordinates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy_distance: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_those_of_the_contract() {
        let line = ModesLine {
            images: 64,
            modes: 0,
            of: 8,
            high_quality: 0.0,
            reverse_kl: f64::NAN,
            samples: 2500,
            energy_distance: None,
        };
        let text = r#"{"images":64,"modes":0,"of":8,"high_quality":0.0,"reverse_kl":null,"samples":2500}"#;
        assert_eq!(serde_json::to_string(&line).expect("json"), text);
        let read: ModesLine = serde_json::from_str(text).expect("a line");
        assert!(read.reverse_kl.is_nan() && read.of == 8);
        assert!(serde_json::from_str::<ModesLine>(r#"{"images":64,"fid":20.0}"#).is_err());
        let with = ModesLine { energy_distance: Some(0.25), ..line };
        let text = serde_json::to_string(&with).expect("json");
        assert!(text.ends_with(r#""samples":2500,"energy_distance":0.25}"#), "{text}");
    }
}
