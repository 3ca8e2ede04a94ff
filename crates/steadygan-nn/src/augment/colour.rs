//! Brightness, saturation and contrast, changed in one pass over the images.

use crate::ops::{self, ColourMix};
use burn::Tensor;

/// A range from which a value is drawn uniformly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The smallest value.
    pub low: f64,
    /// The largest value.
    pub high: f64,
}

impl Range {
    /// The value at `share` in [0, 1] of the way from the smallest to the largest.
    pub fn at(self, share: f64) -> f64 {
        self.low + (self.high - self.low) * share
    }
}

/// The change of brightness, added to the images in their own scale (DiffAugment's `rand_brightness`).
pub const BRIGHTNESS: Range = Range { low: -0.5, high: 0.5 };

/// The factor by which a pixel's distance to its grey (its mean over channels) is multiplied (DiffAugment's
/// `rand_saturation`).
pub const SATURATION: Range = Range { low: 0.0, high: 2.0 };

/// The factor by which the distance to the image's mean is multiplied (DiffAugment's `rand_contrast`).
pub const CONTRAST: Range = Range { low: 0.5, high: 1.5 };

/// A change of one image's colours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Colour {
    /// Added to every value.
    pub brightness: f64,
    /// The factor of the distance to the mean of the pixel's channels; 0 makes the image grey.
    pub saturation: f64,
    /// The factor of the distance to the mean of the image.
    pub contrast: f64,
}

impl Colour {
    /// No change.
    pub const UNCHANGED: Self = Self { brightness: 0.0, saturation: 1.0, contrast: 1.0 };

    /// Combines the three changes, made one after the other, into one linear formula: k·(s·(x − m) + m − M) + M + b,
    /// with brightness b, saturation s, contrast k, the pixel's mean m and the image's mean M. This works because
    /// saturation changes neither mean.
    fn mix(self) -> ColourMix {
        let Self { brightness, saturation, contrast } = self;
        ColourMix {
            own: (contrast * saturation) as f32,
            grey: (contrast * (1.0 - saturation)) as f32,
            mean: (1.0 - contrast) as f32,
            shift: brightness as f32,
        }
    }
}

/// Changes the colours of each of the images `[n, c, h, w]` by its own entry of `colours`: brightness first, then
/// saturation, then contrast. Values are not clamped. With one channel saturation does nothing. If no entry is a
/// change, the images are returned as they are.
///
/// # Panics
///
/// If there are not as many changes as images.
pub fn colour(images: Tensor<4>, mut colours: Vec<Colour>) -> Tensor<4> {
    if images.dims()[1] == 1 {
        colours.iter_mut().for_each(|colour| colour.saturation = Colour::UNCHANGED.saturation);
    }
    if colours.iter().all(|&colour| colour == Colour::UNCHANGED) {
        return images;
    }
    ops::mix_colours(images, colours.into_iter().map(Colour::mix).collect())
}
