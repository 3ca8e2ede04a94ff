//! A few labels of the discriminator are wrong.
//!
//! The pieces: [`labels::flip`](crate::labels::flip).
//!
//! # When it helps
//!
//! There is no published controlled comparison. In expectation it is label smoothing with 1 − p and p; around that it
//! adds noise.
//! More in [`labels`](crate::labels#when-it-helps).
//!
//! # Example
//!
//! ```no_run
#![doc = include_str!("../../examples/noisy_labels.rs")]
//! ```

use super::{Card, Evidence, Heuristic, Hook, Topic};
use crate::error::{Result, require};
use crate::class::Classed;
use crate::labels::{Batches, Moment, choose, flip, hard};
use crate::plan::{FlipBy, FlipPlan, Plan};
use burn::Tensor;
use burn::prelude::*;
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "noisy-labels",
    topic: Topic::Labels,
    claim: "A few wrong labels keep the discriminator from becoming sure.",
    without: "Every real is labelled real and every fake is labelled fake.",
    formula: "with probability p an image gets the other label; a soft label is then drawn from the range of \
              that label. In expectation the fixed labels 1 − p and p",
    default: "probability = 0.05, by = \"label\"; by = \"image\" swaps images between the two batches \
              instead, which differs under batch norm",
    source: "ganhacks tip 6",
    evidence: Evidence::Weak,
    conflicts: &[],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoisyLabels {
    /// The probability that an image is exchanged, in [0, 1].
    pub probability: f64,
    /// Whether the label or the image is exchanged.
    pub by: FlipBy,
}

impl Default for NoisyLabels {
    fn default() -> Self {
        Self { probability: 0.05, by: FlipBy::Label }
    }
}

impl Heuristic for NoisyLabels {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        let sound = (0.0..=1.0).contains(&self.probability);
        require(sound, "heuristics.noisy-labels.probability", self.probability, "in [0, 1]")?;
        plan.train.labels.flips = Some(FlipPlan { probability: self.probability, by: self.by });
        Ok(())
    }

    fn arm(&self, _: &Plan) -> Option<Box<dyn Hook>> {
        Some(Box::new(self.clone()))
    }
}

impl Hook for NoisyLabels {
    fn name(&self) -> &'static str {
        CARD.name
    }

    fn replace_images(&mut self, reals: &mut Classed, fakes: &mut Classed, moment: &Moment) {
        if self.by == FlipBy::Image {
            let [count, ..] = reals.images.dims();
            let swapped = choose(count, self.probability, &mut moment.stream("noisy-labels/image"));
            swap_images(reals, fakes, &swapped);
        }
    }

    fn flip_labels(&self, batches: &mut Batches, moment: &Moment) {
        if self.by == FlipBy::Label {
            for (name, batch) in batches.named() {
                let mut stream = moment.stream(&format!("noisy-labels/{name}"));
                let mut real = batch.labelled_real();
                flip(&mut real, self.probability, &mut stream);
                batch.labels = hard(&real);
            }
        }
    }
}

/// Exchanges the images, and their classes, at the marked places between the two batches.
fn swap_images(reals: &mut Classed, fakes: &mut Classed, swapped: &[bool]) {
    let device = reals.images.device();
    let shape = reals.images.shape();
    let length = shape.num_elements() / swapped.len();
    let floats = |images: &Tensor<4>| -> Vec<f32> { images.to_data().try_to_vec().expect("images are floats") };
    let (mut real, mut fake) = (floats(&reals.images), floats(&fakes.images));
    for (at, _) in swapped.iter().enumerate().filter(|(_, swap)| **swap) {
        if let (Some(real), Some(fake)) = (reals.classes.get_mut(at), fakes.classes.get_mut(at)) {
            std::mem::swap(real, fake);
        }
        let image = at * length..(at + 1) * length;
        real[image.clone()].swap_with_slice(&mut fake[image]);
    }
    reals.images = Tensor::from_data(TensorData::new(real, shape.clone()), &device);
    fakes.images = Tensor::from_data(TensorData::new(fake, shape), &device);
}

#[cfg(test)]
mod tests {
    use super::super::testing::{labels_of, plan_of, prepared};

    /// Of 1,000 images 50 ± 6.9 are flipped. The bounds are four standard deviations from the mean.
    #[test]
    fn about_fifty_of_a_thousand_are_flipped() {
        let (real, fake) = labels_of("base = 'plain'\n[heuristics]\nnoisy-labels = true", 1000);
        let flipped = |labels: &[f32], hard: f32| labels.iter().filter(|label| **label != hard).count();
        assert!((23..=77).contains(&flipped(&real, 1.0)), "{}", flipped(&real, 1.0));
        assert!((23..=77).contains(&flipped(&fake, 0.0)), "{}", flipped(&fake, 0.0));
        assert_ne!(real.iter().map(|l| 1.0 - l).collect::<Vec<_>>(), fake);
    }

    #[test]
    fn a_soft_label_is_drawn_from_the_flipped_label_s_range() {
        let text = "base = 'plain'\n[heuristics]\nnoisy-labels = true\nlabel-smoothing = true";
        let (real, _) = labels_of(text, 1000);
        let as_fake = real.iter().filter(|label| (0.0..=0.3).contains(*label)).count();
        assert!((23..=77).contains(&as_fake), "{as_fake}");
        assert!(real.iter().all(|label| (0.0..=0.3).contains(label) || (0.7..=1.2).contains(label)));
    }

    /// All pixels of reals are 1 and of fakes 0 here, so that a pixel shows where its image came from.
    #[test]
    fn by_image_swaps_images_and_keeps_labels() {
        let plan = plan_of("base = 'plain'\n[heuristics]\nnoisy-labels = { probability = 0.3, by = 'image' }");
        let batches = prepared(&plan.expect("a plan"), 100);
        let first_pixels = |images: burn::Tensor<4>| -> Vec<f32> {
            images.slice([0..100, 0..1, 0..1, 0..1]).into_data().try_to_vec().expect("floats")
        };
        let real = first_pixels(batches.real.images);
        let fake = first_pixels(batches.fake.images);
        assert!(real.iter().zip(&fake).all(|(r, f)| r + f == 1.0));
        let swapped = real.iter().filter(|pixel| **pixel == 0.0).count();
        assert!((12..=48).contains(&swapped), "{swapped}");
        assert_eq!((batches.real.labels, batches.fake.labels), (vec![1.0; 100], vec![0.0; 100]));
    }
}
