//! Converts between bytes and the pixel values of networks.
//!
//! # When it helps
//!
//! Reals and fakes must have the same range, because a mismatch alone lets a discriminator tell them apart. Radford,
//! Metz and Chintala 2016 (section 4) and ganhacks (tip 1) recommend [−1, 1] with tanh over [0, 1] with a sigmoid;
//! there is no published comparison, and later generators end in a linear layer.

use serde::{Deserialize, Serialize};

/// The range of images, real and fake, and the map from bytes to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PixelRange {
    /// [−1, 1], x = (pixel − 127.5) / 127.5; the generator ends in tanh.
    Symmetric,
    /// [0, 1], x = pixel / 255; the generator ends in a sigmoid.
    Unit,
}

impl PixelRange {
    /// A byte's value for a network: 0 and 255 become the ends of the range.
    pub fn scale(self, pixel: u8) -> f32 {
        match self {
            Self::Symmetric => (f32::from(pixel) - 127.5) / 127.5,
            Self::Unit => f32::from(pixel) / 255.0,
        }
    }

    /// The byte nearest to a value. The exact inverse of [`scale`](Self::scale) for every byte. Values outside the
    /// range become 0 or 255, and NaN becomes 0.
    pub fn unscale(self, value: f32) -> u8 {
        let pixel = match self {
            Self::Symmetric => value * 127.5 + 127.5,
            Self::Unit => value * 255.0,
        };
        // The cast saturates, and turns NaN into 0.
        pixel.round() as u8
    }
}

#[cfg(test)]
mod tests {
    use super::PixelRange;

    #[test]
    fn scaling_has_the_range_s_ends_and_an_exact_inverse() {
        for (range, low, high) in [(PixelRange::Symmetric, -1.0, 1.0), (PixelRange::Unit, 0.0, 1.0)] {
            assert_eq!((range.scale(0), range.scale(255)), (low, high));
            assert!((0..=255).all(|pixel| range.unscale(range.scale(pixel)) == pixel));
            assert_eq!((range.unscale(-9.0), range.unscale(9.0), range.unscale(f32::NAN)), (0, 255, 0));
        }
    }
}
