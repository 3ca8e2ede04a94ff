//! A line of `findings.jsonl`.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Something that looked unhealthy. There is a line when it begins, when it gets more severe and when it is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Real images trained on so far; 0 before training.
    pub images: u64,
    /// Its name in the catalogue, `mode-collapse`.
    pub finding: String,
    /// How severe it is, or that it is over.
    pub severity: Severity,
    /// Real images trained on when the finding began.
    pub since: u64,
    /// What is seen, with its numbers, in a sentence.
    pub says: String,
    /// The numbers by name, all finite.
    pub evidence: BTreeMap<String, f64>,
    /// What it means, in a sentence or two.
    pub means: String,
    /// What may help, the likeliest first.
    pub advice: Vec<Advice>,
}

/// Something to try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// What to do and why, in a clause.
    #[serde(rename = "do")]
    pub action: String,
    /// The same as arguments of the command line: `--with minibatch-std`; empty if there is none.
    pub recipe: String,
}

/// How severe a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It is no longer seen.
    Over,
    /// Good to know.
    Note,
    /// Training may go wrong, or the result be worse than it could.
    Warning,
    /// Training will not recover by itself, or its result is of no use.
    Severe,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Over => "over",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Severe => "severe",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_those_of_the_contract() {
        let finding = Finding {
            images: 12_800,
            finding: "mode-collapse".into(),
            severity: Severity::Severe,
            since: 9_600,
            says: "s".into(),
            evidence: BTreeMap::from([("diversity".into(), 0.02)]),
            means: "m".into(),
            advice: vec![Advice { action: "a".into(), recipe: "--with minibatch-std".into() }],
        };
        let text = serde_json::to_string(&finding).expect("json");
        let expected = r#"{"images":12800,"finding":"mode-collapse","severity":"severe","since":9600,"says":"s","#
            .to_owned()
            + r#""evidence":{"diversity":0.02},"means":"m","advice":[{"do":"a","recipe":"--with minibatch-std"}]}"#;
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<Finding>(&text).expect("a finding"), finding);
        assert!(Severity::Severe > Severity::Warning && Severity::Note > Severity::Over);
    }
}
