//! The fifth half: recipes as people have them. It was scored once, and then learned from.

use crate::bases::Base;
use crate::corpus::{BOTH, DISCRIMINATOR_ONLY, GENERATOR_ONLY, Kind};
use crate::plants::{Layer, Plant};
use crate::sources::Source;
use steadygan::weights::Role;

pub(crate) const BASES: [Base; 12] = [
    Base {
        name: "clipped-boats",
        source: Source::Boats,
        recipe: "base='hacks'\n[data]\nsize=16\n[model]\nwidth=15\nlatent=30\n[train]\nbatch=34\n[heuristics]\n\
                 gradient-clipping={norm=5.0}\nlabel-smoothing={real=0.9,fake=0.0}",
        rounds: 1_700,
    },
    Base {
        name: "shuffled-houses",
        source: Source::Houses,
        recipe: "base='dcgan'\n[data]\nsize=16\n[model]\nwidth=14\nlatent=42\n[train]\nbatch=26\n[heuristics]\n\
                 gaussian-latent=true\nstrided-upsampling=false\npixel-shuffle=true\nbatch-norm={discriminator=false}\n\
                 r1={gamma=0.5}\nseparate-batches=true",
        rounds: 1_900,
    },
    Base {
        name: "modern-flags",
        source: Source::Flags,
        recipe: "base='modern'\n[data]\nsize=16\n[model]\nwidth=12\nlatent=36\n[train]\nbatch=26\n[heuristics]\n\
                 adam={lr=4e-4,beta1=0.0,beta2=0.99}\nr1={gamma=0.6}\nr2={gamma=0.6}",
        rounds: 1_700,
    },
    Base {
        name: "critic-arrows",
        source: Source::Arrows,
        recipe: "base='dcgan'\n[data]\nsize=16\n[model]\nwidth=13\nlatent=26\n[train]\nbatch=22\n[heuristics]\n\
                 wasserstein={clip=0.0}\ngradient-penalty={weight=8.0}\ngaussian-latent=true\nbatch-norm={discriminator=false}\n\
                 adam={lr=2e-4,beta1=0.5,beta2=0.9}\ndiscriminator-steps={discriminator=2}\nresize-convolution=true\nstrided-upsampling=false",
        rounds: 1_700,
    },
    Base {
        name: "spectral-hinge-hearts",
        source: Source::Hearts,
        recipe: "base='dcgan'\n[data]\nsize=20\n[model]\nwidth=11\nlatent=34\n[train]\nbatch=30\n[heuristics]\n\
                 adam={beta1=0.0,beta2=0.9}\ngaussian-latent=true\nhinge=true\nspectral-norm=true\nbatch-norm={discriminator=false}\n\
                 ttur={generator=2e-4,discriminator=4e-4}",
        rounds: 1_800,
    },
    Base {
        name: "squares-targets",
        source: Source::Targets,
        recipe: "base='dcgan'\n[data]\nsize=16\n[model]\nwidth=17\nlatent=38\n[train]\nbatch=38\n[heuristics]\n\
                 least-squares=true\ngaussian-latent=true\nseparate-batches=true\nema={half-life='3k'}",
        rounds: 1_700,
    },
    Base {
        name: "mlp-suns",
        source: Source::Suns,
        recipe: "base='plain'\n[data]\nsize=12\n[model]\nfamily='mlp'\nwidth=120\ndepth=3\nlatent=18\n[train]\nbatch=44\n[heuristics]\n\
                 adam={lr=2.5e-4,beta1=0.0,beta2=0.99}\nimage-scaling=true\nleaky-relu=true\ngaussian-latent=true\n\
                 relativistic-pairing=true\nr1={gamma=0.4}\nr2={gamma=0.4}\nema=true",
        rounds: 2_800,
    },
    Base {
        name: "resnet-bricks",
        source: Source::Bricks,
        recipe: "base='modern'\n[data]\nsize=16\n[model]\nfamily='resnet'\nwidth=9\nlatent=40\n[train]\nbatch=22\n[heuristics]\n\
                 relativistic-pairing=false\nrelativistic-average=true\nspherical-latent=true\ngaussian-latent=false",
        rounds: 1_400,
    },
    Base {
        name: "classes-clocks",
        source: Source::Clocks,
        recipe: "base='modern'\n[data]\nsize=16\n[model]\nwidth=11\nlatent=28\n[train]\nbatch=30\n[heuristics]\n\
                 adam={lr=3e-4,beta1=0.0,beta2=0.99}\nclass-conditioning={embedding=3}",
        rounds: 1_900,
    },
    Base {
        name: "few-fishes",
        source: Source::Fishes,
        recipe: "base='modern'\n[data]\nsize=16\n[model]\nwidth=11\nlatent=22\n[train]\nbatch=22\n[heuristics]\n\
                 adam={lr=4e-4,beta1=0.0,beta2=0.99}\naugmentation={cutout=0.25}",
        rounds: 2_000,
    },
    Base {
        name: "instance-norm-vases",
        source: Source::Vases,
        recipe: "base='dcgan'\n[data]\nsize=20\n[model]\nwidth=13\nlatent=46\n[train]\nbatch=28\n[heuristics]\n\
                 gaussian-latent=true\nbatch-norm={discriminator=false}\ninstance-norm={generator=false}\ninstance-noise=true",
        rounds: 1_700,
    },
    Base {
        name: "points-trefoil",
        source: Source::Trefoil,
        recipe: "base='plain'\n[model]\nwidth=88\ndepth=3\nlatent=4\n[train]\nbatch=72\n[heuristics]\n\
                 adam={lr=7e-4,beta1=0.0,beta2=0.99}\nleaky-relu=true\ngaussian-latent=true\nrelativistic-average=true\n\
                 r1={gamma=0.12}\nr2={gamma=0.12}\nema=true",
        rounds: 4_000,
    },
];

pub(crate) const KINDS: [Kind; 11] = [
    (&[Plant::HighRates(1_400.0), Plant::HighRates(750.0), Plant::HighRates(2_200.0), Plant::HighRates(950.0)], true),
    (&[Plant::StrongDiscriminator(0.006, 1), Plant::StrongDiscriminator(0.009, 3)], false),
    (
        &[Plant::Collapse(0.35, Layer::First), Plant::Collapse(0.5, Layer::Last), Plant::Collapse(0.65, Layer::First)],
        true,
    ),
    (&[Plant::OtherRange], false),
    (&[Plant::Constant { own: false }, Plant::Constant { own: true }], false),
    (&[Plant::Few(62), Plant::Few(50), Plant::Few(70)], false),
    (&[DISCRIMINATOR_ONLY, GENERATOR_ONLY, BOTH], true),
    (&[Plant::WrongSign(Role::Discriminator), Plant::WrongSign(Role::Generator), Plant::SwappedLabels], false),
    (&[Plant::Growing(1.032), Plant::LargeWeights(0.72), Plant::Unbounded(6.5)], false),
    (&[Plant::LateForgetting(0.48), Plant::LateFading(0.6)], false),
    (&[Plant::Frozen], false),
];
