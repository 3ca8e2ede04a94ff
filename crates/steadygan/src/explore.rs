//! Explores a generator's latent space, one question at a time: the images of a seed, a walk between two images, and
//! the training images nearest to an image.
//!
//! An image is named by an [`ImageId`]: a seed and a number. It is the image with this number that `steadygan generate
//! --seed` makes.

use crate::data::{self, Dataset, Images};
use crate::error::{Error, Result};
use crate::metrics::squared_distance;
use crate::nn::{LayerTable, Network};
use crate::pictures::DynamicImage;
use crate::pictures::sheet::strip;
use crate::plan::Plan;
use crate::rng;
use crate::run::{layer_tables, located_in, trained_generator};
use burn::prelude::Device;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use steadygan_run::{CheckpointKind, RunDirectory};

/// The most generated or training images that a question may ask for.
const MAX_IMAGES: usize = 256;

/// The highest number of an image of a seed; limited because all latents before it have to be drawn.
const MAX_INDEX: usize = 1023;

/// The allowed thresholds of truncation. Below the lower end, redrawing until a coordinate is within takes long; above
/// the upper end, no coordinate is ever redrawn.
const TRUNCATIONS: std::ops::RangeInclusive<f64> = 0.05..=10.0;

/// An image of a generator: image number `index` of `seed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageId {
    /// The seed of the latents.
    pub seed: u64,
    /// The image's number among the seed's images, from 0.
    pub index: usize,
}

/// A question to an [`Explorer`].
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ask {
    /// The first images of a seed.
    Sheet {
        /// The seed of the latents.
        seed: u64,
        /// How many images.
        count: usize,
        /// Latent coordinates beyond this are drawn again; by default the plan's truncation.
        truncation: Option<f64>,
    },
    /// The images on a walk between two images, both included.
    Walk {
        /// The first image.
        from: ImageId,
        /// The last image.
        to: ImageId,
        /// How many images.
        steps: usize,
        /// As for a sheet.
        truncation: Option<f64>,
    },
    /// An image and the training images that are nearest to it, pixel by pixel.
    Nearest {
        /// The image.
        of: ImageId,
        /// How many training images.
        count: usize,
        /// As for a sheet.
        truncation: Option<f64>,
    },
    /// The layers of both networks.
    Layers,
}

/// An answer: images, if there are any, and facts about them.
#[derive(Debug)]
pub struct Answer {
    /// The images below each other in one picture, each of the run's size.
    pub images: Option<DynamicImage>,
    /// Facts about the images or the networks.
    pub facts: Facts,
}

/// The facts in an answer.
#[derive(Debug, Default, Serialize)]
pub struct Facts {
    /// How many images the answer holds.
    pub count: usize,
    /// Height and width of each image in pixels.
    pub size: usize,
    /// The training images nearest to the first image.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nearest: Vec<Neighbour>,
    /// The networks' tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub networks: Option<[LayerTable; 2]>,
}

/// A training image near a fake.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Neighbour {
    /// Its number among the training images.
    pub image: usize,
    /// The root mean square of the pixel differences between the fake and the training image, in levels from 0 to 255.
    pub distance: f64,
    /// The name of its class, if it has one.
    pub class: Option<String>,
}

/// Answers questions about a run's generator. It uses the latest checkpoint; if a new one was written, the next
/// question loads it.
#[derive(Debug)]
pub struct Explorer {
    run: PathBuf,
    device: Device,
    checkpoint: Option<CachedCheckpoint>,
    data: Option<Dataset>,
}

/// What the explorer has read of a checkpoint.
#[derive(Debug)]
struct CachedCheckpoint {
    /// The file's size and modification time when it was read.
    file_state: (u64, Option<SystemTime>),
    generator: Network,
    plan: Plan,
}

impl Explorer {
    /// An explorer of the run at `run`. It reads nothing before the first question.
    pub fn new(run: &Path) -> Self {
        Self { run: run.to_owned(), device: Device::flex(), checkpoint: None, data: None }
    }

