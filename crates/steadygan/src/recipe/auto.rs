//! The word "auto" in a recipe, for a value that the data decide.

use serde::de::{DeserializeOwned, Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};

const AUTO: &str = "auto";

/// Writes `None` as "auto".
pub(super) fn serialize<T: Serialize, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => value.serialize(serializer),
        None => serializer.serialize_str(AUTO),
    }
}

/// Reads "auto" as `None`.
pub(super) fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let value = toml::Value::deserialize(deserializer)?;
    if value.as_str() == Some(AUTO) {
        return Ok(None);
    }
    value.try_into().map(Some).map_err(|error| D::Error::custom(error.message()))
}
