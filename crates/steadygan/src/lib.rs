//! SteadyGAN: training GANs that stay stable, with every stabilising heuristic a switch.
//!
//! A [`recipe`] says what the user asked; a [`plan`] spells out what was decided; a [`run`] trains it
//! into a run directory.
//!
//! # The pieces
//!
//! Each heuristic is a piece that works in any training loop on Burn, without recipe, plan or run. Its module page says
//! what it does, its formula and source, and shows the whole example that `cargo run --release --example NAME` runs.
//!
//! | Example and heuristic | The piece |
//! |---|---|
//! | [`strided_downsampling`](heuristics::strided_downsampling) | [`nn::ConvSpec::strided`] halves an image, and [`nn::LayerTable`] shows any stack of layers |
//! | [`strided_upsampling`](heuristics::strided_upsampling) | [`nn::Builder::conv_transpose`] doubles it |
//! | [`leaky_relu`](heuristics::leaky_relu) | [`nn::LeakyRelu`] with its slope and gradient |
//! | [`batch_norm`](heuristics::batch_norm) | [`nn::BatchNorm`] with its running statistics |
//! | [`gaussian_init`](heuristics::gaussian_init) | [`nn::Initializer`] draws each parameter from a named stream |
//! | [`adam`](heuristics::adam) | [`optim::Adam`] over any module's parameters, with state by name |
//! | [`image_scaling`](heuristics::image_scaling) | [`pixels::PixelRange`] maps bytes to [−1, 1] or [0, 1] and back |
//! | [`gaussian_latent`](heuristics::gaussian_latent) | [`latent::LatentDistribution`] samples latents, [`latent::slerp`] walks between two |
//! | [`separate_batches`](heuristics::separate_batches) | [`train::discriminator_step`] in the three forms of [`plan::Batching`] |
//! | [`label_smoothing`](heuristics::label_smoothing) | [`labels::smooth`] makes soft labels |
//! | [`noisy_labels`](heuristics::noisy_labels) | [`labels::flip`] makes wrong ones |
//!
//! With them go [`train::generator_step`], [`loss::bce_with_logits`] and [`nn::Network::input_gradient`], whose result a loss
//! may contain, and [`augment`], differentiable augmentation. Every random number comes from a [`rng::stream`] with a name.

pub mod decide;
pub mod diagnose;
pub mod evaluate;
pub mod explore;
pub mod export;
pub mod generate;
pub mod heuristics;
pub mod hook;
pub mod plan;
mod protobuf;
pub mod recipe;
pub mod run;
mod settings;
pub mod train;
pub mod weights;

#[doc(inline)]
pub use steadygan_base::{Error, ErrorKind, Result, files, pixels, rng, schedule};
#[doc(inline)]
pub use steadygan_data as data;
#[doc(inline)]
pub use steadygan_metrics::{self as metrics, pictures};
#[doc(inline)]
pub use steadygan_nn::{augment, class, device, labels, latent, loss, nn, ops, optim, penalty};

use steadygan_base::{count, error, names, role};

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
