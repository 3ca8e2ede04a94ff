//! The fourth half: recipes as people have them. It was scored once, and then learned from.

use crate::bases::Base;
use crate::corpus::{BOTH, DISCRIMINATOR_ONLY, GENERATOR_ONLY, Kind};
use crate::plants::{Layer, Plant};
use crate::sources::Source;
use steadygan::weights::Role;

pub(crate) const BASES: [Base; 12] = [
    Base {
        name: "hacks-moons",
        source: Source::Moons,
        recipe: "base='hacks'\n[data]\nsize=16\n[model]\nwidth=12\nlatent=24\n[train]\nbatch=32\n[heuristics]\n\
                 instance-noise=true\nttur={generator=4e-4,discriminator=2e-4}",
        rounds: 1_600,
    },
    Base {
        name: "resized-frames",
        source: Source::Frames,
        recipe: "base='dcgan'\n[data]\nsize=16\n[model]\nwidth=16\nlatent=48\n[train]\nbatch=28\n[heuristics]\n\
                 gaussian-latent=true\nseparate-batches=true\nstrided-upsampling=false\nresize-convolution=true",
        rounds: 2_600,
    },
    Base {
        name: "modern-spirals",
        source: Source::Spirals,
        recipe: "base='modern'\n[data]\nsize=20\n[model]\nwidth=13\nlatent=28\n[train]\nbatch=28\n[heuristics]\n\
                 adam={lr=3e-4,beta1=0.0,beta2=0.99}\nr1={gamma=0.4}\nr2={gamma=0.4}",
        rounds: 1_800,
    },
    Base {
        name: "critic-chevrons",
        source: Source::Chevrons,
        recipe: "base='dcgan'\n[data]\nsize=20\n[model]\nwidth=10\nlatent=32\n[train]\nbatch=24\n[heuristics]\n\
                 wasserstein={clip=0.0}\ngradient-penalty={weight=5.0}\ngaussian-latent=true\nbatch-norm={discriminator=false}\n\
                 adam={lr=2e-4,beta1=0.0,beta2=0.9}\ndiscriminator-steps={discriminator=2}",
        rounds: 1_700,
    },
    Base {
        name: "spectral-leaves",
        source: Source::Leaves,
        recipe: "base='dcgan'\n[data]\nsize=16\n[model]\nwidth=14\nlatent=36\n[train]\nbatch=32\n[heuristics]\n\
                 gaussian-latent=true\nspectral-norm=true\nbatch-norm={discriminator=false}\nminibatch-std=true",
        rounds: 1_800,
    },
    Base {
        name: "squares-clouds",
        source: Source::Clouds,
        recipe: "base='dcgan'\n[data]\nsize=16\n[model]\nwidth=9\nlatent=56\n[train]\nbatch=36\n[heuristics]\n\
                 least-squares=true\nspherical-latent=true\nseparate-batches=true",
        rounds: 1_600,
    },
    Base {
        name: "mlp-slices",
        source: Source::Slices,
        recipe: "base='plain'\n[data]\nsize=12\n[model]\nfamily='mlp'\nwidth=128\ndepth=3\nlatent=28\n[train]\nbatch=36\n[heuristics]\n\
                 adam={lr=3e-4,beta1=0.0,beta2=0.99}\nimage-scaling=true\nleaky-relu=true\ngaussian-latent=true\n\
                 relativistic-average=true\nr1={gamma=0.5}\nr2={gamma=0.5}",
        rounds: 2_600,
    },
    Base {
        name: "resnet-trees",
        source: Source::Trees,
        recipe: "base='modern'\n[data]\nsize=16\n[model]\nfamily='resnet'\nwidth=10\nlatent=48\n[train]\nbatch=20",
        rounds: 1_300,
    },
    Base {
        name: "classes-dice",
        source: Source::Dice,
        recipe: "base='modern'\n[data]\nsize=16\n[model]\nwidth=10\nlatent=24\n[train]\nbatch=28\n[heuristics]\n\
                 class-conditioning={embedding=3}",
        rounds: 1_800,
    },
    Base {
        name: "few-eggs",
        source: Source::Eggs,
        recipe: "base='modern'\n[data]\nsize=16\n[model]\nwidth=10\nlatent=20\n[train]\nbatch=24\n[heuristics]\n\
                 adam={lr=5e-4,beta1=0.0,beta2=0.99}\nadaptive-augmentation={span=10000}",
        rounds: 2_200,
    },
    Base {
        name: "pac-links",
        source: Source::Links,
        recipe: "base='hacks'\n[data]\nsize=20\n[model]\nwidth=12\nlatent=40\n[train]\nbatch=32\n[heuristics]\npac={images=2}\n\
                 noisy-labels={probability=0.02}",
        rounds: 1_600,
    },
    Base {
        name: "points-horseshoes",
        source: Source::Horseshoes,
        recipe: "base='plain'\n[model]\nwidth=72\ndepth=3\nlatent=2\n[train]\nbatch=96\n[heuristics]\n\
                 adam={lr=6e-4,beta1=0.0,beta2=0.99}\nleaky-relu=true\ngaussian-latent=true\nrelativistic-pairing=true\n\
                 r1={gamma=0.15}\nr2={gamma=0.15}\nema=true",
        rounds: 4_000,
    },
];

pub(crate) const KINDS: [Kind; 11] = [
    (&[Plant::HighRates(900.0), Plant::HighRates(2_000.0), Plant::HighRates(650.0), Plant::HighRates(1_300.0)], true),
    (&[Plant::StrongDiscriminator(0.007, 3), Plant::StrongDiscriminator(0.005, 1)], false),
    (
        &[Plant::Collapse(0.5, Layer::Last), Plant::Collapse(0.2, Layer::First), Plant::Collapse(0.6, Layer::First)],
        true,
    ),
    (&[Plant::OtherRange], false),
    (&[Plant::Constant { own: true }, Plant::Constant { own: false }], false),
    (&[Plant::Few(58), Plant::Few(66), Plant::Few(54)], false),
    (&[GENERATOR_ONLY, BOTH, DISCRIMINATOR_ONLY], true),
    (&[Plant::SwappedLabels, Plant::WrongSign(Role::Discriminator), Plant::WrongSign(Role::Generator)], false),
    (&[Plant::LargeWeights(0.75), Plant::Unbounded(9.0), Plant::Growing(1.028)], false),
    (&[Plant::LateFading(0.42), Plant::LateForgetting(0.55)], false),
    (&[Plant::Frozen], false),
];
