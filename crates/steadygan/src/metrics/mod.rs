//! What can be said of images in numbers.

/// The mean Euclidean distance between two of some images (bytes, one image of `image_len` after the
/// other).
///
/// 0 for fewer than two images. As a ratio of fakes to reals it shows total collapse at once.
pub fn mean_pairwise_distance(images: &[u8], image_len: usize) -> f64 {
    let images: Vec<&[u8]> = images.chunks_exact(image_len).collect();
    let count = images.len();
    if count < 2 {
        return 0.0;
    }
    let mut total = 0.0;
    for (index, a) in images.iter().enumerate() {
        for b in &images[index + 1..] {
            let squares: u64 = a.iter().zip(*b).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum();
            total += (squares as f64).sqrt();
        }
    }
    total / (count * (count - 1) / 2) as f64
}

#[cfg(test)]
mod tests {
    use super::mean_pairwise_distance;

    #[test]
    fn three_images_of_two_pixels() {
        // Distances 5, 0 and 5.
        let images = [0, 0, 3, 4, 0, 0];
        assert_eq!(mean_pairwise_distance(&images, 2), 10.0 / 3.0);
        assert_eq!(mean_pairwise_distance(&images[..2], 2), 0.0);
    }
}
