//! The probability of augmentation, adapted to how much the discriminator overfits.

use std::cmp::Ordering;

/// The target of E\[sign D(real)\] (Karras et al. 2020, arXiv 2006.06676, §3.2).
pub const SIGN_TARGET: f64 = 0.6;

/// The number of real images over which the probability can rise from 0 to 1 (Karras et al. 2020, arXiv 2006.06676,
/// §3.2).
pub const ADAPT_IMAGES: u64 = 500_000;

/// The largest limit of the probability that is accepted. Below 0.8 augmentations are unlikely to leak into the fakes
/// (Karras et al. 2020, §2); a run without a limit went far above 0.8 and leaked (NVlabs/stylegan2-ada-pytorch, issue
/// 175).
pub const MOST_PROBABLE: f64 = 0.8;

/// The next probability by the rule of adaptive discriminator augmentation (ADA, Karras et al. 2020, arXiv 2006.06676).
/// It rises while the discriminator is surer of the reals than `target`, and falls while it is less sure:
///
/// p ← clamp(p + sign(r − target) · images / per_images, 0, limit)
///
/// `sign_of_real` is r, the mean of sign D(x) over the reals since the last call, where D(x) is the logit of the
/// augmented real. r is near 0 if reals and fakes look alike, and 1 if the discriminator is sure of every real. At the
/// target, and if r is NaN, nothing changes. `images` is the number of reals since the last call (ADA calls this every
/// four batches). The published values are [`SIGN_TARGET`], [`ADAPT_IMAGES`] and [`MOST_PROBABLE`].
///
/// # Panics
///
/// If the limit is not in [0, [`MOST_PROBABLE`]] or `per_images` is 0.
pub fn adapt(probability: f64, sign_of_real: f64, target: f64, images: u64, per_images: u64, limit: f64) -> f64 {
    assert!((0.0..=MOST_PROBABLE).contains(&limit), "a limit of {limit} is not in [0, {MOST_PROBABLE}]");
    assert!(per_images > 0, "the probability needs at least one image to rise from 0 to 1");
    let step = images as f64 / per_images as f64;
    let moved = match sign_of_real.partial_cmp(&target) {
        Some(Ordering::Greater) => probability + step,
        Some(Ordering::Less) => probability - step,
        Some(Ordering::Equal) | None => probability,
    };
    moved.clamp(0.0, limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ADA calls this every four batches; of 64 images each they are 256 of 500,000 images, a step of 0.000512.
    #[test]
    fn the_probability_follows_the_sign() {
        let next = |p, r| adapt(p, r, SIGN_TARGET, 256, ADAPT_IMAGES, MOST_PROBABLE);
        assert_eq!(next(0.1, 0.9), 0.1 + 0.000512);
        assert_eq!(next(0.1, 0.5), 0.1 - 0.000512);
        assert_eq!(next(0.1, -1.0), 0.1 - 0.000512);
        assert_eq!((next(0.1, 0.6), next(0.1, f64::NAN)), (0.1, 0.1));
        assert_eq!((next(0.0, 0.5), next(0.7999, 1.0), next(0.8, 1.0)), (0.0, 0.8, 0.8));
        assert_eq!(adapt(0.5, 1.0, 0.6, 256, ADAPT_IMAGES, 0.3), 0.3);
    }

    /// A discriminator that is always sure reaches the limit after 0.8 · 500,000 images.
    #[test]
    fn it_takes_400_000_images_to_the_limit() {
        let calls = 400_000 / 64;
        let p = (0..calls - 1).fold(0.0, |p, _| adapt(p, 1.0, SIGN_TARGET, 64, ADAPT_IMAGES, MOST_PROBABLE));
        assert!((p - (0.8 - 64.0 / 500_000.0)).abs() < 1e-9, "{p}");
        assert_eq!((0..2).fold(p, |p, _| adapt(p, 1.0, SIGN_TARGET, 64, ADAPT_IMAGES, MOST_PROBABLE)), 0.8);
    }

    #[test]
    #[should_panic(expected = "a limit of 0.9 is not in [0, 0.8]")]
    fn a_limit_above_the_sound_one_is_refused() {
        adapt(0.1, 1.0, 0.6, 64, ADAPT_IMAGES, 0.9);
    }
}
