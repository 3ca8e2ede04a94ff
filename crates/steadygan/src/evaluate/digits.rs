//! Stacked digits: counts how many of the 1,000 modes the images have, with a classifier of digits.
//!
//! The protocol is VEEGAN's and PacGAN's ([`metrics::modes`](crate::metrics::modes)). The classifier assigns a digit to
//! everything, so that noise has many modes too. So the count comes with the count that real triples get through the
//! same classifier, and with the share of triples that the classifier is confident about. It is confident about few
//! blends of digits, but it may be confident about noise.

use super::points::MODES;
use super::rows::{DISTANCE, SHARE, clip_interval, row};
use super::subject::Subject;
use crate::data::Images;
use crate::error::{Error, Result};
use crate::metrics::modes::{IMAGES, Modes};
use crate::metrics::network::{DIGITS, FeatureNetwork, LOGITS};
use crate::metrics::subsamples::{Estimate, draw};
use steadygan_run::evaluation::Metric;

/// The classifier is confident of a triple if it gives each of its digits a probability above this.
const CONFIDENT: f64 = 0.9;

/// The classifier's result for each image: the three digits, and whether it is confident about all three.
struct DigitTriples {
    triples: Vec<[u8; 3]>,
    confident: Vec<bool>,
}

impl DigitTriples {
    /// Classifies each channel of colour images.
    fn classify(network: &FeatureNetwork, images: Images) -> Result<Self> {
        // Channels are stored one after the other, so each can be read as a grey image.
        let logits = network.outputs(&Images { channels: 1, classes: None, ..images }, LOGITS)?;
        let digits: Vec<(u8, f64)> = (0..logits.count()).map(|plane| most_likely(logits.row(plane))).collect();
        let (triples, confident) = digits.as_chunks::<3>().0.iter().map(of_planes).unzip();
        Ok(Self { triples, confident })
    }

    fn modes(&self, part: &[usize]) -> Modes {
        Modes::of_triples(part.iter().map(|&at| self.triples[at]))
    }

    fn confident(&self, part: &[usize]) -> f64 {
        part.iter().filter(|&&at| self.confident[at]).count() as f64 / part.len() as f64
    }
}

fn of_planes(planes: &[(u8, f64); 3]) -> ([u8; 3], bool) {
    (planes.map(|(digit, _)| digit), planes.iter().all(|&(_, probability)| probability > CONFIDENT))
}

/// The digit with the largest logit (ties go to the first) and its softmax probability.
fn most_likely(logits: &[f32]) -> (u8, f64) {
    let largest = (0..logits.len()).rev().max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap_or(0);
    let relative = |logit: &f32| f64::from(logit - logits[largest]).exp();
    (largest as u8, 1.0 / logits.iter().map(relative).sum::<f64>())
}

/// Counts the modes of the fakes, and of as many reals for the floor.
pub(super) fn measure(subject: &Subject) -> Result<Vec<Metric>> {
    if !subject.stacked {
        let message = format!("the modes of {} are not known", subject.against);
        let hint = "modes are counted of runs on ring, grid or stacked digits, and --against stacked-mnist:PATH";
        return Err(Error::recipe(message, hint));
    }
    let network = FeatureNetwork::named(DIGITS)?;
    let (count, reals) = (subject.fakes.count(), subject.reals.count());
    let own = draw(reals, count.min(reals), "evaluate/modes", subject.seed);
    let found = DigitTriples::classify(&network, subject.fakes.clone())?;
    let real = DigitTriples::classify(&network, subject.reals.select(&own))?;
    let all: Vec<usize> = (0..own.len()).collect();
    let make = |metric: &str, better: &str, range: [f64; 2], value: fn(&DigitTriples, &[usize]) -> f64| {
        let estimate = Estimate::over(count, "fakes", subject.seed, |part| value(&found, part));
        let row = row(subject, metric, format!("{metric}-{DIGITS}"), better, estimate, value(&real, &all));
        let floor_samples = own.len() as u64;
        clip_interval(range, Metric { reals: floor_samples, floor_samples, ..row })
    };
    let caveat = (count != IMAGES).then(|| format!("published counts are of {IMAGES} images: --metrics {MODES}"));
    let modes = make(MODES, "higher", DISTANCE, |found, part| found.modes(part).captured() as f64);
    Ok(vec![
        Metric { caveat, ..modes },
        make("confident", "floor", SHARE, DigitTriples::confident),
        make("reverse-kl", "lower", DISTANCE, |found, part| found.modes(part).reverse_kl()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{self, DataPlan, Fit, Samples};

    #[test]
    fn the_largest_logit_has_the_softmax_s_probability() {
        let (digit, probability) = most_likely(&[0.0, 3f32.ln(), 3f32.ln(), 0.0]);
        assert!(digit == 1 && (probability - 3.0 / 8.0).abs() < 1e-6, "{digit} {probability}");
    }

    /// Makes 100 triples from 200 digits that the classifier was not trained on.
    #[test]
    fn real_triples_are_seen_as_they_are_and_blends_are_not_believed() {
        let source =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../steadygan-assets/tests/digits/t10k-images-idx3-ubyte.gz").into();
        let plan = DataPlan {
            source,
            size: 28,
            channels: Some(1),
            holdout: 0.0,
            background: [255; 3],
            fit: Fit::Crop,
            flip: false,
        };
        let Samples::Images(digits) = data::load(&plan).unwrap().train else { panic!("points") };
        let classes = digits.classes.clone().unwrap();
        let planes: Vec<usize> = (0..300).map(|plane| plane * 73 % 200).collect();
        let images = Images { channels: 3, ..digits.select(&planes) };
        let network = FeatureNetwork::named(DIGITS).unwrap();
        let found = DigitTriples::classify(&network, images.clone()).unwrap();
        let expected: Vec<[u8; 3]> =
            planes.as_chunks::<3>().0.iter().map(|triple| triple.map(|plane| classes[plane] as u8)).collect();
        let right = expected.iter().zip(&found.triples).filter(|(a, b)| a == b).count();
        let all: Vec<usize> = (0..100).collect();
        assert!(right >= 96, "{right}");
        assert_eq!(found.modes(&all[..2]).samples, 2);
        // `onnxruntime` is confident about 69. The share is that low because the labels were smoothed in training.
        assert!((0.68..=0.70).contains(&found.confident(&all)), "{}", found.confident(&all));
        let others = digits.select(&planes.iter().map(|plane| (plane + 100) % 200).collect::<Vec<_>>());
        let blended = images.pixels.iter().zip(&others.pixels).map(|(&a, &b)| a.midpoint(b)).collect();
        let blended = DigitTriples::classify(&network, Images { pixels: blended, ..images }).unwrap();
        assert!(blended.confident(&all) <= 0.03, "{}", blended.confident(&all));
    }
}
