//! Schedules: values that change during training.
//!
//! ```
//! use steadygan_base::schedule::{Schedule, Shape};
//!
//! let decay = Schedule { from: 0.1, to: 0.0, over: 50_000, shape: Shape::Linear };
//! assert_eq!(decay.at(0), 0.1);
//! assert_eq!(decay.at(25_000), 0.05);
//! assert_eq!(decay.at(80_000), 0.0);
//! ```

use crate::count::Count;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;
use toml::{Table, Value};

/// A value that goes from one number to another over the first `over` real images of training, and then stays.
///
/// In a recipe it is a number (or, if the value counts images, a word such as `"10k"`), or a table:
/// `{ from = 0.1, to = 0.0, over = "50k", shape = "cosine" }`. `over` is a number of images, or, written with a decimal
/// point, a share of the run's images; the default `1.0` is the whole run. The plan stores `over` in images, so that a
/// run resumed with more images keeps its curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Notation", into = "Notation")]
pub struct Schedule {
    /// The value before the first image.
    pub from: f64,
    /// The value after `over` images.
    pub to: f64,
    /// Images over which the value changes; [`WHOLE_RUN`] until a plan knows the run's length.
    pub over: u64,
    /// The curve between the two values.
    pub shape: Shape,
}

/// Stands for the whole run in [`Schedule::over`], until a plan replaces it by the run's number of images.
pub const WHOLE_RUN: u64 = i64::MAX as u64;

/// The curve of a schedule between its two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// A straight line.
    #[default]
    Linear,
    /// Half a cosine, which changes slowly at both ends (Loshchilov and Hutter 2017, without restarts).
    Cosine,
}

/// The forms in which a recipe or a plan writes a schedule.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "neither a number nor a schedule { from = …, to = …, over = …, shape = … }")]
enum Notation {
    Number(f64),
    Word(String),
    Curve(Curve),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Curve {
    from: f64,
    to: f64,
    over: Span,
    #[serde(default)]
    shape: Shape,
}

/// A number of images, or the share 1.0 for the whole run.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "neither a number of images, a word such as \"50k\" nor a share such as 0.5")]
enum Span {
    Images(u64),
    Share(f64),
}

impl TryFrom<Notation> for Schedule {
    type Error = String;

    fn try_from(notation: Notation) -> Result<Self, String> {
        Ok(match notation {
            Notation::Number(value) => Self::constant(value),
            Notation::Word(word) => match word.parse::<Count>() {
                Ok(count) => Self::constant(count.0 as f64),
                Err(_) => return Err(format!("`{word}` is neither a number nor a number of images such as \"10k\"")),
            },
            Notation::Curve(Curve { from, to, over, shape }) => {
                let over = match over {
                    Span::Images(over) => over,
                    Span::Share(1.0) => WHOLE_RUN,
                    Span::Share(share) => return Err(format!("`{share}` is no share of a run")),
                };
                Self { from, to, over, shape }
            }
        })
    }
}

impl From<Schedule> for Notation {
    fn from(schedule: Schedule) -> Self {
        let Schedule { from, to, over, shape } = schedule;
        if schedule.is_constant() {
            return Self::Number(from);
        }
        let over = if over == WHOLE_RUN { Span::Share(1.0) } else { Span::Images(over) };
        Self::Curve(Curve { from, to, over, shape })
    }
}

impl Schedule {
    /// A schedule that always has this value.
    pub const fn constant(value: f64) -> Self {
        Self { from: value, to: value, over: 0, shape: Shape::Linear }
    }

    /// Whether the value never changes.
    pub fn is_constant(&self) -> bool {
        self.from == self.to
    }

    /// The value after `images` images.
    pub fn at(&self, images: u64) -> f64 {
        if self.is_constant() || images >= self.over {
            return self.to;
        }
        let share = images as f64 / self.over as f64;
        let moved = match self.shape {
            Shape::Linear => share,
            Shape::Cosine => (1.0 - (PI * share).cos()) / 2.0,
        };
        self.from + (self.to - self.from) * moved
    }

