//! The scored half: recipes as people have them, on data that the tuning half does not have.

use crate::bases::Base;
use crate::corpus::{BOTH, DISCRIMINATOR_ONLY, GENERATOR_ONLY, Kind};
use crate::plants::{Layer, Plant};
use crate::sources::Source;
use steadygan::weights::Role;

pub(crate) const BASES: [Base; 12] = [
    Base {
        name: "hacks-mugs",
        source: Source::Mugs,
        recipe: "base='hacks'\n[data]\nsize=16\n[model]\nwidth=14\nlatent=28\n[train]\nbatch=30\n[heuristics]\n\
                 instance-noise=true\nlabel-smoothing={real=0.9,fake=0.1}",
        rounds: 1_700,
    },
    Base {
        name: "dcgan-r1-kites",
        source: Source::Kites,
        recipe: "base='dcgan'\n[data]\nsize=16\n[model]\nwidth=13\nlatent=38\n[train]\nbatch=28\n[heuristics]\n\
                 gaussian-latent=true\nbatch-norm={discriminator=false}\nr1={gamma=0.7}\nseparate-batches=true",
        rounds: 1_900,
    },
    Base {
        name: "modern-umbrellas",
        source: Source::Umbrellas,
        recipe: "base='modern'\n[data]\nsize=16\n[model]\nwidth=13\nlatent=30\n[train]\nbatch=28\n[heuristics]\n\
                 adam={lr=3.5e-4,beta1=0.0,beta2=0.99}\nr1={gamma=0.5}\nr2={gamma=0.5}",
        rounds: 1_800,
    },
    Base {
        name: "critic-keys",
        source: Source::Keys,
        recipe: "base='dcgan'\n[data]\nsize=16\n[model]\nwidth=12\nlatent=34\n[train]\nbatch=26\n[heuristics]\n\
                 wasserstein={clip=0.0}\ngradient-penalty={weight=6.0}\ngaussian-latent=true\nbatch-norm={discriminator=false}\n\
                 adam={lr=2e-4,beta1=0.0,beta2=0.9}\ndiscriminator-steps={discriminator=2}",
        rounds: 1_600,
    },
    Base {
        name: "spectral-hinge-bottles",
        source: Source::Bottles,
        recipe: "base='dcgan'\n[data]\nsize=16\n[model]\nwidth=14\nlatent=32\n[train]\nbatch=28\n[heuristics]\n\
                 adam={beta1=0.0,beta2=0.9}\ngaussian-latent=true\nhinge=true\nspectral-norm=true\nbatch-norm={discriminator=false}\n\
                 ttur={generator=2e-4,discriminator=3e-4}",
        rounds: 1_800,
    },
    Base {
        name: "squares-mushrooms",
        source: Source::Mushrooms,
        recipe: "base='dcgan'\n[data]\nsize=16\n[model]\nwidth=15\nlatent=44\n[train]\nbatch=34\n[heuristics]\n\
                 least-squares=true\ngaussian-latent=true\nseparate-batches=true\nema={half-life='2k'}",
        rounds: 1_800,
    },
    Base {
        name: "mlp-bells",
        source: Source::Bells,
        recipe: "base='plain'\n[data]\nsize=12\n[model]\nfamily='mlp'\nwidth=104\ndepth=3\nlatent=16\n[train]\nbatch=40\n[heuristics]\n\
                 adam={lr=2e-4,beta1=0.0,beta2=0.99}\nimage-scaling=true\nleaky-relu=true\ngaussian-latent=true\n\
                 relativistic-pairing=true\nr1={gamma=0.8}\nr2={gamma=0.8}\nema=true",
        rounds: 2_700,
    },
    Base {
        name: "resnet-crowns",
        source: Source::Crowns,
        recipe: "base='modern'\n[data]\nsize=16\n[model]\nfamily='resnet'\nwidth=8\nlatent=44\n[train]\nbatch=22\n[heuristics]\n\
                 relativistic-pairing=false\nrelativistic-average=true",
        rounds: 1_400,
    },
    Base {
        name: "classes-dominoes",
        source: Source::Dominoes,
        recipe: "base='modern'\n[data]\nsize=16\n[model]\nwidth=12\nlatent=26\n[train]\nbatch=30\n[heuristics]\n\
                 adam={lr=3e-4,beta1=0.0,beta2=0.99}\nclass-conditioning={embedding=4}",
        rounds: 1_800,
    },
    Base {
        name: "few-birds",
        source: Source::Birds,
        recipe: "base='modern'\n[data]\nsize=16\n[model]\nwidth=12\nlatent=24\n[train]\nbatch=22\n[heuristics]\n\
                 adam={lr=5e-4,beta1=0.0,beta2=0.99}\naugmentation={translation=0.1,cutout=0.25}",
        rounds: 2_000,
    },
    Base {
        name: "pac-tents",
        source: Source::Tents,
        recipe: "base='hacks'\n[data]\nsize=16\n[model]\nwidth=13\nlatent=36\n[train]\nbatch=32\n[heuristics]\npac={images=2}\n\
                 noisy-labels={probability=0.03}\nlabel-smoothing={real=0.9,fake=0.0}",
        rounds: 1_700,
    },
    Base {
        name: "points-eight",
        source: Source::Eight,
        recipe: "base='plain'\n[model]\nwidth=76\ndepth=3\nlatent=3\n[train]\nbatch=84\n[heuristics]\n\
                 adam={lr=6e-4,beta1=0.0,beta2=0.99}\nleaky-relu=true\ngaussian-latent=true\nrelativistic-average=true\n\
                 r1={gamma=0.14}\nr2={gamma=0.14}\nema=true",
        rounds: 4_000,
    },
];

pub(crate) const KINDS: [Kind; 11] = [
    (&[Plant::HighRates(1_100.0), Plant::HighRates(700.0), Plant::HighRates(1_800.0), Plant::HighRates(1_250.0)], true),
    (&[Plant::StrongDiscriminator(0.008, 1), Plant::StrongDiscriminator(0.006, 3)], false),
    (
        &[Plant::Collapse(0.45, Layer::First), Plant::Collapse(0.4, Layer::Last), Plant::Collapse(0.55, Layer::First)],
        true,
    ),
    (&[Plant::OtherRange], false),
    (&[Plant::Constant { own: true }, Plant::Constant { own: false }], false),
    (&[Plant::Few(60), Plant::Few(52), Plant::Few(68)], false),
    (&[BOTH, GENERATOR_ONLY, DISCRIMINATOR_ONLY], true),
    (&[Plant::WrongSign(Role::Generator), Plant::WrongSign(Role::Discriminator), Plant::SwappedLabels], false),
    (&[Plant::LargeWeights(0.78), Plant::Growing(1.034), Plant::Unbounded(7.5)], false),
    (&[Plant::LateFading(0.52), Plant::LateForgetting(0.58)], false),
    (&[Plant::Frozen], false),
];
