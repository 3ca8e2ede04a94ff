//! The third half: recipes as people have them. It was scored once, and then learned from.

use crate::bases::Base;
use crate::corpus::{BOTH, DISCRIMINATOR_ONLY, GENERATOR_ONLY, Kind};
use crate::plants::{Layer, Plant};
use crate::sources::Source;
use steadygan::weights::Role;

pub(crate) const BASES: [Base; 12] = [
    Base {
        name: "hacks-crosses",
        source: Source::Crosses,
        recipe: "base='hacks'\n[data]\nsize=20\n[model]\nwidth=12\nlatent=36\n[train]\nbatch=32",
        rounds: 1_500,
    },
    Base {
        name: "dcgan-skies",
        source: Source::Skies,
        recipe: "base='dcgan'\n[data]\nsize=16\n[model]\nwidth=13\nlatent=64\n[train]\nbatch=36\n[heuristics]\n\
                 gaussian-latent=true\nseparate-batches=true\nttur={generator=1e-4,discriminator=2e-4}",
        rounds: 1_800,
    },
    Base {
        name: "modern-lattice",
        source: Source::Lattice,
        recipe: "base='modern'\n[data]\nsize=20\n[model]\nwidth=11\nlatent=40\n[train]\nbatch=24\n[heuristics]\n\
                 r1={gamma=0.5}\nr2={gamma=0.5}",
        rounds: 2_000,
    },
    Base {
        name: "critic-steps-triangles",
        source: Source::Triangles,
        recipe: "base='dcgan'\n[data]\nsize=16\n[model]\nwidth=12\nlatent=22\n[train]\nbatch=20\n[heuristics]\n\
                 wasserstein={clip=0.0}\ngradient-penalty=true\ngaussian-latent=true\nbatch-norm={discriminator=false}\n\
                 adam={lr=1e-4,beta1=0.0,beta2=0.9}\ndiscriminator-steps={discriminator=3}",
        rounds: 1_600,
    },
    Base {
        name: "spectral-hinge-arcs",
        source: Source::Arcs,
        recipe: "base='dcgan'\n[data]\nsize=16\n[model]\nwidth=15\nlatent=28\n[train]\nbatch=32\n[heuristics]\nadam={beta1=0.0}\n\
                 gaussian-latent=true\nhinge=true\nspectral-norm=true\nbatch-norm={discriminator=false}\nema={half-life='4k'}",
        rounds: 1_800,
    },
    Base {
        name: "squares-stairs",
        source: Source::Stairs,
        recipe: "base='dcgan'\n[data]\nsize=16\n[model]\nwidth=12\nlatent=44\n[train]\nbatch=40\n[heuristics]\n\
                 least-squares=true\ngaussian-latent=true\nseparate-batches=true\nlabel-smoothing={real=0.9,fake=0.1}",
        rounds: 1_500,
    },
    Base {
        name: "mlp-faces",
        source: Source::Faces,
        recipe: "base='plain'\n[data]\nsize=12\n[model]\nfamily='mlp'\nwidth=112\ndepth=2\nlatent=20\n[train]\nbatch=48\n[heuristics]\n\
                 adam={beta1=0.0,beta2=0.99}\nimage-scaling=true\nleaky-relu=true\ngaussian-latent=true\nrelativistic-pairing=true\n\
                 r1={gamma=0.3}\nr2={gamma=0.3}",
        rounds: 3_000,
    },
    Base {
        name: "resnet-petals",
        source: Source::Petals,
        recipe: "base='modern'\n[data]\nsize=16\n[model]\nfamily='resnet'\nwidth=8\nlatent=32\n[train]\nbatch=24",
        rounds: 1_200,
    },
    Base {
        name: "classes-glyphs",
        source: Source::Glyphs,
        recipe: "base='modern'\n[data]\nsize=16\n[model]\nwidth=12\nlatent=32\n[train]\nbatch=32\n[heuristics]\nclass-conditioning={embedding=4}",
        rounds: 1_800,
    },
    Base {
        name: "few-hills",
        source: Source::Hills,
        recipe: "base='modern'\n[data]\nsize=16\n[model]\nwidth=9\nlatent=16\n[train]\nbatch=20\n[heuristics]\naugmentation=true",
        rounds: 1_800,
    },
    Base {
        name: "replay-noise-crosses",
        source: Source::Crosses,
        recipe: "base='hacks'\n[data]\nsize=16\n[model]\nwidth=14\nlatent=48\n[train]\nbatch=30\n[heuristics]\nreplay=true\n\
                 instance-noise=true\nlabel-smoothing={real=0.9,fake=0.0}",
        rounds: 1_800,
    },
    Base {
        name: "points-pinwheel",
        source: Source::Pinwheel,
        recipe: "base='plain'\n[model]\nwidth=80\ndepth=3\nlatent=3\n[train]\nbatch=80\n[heuristics]\n\
                 adam={lr=8e-4,beta1=0.0,beta2=0.99}\nleaky-relu=true\ngaussian-latent=true\nrelativistic-pairing=true\n\
                 r1={gamma=0.2}\nr2={gamma=0.2}\nema=true",
        rounds: 4_000,
    },
];

pub(crate) const KINDS: [Kind; 11] = [
    (&[Plant::HighRates(1_100.0), Plant::HighRates(1_800.0), Plant::HighRates(700.0)], true),
    (&[Plant::StrongDiscriminator(0.004, 2), Plant::StrongDiscriminator(0.008, 3)], false),
    (
        &[Plant::Collapse(0.4, Layer::Last), Plant::Collapse(0.0, Layer::First), Plant::Collapse(0.55, Layer::First)],
        true,
    ),
    (&[Plant::OtherRange], false),
    (&[Plant::Constant { own: false }, Plant::Constant { own: true }], false),
    (&[Plant::Few(60), Plant::Few(68), Plant::Few(52)], false),
    (&[DISCRIMINATOR_ONLY, GENERATOR_ONLY, BOTH], true),
    (&[Plant::WrongSign(Role::Generator), Plant::SwappedLabels, Plant::WrongSign(Role::Discriminator)], false),
    (&[Plant::Unbounded(7.0), Plant::Growing(1.035), Plant::LargeWeights(0.65)], false),
    (&[Plant::LateForgetting(0.5), Plant::LateFading(0.55)], false),
    (&[Plant::Frozen], false),
];
