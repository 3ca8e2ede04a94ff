//! The corpus: which runs there are.
//!
//! The scored half has recipes, widths, data, strengths and seeds that the tuning half does not have; it was written down before it
//! was played, and is played to score, not to look at. What was scored once and then learned from belongs to the tuning half, and a new half is written.

use crate::bases::{Base, EARLIER, SECOND, TUNING};
use crate::plants::{Layer, Plant};
use crate::{fifth, fourth, scored, third};
use steadygan::Result;
use steadygan::plan::Plan;
use steadygan::weights::Role;
use toml::Value;

/// One run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    /// The recipe.
    pub(crate) base: &'static Base,
    /// What is planted; nothing in a healthy run.
    pub(crate) plant: Option<Plant>,
    /// The run's seed.
    pub(crate) seed: u64,
}

/// A half of the corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Half {
    /// By which thresholds are chosen.
    Tuning,
    /// By which the doctor is judged.
    Scored,
}

/// A kind of failure with its strengths, and whether points of the plane can have it.
pub(crate) type Kind = (&'static [Plant], bool);

pub(crate) const BOTH: Plant = Plant::NoBend { generator: true, discriminator: true };
pub(crate) const GENERATOR_ONLY: Plant = Plant::NoBend { generator: true, discriminator: false };
pub(crate) const DISCRIMINATOR_ONLY: Plant = Plant::NoBend { generator: false, discriminator: true };

const TUNING_KINDS: [Kind; 11] = [
    (&[Plant::HighRates(1_000.0), Plant::HighRates(2_500.0)], true),
    (&[Plant::StrongDiscriminator(0.01, 3), Plant::StrongDiscriminator(0.003, 1)], false),
    (&[Plant::Collapse(0.0, Layer::First), Plant::Collapse(0.5, Layer::First)], true),
    (&[Plant::OtherRange], false),
    (&[Plant::Constant { own: false }, Plant::Constant { own: true }], false),
    (&[Plant::Few(64)], false),
    (&[BOTH, GENERATOR_ONLY, DISCRIMINATOR_ONLY], true),
    (&[Plant::WrongSign(Role::Generator), Plant::SwappedLabels, Plant::WrongSign(Role::Discriminator)], false),
    (&[Plant::Growing(1.03), Plant::LargeWeights(0.6), Plant::Unbounded(5.0)], false),
    (&[Plant::LateFading(0.5), Plant::LateForgetting(0.5)], false),
    (&[Plant::Frozen], false),
];

const EARLIER_KINDS: [Kind; 11] = [
    (&[Plant::HighRates(1_500.0), Plant::HighRates(800.0), Plant::HighRates(4_000.0)], true),
    (&[Plant::StrongDiscriminator(0.005, 2), Plant::StrongDiscriminator(0.01, 4)], false),
    (&[Plant::Collapse(0.0, Layer::Last), Plant::Collapse(0.4, Layer::First), Plant::Collapse(0.3, Layer::Last)], true),
    (&[Plant::OtherRange], false),
    (&[Plant::Constant { own: true }, Plant::Constant { own: false }], false),
    (&[Plant::Few(64), Plant::Few(48), Plant::Few(80)], false),
    (&[DISCRIMINATOR_ONLY, BOTH, GENERATOR_ONLY], true),
    (&[Plant::SwappedLabels, Plant::WrongSign(Role::Generator), Plant::WrongSign(Role::Discriminator)], false),
    (&[Plant::LargeWeights(0.8), Plant::Growing(1.02), Plant::Unbounded(8.0)], false),
    (&[Plant::LateForgetting(0.4), Plant::LateFading(0.45)], false),
    (&[Plant::Frozen], false),
];

const SECOND_KINDS: [Kind; 11] = [
    (&[Plant::HighRates(600.0), Plant::HighRates(200.0), Plant::HighRates(1_200.0)], false),
    (&[Plant::StrongDiscriminator(0.006, 2), Plant::StrongDiscriminator(0.004, 1)], false),
    (
        &[Plant::Collapse(0.45, Layer::Last), Plant::Collapse(0.0, Layer::First), Plant::Collapse(0.35, Layer::First)],
        false,
    ),
    (&[Plant::OtherRange], false),
    (&[Plant::Constant { own: true }, Plant::Constant { own: false }], false),
    (&[Plant::Few(64), Plant::Few(56), Plant::Few(72)], false),
    (&[GENERATOR_ONLY, DISCRIMINATOR_ONLY, BOTH], false),
    (&[Plant::WrongSign(Role::Discriminator), Plant::SwappedLabels, Plant::WrongSign(Role::Generator)], false),
    (&[Plant::Growing(1.025), Plant::LargeWeights(0.7), Plant::Unbounded(6.0)], false),
    (&[Plant::LateFading(0.4), Plant::LateForgetting(0.45)], false),
    (&[Plant::Frozen], false),
];

/// The Wasserstein critic of the second bases.
const CRITIC: std::ops::Range<usize> = 3..4;

/// Further runs by which the signs' check was mended: a Wasserstein critic begins either way round.
const SIGNS_OF_CRITICS: [Plant; 3] =
    [Plant::WrongSign(Role::Discriminator), Plant::SwappedLabels, Plant::WrongSign(Role::Generator)];

impl Half {
    /// Its runs. The tuning half has the runs that were scored first to fifth, and by which the doctor was mended, too.
    pub(crate) fn cases(self) -> Vec<Case> {
        match self {
            Self::Tuning => [
                runs(&TUNING, &TUNING_KINDS, [3, 6], 1),
                runs(&EARLIER, &EARLIER_KINDS, [4, 6], 1_001),
                runs(&SECOND, &SECOND_KINDS, [4, 6], 2_001),
                runs(&SECOND[CRITIC], &[(&SIGNS_OF_CRITICS, false)], [6, 0], 3_001),
                runs(&third::BASES, &third::KINDS, [4, 3], 4_001),
                runs(&fourth::BASES, &fourth::KINDS, [4, 3], 5_001),
                runs(&fifth::BASES, &fifth::KINDS, [4, 3], 6_001),
            ]
            .concat(),
            Self::Scored => runs(&scored::BASES, &scored::KINDS, [4, 3], 7_001),
        }
    }
}

/// Each kind of failure so many times, its strengths in turns and on the bases in turns that can have it; then so many healthy runs on
/// each base. Each has a seed of its own.
fn runs(bases: &'static [Base], kinds: &[Kind], [times, healthy]: [usize; 2], first_seed: u64) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (number, (plants, of_points)) in kinds.iter().enumerate() {
        for time in 0..times {
            let plant = plants[time % plants.len()];
            let takes = |base: &&Base| base.takes(plant) && (*of_points || base.source.channels() != 2);
            let fitting: Vec<&'static Base> = bases.iter().filter(takes).collect();
            let base = fitting[(time + number) % fitting.len()];
            cases.push(Case { base, plant: Some(plant), seed: first_seed + cases.len() as u64 });
        }
    }
    for base in bases.iter().flat_map(|base| vec![base; healthy]) {
        cases.push(Case { base, plant: None, seed: first_seed + cases.len() as u64 });
    }
    cases
}

