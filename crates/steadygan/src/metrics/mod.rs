//! What can be said of samples in numbers.

pub mod modes;

use crate::data::Samples;

/// The mean Euclidean distance between two of some samples: of images in levels of 8 bits, of points in their own
/// units. 0 for fewer than two.
///
/// As a ratio of fakes to reals it shows total collapse at once.
pub fn mean_pairwise_distance(samples: &Samples) -> f64 {
    let count = samples.count();
    match samples {
        Samples::Images(images) => mean_over_pairs(count, |a, b| {
            let levels = images.image(a).iter().zip(images.image(b));
            (levels.map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum::<u64>() as f64).sqrt()
        }),
        Samples::Points(points) => mean_over_pairs(count, |a, b| {
            let ([ax, ay], [bx, by]) = (points[a].map(f64::from), points[b].map(f64::from));
            (ax - bx).hypot(ay - by)
        }),
    }
}

fn mean_over_pairs(count: usize, distance: impl Fn(usize, usize) -> f64) -> f64 {
    if count < 2 {
        return 0.0;
    }
    let pairs = (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b)));
    pairs.map(|(a, b)| distance(a, b)).sum::<f64>() / (count * (count - 1) / 2) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Images;

    #[test]
    fn three_images_of_four_pixels() {
        // Distances 5, 0 and 5.
        let images = |pixels: &[u8]| Images { channels: 1, size: 2, pixels: pixels.to_vec(), classes: None }.into();
        let three = [0, 0, 7, 7, 3, 4, 7, 7, 0, 0, 7, 7];
        assert_eq!(mean_pairwise_distance(&images(&three)), 10.0 / 3.0);
        assert_eq!(mean_pairwise_distance(&images(&three[..4])), 0.0);
    }

    #[test]
    fn points_are_not_rounded() {
        // Distances 0.5, 1.25 and 0.75 on a line.
        let points = vec![[0.0, 0.0], [0.3, 0.4], [0.75, 1.0]];
        assert!((mean_pairwise_distance(&Samples::Points(points)) - 2.5 / 3.0).abs() < 1e-7);
        assert_eq!(mean_pairwise_distance(&Samples::Points(Vec::new())), 0.0);
    }
}
