//! The overfit gap: how much higher the discriminator's logits are on training images than on held-out images.
//!
//! It is E D(train) − E D(held-out), divided by the standard deviation of the logits on held-out images. It is 0 if the
//! discriminator has learnt only what all reals have in common. Adaptive augmentation's r_v (Karras et al. 2020,
//! arXiv:2006.06676, section 3) has the same numerator; here the denominator needs no fakes.

use burn::prelude::*;

use super::subsamples::{Estimate, deviation, halves, mean};
use crate::data::Images;
use crate::error::{Error, Result};
use crate::nn::{Network, Pass};
use crate::plan::ModelPlan;
use crate::train::packed;

/// Images in a batch, rounded down to whole packs.
const BATCH: usize = 64;

/// The gap of a discriminator on `device`, between training images and held-out images.
///
/// # Errors
///
/// There are fewer than four packs of training images or of held-out images.
pub fn overfit_gap(
    discriminator: &Network,
    model: &ModelPlan,
    [train, holdout]: [&Images; 2],
    device: &Device,
    seed: u64,
) -> Result<Estimate> {
    let [of_train, of_holdout] = [train, holdout].map(|images| logits(discriminator, model, images, device));
    let fewest = of_train.len().min(of_holdout.len());
    if fewest < 4 {
        let message = format!("{} images and {} held out have no overfit gap", train.count(), holdout.count());
        return Err(Error::data(message, "hold out more: data.holdout"));
    }
    let mean_of = |values: &[f64]| mean(values.iter().copied());
    let deviation = deviation(&of_holdout);
    // A discriminator with the same logit for all held-out images has no gap.
    let scale = if deviation > 0.0 { 1.0 / deviation } else { 0.0 };
    let sets =
        [(of_train.len(), "train"), (of_holdout.len(), "holdout")].map(|(count, side)| halves(count, side, seed));
    let of_half = |(a, b): (&Vec<usize>, &Vec<usize>)| {
        let part = |logits: &[f64], half: &[usize]| mean(half.iter().map(|&at| logits[at]));
        scale * (part(&of_train, a) - part(&of_holdout, b))
    };
    let of_halves: Vec<f64> = sets[0].iter().zip(&sets[1]).map(of_half).collect();
    Ok(Estimate::new(scale * (mean_of(&of_train) - mean_of(&of_holdout)), &of_halves))
}

/// The discriminator's logits on all whole packs of the images, given the images' classes if it is conditional.
fn logits(discriminator: &Network, model: &ModelPlan, images: &Images, device: &Device) -> Vec<f64> {
    let whole = images.count() / model.pack * model.pack;
    let mut logits = Vec::with_capacity(whole / model.pack);
    let batch = BATCH / model.pack * model.pack;
    let classes = images.classes.as_deref().filter(|_| model.conditioning.is_some());
    for first in (0..whole).step_by(batch) {
        let count = batch.min(whole - first);
        let numbers: Vec<f32> = (first..first + count)
            .flat_map(|index| images.image(index).iter().map(|&byte| model.range.scale(byte)))
            .collect();
        let shape = [count, model.channels, model.size, model.size];
        let judged: Tensor<4> = Tensor::from_data(TensorData::new(numbers, shape), device);
        let told: Vec<usize> = classes.iter().flat_map(|of| &of[first..first + count]).map(|&of| of as usize).collect();
        let mut pass = Pass::evaluate().with_classes(&told);
        let judged = discriminator.logits(packed(judged, model.pack), &mut pass);
        logits.extend(judged.into_data().iter::<f32>().map(f64::from));
    }
    logits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Builder, ConvSpec, Init, Initializer};
    use crate::plan::Plan;
    use crate::recipe::LayeredRecipe;

    fn model(pack: usize) -> ModelPlan {
        ModelPlan { size: 4, pack, ..Plan::decide(&LayeredRecipe::default(), 1).unwrap().model }
    }

    /// A logit is a fixed linear function of the pixels.
    fn linear(channels: usize) -> Network {
        let device = Device::flex();
        let init = Initializer { init: Init::FanInUniform, seed: 0, network: "test".into(), device };
        Builder::new([channels, 4, 4], init).conv(ConvSpec::valid(channels, 1, 4, true)).build()
    }

    fn levels(levels: std::ops::Range<u8>) -> Images {
        let pixels = levels.flat_map(|level| [level; 16]).collect();
        Images { channels: 1, size: 4, pixels, classes: None }
    }

    /// Compares grey levels 50 to 149 with 0 to 99: 50 levels apart, with a standard deviation of 100/√12. The sign of
    /// the gap depends on the network's random weights.
    #[test]
    fn the_gap_is_in_deviations_of_the_held_out_logits() {
        let gap =
            |train| overfit_gap(&linear(1), &model(1), [&levels(train), &levels(0..100)], &Device::flex(), 1).unwrap();
        let apart = gap(50..150).value.abs();
        assert!((apart - 50.0 / (10_100f64 / 12.0).sqrt()).abs() < 1e-3, "{apart}");
        let none = gap(0..100);
        assert!(none.value == 0.0 && none.deviation > 0.0, "{none:?}");
    }

    #[test]
    fn packs_are_judged_together() {
        let gap = |train, pack| {
            overfit_gap(&linear(pack), &model(pack), [&levels(train), &levels(0..100)], &Device::flex(), 1)
        };
        assert!(gap(0..99, 3).unwrap().value.abs() < 0.1);
        let error = gap(0..9, 3).unwrap_err();
        assert_eq!(error.to_string(), "9 images and 100 held out have no overfit gap");
    }
}
