//! What there is to know about a heuristic.

use serde::Serialize;
use std::fmt;

/// What there is to know about a heuristic, in one place for the command line, the documentation and
/// reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Card {
    /// The name in recipes.
    pub name: &'static str,
    /// What it is about.
    pub topic: Topic,
    /// What it is said to do, in one sentence.
    pub claim: &'static str,
    /// What a run without it does instead.
    pub without: &'static str,
    /// The formula or the form.
    pub formula: &'static str,
    /// The default settings in words.
    pub default: &'static str,
    /// Paper or code that it comes from.
    pub source: &'static str,
    /// How well it is supported.
    pub evidence: Evidence,
    /// What it cannot be together with.
    pub conflicts: &'static [Conflict],
}

/// Another heuristic that one cannot be together with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// The other's name.
    pub with: &'static str,
    /// Why, as the end of a sentence.
    pub why: &'static str,
    /// A recipe key and value that keeps both in part; empty if there is none.
    pub instead: &'static str,
}

/// What a heuristic is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// Layers and their form.
    Architecture,
    /// Initial values.
    Initialisation,
    /// Optimisers and their settings.
    Optimisation,
    /// What networks are fed.
    Inputs,
    /// What the discriminator is told.
    Labels,
    /// What the two players play for.
    Loss,
    /// What bounds the discriminator's slope.
    Penalty,
    /// What images look like when they are judged.
    Augmentation,
    /// How images are made once training is done.
    Sampling,
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Architecture => "architecture",
            Self::Initialisation => "initialisation",
            Self::Optimisation => "optimisation",
            Self::Inputs => "inputs",
            Self::Labels => "labels",
            Self::Loss => "loss",
            Self::Penalty => "penalty",
            Self::Augmentation => "augmentation",
            Self::Sampling => "sampling",
        })
    }
}

/// How well a heuristic is supported by published experiments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// Several controlled studies.
    Strong,
    /// One good study, or an ablation in one family.
    Moderate,
    /// The authors' word, or folklore.
    Weak,
    /// Published experiments speak against it.
    Against,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Strong => "strong (several controlled studies)",
            Self::Moderate => "moderate (one good study or ablation)",
            Self::Weak => "weak (authors' word or folklore)",
            Self::Against => "against (published experiments do better without)",
        })
    }
}

impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ({})", self.name, self.topic)?;
        let rows = [
            ("claim", self.claim.to_owned()),
            ("without it", self.without.to_owned()),
            ("formula", self.formula.to_owned()),
            ("default", self.default.to_owned()),
            ("source", self.source.to_owned()),
            ("evidence", self.evidence.to_string()),
        ];
        for (row, text) in rows {
            writeln!(f, "  {row:<11} {text}")?;
        }
        for Conflict { with, why, .. } in self.conflicts {
            writeln!(f, "  {:<11} {with}: {why}", "not with")?;
        }
        Ok(())
    }
}
