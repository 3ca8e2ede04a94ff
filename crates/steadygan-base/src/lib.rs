//! What all parts of SteadyGAN share: errors, random streams, counts of images, schedules and names.

pub mod class;
pub mod count;
pub mod error;
pub mod files;
pub mod names;
pub mod pixels;
pub mod rng;
pub mod role;
pub mod schedule;

pub use error::{Error, ErrorKind, Result};