    /// Answers a question.
    ///
    /// # Errors
    ///
    /// The run has no checkpoint yet, it makes points instead of images, or the question is out of range.
    pub fn answer(&mut self, ask: Ask) -> Result<Answer> {
        self.load()?;
        let Some(CachedCheckpoint { plan, .. }) = &self.checkpoint else { unreachable!("it has just been loaded") };
        if matches!(ask, Ask::Layers) {
            let networks = Some(layer_tables(plan)?);
            return Ok(Answer { images: None, facts: Facts { networks, ..Facts::default() } });
        }
        if data::sample_shape(&plan.data.source).is_some() {
            let hint = "`steadygan generate` draws them as a scatter plot";
            return Err(Error::recipe("the run makes points, which cannot be drawn as single images", hint));
        }
        match ask {
            Ask::Sheet { seed, count, truncation } => {
                let latents = self.latents(seed, check_range("count", count, 1..=MAX_IMAGES)?, truncation)?;
                Ok(self.answer_with(&self.images(&latents, seed, |image| image), Vec::new()))
            }
            Ask::Walk { from, to, steps, truncation } => {
                let (a, b) = (self.latent(from, truncation)?, self.latent(to, truncation)?);
                let steps = check_range("steps", steps, 2..=MAX_IMAGES)?;
                let distribution = self.plan().model.latent_distribution;
                let at = |step: usize| distribution.interpolate(&a, &b, step as f64 / (steps - 1) as f64);
                let latents: Vec<f32> = (0..steps).flat_map(at).collect();
                // All images of the walk have the class of the first.
                Ok(self.answer_with(&self.images(&latents, from.seed, |_| from.index), Vec::new()))
            }
            Ask::Nearest { of, count, truncation } => {
                let count = check_range("count", count, 1..=MAX_IMAGES)?;
                let fake = self.images(&self.latent(of, truncation)?, of.seed, |_| of.index);
                self.nearest(fake, count)
            }
            Ask::Layers => unreachable!("answered above"),
        }
    }

    fn plan(&self) -> &Plan {
        &self.checkpoint.as_ref().expect("`answer` loads first").plan
    }

    /// Reads the latest checkpoint, unless it is already loaded.
    fn load(&mut self) -> Result<()> {
        let file = RunDirectory::open(&self.run)?.checkpoint(CheckpointKind::Latest);
        let file_state = fs::metadata(&file).map(|metadata| (metadata.len(), metadata.modified().ok())).ok();
        if self.checkpoint.as_ref().is_none_or(|cached| Some(cached.file_state) != file_state) {
            let (generator, plan) = trained_generator(&self.run, CheckpointKind::Latest, &self.device)?;
            let file_state = file_state.unwrap_or_default();
            self.checkpoint = Some(CachedCheckpoint { file_state, generator, plan });
        }
        Ok(())
    }

    /// The first latents of a seed, as `steadygan generate` draws them.
    fn latents(&self, seed: u64, count: usize, truncation: Option<f64>) -> Result<Vec<f32>> {
        let model = &self.plan().model;
        let mut stream = rng::stream(seed, "generate", 0);
        let truncation = truncation.or(model.truncation);
        if let Some(threshold) = truncation.filter(|threshold| !TRUNCATIONS.contains(threshold)) {
            let hint = format!("take one in {}..={}", TRUNCATIONS.start(), TRUNCATIONS.end());
            return Err(Error::recipe(format!("the truncation {threshold} is out of range"), hint));
        }
        Ok(model.latent_distribution.draw(count, model.latent, truncation, &mut stream))
    }

    fn latent(&self, image: ImageId, truncation: Option<f64>) -> Result<Vec<f32>> {
        let index = check_range("index", image.index, 0..=MAX_INDEX)?;
        let latents = self.latents(image.seed, index + 1, truncation)?;
        Ok(latents[index * self.plan().model.latent..].to_vec())
    }

