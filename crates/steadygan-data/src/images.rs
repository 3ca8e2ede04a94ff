//! Square images of one size, as bytes.

use image::{DynamicImage, GrayImage, RgbImage};

/// Square images of one size, held as bytes in NCHW order: all rows of the first channel, then the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// 1 (grey) or 3 (red, green, blue).
    pub channels: usize,
    /// Height and width in pixels.
    pub size: usize,
    /// `count × channels × size × size` bytes.
    pub pixels: Vec<u8>,
    /// The class of each image, an index into [`Dataset::class_names`](super::Dataset::class_names).
    pub classes: Option<Vec<u32>>,
}

impl Images {
    /// How many images there are.
    pub fn count(&self) -> usize {
        self.pixels.len() / self.image_len()
    }

    /// The bytes of image `index`, `channels × size × size`.
    ///
    /// # Panics
    /// If there is no such image.
    pub fn image(&self, index: usize) -> &[u8] {
        &self.pixels[index * self.image_len()..][..self.image_len()]
    }

    /// The images with these numbers, without classes.
    ///
    /// # Panics
    /// If a number is not below the count.
    pub fn select(&self, indices: &[usize]) -> Self {
        let mut pixels = Vec::with_capacity(indices.len() * self.image_len());
        indices.iter().for_each(|&index| pixels.extend_from_slice(self.image(index)));
        Self { pixels, classes: None, ..*self }
    }

    /// Whether image `index` has the same level everywhere, give or take rounding.
    ///
    /// # Panics
    /// If there is no such image.
    pub fn is_constant(&self, index: usize) -> bool {
        let ends = |(low, high): (u8, u8), &level: &u8| (low.min(level), high.max(level));
        let (low, high) = self.image(index).iter().fold((u8::MAX, 0), ends);
        high.saturating_sub(low) <= 1
    }

    /// Image `index` as a picture.
    pub(super) fn picture(&self, index: usize) -> DynamicImage {
        let (planes, side) = (self.image(index), self.size as u32);
        let picture = if self.channels == 1 {
            GrayImage::from_raw(side, side, planes.to_vec()).map(DynamicImage::from)
        } else {
            let (red, rest) = planes.split_at(planes.len() / 3);
            let (green, blue) = rest.split_at(red.len());
            let mut pixels = vec![0; planes.len()];
            for (pixel, ((r, g), b)) in pixels.as_chunks_mut().0.iter_mut().zip(red.iter().zip(green).zip(blue)) {
                *pixel = [*r, *g, *b];
            }
            RgbImage::from_raw(side, side, pixels).map(DynamicImage::from)
        };
        picture.expect("an image has size × size pixels")
    }

    pub(super) fn image_len(&self) -> usize {
        self.channels * self.size * self.size
    }

    /// Keeps the images for which `keep` returns true, in place and in order.
    pub(super) fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        let (count, len) = (self.count(), self.image_len());
        let mut kept = 0;
        for index in (0..count).filter(|&index| keep(index)) {
            self.pixels.copy_within(index * len..(index + 1) * len, kept * len);
            if let Some(classes) = &mut self.classes {
                classes[kept] = classes[index];
            }
            kept += 1;
        }
        self.pixels.truncate(kept * len);
        // Shrinking copies all remaining pixels; that is not worth it after dropping, say, a tenth.
        if self.pixels.len() < self.pixels.capacity() / 2 {
            self.pixels.shrink_to_fit();
        }
        if let Some(classes) = &mut self.classes {
            classes.truncate(kept);
        }
    }

    /// Moves the pixels of image `order[i]` to place `i`, in place, one cycle of the permutation after the other. It
    /// does not reorder classes; the caller sets them later.
    ///
    /// # Panics
    /// If `order` is no permutation of the images.
    pub(super) fn reorder(&mut self, order: &[usize]) {
        assert_eq!(order.len(), self.count());
        let len = self.image_len();
        let mut placed = vec![false; order.len()];
        for first in 0..order.len() {
            if placed[first] || order[first] == first {
                continue;
            }
            let displaced = self.image(first).to_vec();
            let mut at = first;
            while order[at] != first {
                let from = order[at];
                assert!(!placed[from], "image {from} is at two places");
                self.pixels.copy_within(from * len..(from + 1) * len, at * len);
                placed[at] = true;
                at = from;
            }
            self.pixels[at * len..(at + 1) * len].copy_from_slice(&displaced);
            placed[at] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_go_where_the_order_says() {
        let images = Images { channels: 1, size: 2, pixels: (0..24).collect(), classes: None };
        for order in [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [1, 2, 0, 4, 3, 5], [3, 0, 5, 1, 2, 4]] {
            let mut moved = images.clone();
            moved.reorder(&order);
            let expected: Vec<u8> = order.iter().flat_map(|&from| images.image(from).to_vec()).collect();
            assert_eq!(moved.pixels, expected, "{order:?}");
        }
    }
}
