//! A pool of old fakes.

use crate::heuristics::Memory;
use crate::class::Classed;
use crate::labels::{Moment, choose};
use crate::plan::Plan;
use burn::prelude::*;
use rand_distr::{Distribution, Uniform};
use std::collections::BTreeMap;

/// Old fakes, one of which replaces a new fake now and then.
#[derive(Debug)]
pub(super) struct Pool {
    capacity: usize,
    probability: f64,
    /// Values in an image.
    length: usize,
    /// The number of classes that the networks are conditioned on; 0 if they are unconditional.
    class_count: usize,
    /// The values of the images, one image after the other; at most `capacity` images.
    pool: Vec<f32>,
    /// The class of each image; empty if the networks are unconditional.
    classes: Vec<usize>,
}

impl Pool {
    pub(super) fn new(capacity: usize, probability: f64, plan: &Plan) -> Self {
        let (length, class_count) = (plan.model.image_len(), plan.model.classes.len());
        Self { capacity, probability, length, class_count, pool: Vec::new(), classes: Vec::new() }
    }

    /// Fills the pool with new fakes, then exchanges some new fakes for old ones.
    pub(super) fn replace(&mut self, fakes: &mut Classed, moment: &Moment) {
        let (device, shape) = (fakes.images.device(), fakes.images.dims());
        let mut values: Vec<f32> = fakes.images.to_data().iter::<f32>().collect();
        let mut stream = moment.stream("replay");
        let exchanged = choose(shape[0], self.probability, &mut stream);
        let places = Uniform::new(0, self.capacity).expect("a pool holds at least one image");
        let classes = &mut fakes.classes;
        for (at, (fake, exchanged)) in values.chunks_exact_mut(self.length).zip(exchanged).enumerate() {
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
        fakes.images = Tensor::from_data(TensorData::new(values, shape), &device);
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

    /// As [`Hook::restore`](crate::heuristics::Hook::restore).
    pub(super) fn restore(&mut self, memory: &Memory) -> Result<(), String> {
        let floats = |name: &str| memory.tensors.get(name).map_or_else(Vec::new, |data| data.iter::<f32>().collect());
        let (pool, classes) = (floats("pool"), floats("classes"));
        if !pool.len().is_multiple_of(self.length) || pool.len() > self.capacity * self.length {
            return Err(format!("a pool of {} values does not fit images of {}", pool.len(), self.length));
        }
        let expected = if self.class_count > 0 { pool.len() / self.length } else { 0 };
        if classes.len() != expected || !classes.iter().all(|class| (0.0..self.class_count as f32).contains(class)) {
            return Err(format!("{} classes do not fit {expected} images", classes.len()));
        }
        self.classes = classes.into_iter().map(|class| class as usize).collect();
        self.pool = pool;
        Ok(())
    }
}
