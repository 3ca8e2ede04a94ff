//! The keys of a recipe: dotted names, and which of them there are.

use super::Recipe;
use crate::error::{Error, Result};
use crate::heuristics;
use crate::names::nearest;
use crate::schedule::is_schedule;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// Optional keys: they have no default that would show them.
const OPTIONAL: [&str; 4] = ["lr", "beta1", "beta2", "epsilon"];

/// Puts a value under a dotted key; a heuristic's `true` makes way for its settings.
pub(super) fn insert(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = table.entry(first).or_insert_with(|| Value::Table(Table::new()));
            if !inner.is_table() {
                *inner = Value::Table(Table::new());
            }
            insert(inner.as_table_mut().expect("it was made a table"), rest, value);
        }
    }
}

/// Every key that a recipe may have.
fn known_keys() -> Vec<String> {
    let defaults = Table::try_from(Recipe::default()).expect("the default recipe is plain data");
    let mut found = BTreeMap::new();
    spell_out(String::new(), defaults, "default", &mut found);
    let mut keys: Vec<String> = found.into_keys().chain(["base".to_owned()]).collect();
    for network in ["generator", "discriminator"] {
        keys.extend(OPTIONAL.map(|key| format!("optimizer.{network}.{key}")));
    }
    for (name, settings) in heuristics::defaults() {
        keys.push(format!("heuristics.{name}"));
        keys.extend(settings.keys().map(|key| format!("heuristics.{name}.{key}")));
    }
    keys
}

/// Adds a table's leaves under their dotted keys.
pub(super) fn spell_out(prefix: String, table: Table, origin: &str, keys: &mut BTreeMap<String, (Value, String)>) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        match value {
            Value::Table(inner) if !is_schedule(&inner) => spell_out(path, inner, origin, keys),
            leaf => {
                keys.insert(path, (leaf, origin.to_owned()));
            }
        }
    }
}

/// Whether a recipe may have this key.
pub(super) fn is_known(key: &str) -> bool {
    known_keys().iter().any(|known| known == key)
}

/// Whether keys that a recipe may have lie below this one.
pub(super) fn is_section(key: &str) -> bool {
    known_keys().iter().any(|known| known.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
}

/// Whether this is the key of a heuristic, not of one of its settings.
pub(super) fn is_heuristic(key: &str) -> bool {
    key.strip_prefix("heuristics.").is_some_and(|name| heuristics::names().any(|known| known == name))
}

/// An error unless a recipe may have this key.
pub(super) fn check_known(key: &str, origin: &str) -> Result<()> {
    if is_known(key) {
        return Ok(());
    }
    let nearest = nearest(known_keys().into_iter(), key).expect("there are keys");
    Err(Error::recipe(format!("unknown key `{key}` ({origin})"), format!("the nearest known key is `{nearest}`")))
}
