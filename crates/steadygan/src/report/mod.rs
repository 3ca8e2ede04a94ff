//! What a run shows: sheets of images.

pub mod sheet;
