//! The names of a run's two checkpoints.

use std::fmt;
use std::str::FromStr;

/// Which of a run's two checkpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckpointKind {
    /// The last one written, from which `resume` continues.
    Latest,
    /// The one with the best metric so far.
    Best,
}

/// A word that is neither `latest` nor `best`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownCheckpoint(String);

impl fmt::Display for CheckpointKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Latest => "latest",
            Self::Best => "best",
        })
    }
}

impl FromStr for CheckpointKind {
    type Err = UnknownCheckpoint;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "latest" => Ok(Self::Latest),
            "best" => Ok(Self::Best),
            _ => Err(UnknownCheckpoint(word.to_owned())),
        }
    }
}

impl fmt::Display for UnknownCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a checkpoint: latest or best", self.0)
    }
}

impl std::error::Error for UnknownCheckpoint {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_named_by_its_word() {
        for kind in [CheckpointKind::Latest, CheckpointKind::Best] {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        let error = "Best".parse::<CheckpointKind>().expect_err("no such word");
        assert_eq!(error.to_string(), "`Best` is not a checkpoint: latest or best");
    }
}
