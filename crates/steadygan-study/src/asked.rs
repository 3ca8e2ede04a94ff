//! `STUDY.toml`: the question that a study answers.

use super::design::Design;
use super::factor::Factor;
use super::settings::VerdictSettings;
use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::str::FromStr;
use steadygan::recipe::line_of;
use steadygan::{Error, Result};
use steadygan_base::count::Count;
use steadygan_base::names::{nearest, nearest_expected};
use toml::{Table, Value};

/// A study as its file describes it. Every key has a default: an empty file studies the eleven heuristics of the preset
/// `hacks` on the embedded images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct StudyRecipe {
    /// The base recipe's file; the embedded recipe if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipe: Option<String>,
    /// Recipe keys that override the base recipe's, in every run.
    pub set: Table,
    /// How rows are chosen.
    pub design: Design,
    /// How many seeds, or which. If it is left out: the design's default number, or as many as fit the budget where
    /// `images` is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seeds: Option<Seeds>,
    /// Real images that a run is trained on; as many as fit the budget if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<Count>,
    /// How long all runs together may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// The distance to measure. If it is left out: the kernel distance for images, the energy distance for points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance: Option<DistanceKind>,
    /// The largest relative change of the distance that does not matter.
    pub margin: f64,
    /// The probability that all intervals of a family hold.
    pub confidence: f64,
    /// The factors: a heuristic's name or a recipe key, with `true` (compare off and on) or a list of values.
    pub factors: Table,
    /// Variants of the all-on corner, by name.
    pub controls: BTreeMap<String, AskedControl>,
}

impl Default for StudyRecipe {
    fn default() -> Self {
        Self {
            recipe: None,
            set: Table::new(),
            design: Design::FoldOver,
            seeds: None,
            images: None,
            budget: None,
            distance: None,
            margin: 0.1,
            confidence: VerdictSettings::default().confidence,
            factors: Table::new(),
            controls: BTreeMap::new(),
        }
    }
}

/// A control, `[controls.NAME]`: a variant of the all-on corner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskedControl {
    /// The factors that it is a control of.
    pub of: Vec<String>,
    /// The recipe keys in which it differs from the all-on corner.
    pub set: Table,
}

/// The distance between fakes and reals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DistanceKind {
    /// The kernel distance: unbiased with few images.
    Kernel,
    /// The Fréchet distance: mostly bias below some 2,000 images.
    Frechet,
    /// The energy distance, for points.
    Energy,
}

/// How many seeds, or which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "neither a number of seeds nor a list of them")]
pub enum Seeds {
    /// This many seeds, counting up from the recipe's.
    Count(u64),
    /// These seeds.
    List(Vec<u64>),
}

/// A length of time, written `90s`, `30m` or `1.5h` in a file and on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct Budget {
    /// The length in seconds.
    pub seconds: u64,
}

/// The longest budget in seconds, a year. More must be a mistake.
const LONGEST_S: f64 = 366.0 * 86_400.0;

impl FromStr for Budget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let units = [("s", 1.0), ("m", 60.0), ("h", 3600.0), ("d", 86_400.0)];
        let seconds = units.into_iter().find_map(|(unit, factor)| {
            let number = text.strip_suffix(unit)?;
            let plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            plain.then(|| number.parse::<f64>().ok()).flatten().map(|number| number * factor)
        });
        let seconds = seconds.filter(|seconds| (1.0..=LONGEST_S).contains(seconds));
        seconds
            .map(|seconds| Self { seconds: seconds as u64 })
            .ok_or_else(|| format!("`{text}` is no length of time; write it like 90s, 30m or 1.5h"))
    }
}

impl From<Budget> for String {
    fn from(budget: Budget) -> Self {
        format!("{}s", budget.seconds)
    }
}

