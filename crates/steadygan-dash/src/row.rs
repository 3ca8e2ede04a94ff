//! A line of `stats.jsonl` or `metrics.jsonl` as numbers by name, whatever the names: a key that a later version writes
//! is a curve too.

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The key that holds the metric's name. It separates the lines of one metric from the lines of another.
const KIND: &str = "metric";

/// The most numbers that are read from a line, and the longest key or text, in bytes.
const MAX_KEYS: usize = 64;

/// One line's numbers.
#[derive(Debug, PartialEq)]
pub(crate) struct Row {
    /// Real images trained on so far.
    pub(crate) images: u64,
    /// The metric's name, if the line has one.
    pub(crate) kind: Option<String>,
    /// The other numbers by their names, in the line's order. A number that is not finite is NaN.
    pub(crate) numbers: Vec<(String, f32)>,
}

impl Row {
    /// The number of that name.
    pub(crate) fn number(&self, key: &str) -> Option<f32> {
        self.numbers.iter().find(|(name, _)| name == key).map(|&(_, number)| number)
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RowVisitor)
    }
}

struct RowVisitor;

impl<'de> Visitor<'de> for RowVisitor {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `images`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        let mut images = None;
        let mut row = Row { images: 0, kind: None, numbers: Vec::with_capacity(16) };
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value::<Value>()?;
            match value {
                Value::Whole(count) if key == "images" => images = Some(count),
                Value::Text(text) if key == KIND => row.kind = Some(text),
                Value::Whole(_) | Value::Number(_) if row.numbers.len() < MAX_KEYS && key.len() <= MAX_KEYS => {
                    row.numbers.push((key, value.number()));
                }
                _ => {}
            }
        }
        row.images = images.ok_or_else(|| de::Error::missing_field("images"))?;
        Ok(row)
    }
}

/// A JSON value, reduced to the kinds that a row needs.
enum Value {
    Whole(u64),
    Number(f64),
    Text(String),
    Other,
}

impl Value {
    fn number(&self) -> f32 {
        match *self {
            Self::Whole(count) => count as f32,
            Self::Number(number) if (number as f32).is_finite() => number as f32,
            _ => f32::NAN,
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Whole(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Number(f64::NAN))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(if value.len() <= MAX_KEYS { Value::Text(value.to_owned()) } else { Value::Other })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_its_numbers_whatever_their_names() {
        let line = r#"{"metric":"kd","images":64,"value":0.5,"deviation":null,"huge":1e300,"best":true,"of":8,"x":{"y":[1]},"z":[2]}"#;
        let row: Row = serde_json::from_str(line).unwrap();
        assert_eq!((row.images, row.kind.as_deref()), (64, Some("kd")));
        let names: Vec<&str> = row.numbers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["value", "deviation", "huge", "of"]);
        let numbers: Vec<f32> = row.numbers.iter().map(|&(_, number)| number).collect();
        assert!(numbers[0] == 0.5 && numbers[1].is_nan() && numbers[2].is_nan() && numbers[3] == 8.0);
    }

    #[test]
    fn a_line_without_images_is_none() {
        for line in ["{}", r#"{"images":-1}"#, r#"{"images":1.5}"#, r#"{"images":"1"}"#, "[1]", "1"] {
            assert!(serde_json::from_str::<Row>(line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_foreign_line_fills_no_memory() {
        let many: String = (0..1000).map(|at| format!(",\"k{at}\":1")).collect();
        let row: Row = serde_json::from_str(&format!("{{\"images\":1{many},\"{}\":1}}", "x".repeat(65))).unwrap();
        assert_eq!(row.numbers.len(), MAX_KEYS);
    }
}
