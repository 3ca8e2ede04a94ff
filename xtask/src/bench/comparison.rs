//! Measurements that we and our peers took in turns, and the figures that follow from them.

use serde::Serialize;

/// The name under which our own turns are recorded.
pub(super) const OURS: &str = "ours";

/// One process's turn.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Turn {
    /// From 1.
    pub(super) round: usize,
    pub(super) who: String,
    /// The time of each step, or of the whole piece of work.
    pub(super) times_ms: Vec<f64>,
    /// The most memory that the process had in use so far.
    pub(super) peak_bytes: Option<u64>,
}

/// Turns at one piece of work, in their order: every peer's turn comes right after one of ours.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Comparison {
    pub(super) title: String,
    pub(super) turns: Vec<Turn>,
}

impl Comparison {
    /// The peers in the order of their first turns.
    pub(super) fn peers(&self) -> Vec<&str> {
        let mut peers = Vec::new();
        for turn in self.turns.iter().filter(|turn| turn.who != OURS) {
            if !peers.contains(&turn.who.as_str()) {
                peers.push(turn.who.as_str());
            }
        }
        peers
    }

    /// The centre, such as the median, of each turn of a process.
    pub(super) fn centres(&self, who: &str, centre: fn(&[f64]) -> f64) -> Vec<f64> {
        self.turns.iter().filter(|turn| turn.who == who).map(|turn| centre(&turn.times_ms)).collect()
    }

    /// A peer's time over ours in the turn before it, for each of its turns.
    pub(super) fn ratios(&self, peer: &str, centre: fn(&[f64]) -> f64) -> Vec<f64> {
        let mut before = f64::NAN;
        let mut ratios = Vec::new();
        for turn in &self.turns {
            let time = centre(&turn.times_ms);
            if turn.who == OURS {
                before = time;
            } else if turn.who == peer {
                ratios.push(time / before);
            }
        }
        ratios
    }

    /// The peer whose median turn is the shortest.
    pub(super) fn fastest_peer(&self) -> Option<&str> {
        let time = |peer: &str| median(&self.centres(peer, median));
        self.peers().into_iter().min_by(|a, b| time(a).total_cmp(&time(b)))
    }

    /// The most memory that a process had in use.
    pub(super) fn peak_bytes(&self, who: &str) -> Option<u64> {
        self.turns.iter().filter(|turn| turn.who == who).filter_map(|turn| turn.peak_bytes).max()
    }
}

/// The middle of the values, or the mean of the two middle ones; NaN if there are none.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => sorted[count / 2],
        count => f64::midpoint(sorted[count / 2 - 1], sorted[count / 2]),
    }
}

/// The mean; NaN if there are no values.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Median, minimum and maximum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Spread {
    pub(super) fn of(values: &[f64]) -> Self {
        let least = values.iter().copied().fold(f64::NAN, f64::min);
        let most = values.iter().copied().fold(f64::NAN, f64::max);
        Self { median: median(values), least, most }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(round: usize, who: &str, times_ms: &[f64], peak: u64) -> Turn {
        Turn { round, who: who.into(), times_ms: times_ms.into(), peak_bytes: Some(peak) }
    }

    /// The host slows down between the rounds; `b` is the faster peer.
    fn comparison() -> Comparison {
        let turns = vec![
            turn(1, OURS, &[10.0, 12.0, 11.0], 5),
            turn(1, "a", &[33.0, 33.0, 90.0], 7),
            turn(1, OURS, &[10.0], 6),
            turn(1, "b", &[20.0, 30.0], 9),
            turn(2, OURS, &[20.0], 6),
            turn(2, "a", &[50.0], 8),
            turn(2, OURS, &[40.0], 6),
            turn(2, "b", &[60.0], 9),
        ];
        Comparison { title: "work".into(), turns }
    }

    #[test]
    fn the_median_of_an_even_count_is_between_the_middle_two() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(&[7.0]), 7.0);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn the_mean_is_of_all_values() {
        assert_eq!(mean(&[1.0, 2.0, 6.0]), 3.0);
        assert!(mean(&[]).is_nan());
    }

    #[test]
    fn a_spread_has_the_extremes() {
        assert_eq!(Spread::of(&[2.0, 9.0, 1.0]), Spread { median: 2.0, least: 1.0, most: 9.0 });
        assert_eq!(Spread::of(&[4.0]), Spread { median: 4.0, least: 4.0, most: 4.0 });
    }

    #[test]
    fn a_peer_is_compared_with_our_turn_right_before_its_own() {
        let comparison = comparison();
        assert_eq!(comparison.ratios("a", median), [3.0, 2.5]);
        assert_eq!(comparison.ratios("b", median), [2.5, 1.5]);
        assert_eq!(comparison.ratios("a", mean), [52.0 / 11.0, 2.5]);
        assert!(comparison.ratios("c", median).is_empty());
    }

    #[test]
    fn the_fastest_peer_is_judged_by_its_median_turn() {
        let mut comparison = comparison();
        assert_eq!(comparison.peers(), ["a", "b"]);
        assert_eq!(comparison.centres("a", median), [33.0, 50.0]);
        assert_eq!(comparison.fastest_peer(), Some("a"));
        // One slow turn of three does not matter.
        comparison.turns.extend([turn(3, "b", &[20.0], 9), turn(3, "a", &[41.0], 8)]);
        assert_eq!(comparison.fastest_peer(), Some("b"));
        assert_eq!(Comparison::default().fastest_peer(), None);
    }

    #[test]
    fn memory_is_the_most_of_all_turns() {
        assert_eq!(comparison().peak_bytes("a"), Some(8));
        assert_eq!(comparison().peak_bytes(OURS), Some(6));
        assert_eq!(comparison().peak_bytes("c"), None);
    }
}
