//! Old fakes are shown now and then.
//!
//! The pieces: [`Hook::show`].
//!
//! # When it helps
//!
//! Against a discriminator that forgets what the generator did before. It comes from image translation (CycleGAN) and
//! reinforcement learning; for GANs that start from noise only the tip speaks.

use super::{Card, Evidence, Family, Heuristic, Hook, Memory};
use crate::error::Result;
use crate::labels::{Batches, Moment, choose};
use crate::plan::{Plan, require};
use burn::prelude::*;
use rand_distr::{Distribution, Uniform};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What there is to know.
pub static CARD: Card = Card {
    name: "replay",
    family: Family::Inputs,
    claim: "The discriminator does not forget what the generator tried before.",
    without: "Fakes are all new.",
    formula: "a pool of old fakes; each new one is, with the probability, put into the pool in exchange for an \
            old one, which is shown in its place",
    default: "images = 50, probability = 0.5",
    source: "Shrivastava et al. 2017; ganhacks tip 8",
    evidence: Evidence::Weak,
    conflicts: &[],
};

/// The settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Replay {
    /// Fakes in the pool, in 1..=4096.
    pub images: usize,
    /// Of an exchange, in [0, 1].
    pub probability: f64,
}

impl Default for Replay {
    fn default() -> Self {
        Self { images: 50, probability: 0.5 }
    }
}

impl Heuristic for Replay {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, _: &mut Plan) -> Result<()> {
        let key = "heuristics.replay.images";
        require((1..=4096).contains(&self.images), key, self.images, "in 1..=4096")?;
        let sound = (0.0..=1.0).contains(&self.probability);
        require(sound, "heuristics.replay.probability", self.probability, "in [0, 1]")
    }

    fn arm(&self, plan: &Plan) -> Option<Box<dyn Hook>> {
        let Self { images, probability } = *self;
        let (length, told) = (plan.model.image_len(), plan.model.classes.len());
        Some(Box::new(Pool { capacity: images, probability, length, told, pool: Vec::new(), classes: Vec::new() }))
    }
}

/// Old fakes.
#[derive(Debug)]
struct Pool {
    capacity: usize,
    probability: f64,
    /// Values of an image.
    length: usize,
    /// Classes that networks are told of.
    told: usize,
    /// Images one after the other, at most `capacity`.
    pool: Vec<f32>,
    /// The class of each; none if networks are told of none.
    classes: Vec<usize>,
}

impl Hook for Pool {
    fn name(&self) -> &'static str {
        CARD.name
    }

    fn show(&mut self, batches: &mut Batches, moment: &Moment) {
        let (device, shape) = (batches.fake.images.device(), batches.fake.images.dims());
        let mut fakes: Vec<f32> = batches.fake.images.to_data().iter::<f32>().collect();
        let mut stream = moment.stream(CARD.name);
        let exchanged = choose(shape[0], self.probability, &mut stream);
        let places = Uniform::new(0, self.capacity).expect("a pool holds at least one image");
        let classes = &mut batches.fake.classes;
        for (at, (fake, exchanged)) in fakes.chunks_exact_mut(self.length).zip(exchanged).enumerate() {
            if self.pool.len() < self.capacity * self.length {
                self.pool.extend_from_slice(fake);
                self.classes.extend(classes.get(at));
            } else if exchanged {
                let place = places.sample(&mut stream);
                fake.swap_with_slice(&mut self.pool[place * self.length..][..self.length]);
                if let (Some(new), Some(old)) = (classes.get_mut(at), self.classes.get_mut(place)) {
                    std::mem::swap(new, old);
                }
            }
        }
        batches.fake.images = Tensor::from_data(TensorData::new(fakes, shape), &device);
    }

    fn memory(&self) -> Memory {
        let data = |values: Vec<f32>| {
            let count = values.len();
            TensorData::new(values, [count])
        };
        let mut tensors = BTreeMap::from([("pool".to_owned(), data(self.pool.clone()))]);
        if !self.classes.is_empty() {
            // There are fewer classes than whole numbers that a float holds.
            let classes = self.classes.iter().map(|class| *class as f32).collect();
            tensors.insert("classes".to_owned(), data(classes));
        }
        Memory { tensors, ..Memory::default() }
    }

    fn recall(&mut self, memory: Memory) -> Result<(), String> {
        let floats = |name: &str| memory.tensors.get(name).map_or_else(Vec::new, |data| data.iter::<f32>().collect());
        let (pool, classes) = (floats("pool"), floats("classes"));
        if !pool.len().is_multiple_of(self.length) || pool.len() > self.capacity * self.length {
            return Err(format!("a pool of {} values holds no images of {}", pool.len(), self.length));
        }
        let expected = if self.told > 0 { pool.len() / self.length } else { 0 };
        if classes.len() != expected || !classes.iter().all(|class| (0.0..self.told as f32).contains(class)) {
            return Err(format!("{} classes are not those of {expected} images", classes.len()));
        }
        self.classes = classes.into_iter().map(|class| class as usize).collect();
        self.pool = pool;
        Ok(())
    }
}
