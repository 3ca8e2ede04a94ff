//! What a run shows: sheets of images, scatter plots of points, and animations.

pub mod animation;
pub mod progress;
pub mod scatter;
pub mod sheet;

pub use image::DynamicImage;

use crate::data::Samples;
use scatter::scatter;
use sheet::{columned_sheet, square_sheet};

/// Points of a scatter plot, of reals as of fakes: as many as modes are counted on.
pub const SCATTERED: usize = crate::metrics::modes::POINTS;

/// Reals in one picture: images as a sheet, points as a scatter plot.
///
/// # Panics
/// If there are none.
pub fn picture_of_reals(reals: &Samples) -> DynamicImage {
    match reals {
        Samples::Images(images) => square_sheet(images),
        Samples::Points(points) => scatter(points, &[]),
    }
}

/// Fakes in one picture: images as a sheet of so many columns (a square one for 0), points scattered over the reals that
/// they should look like.
///
/// # Panics
/// If there are none.
pub fn picture_of_fakes(fakes: &Samples, reals: &Samples, columns: usize) -> DynamicImage {
    match fakes {
        Samples::Images(images) if columns > 0 => columned_sheet(images, columns),
        Samples::Images(images) => square_sheet(images),
        Samples::Points(points) => scatter(reals.points(), points),
    }
}
