//! Recipes that train soundly, of the tuning half.

use crate::plants::Plant;
use crate::sources::Source;

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

impl Base {
    /// Whether a failure can be planted in it: relative losses do not look at labels, batch and spectral norm scale large weights
    /// away, and a penalty or spectral norm bounds a discriminator, which then knows nothing by heart in so short a run.
    pub(crate) fn takes(&self, plant: Plant) -> bool {
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
            // Images that are picked have lost their classes.
            Plant::Few(_) => !bounded && !self.recipe.contains("class-conditioning"),
            Plant::LargeWeights(_) => !normed && !self.recipe.contains("spectral"),
            Plant::Unbounded(_) => !bounded,
            _ => true,
        }
    }
}

pub(crate) const TUNING: [Base; 4] = [
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

pub(crate) const EARLIER: [Base; 6] = [
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

pub(crate) const SECOND: [Base; 6] = [
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
    // With the hinge loss and R1 alone, as it was scored, it collapses by itself: the doctor was right to say so.
    Base {
        name: "mlp-bubbles",
        source: Source::Bubbles,
        recipe: "base='plain'\n[data]\nsize=12\n[model]\nfamily='mlp'\nwidth=96\ndepth=3\nlatent=24\n[train]\nbatch=40\n[heuristics]\n\
                 adam={beta1=0.5}\nimage-scaling=true\nleaky-relu=true\ngaussian-latent=true\nrelativistic-pairing=true\nr1={gamma=1.0}\nr2={gamma=1.0}",
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