impl<'de> Deserialize<'de> for Budget {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The most seeds that are accepted.
const MAX_SEEDS: usize = 1000;

/// The top-level keys of the file.
const KEYS: [&str; 11] =
    ["recipe", "set", "design", "seeds", "images", "budget", "distance", "margin", "confidence", "factors", "controls"];

const SEE: &str = "docs/study.md shows every key";

/// Recipe keys that cannot be factors, because a study sets them to the same value for all its runs.
const SAME_IN_ALL: [&str; 7] = [
    "seed",
    "train.images",
    "train.sheets-every",
    "train.checkpoint-every",
    "train.stats-every",
    "train.metric-every",
    "train.metric-samples",
];

impl StudyRecipe {
    /// Reads a study's text; `origin` is named in messages.
    ///
    /// # Errors
    ///
    /// The text is not TOML, has an unknown key or a value out of range.
    pub fn parse(text: &str, origin: &str) -> Result<Self> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            let line = line_of(&error, text);
            Error::recipe(format!("{origin} is not a study: line {line}: {}", error.message()), SEE)
        })?;
        if let Some(key) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
            let nearest = nearest(KEYS.into_iter(), key).expect("there are keys");
            let message = format!("unknown key `{key}` ({origin})");
            return Err(Error::recipe(message, format!("the nearest known key is `{nearest}`; {SEE}")));
        }
        let study: Self = Value::Table(table).try_into().map_err(|error: toml::de::Error| {
            let hint = nearest_expected(error.message()).map(|word| format!("the nearest is `{word}`; {SEE}"));
            Error::recipe(
                format!("{origin} is not a study: {}", error.message()),
                hint.unwrap_or_else(|| SEE.to_owned()),
            )
        })?;
        study.check()?;
        Ok(study)
    }

    fn check(&self) -> Result<()> {
        let refuse = |key: &str, value: String, fits: &str| {
            Err(Error::recipe(format!("`{key} = {value}` does not fit"), format!("it is {fits}")))
        };
        self.check_keys()?;
        if !(self.margin > 0.0 && self.margin < 1.0) {
            return refuse("margin", self.margin.to_string(), "a share of the distance between 0 and 1, such as 0.1");
        }
        if !(self.confidence >= 0.5 && self.confidence < 1.0) {
            return refuse(
                "confidence",
                self.confidence.to_string(),
                "a probability from 0.5 to below 1, such as 0.95",
            );
        }
        let seeds = match &self.seeds {
            None => return Ok(()),
            Some(Seeds::Count(count)) => *count as usize,
            Some(Seeds::List(list)) => {
                let mut sorted = list.clone();
                sorted.sort_unstable();
                sorted.dedup();
                if sorted.len() < list.len() {
                    return refuse("seeds", format!("{list:?}"), "a list that names each seed once");
                }
                list.len()
            }
        };
        if seeds > MAX_SEEDS {
            return refuse("seeds", seeds.to_string(), "at most a thousand: more tell nothing that a hundred do not");
        }
        let least = self.design.minimal_seeds();
        if seeds < least {
            let plural = if least == 1 { "" } else { "s" };
            let message = format!("the design {} needs {least} seed{plural}, not {seeds}", self.design);
            return Err(Error::recipe(message, "more seeds, or design = \"plackett-burman\" for a screening"));
        }
        Ok(())
    }

    /// Refuses keys under `[set]`, `[controls]` and `[factors]` that the study itself decides for all its runs.
    fn check_keys(&self) -> Result<()> {
        let controls = self.controls.iter().map(|(name, control)| (format!("[controls.{name}]"), &control.set));
        for (place, table) in [("[set]".to_owned(), &self.set)].into_iter().chain(controls) {
            for (key, value) in leaves(table) {
                let said = match (key.as_str(), value.as_str()) {
                    ("train.images", _) => "images = \"20k\" at the top of the file says it for every run",
                    ("train.metric-every", Some("off")) => "leave it out: runs are compared by what is measured",
                    _ => continue,
                };
                return Err(Error::recipe(format!("`{key} = {value}` in {place} is not a study's to set"), said));
            }
        }
        if let Some((key, _)) = leaves(&self.factors).iter().find(|(key, _)| SAME_IN_ALL.contains(&key.as_str())) {
            let said =
                "seeds, images and how often runs are measured are no factors: docs/study.md shows where they are said";
            return Err(Error::recipe(format!("`{key}` is the same in all runs that are compared"), said));
        }
        Ok(())
    }

    /// An error if the runs cannot all be named before any is trained.
    ///
    /// # Errors
    ///
    /// The study is a search, whose later stages depend on the earlier ones.
    pub fn can_be_listed(&self) -> Result<()> {
        self.design.can_be_listed()
    }

    /// The same study on other data.
    #[must_use]
    pub fn on(mut self, data: &str) -> Self {
        // `data` that is not a table is replaced by one that only names the source.
        match self.set.entry("data").or_insert_with(|| Table::new().into()) {
            Value::Table(table) => table.insert("source".into(), data.into()),
            other => Some(std::mem::replace(other, Value::Table(Table::from_iter([("source".into(), data.into())])))),
        };
        self
    }

    /// The settings that verdicts depend on.
    pub fn settings(&self) -> VerdictSettings {
        VerdictSettings { confidence: self.confidence, margin: (1.0 + self.margin).ln() }
    }

    /// The factors. `base` gives the base recipe's value of a recipe key; `is_heuristic` tells a heuristic's name from
    /// other keys.
    ///
    /// # Errors
    ///
    /// A factor has no levels to compare, two factors set the same key, or a control names a factor that does not
    /// exist.
    pub fn factors(
        &self,
        is_heuristic: impl Fn(&str) -> bool,
        base: impl Fn(&str) -> Option<Value>,
    ) -> Result<Vec<Factor>> {
        let asked = leaves(&self.factors).into_iter();
        let factors: Vec<Factor> =
            asked.map(|(name, asked)| factor(name, asked, &is_heuristic, &base)).collect::<Result<_>>()?;
        set_apart(&factors)?;
        for (control, asked) in &self.controls {
            if let Some(name) = asked.of.iter().find(|name| !factors.iter().any(|factor| factor.name == **name)) {
                let message = format!("the control `{control}` is of `{name}`, which is no factor");
                return Err(Error::recipe(
                    message,
                    format!("add {name} = true under [factors], or leave the control out"),
                ));
            }
        }
        Ok(factors)
    }
}

