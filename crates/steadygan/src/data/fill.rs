//! From many decoded images to one block of bytes, in parallel and in order.

use fast_image_resize::Resizer;
use image::DynamicImage;
use rayon::prelude::*;

use super::fit::fit;
use super::{DataPlan, Images};
use crate::error::{Error, Result};

/// The most that a data set may take in memory: 16 GiB, 1.4 million colour images of 64 × 64.
pub(super) const MAX_BYTES: u64 = 16 << 30;

/// Fits `count` images as the plan asks. `image` makes the one of a number; when it (or fitting) fails,
/// the image is left out and its number and the reason are handed back, in order.
///
/// # Errors
/// If the images would take more than [`MAX_BYTES`].
pub(super) fn fill(
    plan: &DataPlan,
    count: usize,
    image: impl Fn(usize) -> Result<DynamicImage, String> + Sync,
) -> Result<(Images, Vec<(usize, String)>)> {
    let (size, channels) = (plan.size, plan.channels.unwrap_or(3));
    let bytes = memory(count, channels, size)?;
    let mut pixels = vec![0; bytes];
    let outcomes: Vec<Result<bool, String>> = pixels
        .par_chunks_exact_mut(channels * size * size)
        .enumerate()
        .map_init(Resizer::new, |resizer, (index, out)| {
            let square = fit(image(index)?, size, plan.background, resizer)?;
            Ok(square.write_planes(out, channels))
        })
        .collect();

    let mut images = Images { channels, size, pixels, classes: None };
    if plan.channels.is_none() && !outcomes.contains(&Ok(false)) {
        // Every image is grey, so its three planes are equal: the first stays.
        images.channels = 1;
        images.retain(|plane| plane % channels == 0);
    }
    if outcomes.iter().any(Result::is_err) {
        images.retain(|index| outcomes[index].is_ok());
    }
    let failures =
        outcomes.into_iter().enumerate().filter_map(|(index, outcome)| outcome.err().map(|why| (index, why)));
    Ok((images, failures.collect()))
}

fn memory(count: usize, channels: usize, size: usize) -> Result<usize> {
    let bytes = [channels, size, size].iter().try_fold(count as u64, |bytes, &n| bytes.checked_mul(n as u64));
    match bytes {
        Some(bytes) if bytes <= MAX_BYTES => usize::try_from(bytes).map_err(|_| too_large(count, channels, size)),
        _ => Err(too_large(count, channels, size)),
    }
}

fn too_large(count: usize, channels: usize, size: usize) -> Error {
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
    use super::*;

    #[test]
    fn more_than_the_limit_is_refused_by_arithmetic_alone() {
        assert_eq!(memory(1_000, 3, 64).unwrap(), 12_288_000);
        assert_eq!(memory(1 << 20, 1, 128).unwrap(), 1 << 34);
        let error = memory((1 << 20) + 1, 1, 128).unwrap_err();
        assert_eq!(error.to_string(), "1048577 images of 1 × 128 × 128 bytes need more than the limit of 16 GiB");
        assert!(memory(usize::MAX, 3, usize::MAX).is_err());
    }
}
