//! The list of charts and the names of curves, read from the script that the pages load, too.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

const SCRIPT: &str = include_str!("../assets/catalogue.js");

/// A chart of `stats.jsonl`.
#[derive(Debug, Deserialize)]
pub(crate) struct ChartEntry {
    pub(crate) title: String,
    pub(crate) keys: Vec<String>,
    /// Whether the chart is in `curves.svg`.
    #[serde(default)]
    pub(crate) svg: bool,
}

/// The charts, in their order.
pub(crate) fn charts() -> Vec<ChartEntry> {
    exported("CHARTS")
}

/// The names of curves, by key.
pub(crate) fn names() -> BTreeMap<String, String> {
    exported("NAMES")
}

/// The JSON value that the script exports under this name.
fn exported<T: DeserializeOwned>(name: &str) -> T {
    let (_, value) = SCRIPT.split_once(&format!("export const {name} = ")).expect("the script exports this name");
    let mut values = serde_json::Deserializer::from_str(value).into_iter();
    values.next().and_then(Result::ok).expect("the exported value is JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_readable() {
        let charts = charts();
        let in_svg: Vec<&str> = charts.iter().filter(|chart| chart.svg).map(|chart| chart.title.as_str()).collect();
        assert_eq!(in_svg, ["Losses", "Logits", "Diversity", "Gradient norms"]);
        assert!(charts.len() > in_svg.len());
        let names = names();
        for key in charts.iter().filter(|chart| chart.svg && chart.keys.len() > 1).flat_map(|chart| &chart.keys) {
            assert!(names.contains_key(key), "{key} has a name");
        }
    }
}