    /// Generates images and returns their bytes. With a conditional generator, image `i` has the class that image
    /// `index(i)` of the seed has.
    fn images(&self, latents: &[f32], seed: u64, index: impl Fn(usize) -> usize) -> Vec<u8> {
        let CachedCheckpoint { generator, plan, .. } = self.checkpoint.as_ref().expect("`answer` loads first");
        let noise = plan.model.noise_in_sampling.then(|| rng::stream(seed, "generate/noise", 0));
        let columns = plan.model.classes_in_columns();
        let count = if columns.is_empty() { 0 } else { latents.len() / plan.model.latent };
        let classes: Vec<usize> = (0..count).map(|image| columns[index(image) % columns.len()]).collect();
        let values = generator.sample_classes(latents, &classes, noise, &self.device);
        values.into_iter().map(|value| plan.model.range.unscale(value)).collect()
    }

    fn nearest(&mut self, mut images: Vec<u8>, count: usize) -> Result<Answer> {
        if self.data.is_none() {
            self.data = Some(data::load(&located_in(self.plan(), &RunDirectory::open(&self.run)?).data)?);
        }
        let Some(Dataset { train, class_names, .. }) = &self.data else { unreachable!("it has just been loaded") };
        let Some(train) = train.images() else { unreachable!("points have been refused") };
        let (nearest, fake) = (nearest_to(&images, train, count), images.len());
        images.extend(nearest.iter().flat_map(|&(image, _)| train.image(image)));
        let class = |image: usize| {
            let index = train.classes.as_ref()?[image];
            class_names.get(index as usize).cloned()
        };
        let neighbour = |(image, squares): (usize, u64)| {
            let distance = (squares as f64 / fake as f64).sqrt();
            Neighbour { image, distance, class: class(image) }
        };
        let nearest = nearest.into_iter().map(neighbour).collect();
        Ok(self.answer_with(&images, nearest))
    }

    fn answer_with(&self, images: &[u8], nearest: Vec<Neighbour>) -> Answer {
        let (channels, size) = (self.plan().model.channels, self.plan().model.size);
        let count = images.len() / (channels * size * size);
        let facts = Facts { count, size, nearest, networks: None };
        Answer { images: Some(strip(images, [count, channels, size, size])), facts }
    }
}

/// The numbers and squared distances of the `count` images nearest to `image`, nearest first; ties go to the lower
/// number.
fn nearest_to(image: &[u8], train: &Images, count: usize) -> Vec<(usize, u64)> {
    let of = |index: usize| (index, squared_distance(image, train.image(index)));
    let mut all: Vec<(usize, u64)> = (0..train.count()).map(of).collect();
    all.sort_by_key(|&(index, squares)| (squares, index));
    all.truncate(count);
    all
}

fn check_range(what: &str, value: usize, range: std::ops::RangeInclusive<usize>) -> Result<usize> {
    if range.contains(&value) {
        return Ok(value);
    }
    Err(Error::recipe(format!("{what} {value} is not in {}..={}", range.start(), range.end()), "ask for less"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_come_first_and_equals_in_their_order() {
        let pixels = vec![0, 0, 3, 4, 1, 0, 3, 4, 255, 255];
        let train = Images { channels: 2, size: 1, pixels, classes: None };
        assert_eq!(nearest_to(&[0, 0], &train, 4), [(0, 0), (2, 1), (1, 25), (3, 25)]);
        assert_eq!(nearest_to(&[255, 255], &train, 1), [(4, 0)]);
        assert_eq!(nearest_to(&[0, 0], &train, 99).len(), 5);
    }

    #[test]
    fn questions_are_what_the_protocol_says_and_nothing_else() {
        let read = serde_json::from_str::<Ask>;
        let walk = r#"{"ask":"walk","from":{"seed":1,"index":2},"to":{"seed":3,"index":4},"steps":8}"#;
        let (from, to) = (ImageId { seed: 1, index: 2 }, ImageId { seed: 3, index: 4 });
        assert_eq!(read(walk).unwrap(), Ask::Walk { from, to, steps: 8, truncation: None });
        assert_eq!(read(r#"{"ask":"layers"}"#).unwrap(), Ask::Layers);
        for foreign in [
            "{}",
            r#"{"ask":"run"}"#,
            r#"{"ask":"sheet","seed":-1,"count":1}"#,
            r#"{"ask":"sheet","seed":1,"count":1,"out":"x"}"#,
        ] {
            assert!(read(foreign).is_err(), "{foreign}");
        }
    }
}
