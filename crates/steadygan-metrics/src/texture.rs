//! The texture of images: whether neighbouring pixels are smooth, noisy, or alternating like a checkerboard.

use crate::data::Images;

/// Measures of neighbouring pixels, averaged over images, channels, rows and columns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Texture {
    /// The mean squared difference of neighbours, divided by the variance within images: near 0 for smooth images, 2
    /// for noise.
    pub rough: f64,
    /// The share of the variance within images that lies at the highest frequency along rows and along columns, where
    /// transposed convolutions with a stride of 2 leave checkerboards (Odena, Dumoulin and Olah 2016): Σ over lines of
    /// (Σₖ (−1)ᵏ xₖ)² / n, divided by the sum of squares. For noise it is 1/n for each direction; for stripes of one
    /// pixel it is 1.
    pub alternating: f64,
}

impl Texture {
    /// Measures the texture of images; NaN if no image varies, or if images have a single pixel.
    pub fn of(images: &Images) -> Self {
        let (size, area) = (images.size, images.size * images.size);
        let (mut variance, mut differences, mut alternating) = (0.0, 0.0, 0.0);
        for plane in images.pixels.chunks_exact(area) {
            let mean = plane.iter().map(|&pixel| u64::from(pixel)).sum::<u64>() as f64 / area as f64;
            variance += plane.iter().map(|&pixel| (f64::from(pixel) - mean).powi(2)).sum::<f64>() / area as f64;
            let (squares, swings) = of_plane(plane, size);
            // There are two directions of size · (size − 1) pairs each.
            differences += squares as f64 / (2 * size * (size - 1)) as f64;
            // Each line contributes swing² / size, averaged over size² pixels.
            alternating += swings as f64 / (size * area) as f64;
        }
        if variance == 0.0 {
            return Self { rough: f64::NAN, alternating: f64::NAN };
        }
        Self { rough: differences / variance, alternating: alternating / variance }
    }
}

/// For a square of bytes: the sum of squared differences of neighbours, and the sum of the squared alternating sums of
/// rows and columns.
fn of_plane(plane: &[u8], size: usize) -> (u64, u64) {
    let (mut squares, mut swings) = (0, 0);
    let mut columns = vec![0i64; size];
    for (y, row) in plane.chunks_exact(size).enumerate() {
        let mut swing = 0i64;
        for (x, &pixel) in row.iter().enumerate() {
            let pixel = i64::from(pixel);
            swing += if x % 2 == 0 { pixel } else { -pixel };
            columns[x] += if y % 2 == 0 { pixel } else { -pixel };
            if x > 0 {
                squares += (pixel - i64::from(row[x - 1])).pow(2);
            }
            if y > 0 {
                squares += (pixel - i64::from(plane[(y - 1) * size + x])).pow(2);
            }
        }
        swings += swing.pow(2);
    }
    swings += columns.iter().map(|swing| swing.pow(2)).sum::<i64>();
    (squares as u64, swings as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texture(pixels: Vec<u8>, size: usize) -> Texture {
        Texture::of(&Images { channels: 1, size, pixels, classes: None })
    }

    /// Columns of 0 and 255: half of the pairs of neighbours differ by twice the standard deviation, and all variance
    /// alternates along rows.
    #[test]
    fn stripes_alternate() {
        let stripes = texture((0..64).map(|at| if at % 2 == 0 { 255 } else { 0 }).collect(), 8);
        assert!((stripes.rough - 2.0).abs() < 1e-12, "{stripes:?}");
        assert!((stripes.alternating - 1.0).abs() < 1e-12, "{stripes:?}");
    }

    /// Black on the left, white on the right. Of the 14 pairs of neighbouring lines (7 of columns, 7 of rows) one
    /// differs, by twice the standard deviation.
    #[test]
    fn an_edge_is_smooth() {
        let edge = texture((0..64).map(|at| if at % 8 < 4 { 0 } else { 255 }).collect(), 8);
        assert!((edge.rough - 4.0 / 14.0).abs() < 1e-12, "{edge:?}");
        assert_eq!(edge.alternating, 0.0);
    }

    #[test]
    fn what_does_not_vary_has_no_texture() {
        assert!(texture(vec![7; 64], 8).rough.is_nan());
        assert!(texture(vec![7; 3], 1).alternating.is_nan());
    }
}