/// An error if two factors have the same key, or the key of one is a setting of the other.
fn set_apart(factors: &[Factor]) -> Result<()> {
    let holds = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    for (number, one) in factors.iter().enumerate() {
        let same = |other: &&Factor| holds(&one.key, &other.key) || holds(&other.key, &one.key);
        if let Some(other) = factors[..number].iter().find(same) {
            let message = format!("the factors `{}` and `{}` set the same recipe key", other.name, one.name);
            return Err(Error::recipe(message, "leave one of them out; a list of values may hold tables of settings"));
        }
    }
    Ok(())
}

fn leaves(table: &Table) -> Vec<(String, Value)> {
    let mut leaves = Vec::new();
    flatten(String::new(), table, &mut leaves);
    leaves
}

/// Collects the values of nested tables under their dotted names.
fn flatten(prefix: String, table: &Table, leaves: &mut Vec<(String, Value)>) {
    for (key, value) in table {
        let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Table(inner) => flatten(name, inner, leaves),
            leaf => leaves.push((name, leaf.clone())),
        }
    }
}

fn factor(
    name: String,
    asked: Value,
    is_heuristic: &impl Fn(&str) -> bool,
    base: &impl Fn(&str) -> Option<Value>,
) -> Result<Factor> {
    let first = name.split('.').next().unwrap_or(&name);
    let key = if is_heuristic(first) { format!("heuristics.{name}") } else { name.clone() };
    let levels = match asked {
        Value::Boolean(true) => vec![false.into(), true.into()],
        Value::Array(levels) => levels,
        other => {
            let message = format!("the factor `{name} = {other}` has no levels");
            return Err(Error::recipe(message, format!("write {name} = true for off and on, or a list of values")));
        }
    };
    let repeated = (1..levels.len()).any(|index| levels[..index].contains(&levels[index]));
    if levels.len() < 2 || repeated {
        let message = format!("the factor `{name}` needs two values or more, each once");
        return Err(Error::recipe(message, format!("write {name} = true for off and on, or a list of values")));
    }
    let position = |value: &Value| levels.iter().position(|level| level == value);
    let base = base(&key).and_then(|value| position(&value));
    let (off, on) = match (position(&false.into()), position(&true.into())) {
        (Some(off), Some(on)) => (off, on),
        _ => (base.unwrap_or(0), base.unwrap_or(0)),
    };
    Ok(Factor { base: base.unwrap_or(off), name, key, levels, off, on, only_through: Vec::new() })
}

#[cfg(test)]
mod tests;
