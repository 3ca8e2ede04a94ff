//! Which images each batch holds: one shuffled epoch after the other, without end.

use rand_chacha::rand_core::Rng;

use super::{Images, Samples};
use crate::rng::{self, Stream};

/// The order in which training uses the images. Each epoch is a fresh permutation of all images, and a batch may span
/// two epochs. The order is a pure function of the seed and the number of images used so far, so that a resumed run
/// continues where it stopped.
#[derive(Debug, Clone)]
pub struct Order {
    seed: u64,
    count: usize,
    /// The epoch that `permutation` belongs to, if one was drawn.
    epoch: Option<u64>,
    permutation: Vec<usize>,
}

impl Order {
    /// The order over `count` images.
    ///
    /// # Panics
    /// If `count` is 0.
    pub fn new(seed: u64, count: usize) -> Self {
        assert!(count > 0, "an order needs at least one image");
        Self { seed, count, epoch: None, permutation: (0..count).collect() }
    }

    /// The numbers (each below the count) of the `batch` images that come after the first `images` images.
    pub fn indices(&mut self, images: u64, batch: usize) -> Vec<usize> {
        let count = self.count as u64;
        (images..)
            .take(batch)
            .map(|position| {
                self.turn_to(position / count);
                self.permutation[(position % count) as usize]
            })
            .collect()
    }

    /// Draws the epoch's permutation unless it is the current one. The random stream is "order" at the epoch's first
    /// image.
    fn turn_to(&mut self, epoch: u64) {
        if self.epoch == Some(epoch) {
            return;
        }
        let mut stream = rng::stream(self.seed, "order", epoch * self.count as u64);
        self.permutation.clear();
        self.permutation.extend(0..self.count);
        shuffle(&mut self.permutation, &mut stream);
        self.epoch = Some(epoch);
    }
}

/// Fisher and Yates' shuffle.
pub fn shuffle(items: &mut [usize], stream: &mut Stream) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(stream, last + 1));
    }
}

/// Draws a number in 0..bound by multiplication; the bias, bound / 2⁶⁴, is negligible.
fn below(stream: &mut Stream, bound: usize) -> usize {
    ((u128::from(stream.next_u64()) * bound as u128) >> 64) as usize
}

/// [`Samples::gather`] for images.
pub(super) fn gather(images: &Images, indices: &[usize], flips: Option<&mut Stream>) -> Images {
    let mut batch = images.select(indices);
    if let Some(stream) = flips {
        for image in batch.pixels.chunks_exact_mut(images.image_len()) {
            if stream.next_u32() >> 31 == 1 {
                image.chunks_exact_mut(images.size).for_each(<[u8]>::reverse);
            }
        }
    }
    batch
}

/// The first samples, at most `count`, that training with `seed` uses. They are in random order, even if the source is
/// sorted.
pub fn first_training_samples(samples: &Samples, seed: u64, count: usize) -> Samples {
    let count = count.min(samples.count());
    samples.gather(&Order::new(seed, samples.count()).indices(0, count), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_epoch_is_another_permutation() {
        let mut order = Order::new(3, 10);
        let epochs: Vec<Vec<usize>> = (0..4).map(|epoch| order.indices(10 * epoch, 10)).collect();
        for epoch in &epochs {
            let mut sorted = epoch.clone();
            sorted.sort();
            assert_eq!(sorted, Vec::from_iter(0..10));
        }
        assert_ne!(epochs[0], epochs[1]);
        assert_ne!(epochs[0], Order::new(4, 10).indices(0, 10));
    }

    #[test]
    fn batches_run_across_epoch_ends_and_any_position_can_be_asked_for() {
        let whole = Order::new(1, 7).indices(0, 35);
        let mut walking = Order::new(1, 7);
        for at in (0..32).step_by(4).take(8) {
            let expected = &whole[at..(at + 4).min(35)];
            assert_eq!(walking.indices(at as u64, expected.len()), expected);
            assert_eq!(Order::new(1, 7).indices(at as u64, expected.len()), expected);
        }
        assert_eq!(walking.indices(2, 3), whole[2..5], "going back");
    }

    #[test]
    fn the_first_place_is_any_image_equally_often() {
        let mut seen = [0; 5];
        for seed in 0..5_000 {
            seen[Order::new(seed, 5).indices(0, 1)[0]] += 1;
        }
        // 1000 expected of each, with a standard deviation of 28; the bounds are five deviations away.
        assert!(seen.iter().all(|n| (860..=1140).contains(n)), "{seen:?}");
    }

    #[test]
    fn a_flip_mirrors_whole_images_and_half_of_them() {
        let images = Images { channels: 3, size: 2, pixels: (0..24).collect(), classes: None };
        assert_eq!(gather(&images, &[1, 0], None).pixels, Vec::from_iter((12..24).chain(0..12)));
        let mirrored: Vec<u8> = (0..12).map(|at| at ^ 1).collect();
        let batch = gather(&images, &[0; 1000], Some(&mut rng::stream(5, "flip", 0))).pixels;
        let flipped = batch.chunks(12).filter(|image| *image == mirrored).count();
        let kept = batch.chunks(12).filter(|image| *image == images.image(0)).count();
        assert_eq!(flipped + kept, 1000);
        // 500 expected, with a standard deviation of 16; the bounds are five deviations away.
        assert!((420..=580).contains(&flipped), "{flipped}");
    }
}
