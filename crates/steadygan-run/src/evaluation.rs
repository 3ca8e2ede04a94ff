//! `evaluation.json`: what `steadygan evaluate` found.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::RunError;
use crate::stats::null_is_nan;
use crate::write_atomically;

/// The table of metrics of a run's fakes, or of images from any other source.
///
/// JSON has no NaN: a number that is not finite is written as `null` and read back as NaN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// [`FORMAT_VERSION`](crate::FORMAT_VERSION).
    pub format_version: u32,
    /// The run, or the source of images, that was evaluated.
    pub of: String,
    /// Real images that the run had been trained on.
    pub images: Option<u64>,
    /// Which of the run's checkpoints: `latest` or `best`.
    pub checkpoint: Option<String>,
    /// What the fakes were compared with.
    pub against: String,
    /// The side of the compared images, in pixels.
    pub size: usize,
    /// 1 for grey images, 3 for colour images, 2 for points.
    pub channels: usize,
    /// The seed of latents, of subsamples and of everything else that is random.
    pub seed: u64,
    /// A row for each metric.
    pub metrics: Vec<Metric>,
    /// What to know before any of the values is used; [`Metric::caveat`] says it too.
    #[serde(default)]
    pub caveats: Vec<String>,
    /// What could not be measured, and why.
    pub skipped: Vec<Skipped>,
}

/// What separates the caveats of a row.
const BETWEEN_CAVEATS: &str = "; ";

/// One metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// What it is called on the command line: `precision`.
    pub metric: String,
    /// Its full name, with network and parameters: `precision-k5-efficientnet-lite0`.
    pub name: String,
    /// Whether `higher`, `lower`, or `floor` (as near to the reals' own value as can be) is better.
    pub better: String,
    /// The value over all samples.
    #[serde(deserialize_with = "null_is_nan")]
    pub value: f64,
    /// The lower end of the value's 95% confidence interval.
    #[serde(deserialize_with = "null_is_nan")]
    pub low: f64,
    /// The upper end of that interval.
    #[serde(deserialize_with = "null_is_nan")]
    pub high: f64,
    /// The value that reals get in place of the fakes; NaN if the metric has no such value.
    #[serde(deserialize_with = "null_is_nan")]
    pub floor: f64,
    /// How many fakes were measured.
    pub samples: u64,
    /// How many reals the fakes were compared with.
    pub reals: u64,
    /// How many reals are on each side of the floor.
    pub floor_samples: u64,
    /// What to know before the value is used.
    pub caveat: Option<String>,
}

/// A metric that could not be measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// What it is called on the command line.
    pub metric: String,
    /// Why not.
    pub why: String,
}

impl Evaluation {
    /// The same table with caveats that hold for all its rows.
    #[must_use]
    pub fn with_caveats(mut self, caveats: Vec<String>) -> Self {
        for row in &mut self.metrics {
            let all: Vec<String> = row.caveat.take().into_iter().chain(caveats.iter().cloned()).collect();
            row.caveat = (!all.is_empty()).then(|| all.join(BETWEEN_CAVEATS));
        }
        self.caveats.extend(caveats);
        self
    }

    /// The part of a row's caveat that does not hold for all rows.
    pub fn own_caveat<'a>(&self, row: &'a Metric) -> Option<&'a str> {
        let caveat = row.caveat.as_deref()?;
        let own = caveat.strip_suffix(&self.caveats.join(BETWEEN_CAVEATS)).unwrap_or(caveat);
        Some(own.strip_suffix(BETWEEN_CAVEATS).unwrap_or(own)).filter(|own| !own.is_empty())
    }

    /// Writes the file, whole.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn save(&self, path: &Path) -> Result<(), RunError> {
        let json = serde_json::to_vec_pretty(self).expect("an evaluation is plain data");
        write_atomically(path, &json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_with_its_caveats() {
        let metric = Metric {
            metric: "precision".into(),
            name: "precision-k5-x".into(),
            better: "higher".into(),
            value: 0.5,
            low: 0.4,
            high: 0.6,
            floor: f64::NAN,
            samples: 10,
            reals: 20,
            floor_samples: 5,
            caveat: None,
        };
        let skipped = vec![Skipped { metric: "recall".into(), why: "none".into() }];
        let evaluation = Evaluation {
            format_version: crate::FORMAT_VERSION,
            of: "runs/1".into(),
            images: Some(64),
            checkpoint: Some("best".into()),
            against: "fashion".into(),
            size: 32,
            channels: 1,
            seed: 0,
            metrics: vec![metric.clone(), Metric { caveat: Some("few".into()), ..metric }],
            caveats: Vec::new(),
            skipped,
        };
        let caveats = ["all are equal", "all are small"].map(str::to_owned);
        let evaluation = evaluation.with_caveats(caveats.to_vec());
        let shown = evaluation.metrics.iter().map(|row| (row.caveat.as_deref(), evaluation.own_caveat(row)));
        let expected =
            [(Some("all are equal; all are small"), None), (Some("few; all are equal; all are small"), Some("few"))];
        assert!(shown.eq(expected), "a value never comes without its caveat");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("evaluation.json");
        evaluation.save(&path).expect("written");
        let text = std::fs::read_to_string(&path).expect("text");
        assert!(text.contains("\"floor\": null"), "{text}");
        let read: Evaluation = serde_json::from_str(&text).expect("read");
        assert!(read.metrics[0].floor.is_nan());
        assert_eq!(read.caveats, caveats);
        assert_eq!((read.metrics[0].value, read.skipped, read.images), (0.5, evaluation.skipped, Some(64)));
    }
}
