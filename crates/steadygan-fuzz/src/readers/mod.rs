//! The readers by what they read.

pub(crate) mod arrays;
pub(crate) mod images;
pub(crate) mod labels;
pub(crate) mod networks;
pub(crate) mod recipes;
pub(crate) mod runs;
pub(crate) mod studies;
