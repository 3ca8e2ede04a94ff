//! What has been observed so far.

use super::About;
use steadygan_run::{ModesLine, StatsLine};

/// Lines of stats of which the median is one measurement of the distance of pictures.
const MEDIAN: usize = 5;

/// The energy distance's deviation on 64 fakes and 64 reals: it wanders so far in runs that are sound.
const ENERGY_DEVIATION: f64 = 0.03;

/// Fakes that are this near to the reals, as a share of the reals' distance from each other (energy distance), are no failure.
pub(super) const NEAR: f64 = 0.2;

/// A distance that fell by less than this share over the time is no progress.
const PROGRESS: f64 = 0.1;

/// Something observed.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly all are the largest")]
pub enum Sign {
    /// At a line of stats.
    Stats(StatsLine),
    /// How fakes are spread over known modes.
    Modes(ModesLine),
    /// How far fakes are from reals, in the run's metric.
    Distance(Measured),
}

/// A distance of fakes from reals, less being better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Real images shown.
    pub images: u64,
    /// The distance.
    pub value: f64,
    /// Its standard deviation by the choice of samples.
    pub deviation: f64,
}

/// All that was observed, in order, and what is known of the run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) about: &'a About,
    pub(super) lines: &'a [StatsLine],
    pub(super) modes: &'a [ModesLine],
    pub(super) distances: &'a [Measured],
}

impl<'a> Seen<'a> {
    /// The last lines, as many as span so many rounds; none if there are not as many.
    pub(super) fn recent(&self, rounds: u64) -> &'a [StatsLine] {
        self.lines.len().checked_sub(self.about.lines(rounds)).map_or(&[], |from| &self.lines[from..])
    }

    /// The last lines that all are so, if they span so many rounds at least.
    pub(super) fn streak(&self, rounds: u64, is_so: impl Fn(&StatsLine) -> bool) -> Option<Streak<'a>> {
        let length = self.lines.iter().rev().take_while(|line| is_so(line)).count();
        let lines = &self.lines[self.lines.len() - length..];
        (length >= self.about.lines(rounds)).then_some(Streak { lines })
    }

    /// The energy distances of the stats, in medians of five lines.
    pub(super) fn of_pictures(&self) -> Vec<Measured> {
        let chunks = self.lines.rchunks_exact(MEDIAN).rev();
        let medians = chunks.filter_map(|lines| {
            let mut values: Vec<f64> = lines.iter().map(|line| line.signs.distance).collect();
            values.sort_by(f64::total_cmp);
            let value = values[MEDIAN / 2];
            let images = lines[MEDIAN / 2].stats.images;
            value.is_finite().then_some(Measured { images, value, deviation: ENERGY_DEVIATION })
        });
        medians.collect()
    }
}

/// Lines one after the other that have something in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Streak<'a> {
    pub(super) lines: &'a [StatsLine],
}

impl Streak<'_> {
    /// Images at its beginning.
    pub(super) fn since(&self) -> u64 {
        self.lines[0].stats.images
    }

    /// The mean over it.
    pub(super) fn mean(&self, of: impl Fn(&StatsLine) -> f64) -> f64 {
        mean(self.lines, of)
    }
}

/// The mean over lines of what is a number; NaN if nothing is.
pub(super) fn mean(lines: &[StatsLine], of: impl Fn(&StatsLine) -> f64) -> f64 {
    let numbers: Vec<f64> = lines.iter().map(of).filter(|value| value.is_finite()).collect();
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

/// Whether fakes came nearer to the reals: on average over the later half of the lines against the half before.
pub(super) fn come_nearer(lines: &[StatsLine]) -> bool {
    let (before, after) = lines.split_at(lines.len() / 2);
    let distance = |lines: &[StatsLine]| mean(lines, |line| line.signs.distance);
    distance(after) <= (1.0 - PROGRESS) * distance(before)
}

/// How far the discriminator tells reals that it learns from and fakes of fixed latents apart: the distance of the mean
/// logits in standard deviations within each kind.
pub(super) fn separation(line: &StatsLine) -> f64 {
    (line.signs.logit_train - line.signs.logit_fixed) / line.signs.logit_spread
}
