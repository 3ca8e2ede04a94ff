//! Collects many decoded images into one array of bytes, in parallel, keeping their order.

use fast_image_resize::Resizer;
use rayon::prelude::*;

use super::square::fit;
use super::{DataPlan, Images, MakeImage, Sink};
use crate::error::{Error, Result};

/// The most memory in bytes that a data set may take: 16 GiB, 1.4 million colour images of 64 × 64.
pub(super) const MAX_BYTES: u64 = 16 << 30;

/// Images are decoded in blocks of about this many bytes; beside the result only one block is held in memory.
const BLOCK_BYTES: usize = 16 << 20;

/// Fits and stores images as the plan asks. Images that fail are left out, and `failures` lists them.
///
/// If the plan leaves the channels open, images are stored as grey until the first colour image comes.
#[derive(Debug)]
pub(super) struct ImageCollector<'a> {
    plan: &'a DataPlan,
    images: Images,
    failures: Vec<(usize, String)>,
    taken: usize,
    /// How many images there will be in all, as far as the door has said.
    announced: usize,
    /// The buffer of a block, kept between blocks because fresh memory is slow.
    block: Vec<u8>,
}

/// The result of an [`ImageCollector`].
#[derive(Debug)]
pub(super) struct CollectedImages {
    /// The images that succeeded, in the order taken.
    pub(super) images: Images,
    /// The number of each image that failed, in the order taken, and why it failed.
    pub(super) failures: Vec<(usize, String)>,
    /// How many images were taken, successes and failures.
    pub(super) taken: usize,
}

impl<'a> ImageCollector<'a> {
    pub(super) fn new(plan: &'a DataPlan) -> Self {
        let images =
            Images { channels: plan.channels.unwrap_or(1), size: plan.size, pixels: Vec::new(), classes: None };
        Self { plan, images, failures: Vec::new(), taken: 0, announced: 0, block: Vec::new() }
    }

    pub(super) fn finish(self) -> CollectedImages {
        CollectedImages { images: self.images, failures: self.failures, taken: self.taken }
    }

    fn collect_block(&mut self, count: usize, image: &MakeImage<'_>) -> Result<()> {
        let (size, channels) = (self.plan.size, self.plan.channels.unwrap_or(3));
        let len = channels * size * size;
        let mut block = std::mem::take(&mut self.block);
        block.resize(count * len, 0);
        let outcomes: Vec<Result<bool, String>> = block
            .par_chunks_exact_mut(len)
            .enumerate()
            .map_init(Resizer::new, |resizer, (index, out)| {
                Ok(fit(image(index)?, self.plan, resizer)?.write_planes(out, channels))
            })
            .collect();
        if self.images.channels < channels && outcomes.contains(&Ok(false)) {
            self.convert_to_colour()?;
        }
        let kept = self.images.image_len();
        self.images.pixels.reserve((self.announced - self.taken) * kept);
        for (index, (outcome, image)) in outcomes.into_iter().zip(block.chunks_exact(len)).enumerate() {
            match outcome {
                // All planes of a grey image are equal, so the first is enough while images are stored as grey.
                Ok(_) => self.images.pixels.extend_from_slice(&image[..kept]),
                Err(why) => self.failures.push((self.taken + index, why)),
            }
        }
        self.taken += count;
        self.block = block;
        Ok(())
    }

    /// Converts the grey images stored so far.
    fn convert_to_colour(&mut self) -> Result<()> {
        let bytes = memory_bytes(self.announced, 3, self.plan.size)?;
        let mut pixels = Vec::with_capacity(bytes);
        for grey in self.images.pixels.chunks_exact(self.images.image_len()) {
            (0..3).for_each(|_| pixels.extend_from_slice(grey));
        }
        self.images.pixels = pixels;
        self.images.channels = 3;
        Ok(())
    }
}

impl Sink for ImageCollector<'_> {
    fn expect(&mut self, count: usize) -> Result<()> {
        self.announced = self.announced.max(self.taken.saturating_add(count));
        memory_bytes(self.announced, self.images.channels, self.plan.size).map(drop)
    }

    fn take(&mut self, count: usize, image: &MakeImage<'_>) -> Result<()> {
        self.expect(count)?;
        let block = (BLOCK_BYTES / (3 * self.plan.size * self.plan.size)).max(1);
        for start in (0..count).step_by(block) {
            self.collect_block(block.min(count - start), &|index| image(start + index))?;
        }
        Ok(())
    }
}

/// The memory in bytes that the images take; an error if it is above [`MAX_BYTES`].
fn memory_bytes(count: usize, channels: usize, size: usize) -> Result<usize> {
    let bytes = [channels, size, size].iter().try_fold(count as u64, |bytes, &n| bytes.checked_mul(n as u64));
    match bytes {
        Some(bytes) if bytes <= MAX_BYTES => usize::try_from(bytes).map_err(|_| memory_error(count, channels, size)),
        _ => Err(memory_error(count, channels, size)),
    }
}

fn memory_error(count: usize, channels: usize, size: usize) -> Error {
    Error::data(
        format!(
            "{count} images of {channels} × {size} × {size} bytes need more than the limit of {} GiB",
            MAX_BYTES >> 30
        ),
        "lower data.size, set data.channels = 1, or give fewer images",
    )
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma, Rgb, RgbImage};

    use super::*;

    #[test]
    fn more_than_the_limit_is_refused_by_arithmetic_alone() {
        assert_eq!(memory_bytes(1_000, 3, 64).unwrap(), 12_288_000);
        assert_eq!(memory_bytes(1 << 20, 1, 128).unwrap(), 1 << 34);
        let error = memory_bytes((1 << 20) + 1, 1, 128).unwrap_err();
        assert_eq!(error.to_string(), "1048577 images of 1 × 128 × 128 bytes need more than the limit of 16 GiB");
        assert!(memory_bytes(usize::MAX, 3, usize::MAX).is_err());
    }

    #[test]
    fn batches_and_a_late_colour_change_nothing() {
        let plan = DataPlan { size: 2, ..super::super::testing::plan("".as_ref()) };
        let make = |index: usize| match index {
            3 => Err("is the third".to_owned()),
            7 => Ok(RgbImage::from_pixel(2, 2, Rgb([1, 2, 3])).into()),
            _ => Ok(GrayImage::from_pixel(2, 2, Luma([index as u8 * 10])).into()),
        };
        let collected = |batches: &[usize]| {
            let (mut collector, mut start) = (ImageCollector::new(&plan), 0);
            for &batch in batches {
                collector.take(batch, &|index| make(start + index)).unwrap();
                start += batch;
            }
            collector.finish()
        };
        let whole = collected(&[9]);
        assert_eq!((whole.images.channels, whole.images.count(), whole.taken), (3, 8, 9));
        assert_eq!(whole.failures, [(3, "is the third".to_owned())]);
        assert_eq!(whole.images.image(6)[..12], [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
        for batches in [&[4, 5][..], &[1; 9], &[8, 0, 1]] {
            let other = collected(batches);
            assert_eq!((other.images, other.failures), (whole.images.clone(), whole.failures.clone()), "{batches:?}");
        }
        assert_eq!(collected(&[7]).images.channels, 1);
    }
}