impl Case {
    /// A name that says what it is.
    pub(crate) fn name(&self) -> String {
        let planted = self.plant.map_or("healthy".to_owned(), |plant| format!("{plant:?}"));
        format!("{} {planted} seed {}", self.base.name, self.seed)
    }

    /// The plan that the doctor is told.
    ///
    /// # Errors
    ///
    /// The recipe is not sound.
    pub(crate) fn plan(&self) -> Result<Plan> {
        // The doctor's own distance is as good for pictures made by rule, and a hundred times faster.
        self.decided(|_| "off".into())
    }

    /// The same with the kernel distance measured some times, as a run of the program has it.
    ///
    /// # Errors
    ///
    /// The recipe is not sound.
    pub(crate) fn measured_plan(&self) -> Result<Plan> {
        const EVALUATIONS: u64 = 12;
        self.decided(|images| number(images / EVALUATIONS).into())
    }

    fn decided(&self, metric_every: impl Fn(u64) -> Value) -> Result<Plan> {
        /// Lines of stats in a run.
        const LINES: u64 = 100;
        let mut recipe = steadygan::heuristics::recipe();
        recipe.lay_text(self.base.recipe, self.base.name)?;
        let batch = recipe.recipe()?.train.batch as u64;
        // To know images by heart takes longer than the other failures.
        let longer = if matches!(self.plant, Some(Plant::Few(_))) { 2 } else { 1 };
        let images = batch * self.base.rounds * longer;
        recipe.lay_value("seed", number(self.seed), "corpus")?;
        recipe.lay_value("data.source", self.base.source.named(), "corpus")?;
        recipe.lay_value("train.images", number(images), "corpus")?;
        recipe.lay_value("train.stats-every", number(images / LINES), "corpus")?;
        recipe.lay_value("train.sheets-every", number(images / 10), "corpus")?;
        recipe.lay_value("train.metric-every", metric_every(images), "corpus")?;
        recipe.lay_value("train.checkpoint-every", number(images), "corpus")?;
        steadygan::decide::decide(&recipe, self.base.source.facts())
    }
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
