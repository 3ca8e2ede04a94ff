//! Numbers of images, and cadences.

use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize};

/// How a recipe writes a count.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "neither a whole number nor a word")]
enum NumberOrWord {
    Number(u64),
    Word(String),
}

/// A number of images between two events, or "off".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cadence(pub Option<Count>);

/// The word for no cadence.
const OFF: &str = "off";

impl Serialize for Cadence {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(count) => count.serialize(serializer),
            None => serializer.serialize_str(OFF),
        }
    }
}

impl<'de> Deserialize<'de> for Cadence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match NumberOrWord::deserialize(deserializer)? {
            NumberOrWord::Word(word) if word == OFF => Ok(Self(None)),
            NumberOrWord::Number(count) => count.to_string().parse().map(Some).map(Self),
            NumberOrWord::Word(word) => word.parse().map(Some).map(Self),
        }
        .map_err(de::Error::custom)
    }
}

/// A number of images: an integer, or a word such as "100k" or "1.5M".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Count(pub u64);

impl std::str::FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (number, zeros) = match text.strip_suffix(['k', 'K']) {
            Some(number) => (number, 3),
            None => text.strip_suffix('M').map_or((text, 0), |number| (number, 6)),
        };
        // Up to 2⁵³ a double holds every integer.
        let count = shifted(number, zeros).filter(|count| (1..=1 << 53).contains(count));
        count.map(Self).ok_or_else(|| format!("`{text}` is no number of images; write it like 50000, 50k or 1.5M"))
    }
}

/// A decimal number with its point moved right by `places`, if that is a whole number of 64 bits.
fn shifted(number: &str, places: usize) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{whole}{fraction:0<places$}");
    let sound = fraction.len() <= places && digits.bytes().all(|digit| digit.is_ascii_digit());
    if sound { digits.parse().ok() } else { None }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match NumberOrWord::deserialize(deserializer)? {
            NumberOrWord::Number(count) => count.to_string().parse(),
            NumberOrWord::Word(word) => word.parse(),
        }
        .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::{Cadence, Count};

    #[test]
    fn counts_of_three_decimals_are_exact() {
        for thousandths in 1..10_000u64 {
            let (whole, fraction) = (thousandths / 1000, thousandths % 1000);
            for (unit, factor) in [("k", 1), ("K", 1), ("M", 1000)] {
                let text = format!("{whole}.{fraction:03}{unit}");
                assert_eq!(text.parse(), Ok(Count(thousandths * factor)), "{text}");
            }
        }
        for (text, count) in [("8.2M", 8_200_000), (".5k", 500), ("1.0", 1), ("64", 64), ("1.000000M", 1_000_000)] {
            assert_eq!(text.parse(), Ok(Count(count)), "{text}");
        }
    }

    #[test]
    fn what_is_no_positive_whole_number_is_refused() {
        let beyond = ["9007199254740993", "18446744073709551616", "99999999999999999999M"];
        let others =
            ["", ".", "k", "0", "0k", "-1", "+1", "1.5", "1.0005k", "1k5", "1.2.3M", "1e3", "nan", "1 k", "kM"];
        for text in beyond.iter().chain(&others) {
            text.parse::<Count>().expect_err(text);
        }
    }

    #[test]
    fn a_cadence_is_a_count_or_off() {
        let read =
            |text: &str| toml::from_str::<std::collections::BTreeMap<String, Cadence>>(text).map(|read| read["x"]);
        for (text, expected) in [("x = 'off'", None), ("x = 64", Some(Count(64))), ("x = '20k'", Some(Count(20_000)))] {
            let cadence = read(text).unwrap();
            assert_eq!(cadence, Cadence(expected));
            let written = toml::Value::try_from(cadence).unwrap();
            assert_eq!(read(&format!("x = {written}")).unwrap(), cadence);
        }
        for text in ["x = 'on'", "x = 0", "x = -1", "x = false"] {
            read(text).expect_err(text);
        }
    }
}
