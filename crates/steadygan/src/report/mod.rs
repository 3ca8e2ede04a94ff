//! What a run shows: sheets of images, and animations.

pub mod animation;
pub mod sheet;
