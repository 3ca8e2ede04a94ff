//! Designs: which rows a study runs, in a fixed order. Each row has one level of each factor.

mod halving;
mod plackett_burman;

pub(super) use halving::REDUCTION_FACTOR;
pub use halving::{SearchStage, survivors};

use super::factor::Factor;
use serde::{Deserialize, Serialize};
use std::fmt;
use steadygan::{Error, Result};

/// A level of each factor, in the factors' order.
pub type Row = Vec<usize>;

/// The most rows of a full factorial: those of 12 switches, which is already more than a study can run.
const MAX_ROWS: usize = 4096;

/// How rows are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Design {
    /// The all-on corner, and for each factor the all-on corner without it.
    LeaveOneOut,
    /// The all-off corner, and for each factor the all-off corner with it.
    AddOneIn,
    /// Every combination of levels.
    Full,
    /// The two-level designs of Plackett and Burman 1946, up to 23 switches in 24 rows.
    PlackettBurman,
    /// The rows of Plackett–Burman and their mirror images, with on and off exchanged (Box and Wilson 1951).
    FoldOver,
    /// Successive halving over combinations drawn at random (Jamieson and Talwalkar 2016).
    Search,
}

impl Design {
    /// All designs.
    pub const ALL: [Self; 6] =
        [Self::LeaveOneOut, Self::AddOneIn, Self::Full, Self::PlackettBurman, Self::FoldOver, Self::Search];

    /// The name in `STUDY.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::LeaveOneOut => "leave-one-out",
            Self::AddOneIn => "add-one-in",
            Self::Full => "full",
            Self::PlackettBurman => "plackett-burman",
            Self::FoldOver => "fold-over",
            Self::Search => "search",
        }
    }

    /// What the design's effects mean, for the reader of a study's answer.
    pub fn estimates(self) -> &'static str {
        match self {
            Self::LeaveOneOut => {
                "each factor's effect at the all-on corner: what leaving it out of all others changes, its interactions with them \
                 included; it says nothing of other combinations"
            }
            Self::AddOneIn => {
                "each factor's effect at the all-off corner: what adding it alone changes; it says nothing of other combinations"
            }
            Self::Full => {
                "each factor's effect averaged over all combinations of the others, and how any two change each other's"
            }
            Self::PlackettBurman => {
                "each factor's effect averaged over the design's rows, mixed with interactions of pairs of other factors: a screening"
            }
            Self::FoldOver => {
                "each factor's effect averaged over the design's rows, clear of interactions of pairs (not of three); of interactions \
                 only whether there are any and which pairs they may be"
            }
            Self::Search => {
                "which of the drawn combinations is best; no effects, and the winner's own score flatters it"
            }
        }
    }

    /// The fewest seeds that give a result. One-at-a-time designs need two, because only replicates show their noise.
    /// With one seed a search still finds a winner, and the other designs are screenings.
    pub fn minimal_seeds(self) -> usize {
        match self {
            Self::LeaveOneOut | Self::AddOneIn => 2,
            Self::Full | Self::PlackettBurman | Self::FoldOver | Self::Search => 1,
        }
    }

    /// Default number of seeds. It is more than one because one seed cannot separate effects from noise. One-at-a-time
    /// designs use four, because two seeds of a single row are too few to notice that it fails sometimes.
    pub fn usual_seeds(self) -> u64 {
        if self.is_one_at_a_time() { 4 } else { 2 }
    }

    /// An error if the runs cannot all be named before any is trained.
    pub(super) fn can_be_listed(self) -> Result<()> {
        if self == Self::Search {
            let hint = "let `steadygan study` run it without --list, or use another design";
            return Err(Error::recipe("the runs of a search depend on each other and cannot be listed", hint));
        }
        Ok(())
    }

    /// Whether each effect compares two single rows, instead of averages over many.
    pub fn is_one_at_a_time(self) -> bool {
        matches!(self, Self::LeaveOneOut | Self::AddOneIn)
    }

    /// The rows for these factors. None for a search, whose combinations are drawn elsewhere.
    ///
    /// # Errors
    ///
    /// There are no factors, there are more than the design takes, or one has more levels than the design takes.
    pub fn rows(self, factors: &[Factor]) -> Result<Vec<Row>> {
        if factors.is_empty() {
            return Err(Error::recipe(
                "the study has no factors",
                "name some under [factors], such as batch-norm = true",
            ));
        }
        match self {
            Self::LeaveOneOut => Ok(one_at_a_time(factors, |factor| factor.on)),
            Self::AddOneIn => Ok(one_at_a_time(factors, |factor| factor.off)),
            Self::Full => full(factors),
            Self::PlackettBurman => Ok(switched(factors, &self.signs(factors)?)),
            Self::FoldOver => {
                let base = self.signs(factors)?;
                let mirrored = base.iter().map(|row| row.iter().map(|on| !on).collect());
                Ok(switched(factors, &base.iter().cloned().chain(mirrored).collect::<Vec<_>>()))
            }
            Self::Search => Ok(Vec::new()),
        }
    }

    fn signs(self, factors: &[Factor]) -> Result<Vec<Vec<bool>>> {
        if let Some(factor) = factors.iter().find(|factor| factor.levels.len() != 2) {
            let (name, count) = (&factor.name, factor.levels.len());
            return Err(Error::recipe(
                format!("`{name}` has {count} levels, and a {self} design compares two"),
                "give it two, or use design = \"full\" or \"leave-one-out\"",
            ));
        }
        plackett_burman::signs(factors.len()).ok_or_else(|| {
            let (count, most) = (factors.len(), plackett_burman::MAX_FACTORS);
            Error::recipe(format!("{count} factors are more than the {most} of a {self} design"), "study fewer at once")
        })
    }
}

impl fmt::Display for Design {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The corner's row, then for each other level of each factor the corner with that level.
fn one_at_a_time(factors: &[Factor], corner: impl Fn(&Factor) -> usize) -> Vec<Row> {
    let corner: Row = factors.iter().map(corner).collect();
    let mut rows = vec![corner.clone()];
    for (index, factor) in factors.iter().enumerate() {
        for level in (0..factor.levels.len()).filter(|level| *level != corner[index]) {
            let mut row = corner.clone();
            row[index] = level;
            rows.push(row);
        }
    }
    rows
}

/// Every combination, the last factor changing fastest.
fn full(factors: &[Factor]) -> Result<Vec<Row>> {
    let count = factors.iter().try_fold(1usize, |count, factor| count.checked_mul(factor.levels.len()));
    if count.is_none_or(|count| count > MAX_ROWS) {
        let message = format!("the combinations of {} factors are more than {MAX_ROWS} rows", factors.len());
        return Err(Error::recipe(message, "use design = \"fold-over\", or study fewer at once"));
    }
    Ok(factors.iter().fold(vec![Row::new()], |rows, factor| {
        let longer =
            |row: &Row| (0..factor.levels.len()).map(|level| [row.as_slice(), &[level]].concat()).collect::<Vec<_>>();
        rows.iter().flat_map(longer).collect()
    }))
}

/// Turns rows of signs into levels. Plus is a switch's on or the second of two values, minus is off or the first value.
fn switched(factors: &[Factor], signs: &[Vec<bool>]) -> Vec<Row> {
    let level = |(factor, plus): (&Factor, &bool)| match (factor.is_switch(), *plus) {
        (true, true) => factor.on,
        (true, false) => factor.off,
        (false, plus) => usize::from(plus),
    };
    signs.iter().map(|row| factors.iter().zip(row).map(level).collect()).collect()
}

#[cfg(test)]
mod tests;
