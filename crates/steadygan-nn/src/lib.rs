//! Networks, operators, losses and optimisers, for any training loop on Burn.
//!
//! Nothing here knows recipes, plans, data or runs: every piece takes settings of its own.

pub mod augment;
pub mod class;
pub mod device;
pub mod labels;
pub mod latent;
pub mod loss;
pub mod nn;
pub mod ops;
pub mod optim;
pub mod penalty;

use steadygan_base::{error, pixels, rng, schedule};
