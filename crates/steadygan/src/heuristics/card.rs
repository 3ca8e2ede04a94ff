//! The card of a heuristic.

use serde::Serialize;
use std::fmt;

/// The description of a heuristic for the command line, the documentation and reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Card {
    /// The name in recipes.
    pub name: &'static str,
    /// The part of training that it changes.
    pub topic: Topic,
    /// The effect that its source claims, in one sentence.
    pub claim: &'static str,
    /// The alternative in a run without it.
    pub without: &'static str,
    /// The formula or the form.
    pub formula: &'static str,
    /// The default settings in words.
    pub default: &'static str,
    /// The paper or code that it comes from.
    pub source: &'static str,
    /// How well published experiments support it.
    pub evidence: Evidence,
    /// The heuristics that it cannot be combined with.
    pub conflicts: &'static [Conflict],
}

/// Another heuristic that a heuristic cannot be combined with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// The other heuristic's name.
    pub with: &'static str,
    /// The reason, as the end of a sentence.
    pub why: &'static str,
    /// A recipe key and value with which both can be on; empty if there is none.
    pub instead: &'static str,
}

/// The part of training that a heuristic changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// Layers and their form.
    Architecture,
    /// Initial weights.
    Initialisation,
    /// Optimisers and their settings.
    Optimisation,
    /// The inputs of the networks: images, latents, classes.
    Inputs,
    /// The labels of the discriminator's loss.
    Labels,
    /// The losses of the two networks.
    Loss,
    /// Penalties on the discriminator's gradient.
    Penalty,
    /// Transformations of the images that the discriminator gets.
    Augmentation,
    /// The sampling of images after training.
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
    /// Only the authors' claim, or folklore.
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
