//! The corpus: which runs there are.
//!
//! The scored half has recipes, widths, data, strengths and seeds that the tuning half does not have; it was written down before it
//! was played, and is played to score, not to look at. What was scored once and then learned from belongs to the tuning half.

use crate::plants::{Layer, Plant};
use crate::sources::Source;
use steadygan::Result;
use steadygan::plan::Plan;
use steadygan::recipe::LayeredRecipe;
use steadygan::weights::Role;

/// A recipe on data, which trains soundly.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Base {
    /// Its name.
    pub(crate) name: &'static str,
    /// The data.
    pub(crate) source: Source,
    /// The recipe, as TOML.
    pub(crate) recipe: &'static str,
    /// Rounds of training.
    pub(crate) rounds: u64,
}

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

const TUNING: [Base; 4] = [
    Base {
        name: "hacks-garments",
        source: Source::Garments,
        recipe: "base='hacks'\n[data]\nsize=16\n[model]\nwidth=8\n[train]\nbatch=32",
        rounds: 2_000,
    },
    Base {
        name: "hinge-blobs",
        source: Source::Blobs,
        recipe: "base='dcgan'\n[data]\nsize=16\n[model]\nwidth=12\nlatent=32\n[train]\nbatch=32\n[heuristics]\nhinge=true\n\
                 gaussian-latent=true\nseparate-batches=true",
        rounds: 2_000,
    },
    Base {
        name: "modern-garments",
        source: Source::Garments,
        recipe: "base='modern'\n[data]\nsize=16\n[model]\nwidth=8\nlatent=64\n[train]\nbatch=32",
        rounds: 2_000,
    },
    Base {
        name: "ring",
        source: Source::Ring,
        recipe: "base='plain'\n[model]\nwidth=64\ndepth=3\nlatent=2\n[train]\nbatch=64\n[heuristics]\n\
                 adam={lr=1e-3,beta1=0.0,beta2=0.99}\nleaky-relu=true\ngaussian-latent=true\nrelativistic-pairing=true\n\
                 r1={gamma=0.1}\nr2={gamma=0.1}\nema=true",
        rounds: 4_000,
    },
];

const EARLIER: [Base; 6] = [
    Base {
        name: "hacks-std-shapes",
        source: Source::Shapes,
        recipe: "base='hacks'\n[data]\nsize=20\n[model]\nwidth=10\nlatent=48\n[train]\nbatch=24\n[heuristics]\nminibatch-std=true",
        rounds: 2_000,
    },
    Base {
        name: "squares-shoes",
        source: Source::Shoes,
        recipe: "base='dcgan'\n[data]\nsize=24\n[model]\nwidth=10\n[train]\nbatch=32\n[heuristics]\nleast-squares=true\n\
                 gaussian-latent=true\nseparate-batches=true",
        rounds: 1_500,
    },
    Base {
        name: "average-gratings",
        source: Source::Gratings,
        recipe: "base='modern'\n[data]\nsize=16\n[model]\nwidth=16\nlatent=24\n[train]\nbatch=16\n[heuristics]\n\
                 relativistic-pairing=false\nrelativistic-average=true",
        rounds: 2_500,
    },
    Base {
        name: "critic-ramps",
        source: Source::Ramps,
        recipe: "base='dcgan'\n[data]\nsize=16\n[model]\nwidth=14\nlatent=20\n[train]\nbatch=32\n[heuristics]\nwasserstein={clip=0.0}\n\
                 gradient-penalty=true\ngaussian-latent=true\nbatch-norm={discriminator=false}",
        rounds: 1_800,
    },
    Base {
        name: "spectral-strokes",
        source: Source::Strokes,
        recipe: "base='plain'\n[data]\nsize=16\n[model]\nwidth=12\nlatent=40\n[train]\nbatch=32\n[heuristics]\nadam={beta1=0.0}\n\
                 image-scaling=true\nleaky-relu=true\ngaussian-latent=true\nhinge=true\nspectral-norm=true\n\
                 batch-norm={discriminator=false}\nstrided-downsampling=true",
        rounds: 2_000,
    },
    Base {
        name: "grid",
        source: Source::Grid,
        recipe: "base='plain'\n[model]\nwidth=96\ndepth=2\nlatent=4\n[train]\nbatch=100\n[heuristics]\n\
                 adam={lr=5e-4,beta1=0.0,beta2=0.99}\nleaky-relu=true\ngaussian-latent=true\nrelativistic-pairing=true\n\
                 r1={gamma=0.1}\nr2={gamma=0.1}\nema=true",
        rounds: 4_000,
    },
];

