//! What has been observed so far.

use super::About;
use steadygan_run::{ModesLine, StatsLine};

/// Lines of stats whose median is one measurement of the energy distance.
const MEDIAN: usize = 5;

/// The standard deviation of the energy distance on 64 fakes and 64 reals, from how much it varies in sound runs.
const ENERGY_DEVIATION: f64 = 0.03;

/// At this energy distance or below (as a share of the reals' distance from each other), fakes are near the reals and
/// no failure.
pub(super) const NEAR: f64 = 0.2;

/// A distance that fell by a smaller share than this over a period is no progress.
const PROGRESS: f64 = 0.1;

/// One observation of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly all values are of the largest variant")]
pub enum Observation {
    /// A line of stats.
    Stats(StatsLine),
    /// How fakes are spread over known modes.
    Modes(ModesLine),
    /// How far fakes are from reals, in the run's metric.
    Distance(MeasuredDistance),
}

/// A measured distance of fakes from reals; lower is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeasuredDistance {
    /// Real images shown.
    pub images: u64,
    /// The distance.
    pub value: f64,
    /// Its standard deviation over choices of samples.
    pub deviation: f64,
}

/// All that was observed, in order, and what is known of the run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) about: &'a About,
    pub(super) lines: &'a [StatsLine],
    pub(super) modes: &'a [ModesLine],
    pub(super) distances: &'a [MeasuredDistance],
}

impl<'a> Seen<'a> {
    /// The last lines that span `rounds` rounds; none if there are too few lines.
    pub(super) fn recent(&self, rounds: u64) -> &'a [StatsLine] {
        self.lines.len().checked_sub(self.about.lines(rounds)).map_or(&[], |from| &self.lines[from..])
    }

    /// The last lines on all of which `is_so` holds, if they span at least `rounds` rounds.
    pub(super) fn streak(&self, rounds: u64, is_so: impl Fn(&StatsLine) -> bool) -> Option<Streak<'a>> {
        let length = self.lines.iter().rev().take_while(|line| is_so(line)).count();
        let lines = &self.lines[self.lines.len() - length..];
        (length >= self.about.lines(rounds)).then_some(Streak { lines })
    }

    /// The energy distances in the stats, each the median of five lines.
    pub(super) fn of_pictures(&self) -> Vec<MeasuredDistance> {
        let chunks = self.lines.rchunks_exact(MEDIAN).rev();
        let medians = chunks.filter_map(|lines| {
            let mut values: Vec<f64> = lines.iter().map(|line| line.signs.distance).collect();
            values.sort_by(f64::total_cmp);
            let value = values[MEDIAN / 2];
            let images = lines[MEDIAN / 2].stats.images;
            value.is_finite().then_some(MeasuredDistance { images, value, deviation: ENERGY_DEVIATION })
        });
        medians.collect()
    }
}

/// Consecutive lines on which a condition holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Streak<'a> {
    pub(super) lines: &'a [StatsLine],
}

impl Streak<'_> {
    /// Images at its first line.
    pub(super) fn since(&self) -> u64 {
        self.lines[0].stats.images
    }

    /// The mean over its lines.
    pub(super) fn mean(&self, of: impl Fn(&StatsLine) -> f64) -> f64 {
        mean(self.lines, of)
    }
}

/// The mean of the finite values over lines; NaN if there are none.
pub(super) fn mean(lines: &[StatsLine], of: impl Fn(&StatsLine) -> f64) -> f64 {
    let numbers: Vec<f64> = lines.iter().map(of).filter(|value| value.is_finite()).collect();
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

/// Whether fakes came nearer to the reals: the mean distance over the later half of the lines against the earlier half.
pub(super) fn come_nearer(lines: &[StatsLine]) -> bool {
    let (before, after) = lines.split_at(lines.len() / 2);
    let distance = |lines: &[StatsLine]| mean(lines, |line| line.signs.distance);
    distance(after) <= (1.0 - PROGRESS) * distance(before)
}

/// How far the discriminator separates training reals from fakes of the fixed latents: the difference of their mean
/// logits in standard deviations of the logits within each kind. Negative if fakes get higher logits.
pub(super) fn separation(line: &StatsLine) -> f64 {
    (line.signs.logit_train - line.signs.logit_fixed) / line.signs.logit_spread
}
