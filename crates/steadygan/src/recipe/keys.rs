//! The keys of a recipe: dotted names, and the set of known keys.

use super::Recipe;
use crate::error::{Error, Result};
use crate::names::nearest;
use crate::schedule::is_schedule;
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// Optional keys of an optimiser. They have no default, so the default recipe does not list them.
const OPTIONAL: [&str; 4] = ["lr", "beta1", "beta2", "epsilon"];

/// Inserts a value under a dotted key. A heuristic's `true` is replaced by the table of its settings.
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
            insert(inner.as_table_mut().expect("replaced by a table above"), rest, value);
        }
    }
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

/// The keys that a recipe may have. This module does not depend on the heuristics, so the caller passes their names and
/// default settings.
#[derive(Debug)]
pub struct Vocabulary {
    heuristics: Vec<(&'static str, Table)>,
    keys: BTreeSet<String>,
}

impl Vocabulary {
    /// The keys of [`Recipe`] and these heuristics, each with its default settings.
    pub fn new(heuristics: Vec<(&'static str, Table)>) -> Self {
        let defaults = Table::try_from(Recipe::default()).expect("the default recipe is plain data");
        let mut found = BTreeMap::new();
        spell_out(String::new(), defaults, "default", &mut found);
        let mut keys: BTreeSet<String> = found.into_keys().chain(["base".to_owned()]).collect();
        for network in ["generator", "discriminator"] {
            keys.extend(OPTIONAL.map(|key| format!("optimizer.{network}.{key}")));
        }
        for (name, settings) in &heuristics {
            keys.insert(format!("heuristics.{name}"));
            keys.extend(settings.keys().map(|key| format!("heuristics.{name}.{key}")));
        }
        Self { heuristics, keys }
    }

    /// The heuristics' names and default settings, in the catalogue's order.
    pub(super) fn heuristics(&self) -> &[(&'static str, Table)] {
        &self.heuristics
    }

    /// Whether a recipe may have this key.
    pub(super) fn is_known(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    /// Whether this is the first part of longer keys.
    pub(super) fn is_section(&self, key: &str) -> bool {
        self.keys.iter().any(|known| known.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
    }

    /// Whether this is the key of a heuristic, not of one of its settings.
    pub(super) fn is_heuristic(&self, key: &str) -> bool {
        key.strip_prefix("heuristics.").is_some_and(|name| self.heuristics.iter().any(|(known, _)| *known == name))
    }

    /// Returns an error that names the nearest key, unless a recipe may have this one.
    pub(super) fn check_known(&self, key: &str, origin: &str) -> Result<()> {
        if self.is_known(key) {
            return Ok(());
        }
        let nearest = nearest(self.keys.iter(), key).expect("there are keys");
        Err(Error::recipe(format!("unknown key `{key}` ({origin})"), format!("the nearest known key is `{nearest}`")))
    }
}
