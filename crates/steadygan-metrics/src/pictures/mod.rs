//! Pictures of a run's samples: sheets of images, scatter plots of points, and animations.

pub mod animation;
pub mod progress;
pub mod scatter;
pub mod sheet;

pub use image::DynamicImage;

use crate::data::Samples;
use scatter::scatter;
use sheet::{columned_sheet, square_sheet};

/// How many reals and how many fakes a scatter plot shows: as many points as modes are counted on.
pub const SCATTER_POINTS: usize = crate::modes::POINTS;

/// Draws reals as one picture: images as a sheet, points as a scatter plot.
///
/// # Panics
/// If there are no images.
pub fn picture_of_reals(reals: &Samples) -> DynamicImage {
    match reals {
        Samples::Images(images) => square_sheet(images),
        Samples::Points(points) => scatter(points, &[]),
    }
}

/// Draws fakes as one picture: images as a sheet with this many columns (0 gives a square sheet), points as a scatter
/// plot over the reals.
///
/// # Panics
/// If there are no images.
pub fn picture_of_fakes(fakes: &Samples, reals: &Samples, columns: usize) -> DynamicImage {
    match fakes {
        Samples::Images(images) if columns > 0 => columned_sheet(images, columns),
        Samples::Images(images) => square_sheet(images),
        Samples::Points(points) => scatter(reals.points(), points),
    }
}
