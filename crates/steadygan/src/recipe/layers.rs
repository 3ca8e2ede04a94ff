//! The layers of a recipe: defaults < preset < file < flags.

use super::Recipe;
use super::keys::{Vocabulary, insert, spell_out};
use super::presets::{self, DEFAULT_PRESET, PRESETS};
use crate::error::{Error, Result};
use crate::names::nearest_expected;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use toml::{Table, Value};

/// Limit on the size of a recipe, which is a page of text. A larger file is no recipe.
const MAX_RECIPE_BYTES: u64 = 1 << 20;

/// The most parts of a dotted key, far above any known one's. A table is nested for each part, so that their number is
/// limited before anything looks at the key.
const MAX_KEY_PARTS: usize = 32;

/// How much of a key with more parts is shown, in characters.
const SHOWN_OF_KEY: usize = 40;

/// The prefix of the settings that hold for both optimisers.
const ADAM_OF_BOTH: &str = "heuristics.adam.";

/// The number of the line of `text` that an error is in, from 1.
pub fn line_of(error: &toml::de::Error, text: &str) -> usize {
    let before = error.span().map_or(0, |span| span.start);
    1 + text.bytes().take(before).filter(|byte| *byte == b'\n').count()
}

/// A recipe after all its layers: for each dotted key the value of the last layer that sets it, and that value's
/// origin.
///
/// A heuristic has the key `heuristics.NAME` (true or false) and a key for each setting.
#[derive(Debug, Clone)]
pub struct LayeredRecipe {
    vocabulary: &'static Vocabulary,
    asked: BTreeMap<String, (Value, String)>,
}

impl PartialEq for LayeredRecipe {
    fn eq(&self, other: &Self) -> bool {
        self.asked == other.asked
    }
}

impl LayeredRecipe {
    /// A recipe without values, which may have these keys.
    pub fn new(vocabulary: &'static Vocabulary) -> Self {
        Self { vocabulary, asked: BTreeMap::new() }
    }

