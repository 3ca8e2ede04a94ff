//! Samples of a data set or of a generator: images or points.

use super::Images;
use super::order::gather;
use crate::pixels::PixelRange;
use crate::rng::Stream;

/// Samples of one kind and shape.
#[derive(Debug, Clone, PartialEq)]
pub enum Samples {
    /// Images as bytes.
    Images(Images),
    /// Points of the plane, x and y. Networks treat a point as an image of 2 channels and 1 × 1 pixels.
    Points(Vec<[f32; 2]>),
}

/// Channels, height and width of a point.
pub(super) const POINT_SHAPE: [usize; 3] = [2, 1, 1];

impl Samples {
    /// How many samples there are.
    pub fn count(&self) -> usize {
        match self {
            Self::Images(images) => images.count(),
            Self::Points(points) => points.len(),
        }
    }

    /// Channels, height and width of one sample.
    pub fn shape(&self) -> [usize; 3] {
        match self {
            Self::Images(images) => [images.channels, images.size, images.size],
            Self::Points(_) => POINT_SHAPE,
        }
    }

    /// The memory that the samples take, in bytes.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Images(images) => images.pixels.len(),
            Self::Points(points) => size_of_val(points.as_slice()),
        }
    }

    /// The images; none if the samples are points.
    pub fn images(&self) -> Option<&Images> {
        match self {
            Self::Images(images) => Some(images),
            Self::Points(_) => None,
        }
    }

    /// The points; none if the samples are images.
    pub fn points(&self) -> &[[f32; 2]] {
        match self {
            Self::Images(_) => &[],
            Self::Points(points) => points,
        }
    }

    /// The samples with these numbers, without classes. With `flips`, each image is mirrored left to right with
    /// probability ½, drawn from that stream: `rng::stream(seed, "flip", images)`. Points are never mirrored.
    ///
    /// # Panics
    /// If a number is not below the count.
    pub fn gather(&self, indices: &[usize], flips: Option<&mut Stream>) -> Self {
        match self {
            Self::Images(images) => Self::Images(gather(images, indices, flips)),
            Self::Points(points) => Self::Points(indices.iter().map(|&index| points[index]).collect()),
        }
    }

    /// The classes of the samples with these numbers; empty if the samples have no classes.
    ///
    /// # Panics
    /// If a number is not below the count.
    pub fn classes(&self, indices: &[usize]) -> Vec<usize> {
        let classes = self.images().and_then(|images| images.classes.as_ref());
        classes.map_or_else(Vec::new, |of| indices.iter().map(|&index| of[index] as usize).collect())
    }

    /// The samples as values for a network, NCHW: bytes are scaled to `range`, points stay as they are.
    pub fn to_values(&self, range: PixelRange) -> Vec<f32> {
        match self {
            Self::Images(images) => {
                let scaled: [f32; 256] = std::array::from_fn(|pixel| range.scale(pixel as u8));
                images.pixels.iter().map(|&pixel| scaled[usize::from(pixel)]).collect()
            }
            Self::Points(points) => points.as_flattened().to_vec(),
        }
    }

    /// Turns a network's values, NCHW, into samples of the same kind and shape as `self`. The inverse of
    /// [`to_values`](Self::to_values), except that pixels are rounded to the nearest byte.
    pub fn from_values(&self, values: &[f32], range: PixelRange) -> Self {
        match self {
            &Self::Images(Images { channels, size, .. }) => {
                let pixels = values.iter().map(|&value| range.unscale(value)).collect();
                Self::Images(Images { channels, size, pixels, classes: None })
            }
            Self::Points(_) => Self::Points(values.as_chunks().0.to_vec()),
        }
    }
}

impl From<Images> for Samples {
    fn from(images: Images) -> Self {
        Self::Images(images)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;

    #[test]
    fn bytes_are_scaled_and_come_back() {
        let images = Images { channels: 1, size: 2, pixels: vec![0, 51, 102, 255, 1, 2, 3, 4], classes: None };
        let samples = Samples::from(images);
        assert_eq!((samples.count(), samples.shape(), samples.bytes()), (2, [1, 2, 2], 8));
        assert_eq!(samples.gather(&[0], None).to_values(PixelRange::Unit), [0.0, 0.2, 0.4, 1.0]);
        for range in [PixelRange::Unit, PixelRange::Symmetric] {
            assert_eq!(samples.from_values(&samples.to_values(range), range), samples);
        }
        assert!(samples.points().is_empty());
    }

    #[test]
    fn points_stay_as_they_are_whatever_the_range_and_the_flips() {
        let samples = Samples::Points(vec![[-7.5, 0.1], [3.0, -0.0], [1e-9, 300.0]]);
        assert_eq!((samples.count(), samples.shape(), samples.bytes()), (3, [2, 1, 1], 24));
        let flipped = samples.gather(&[2, 0, 2], Some(&mut rng::stream(0, "flip", 0)));
        assert_eq!(flipped.points(), [[1e-9, 300.0], [-7.5, 0.1], [1e-9, 300.0]]);
        let values = samples.to_values(PixelRange::Symmetric);
        assert_eq!(values, [-7.5, 0.1, 3.0, -0.0, 1e-9, 300.0]);
        assert_eq!(samples.from_values(&values, PixelRange::Unit), samples);
        assert!(samples.images().is_none());
    }
}
