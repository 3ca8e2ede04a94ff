//! Findings on the data, before training.

use super::advice::Suggestion;
use super::doctor::finding;
use super::{Detection, FindingCard};
use crate::data::{Dataset, Images, Samples, digests};
use crate::plan::Plan;
use rayon::prelude::*;
use steadygan_run::{Finding, Severity};

/// From this share of one-level images on, their finding is severe, and duplicates and narrow levels are not reported.
const MANY: f64 = 0.9;

/// Above this share of one-level images there is a finding.
const SOME: f64 = 0.01;

/// Shares of images that duplicate another one: above the first it is a warning, from the second on it is severe.
const DUPLICATES: [f64; 2] = [0.05, 0.9];

/// Fewer images than this are soon memorised (ADA's smallest set, MetFaces, has 1,336; below a few hundred all
/// published runs collapse to copies without augmentation).
const FEW: usize = 1_000;

/// Levels that span less than this, of 255, show hardly any contrast.
const NARROW: u8 = 64;

const CONSTANT: FindingCard = FindingCard {
    name: "constant-images",
    looks_for: "More than 1% of the images have one level all over; severe from 90%.",
    means: "An image of one level shows nothing: files may be blank, or were decoded wrongly.",
    symptom_of: &[],
};

const DUPLICATE: FindingCard = FindingCard {
    name: "duplicate-images",
    looks_for: "More than 5% of the images are equal to another one, pixel by pixel; severe from 90%.",
    means: "Duplicates are shown more often than others, which draws the generator to them. They are held out together.",
    symptom_of: &["constant-images"],
};

const TOO_FEW: FindingCard = FindingCard {
    name: "few-images",
    looks_for: "There are fewer than 1,000 images to train on. A warning.",
    means: "The discriminator will know so few images by heart after some passes, and the generator learns to copy them.",
    symptom_of: &[],
};

const NARROW_LEVELS: FindingCard = FindingCard {
    name: "narrow-levels",
    looks_for: "The levels of all images span less than 64 of 255. A warning.",
    means: "The images have hardly any contrast in the range that the generator is to fill: levels of 16 bits may have been cut to 8.",
    symptom_of: &[],
};

/// The findings on data.
pub(super) const CARDS: [FindingCard; 4] = [CONSTANT, DUPLICATE, TOO_FEW, NARROW_LEVELS];

/// The findings on a data set before training, at 0 images; none for points.
pub fn before_training(plan: &Plan, data: &Dataset) -> Vec<Finding> {
    let Samples::Images(images) = &data.train else { return Vec::new() };
    let count = images.count();
    let constant = share((0..count).into_par_iter().filter(|&at| images.is_constant(at)).count(), count);
    let equal = share(count - distinct(images), count);
    let (low, high) = images
        .pixels
        .par_iter()
        .fold_with((u8::MAX, 0), |(low, high), &level| (level.min(low), level.max(high)))
        .reduce(|| (u8::MAX, 0), |a, b| (a.0.min(b.0), a.1.max(b.1)));
    let severity = |share: f64, severe: f64| if share >= severe { Severity::Severe } else { Severity::Warning };
    let mut found = Vec::new();
    let mut say = |card, severity, says, evidence, advice| {
        found.push(finding(card, 0, Detection { severity, since: 0, says, evidence }, advice, plan));
    };
    let look = || Suggestion::Do("look at what the source holds: `steadygan data inspect`".into());
    if constant > SOME {
        let says = format!("{:.0}% of the images have one level all over.", 100.0 * constant);
        say(&CONSTANT, severity(constant, MANY), says, vec![("constant", constant)], vec![look()]);
    }
    let [some, most] = DUPLICATES;
    if equal > some && constant < MANY {
        let says = format!("{:.0}% of the images are equal to another one.", 100.0 * equal);
        say(&DUPLICATE, severity(equal, most), says, vec![("duplicates", equal)], vec![look()]);
    }
    if count < FEW {
        let advice = vec![
            Suggestion::With("adaptive-augmentation", "augments as much as the discriminator overfits"),
            Suggestion::With("augmentation", "makes more of few images"),
            Suggestion::Do("add images".into()),
        ];
        let says = format!("There are {count} images to train on.");
        say(&TOO_FEW, Severity::Warning, says, vec![("images", count as f64)], advice);
    }
    if high.saturating_sub(low) < NARROW && constant < MANY {
        let says = format!("All levels lie between {low} and {high} of 255.");
        let numbers = vec![("level_low", f64::from(low)), ("level_high", f64::from(high))];
        say(&NARROW_LEVELS, Severity::Warning, says, numbers, vec![look()]);
    }
    found
}

fn share(part: usize, all: usize) -> f64 {
    part as f64 / all as f64
}

/// How many different images there are.
fn distinct(images: &Images) -> usize {
    let mut digests = digests(images);
    digests.par_sort_unstable();
    digests.dedup();
    digests.len()
}