    /// Lays a recipe's text over the earlier layers. Messages and the plan name `origin`.
    ///
    /// # Errors
    ///
    /// The text is no TOML, or has an unknown key.
    pub fn lay_text(&mut self, text: &str, origin: &str) -> Result<()> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            let line = line_of(&error, text);
            let message = format!("{origin} is not a recipe: line {line}: {}", error.message());
            Error::recipe(message, "recipes are TOML; see recipes/ for examples")
        })?;
        self.lay_table(String::new(), table, origin)
    }

    /// Lays a recipe file over the earlier layers.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is larger than a recipe can be; and as [`lay_text`](Self::lay_text).
    pub fn lay_file(&mut self, path: &Path) -> Result<()> {
        let name = path.display().to_string();
        let hint = "name a recipe file, such as recipes/pytorch-dcgan.toml";
        let no_recipe = |what: &str| {
            Error::recipe(format!("{name} is {what}"), format!("{hint}; if it holds images: --data {name}"))
        };
        if path.is_dir() {
            return Err(no_recipe("a folder, not a recipe"));
        }
        let failed = |error: std::io::Error| Error::io(format!("cannot read the recipe {name}"), &error, hint);
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(failed)?;
        file.take(MAX_RECIPE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > MAX_RECIPE_BYTES {
            return Err(no_recipe("too large for a recipe"));
        }
        let text = String::from_utf8(bytes).map_err(|_| no_recipe("no text, so it is not a recipe"))?;
        self.lay_text(&text, &name)
    }

    fn lay_table(&mut self, prefix: String, table: Table, origin: &str) -> Result<()> {
        for (key, value) in table {
            let path = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
            match value {
                Value::Table(settings) if self.vocabulary.is_heuristic(&path) => {
                    self.lay(&path, Value::Boolean(true), origin)?;
                    self.lay_table(path, settings, origin)?;
                }
                Value::Table(inner)
                    if self.vocabulary.is_section(&path) || !(inner.is_empty() || self.vocabulary.is_known(&path)) =>
                {
                    self.lay_table(path, inner, origin)?;
                }
                value => self.lay(&path, value, origin)?,
            }
        }
        Ok(())
    }

    /// Lays `key=value` over the earlier layers. The value is TOML; a value that is no TOML is a string.
    ///
    /// # Errors
    ///
    /// There is no `=`, or the key is unknown.
    pub fn lay_assignment(&mut self, assignment: &str, origin: &str) -> Result<()> {
        let Some((key, text)) = assignment.split_once('=') else {
            let message = format!("`{origin} {assignment}` has no value");
            return Err(Error::recipe(message, "write it as --set KEY=VALUE, for example --set train.batch=32"));
        };
        let parsed: Result<Table, _> = format!("value = {text}").parse();
        let value = parsed.ok().filter(|table| table.len() == 1).and_then(|mut table| table.remove("value"));
        self.lay_value(key.trim(), value.unwrap_or_else(|| Value::String(text.into())), origin)
    }

    /// Lays one key's value over the earlier layers. The keys of a table are laid one by one.
    ///
    /// # Errors
    ///
    /// The key is unknown.
    pub fn lay_value(&mut self, key: &str, value: impl Into<Value>, origin: &str) -> Result<()> {
        let parts = key.split('.').count();
        if parts > MAX_KEY_PARTS {
            let start: String = key.chars().take(SHOWN_OF_KEY).collect();
            let message = format!("unknown key `{start}…` ({origin}): it has {parts} parts");
            return Err(Error::recipe(message, "`steadygan train --dry-run` shows every key"));
        }
        let mut table = value.into();
        for part in key.rsplit('.') {
            table = Value::Table(Table::from_iter([(part.to_owned(), table)]));
        }
        match table {
            Value::Table(table) => self.lay_table(String::new(), table, origin),
            _ => unreachable!("a key has at least one part"),
        }
    }

    /// Sets the value of one key. Turning a heuristic off removes its settings, because one TOML key cannot be both
    /// `false` and a table. A setting of `adam` holds for both optimisers, so it removes the same setting of
    /// `[optimizer]` in earlier layers; within a layer, `[optimizer]` takes precedence.
    fn lay(&mut self, key: &str, value: Value, origin: &str) -> Result<()> {
        self.vocabulary.check_known(key, origin)?;
        if self.vocabulary.is_heuristic(key) {
            let on = value.as_bool().ok_or_else(|| {
                let message = format!("`{key} = {value}` ({origin}): neither true, false nor a table of settings");
                Error::recipe(message, "`steadygan heuristics NAME` shows a heuristic's settings")
            })?;
            self.asked.retain(|asked, _| on || !asked.starts_with(&format!("{key}.")));
        }
        if let Some(setting) = key.strip_prefix(ADAM_OF_BOTH) {
            for network in ["generator", "discriminator"] {
                let one = format!("optimizer.{network}.{setting}");
                self.asked.retain(|asked, (_, earlier)| *asked != one || earlier == origin);
            }
        }
        self.asked.insert(key.to_owned(), (value, origin.to_owned()));
        Ok(())
    }

    /// The name of the preset that the recipe starts from.
    ///
    /// # Errors
    ///
    /// It is not one of [`PRESETS`].
    pub fn base(&self) -> Result<&str> {
        let Some((value, origin)) = self.asked.get("base") else { return Ok(DEFAULT_PRESET) };
        let known = |name: &&str| PRESETS.iter().any(|(preset, _)| preset == name);
        value.as_str().filter(known).ok_or_else(|| {
            let names = PRESETS.map(|(preset, _)| preset).join(", ");
            Error::recipe(format!("`base = {value}` ({origin}) is no preset"), format!("the presets are {names}"))
        })
    }

    /// Every key except the heuristics', with its type checked.
    ///
    /// # Errors
    ///
    /// A value has the wrong type, or the preset is unknown.
    pub fn recipe(&self) -> Result<Recipe> {
        self.base()?;
        let mut table = Table::new();
        for (key, (value, origin)) in &self.asked {
            if key == "base" || key.starts_with("heuristics.") {
                continue;
            }
            insert(&mut table, key, value.clone());
            let typed: Result<Recipe, toml::de::Error> = Value::Table(table.clone()).try_into();
            typed.map_err(|error| {
                let message = format!("`{key} = {value}` ({origin}): {}", error.message());
                let shown = "`steadygan train --dry-run` shows every key with a value that fits";
                let hint = nearest_expected(error.message()).map(|word| format!("the nearest is `{word}`; {shown}"));
                Error::recipe(message, hint.unwrap_or_else(|| shown.to_owned()))
            })?;
        }
        Ok(Value::Table(table).try_into().expect("the last key's check covered the table"))
    }

    /// The heuristics that are on, each with all its settings.
    pub fn heuristics(&self) -> BTreeMap<String, Table> {
        let preset = self.base().unwrap_or(DEFAULT_PRESET);
        let on_by_preset = PRESETS.iter().find(|(name, _)| *name == preset).map_or(&[][..], |(_, on)| on);
        let mut on = BTreeMap::new();
        for (name, settings) in self.vocabulary.heuristics() {
            let asked = self.asked.get(&format!("heuristics.{name}"));
            if asked.map_or(on_by_preset.contains(name), |(value, _)| value.as_bool() == Some(true)) {
                let mut settings = settings.clone();
                settings.extend(presets::settings(preset, name));
                settings.extend(self.asked_settings(name));
                on.insert((*name).to_owned(), settings);
            }
        }
        on
    }

    fn asked_settings(&self, heuristic: &str) -> impl Iterator<Item = (String, Value)> {
        let prefix = format!("heuristics.{heuristic}.");
        self.asked
            .iter()
            .filter_map(move |(key, (value, _))| Some((key.strip_prefix(&prefix)?.to_owned(), value.clone())))
    }

    /// Every key with its value and the value's origin.
    ///
    /// # Errors
    ///
    /// As [`recipe`](Self::recipe).
    pub fn spelled_out(&self) -> Result<BTreeMap<String, (Value, String)>> {
        let base = self.base()?;
        let mut keys = BTreeMap::from([("base".to_owned(), (Value::String(base.into()), "default".to_owned()))]);
        let table = Table::try_from(self.recipe()?).expect("a recipe is plain data");
        spell_out(String::new(), table, "default", &mut keys);
        let on = self.heuristics();
        for (name, _) in self.vocabulary.heuristics() {
            let origin = format!("base {base}");
            let settings = on.get(*name).cloned();
            keys.insert(format!("heuristics.{name}"), (Value::Boolean(settings.is_some()), origin));
            spell_out(format!("heuristics.{name}"), settings.unwrap_or_default(), "default", &mut keys);
        }
        for (key, (value, origin)) in &self.asked {
            if let Some(entry) = keys.get_mut(key) {
                *entry = (value.clone(), origin.clone());
            }
        }
        Ok(keys)
    }

    /// The keys whose values differ between two recipes.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let value = |recipe: &Self, key: &String| recipe.asked.get(key).map(|(value, _)| value.clone());
        let keys: BTreeSet<_> = self.asked.keys().chain(other.asked.keys()).collect();
        keys.into_iter().filter(|key| value(self, key) != value(other, key)).cloned().collect()
    }

    /// The values of all layers as TOML. Laid over an empty recipe, the text gives the same values again.
    pub fn to_toml(&self) -> String {
        let mut table = Table::new();
        for (key, (value, _)) in &self.asked {
            insert(&mut table, key, value.clone());
        }
        toml::to_string(&table).expect("a table of plain values is TOML")
    }
}