    /// Whether `sound` accepts both ends. If `sound` tests for an interval, it then accepts all values between too.
    pub fn all(&self, sound: impl Fn(f64) -> bool) -> bool {
        sound(self.from) && sound(self.to)
    }
}

/// The value, or both ends, for messages.
impl std::fmt::Display for Schedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.is_constant() {
            true => write!(f, "{}", self.from),
            false => write!(f, "from {} to {}", self.from, self.to),
        }
    }
}

/// Whether a table in a recipe is a schedule rather than a section.
pub fn is_schedule(table: &Table) -> bool {
    table.contains_key("from") && table.contains_key("to")
}

/// Replaces `over` in all schedules of a value by a number of images: a share is taken of `images`, and a word such as
/// "50k" is parsed. Anything else is left as it is, and fails when the value is parsed as a [`Schedule`].
pub fn resolve(value: &mut Value, images: u64) {
    let Value::Table(table) = value else { return };
    if !is_schedule(table) {
        table.iter_mut().for_each(|(_, inner)| resolve(inner, images));
        return;
    }
    let over = table.get("over").cloned().unwrap_or(Value::Float(1.0));
    let spelled_out = match &over {
        Value::Float(share) if (0.0..=1e6).contains(share) => Some((share * images as f64).round() as u64),
        Value::String(word) => word.parse::<Count>().ok().map(|count| count.0),
        _ => None,
    };
    let over = spelled_out.and_then(|count| i64::try_from(count).ok()).map_or(over, Value::Integer);
    table.insert("over".into(), over);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str, images: u64) -> Result<Schedule, toml::de::Error> {
        let mut table: Table = format!("value = {text}").parse()?;
        let mut value = table.remove("value").expect("a value");
        resolve(&mut value, images);
        value.try_into()
    }

    #[test]
    fn a_line_and_half_a_cosine() {
        let line = Schedule { from: 4.0, to: 2.0, over: 100, shape: Shape::Linear };
        assert_eq!([0, 25, 50, 100, 1000].map(|images| line.at(images)), [4.0, 3.5, 3.0, 2.0, 2.0]);
        let cosine = Schedule { shape: Shape::Cosine, ..line };
        let quarter = 4.0 - 2.0 * (1.0 - 0.5f64.sqrt()) / 2.0;
        assert!((cosine.at(25) - quarter).abs() < 1e-15 && (cosine.at(50) - 3.0).abs() < 1e-15);
        assert_eq!((cosine.at(0), cosine.at(100)), (4.0, 2.0));
        assert_eq!(Schedule::constant(0.3).at(7), 0.3);
    }

    #[test]
    fn spans_are_images_words_or_shares_and_the_plan_holds_images() {
        let over =
            |text: &str| parsed(&format!("{{ from = 1.0, to = 0.0{text} }}"), 2000).map(|schedule| schedule.over);
        assert_eq!(over(", over = 300"), Ok(300));
        assert_eq!(over(", over = \"1.5k\""), Ok(1500));
        assert_eq!(over(", over = 0.25"), Ok(500));
        assert_eq!(over(""), Ok(2000));
        assert!(over(", over = -1").is_err() && over(", over = \"soon\"").is_err() && over(", ower = 1").is_err());
        assert_eq!(parsed("0.5", 2000), Ok(Schedule::constant(0.5)));
        assert_eq!(parsed("\"10k\"", 2000), Ok(Schedule::constant(10_000.0)));
        assert!(parsed("\"fast\"", 2000).is_err());
    }

    #[test]
    fn what_is_written_is_read() {
        for schedule in [Schedule::constant(2e-4), Schedule { from: 0.1, to: 0.0, over: 640, shape: Shape::Cosine }] {
            let json = serde_json::to_string(&schedule).expect("plain data");
            assert_eq!(serde_json::from_str::<Schedule>(&json).expect("a schedule"), schedule, "{json}");
        }
    }
}
