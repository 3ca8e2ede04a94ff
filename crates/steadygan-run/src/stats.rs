//! One line of `stats.jsonl`.

use serde::{Deserialize, Deserializer, Serialize};

/// How training went over the interval between two lines: means over its steps.
///
/// JSON has no NaN: a number that is not finite is written as `null` and read back as NaN.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stats {
    /// Real images trained on at the interval's end.
    pub images: u64,
    /// Training time since the run's start, in seconds, pauses between resumes left out.
    #[serde(deserialize_with = "null_is_nan")]
    pub time_s: f64,
    /// Real images trained on per second over the interval.
    #[serde(deserialize_with = "null_is_nan")]
    pub images_per_s: f64,
    /// The discriminator's loss.
    #[serde(deserialize_with = "null_is_nan")]
    pub loss_d: f64,
    /// The generator's loss.
    #[serde(deserialize_with = "null_is_nan")]
    pub loss_g: f64,
    /// What penalties added to the discriminator's loss.
    #[serde(default, deserialize_with = "null_is_nan")]
    pub penalty: f64,
    /// The discriminator's logit on reals.
    #[serde(deserialize_with = "null_is_nan")]
    pub logit_real: f64,
    /// The discriminator's logit on fakes.
    #[serde(deserialize_with = "null_is_nan")]
    pub logit_fake: f64,
    /// The L2 norm of the discriminator's gradient.
    #[serde(deserialize_with = "null_is_nan")]
    pub grad_norm_d: f64,
    /// The L2 norm of the generator's gradient.
    #[serde(deserialize_with = "null_is_nan")]
    pub grad_norm_g: f64,
    /// How much the fakes of a batch differ from each other; it falls to 0 as they become one image.
    #[serde(deserialize_with = "null_is_nan")]
    pub diversity: f64,
}

pub(crate) fn null_is_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn stats_at(images: u64) -> Stats {
        Stats {
            images,
            time_s: 1.5,
            images_per_s: 2.5,
            loss_d: 0.25,
            loss_g: 4.0,
            penalty: 0.0,
            logit_real: 1.0,
            logit_fake: -1.0,
            grad_norm_d: 0.5,
            grad_norm_g: 0.75,
            diversity: 0.125,
        }
    }

    #[test]
    fn the_keys_are_those_of_the_contract() {
        assert_eq!(
            serde_json::to_string(&stats_at(64)).expect("json"),
            r#"{"images":64,"time_s":1.5,"images_per_s":2.5,"loss_d":0.25,"loss_g":4.0,"penalty":0.0,"#.to_owned()
                + r#""logit_real":1.0,"logit_fake":-1.0,"grad_norm_d":0.5,"grad_norm_g":0.75,"#
                + r#""diversity":0.125}"#
        );
    }

    #[test]
    fn numbers_that_are_not_finite_survive_as_nan() {
        let mut stats = stats_at(64);
        stats.loss_d = f64::NAN;
        stats.grad_norm_g = f64::INFINITY;
        let line = serde_json::to_string(&stats).expect("json");
        assert!(line.contains(r#""loss_d":null"#), "{line}");
        let read: Stats = serde_json::from_str(&line).expect("stats");
        assert!(read.loss_d.is_nan() && read.grad_norm_g.is_nan());
        let finite = Stats { loss_d: 0.25, grad_norm_g: 0.75, ..read };
        assert_eq!(finite, stats_at(64));
    }

    #[test]
    fn a_line_without_a_key_is_not_stats() {
        assert!(serde_json::from_str::<Stats>(r#"{"images":64,"fid":20.0}"#).is_err());
    }
}
