//! A pool of old fakes.

use crate::heuristics::Memory;
use crate::labels::{Batches, Moment, choose};
use crate::plan::Plan;
use burn::prelude::*;
use rand_distr::{Distribution, Uniform};
use std::collections::BTreeMap;

/// Old fakes.
#[derive(Debug)]
pub(super) struct Pool {
    capacity: usize,
    probability: f64,
    /// Values in an image.
    length: usize,
    /// The number of classes that the networks are conditioned on; 0 if they are unconditional.
    told: usize,
    /// The values of the images, one image after the other; at most `capacity` images.
    pool: Vec<f32>,
    /// The class of each image; empty if the networks are unconditional.
    classes: Vec<usize>,
}

impl Pool {
    pub(super) fn new(capacity: usize, probability: f64, plan: &Plan) -> Self {
        let (length, told) = (plan.model.image_len(), plan.model.classes.len());
        Self { capacity, probability, length, told, pool: Vec::new(), classes: Vec::new() }
    }

    /// Fills the pool with new fakes, then exchanges some new fakes for old ones.
    pub(super) fn show(&mut self, batches: &mut Batches, moment: &Moment) {
        let (device, shape) = (batches.fake.images.device(), batches.fake.images.dims());
        let mut fakes: Vec<f32> = batches.fake.images.to_data().iter::<f32>().collect();
        let mut stream = moment.stream("replay");
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

    pub(super) fn memory(&self) -> Memory {
        let data = |values: Vec<f32>| {
            let count = values.len();
            TensorData::new(values, [count])
        };
        let mut tensors = BTreeMap::from([("pool".to_owned(), data(self.pool.clone()))]);
        if !self.classes.is_empty() {
            // A float holds every class exactly: there are far fewer than 2²⁴.
            let classes = self.classes.iter().map(|class| *class as f32).collect();
            tensors.insert("classes".to_owned(), data(classes));
        }
        Memory { tensors, ..Memory::default() }
    }

    /// As [`Hook::recall`](crate::heuristics::Hook::recall).
    pub(super) fn recall(&mut self, memory: &Memory) -> Result<(), String> {
        let floats = |name: &str| memory.tensors.get(name).map_or_else(Vec::new, |data| data.iter::<f32>().collect());
        let (pool, classes) = (floats("pool"), floats("classes"));
        if !pool.len().is_multiple_of(self.length) || pool.len() > self.capacity * self.length {
            return Err(format!("a pool of {} values does not fit images of {}", pool.len(), self.length));
        }
        let expected = if self.told > 0 { pool.len() / self.length } else { 0 };
        if classes.len() != expected || !classes.iter().all(|class| (0.0..self.told as f32).contains(class)) {
            return Err(format!("{} classes do not fit {expected} images", classes.len()));
        }
        self.classes = classes.into_iter().map(|class| class as usize).collect();
        self.pool = pool;
        Ok(())
    }
}
