//! SteadyGAN: training GANs that stay stable, with every stabilising heuristic a switch.
//!
//! A [`recipe`] says what the user asked; a [`plan`] spells out what was decided; a [`run`] trains it
//! into a run directory. The pieces can be taken alone: the [`heuristics`] and their [`labels`],
//! [`latent`]s and [`loss`]es, the layers of [`nn`], the steps of [`train`].

pub mod data;
pub mod device;
mod error;
pub mod export;
mod files;
pub mod generate;
pub mod heuristics;
pub mod labels;
pub mod latent;
pub mod loss;
pub mod metrics;
mod names;
pub mod nn;
pub mod ops;
pub mod optim;
pub mod plan;
pub mod recipe;
pub mod report;
pub mod rng;
pub mod run;
pub mod train;
pub mod weights;

pub use error::{Error, ErrorKind, Result};

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
