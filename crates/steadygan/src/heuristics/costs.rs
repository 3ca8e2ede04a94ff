//! The measured cost of each heuristic in time and memory.

use std::fmt;

use serde::Serialize;

/// Written by `cargo xtask costs`. The table's head describes the measurement and the machine.
const TABLE: &str = include_str!("costs.tsv");

/// The cost of training with a heuristic relative to training without it, both in the [preset](crate::recipe::PRESETS)
/// `dcgan` on the embedded images. Ratios depend less on the machine than times do, but they depend on the networks and
/// the images.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cost {
    /// Time per image, as a ratio.
    pub time: f64,
    /// Peak memory, as a ratio.
    pub memory: f64,
    /// The preset's heuristic that was off in both runs, because it conflicts with this one.
    pub off: Option<&'static str>,
}

/// The named heuristic's cost, if it was measured.
pub fn cost(name: &str) -> Option<Cost> {
    rows().find(|(row, _)| *row == name).map(|(_, cost)| cost)
}

/// The table's rows: name, time, memory, and the heuristic that was off.
fn rows() -> impl Iterator<Item = (&'static str, Cost)> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut cells = line.split('\t');
        let (name, time, memory) = (cells.next()?, cells.next()?.parse().ok()?, cells.next()?.parse().ok()?);
        Some((name, Cost { time, memory, off: cells.next().filter(|off| !off.is_empty()) }))
    })
}

/// Two measurements of the same run differ by about this much.
const NOISE: f64 = 0.03;

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |ratio: f64, what: &str| match (ratio - 1.0).abs() {
            ..=NOISE => format!("the same {what}"),
            _ => format!("{ratio:.2} × the {what}"),
        };
        let (time, memory) = (part(self.time, "time"), part(self.memory, "memory"));
        write!(f, "{time} and {memory} of preset dcgan without it")?;
        self.off.map_or(Ok(()), |off| write!(f, " (both without {off})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table has every heuristic in the catalogue's order, and every row can be read. Measure a new heuristic with
    /// `cargo xtask costs --only NAME`.
    #[test]
    fn the_table_has_every_heuristic() {
        let measured: Vec<&str> = rows().map(|(name, _)| name).collect();
        assert_eq!(measured, crate::heuristics::names().collect::<Vec<_>>());
        assert_eq!(TABLE.lines().filter(|line| !line.starts_with('#')).count(), measured.len());
        assert!(rows().all(|(_, cost)| cost.time > 0.0 && cost.time.is_finite() && cost.memory > 0.0));
    }

    #[test]
    fn costs_within_the_noise_are_written_as_equal() {
        let text = |time, memory, off| Cost { time, memory, off }.to_string();
        assert_eq!(text(1.183, 1.05, None), "1.18 × the time and 1.05 × the memory of preset dcgan without it");
        assert_eq!(
            text(0.6, 0.99, Some("batch-norm")),
            "0.60 × the time and the same memory of preset dcgan without it (both without batch-norm)"
        );
        assert_eq!(text(1.02, 0.98, None), "the same time and the same memory of preset dcgan without it");
    }
}