const SCORED: [Base; 6] = [
    Base {
        name: "plain-loss-rings",
        source: Source::Rings,
        recipe: "base='dcgan'\n[data]\nsize=16\n[model]\nwidth=10\nlatent=50\n[train]\nbatch=32\n[heuristics]\n\
                 separate-batches=true\nlabel-smoothing={real=0.9,fake=0.0}",
        rounds: 2_200,
    },
    Base {
        name: "ema-plaid",
        source: Source::Plaid,
        recipe: "base='hacks'\n[data]\nsize=20\n[model]\nwidth=9\nlatent=30\n[train]\nbatch=28\n[heuristics]\n\
                 ema={half-life='2k'}\nnoisy-labels=false",
        rounds: 1_800,
    },
    Base {
        name: "r1-halves",
        source: Source::Halves,
        recipe: "base='plain'\n[data]\nsize=16\n[model]\nwidth=14\nlatent=20\n[train]\nbatch=24\n[heuristics]\n\
                 adam={beta1=0.0,beta2=0.99}\nimage-scaling=true\nleaky-relu=true\ngaussian-latent=true\n\
                 strided-downsampling=true\nstrided-upsampling=true\nr1={gamma=2.0}\nseparate-batches=true",
        rounds: 2_200,
    },
    Base {
        name: "critic-bars",
        source: Source::Bars,
        recipe: "base='dcgan'\n[data]\nsize=16\n[model]\nwidth=11\nlatent=26\n[train]\nbatch=32\n[heuristics]\n\
                 wasserstein={clip=0.0}\ngradient-penalty=true\ngaussian-latent=true\nbatch-norm={discriminator=false}",
        rounds: 1_600,
    },
    Base {
        name: "mlp-bubbles",
        source: Source::Bubbles,
        recipe: "base='plain'\n[data]\nsize=12\n[model]\nfamily='mlp'\nwidth=96\ndepth=3\nlatent=24\n[train]\nbatch=40\n[heuristics]\n\
                 adam={beta1=0.5}\nimage-scaling=true\nleaky-relu=true\ngaussian-latent=true\nhinge=true\nr1={gamma=1.0}",
        rounds: 3_000,
    },
    Base {
        name: "two-updates-waves",
        source: Source::Waves,
        recipe: "base='dcgan'\n[data]\nsize=24\n[model]\nwidth=7\nlatent=40\n[train]\nbatch=32\n[heuristics]\n\
                 least-squares=true\ngaussian-latent=true\nseparate-batches={updates='two'}\nlabel-smoothing={real=0.95,fake=0.05}",
        rounds: 1_400,
    },
];

/// A kind of failure with its strengths, and whether points of the plane can have it.
type Kind = (&'static [Plant], bool);

const BOTH: Plant = Plant::NoBend { generator: true, discriminator: true };
const GENERATOR_ONLY: Plant = Plant::NoBend { generator: true, discriminator: false };
const DISCRIMINATOR_ONLY: Plant = Plant::NoBend { generator: false, discriminator: true };

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

const SCORED_KINDS: [Kind; 11] = [
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

impl Half {
    /// Its runs. The tuning half has the runs that were scored first, and by which the doctor was mended, too.
    pub(crate) fn cases(self) -> Vec<Case> {
        match self {
            Self::Tuning => [runs(&TUNING, &TUNING_KINDS, 3, 1), runs(&EARLIER, &EARLIER_KINDS, 4, 1_001)].concat(),
            Self::Scored => runs(&SCORED, &SCORED_KINDS, 4, 2_001),
        }
    }
}

/// Healthy runs on each base.
const HEALTHY: usize = 6;

/// Each kind of failure so many times, its strengths in turns and on the bases in turns that can have it; then healthy runs on each
/// base. Each has a seed of its own.
fn runs(bases: &'static [Base], kinds: &[Kind], times: usize, first_seed: u64) -> Vec<Case> {
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
    for base in bases.iter().flat_map(|base| [base; HEALTHY]) {
        cases.push(Case { base, plant: None, seed: first_seed + cases.len() as u64 });
    }
    cases
}

impl Base {
    /// Whether a failure can be planted in it: relative losses do not look at labels, batch and spectral norm scale large weights
    /// away, and a penalty or spectral norm bounds a discriminator, which then knows nothing by heart in so short a run.
    fn takes(&self, plant: Plant) -> bool {
        let relative = self.recipe.contains("modern") || self.recipe.contains("relativistic");
        let normed = !self.recipe.contains("modern")
            && !self.recipe.contains("base='plain'")
            && !self.recipe.contains("penalty");
        let bounded = ["modern", "penalty", "spectral", "r1"].iter().any(|bound| self.recipe.contains(bound));
        let plain = self.recipe.contains("base='plain'");
        match plant {
            Plant::SwappedLabels => !relative,
            // Adam's steps are as large as they are, but batch norm makes them small beside weights that grow.
            Plant::HighRates(_) => self.recipe.contains("modern") || plain && !self.recipe.contains("batch-norm"),
            Plant::Few(_) => !bounded,
            Plant::LargeWeights(_) => !normed && !self.recipe.contains("spectral"),
            Plant::Unbounded(_) => !bounded,
            _ => true,
        }
    }
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
        /// Lines of stats in a run.
        const LINES: u64 = 100;
        let mut recipe = LayeredRecipe::default();
        recipe.lay_text(self.base.recipe, self.base.name)?;
        let batch = recipe.recipe()?.train.batch as u64;
        // To know images by heart takes longer than the other failures.
        let longer = if matches!(self.plant, Some(Plant::Few(_))) { 2 } else { 1 };
        let images = batch * self.base.rounds * longer;
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        recipe.lay_value("seed", number(self.seed), "corpus")?;
        recipe.lay_value("data.source", self.base.source.named(), "corpus")?;
        recipe.lay_value("train.images", number(images), "corpus")?;
        recipe.lay_value("train.stats-every", number(images / LINES), "corpus")?;
        recipe.lay_value("train.sheets-every", number(images / 10), "corpus")?;
        // The doctor's own distance is as good for pictures made by rule, and a hundred times faster.
        recipe.lay_value("train.metric-every", "off", "corpus")?;
        recipe.lay_value("train.checkpoint-every", number(images), "corpus")?;
        Plan::decide(&recipe, self.base.source.channels())
    }
}
