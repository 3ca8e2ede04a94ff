//! Factors: what a study varies.

use serde::{Deserialize, Serialize};

/// A recipe key and the values that are compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Factor {
    /// The name as the user wrote it: `batch-norm`, `adam.lr`.
    pub name: String,
    /// The recipe key: `heuristics.batch-norm`, `heuristics.adam.lr`.
    pub key: String,
    /// The values to compare, as written in a recipe.
    pub levels: Vec<toml::Value>,
    /// The level at the all-off corner. For a factor of values: the base recipe's level.
    pub off: usize,
    /// The level at the all-on corner. For a factor of values: the base recipe's level.
    pub on: usize,
    /// The base recipe's level, which is recommended when no other is shown to be better.
    pub base: usize,
    /// The factors without which this one changes nothing. `separate-batches`, for example, only acts through
    /// `batch-norm`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only_through: Vec<String>,
}

impl Factor {
    /// Whether the factor is a switch, with different off and on levels. Otherwise its levels are values.
    pub fn is_switch(&self) -> bool {
        self.off != self.on
    }

    /// The comparisons to make, as (level, the level it is compared with). A switch compares on with off and each
    /// further level with on. A factor of values compares each value with the base recipe's.
    pub fn comparisons(&self) -> impl Iterator<Item = (usize, usize)> {
        let switched = self.is_switch().then_some((self.on, self.off));
        let others = (0..self.levels.len()).filter(|level| *level != self.on && *level != self.off);
        switched.into_iter().chain(others.map(|level| (level, self.on)))
    }

    /// A level in words: `on`, `off`, or the value.
    pub fn level(&self, level: usize) -> String {
        match &self.levels[level] {
            toml::Value::Boolean(true) => "on".into(),
            toml::Value::Boolean(false) => "off".into(),
            value => value.to_string(),
        }
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::Factor;

    /// A switch with this name, on in the base recipe.
    pub(crate) fn switch(name: &str) -> Factor {
        Factor {
            name: name.into(),
            key: format!("heuristics.{name}"),
            levels: vec![false.into(), true.into()],
            off: 0,
            on: 1,
            base: 1,
            only_through: Vec::new(),
        }
    }

    /// `count` switches: `a`, `b`, …
    pub(crate) fn switches(count: usize) -> Vec<Factor> {
        (0..count).map(|number| switch(&char::from(b'a' + number as u8).to_string())).collect()
    }

    /// A factor of `count` values, the first of which is the base recipe's.
    pub(crate) fn values(name: &str, count: i64) -> Factor {
        let levels = (0..count).map(toml::Value::Integer).collect();
        Factor { levels, off: 0, on: 0, base: 0, ..switch(name) }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{switch, values};

    #[test]
    fn a_switch_is_compared_with_off_and_its_control_with_on() {
        let mut smoothing = switch("label-smoothing");
        assert_eq!(smoothing.comparisons().collect::<Vec<_>>(), [(1, 0)]);
        smoothing.levels.push(toml::Value::Table(toml::Table::from_iter([("real".into(), 0.95.into())])));
        assert_eq!(smoothing.comparisons().collect::<Vec<_>>(), [(1, 0), (2, 1)]);
        assert_eq!(smoothing.level(1), "on");
        assert_eq!(values("adam.lr", 3).comparisons().collect::<Vec<_>>(), [(1, 0), (2, 0)]);
    }
}
