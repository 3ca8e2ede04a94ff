//! Pixels as networks see them, and back.
//!
//! # When it helps
//!
//! What matters is that reals and fakes have one range: a discriminator tells them apart by a mismatch at once. That
//! [−1, 1] with tanh trains better than [0, 1] with a sigmoid is the word of its authors (Radford, Metz and
//! Chintala 2016, section 4; ganhacks tip 1), no published comparison; later generators end in a linear layer.

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
    /// A pixel as networks see it: 0 and 255 become the range's ends.
    pub fn scale(self, pixel: u8) -> f32 {
        match self {
            Self::Symmetric => (f32::from(pixel) - 127.5) / 127.5,
            Self::Unit => f32::from(pixel) / 255.0,
        }
    }

    /// The nearest pixel to a value, the inverse of [`scale`](Self::scale): every pixel comes back as it was. Values
    /// out of the range become its ends, and NaN 0.
    pub fn unscale(self, value: f32) -> u8 {
        let pixel = match self {
            Self::Symmetric => value * 127.5 + 127.5,
            Self::Unit => value * 255.0,
        };
        // A float's cast to an integer saturates.
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
