//! The overfit gap: how much higher the discriminator's logits are on training images than on held-out images.
//!
//! It is E D(train) − E D(held-out), divided by the standard deviation of the logits on held-out images. It is 0 if the
//! discriminator has learnt only what all reals have in common. Adaptive augmentation's r_v (Karras et al. 2020,
//! arXiv:2006.06676, section 3) has the same numerator; here the denominator needs no fakes.

use super::subsamples::{Estimate, deviation, halves, mean};
use crate::error::{Error, Result};

/// The fewest logits of each side, so that halves of them have a mean.
const FEWEST: usize = 4;

/// The gap between a discriminator's logits on images that it was trained on and on images held out.
///
/// # Errors
///
/// There are fewer than four logits of either.
pub fn overfit_gap(of_train: &[f64], of_holdout: &[f64], seed: u64) -> Result<Estimate> {
    if of_train.len().min(of_holdout.len()) < FEWEST {
        let counts = format!("{} logits and {} of held-out images", of_train.len(), of_holdout.len());
        return Err(Error::data(format!("{counts} have no overfit gap"), "hold out more: data.holdout"));
    }
    let mean_of = |values: &[f64]| mean(values.iter().copied());
    let deviation = deviation(of_holdout);
    // A discriminator whose logits on held-out images are all equal has no gap.
    let scale = if deviation > 0.0 { 1.0 / deviation } else { 0.0 };
    let sets =
        [(of_train.len(), "train"), (of_holdout.len(), "holdout")].map(|(count, side)| halves(count, side, seed));
    let of_half = |(a, b): (&Vec<usize>, &Vec<usize>)| {
        let part = |logits: &[f64], half: &[usize]| mean(half.iter().map(|&at| logits[at]));
        scale * (part(of_train, a) - part(of_holdout, b))
    };
    let of_halves: Vec<f64> = sets[0].iter().zip(&sets[1]).map(of_half).collect();
    Ok(Estimate::new(scale * (mean_of(of_train) - mean_of(of_holdout)), &of_halves))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logits(levels: std::ops::Range<u8>) -> Vec<f64> {
        levels.map(f64::from).collect()
    }

    /// The numbers 0 to 99 against 50 to 149: 50 apart, of deviation √(100 · 101 / 12).
    #[test]
    fn the_gap_is_in_deviations_of_the_held_out_logits() {
        let apart = overfit_gap(&logits(50..150), &logits(0..100), 1).unwrap().value;
        assert!((apart - 50.0 / (10_100f64 / 12.0).sqrt()).abs() < 1e-12, "{apart}");
        let none = overfit_gap(&logits(0..100), &logits(0..100), 1).unwrap();
        assert!(none.value == 0.0 && none.deviation > 0.0, "{none:?}");
        assert_eq!(overfit_gap(&logits(5..9), &[2.0; 4], 1).unwrap().value, 0.0);
    }

    #[test]
    fn fewer_than_four_logits_are_refused() {
        let error = overfit_gap(&logits(0..3), &logits(0..100), 1).unwrap_err();
        assert_eq!(error.to_string(), "3 logits and 100 of held-out images have no overfit gap");
    }
}
