//! Initial values of parameters.

use crate::rng;
use burn::Tensor;
use burn::module::Param;
use burn::prelude::*;
use rand_distr::{Distribution, Normal, Uniform};
use serde::{Deserialize, Serialize};

/// A rule for the initial values of weights. The page of `steadygan::heuristics::gaussian_init` says when each helps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "kebab-case")]
pub enum Init {
    /// Weights from N(0, deviation²), batch norm's scale from N(1, deviation²), biases 0 (Radford et
    /// al. 2016; the scale as in PyTorch's DCGAN example).
    Gaussian {
        /// Standard deviation.
        deviation: f64,
    },
    /// Weights as matrices `[first dimension, rest]` with orthonormal rows (columns, if these are fewer), times gain;
    /// biases 0, batch norm's scale 1 (Saxe, McClelland and Ganguli 2014).
    Orthogonal {
        /// The factor of the orthonormal matrix.
        gain: f64,
    },
    /// Weights and biases from U(−1/√fan_in, 1/√fan_in), batch norm's scale 1: PyTorch's default.
    FanInUniform,
    /// Weights from N(0, gain²/fan_in), biases 0, scales 1 (He et al. 2015).
    FanInNormal {
        /// The factor of 1/√fan_in in the standard deviation.
        gain: f64,
    },
}

/// Draws a network's parameters. Each parameter has its own random stream, named after the network and the parameter,
/// so that adding or removing a layer does not change the values of parameters whose names stay. The results are
/// ordinary Burn parameters, which any other layer can use too.
#[derive(Debug, Clone)]
pub struct Initializer {
    /// The rule.
    pub init: Init,
    /// The seed of the streams.
    pub seed: u64,
    /// The network's name, part of the names of its streams: `"generator"`, `"discriminator"` or any other.
    pub network: String,
    /// Where the parameters live.
    pub device: Device,
}

impl Initializer {
    /// The weight of a convolution, `[out, in, k, k]`, or of a transposed convolution, `[in, out, k, k]`. `fan_in` is
    /// the second dimension times k², as in PyTorch, for transposed convolutions too.
    pub fn weight(&self, name: &str, shape: [usize; 4], fan_in: usize) -> Param<Tensor<4>> {
        let values = match self.init {
            Init::Gaussian { deviation } => self.draw(name, shape.iter().product(), normal(0.0, deviation)),
            Init::Orthogonal { gain } => {
                let draws = self.draw(name, shape.iter().product(), normal(0.0, 1.0));
                orthonormal(draws, shape[0]).into_iter().map(|value| value * gain as f32).collect()
            }
            Init::FanInUniform => self.draw(name, shape.iter().product(), fan_in_uniform(fan_in)),
            Init::FanInNormal { gain } => {
                self.draw(name, shape.iter().product(), normal(0.0, gain / (fan_in as f64).sqrt()))
            }
        };
        Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), &self.device))
    }

    /// A convolution's bias `[channels]`; `fan_in` is its weight's fan-in.
    pub fn bias(&self, name: &str, channels: usize, fan_in: usize) -> Param<Tensor<1>> {
        match self.init {
            Init::Gaussian { .. } | Init::Orthogonal { .. } | Init::FanInNormal { .. } => {
                Param::from_tensor(self.constant(0.0, channels))
            }
            Init::FanInUniform => self.vector(self.draw(name, channels, fan_in_uniform(fan_in))),
        }
    }

    /// Batch norm's scale γ, `[channels]`.
    pub fn scale(&self, name: &str, channels: usize) -> Param<Tensor<1>> {
        match self.init {
            Init::Gaussian { deviation } => self.vector(self.draw(name, channels, normal(1.0, deviation))),
            Init::Orthogonal { .. } | Init::FanInUniform | Init::FanInNormal { .. } => {
                Param::from_tensor(self.constant(1.0, channels))
            }
        }
    }

    /// `count` values of N(0, 1), whatever the initializer's rule.
    pub fn standard_normal(&self, name: &str, count: usize) -> Tensor<1> {
        Tensor::from_data(TensorData::new(self.draw(name, count, normal(0.0, 1.0)), [count]), &self.device)
    }

    /// A vector of `channels` equal values.
    pub fn constant(&self, value: f32, channels: usize) -> Tensor<1> {
        Tensor::from_data(TensorData::new(vec![value; channels], [channels]), &self.device)
    }

    fn vector(&self, values: Vec<f32>) -> Param<Tensor<1>> {
        let count = values.len();
        Param::from_tensor(Tensor::from_data(TensorData::new(values, [count]), &self.device))
    }

    fn draw(&self, name: &str, count: usize, distribution: impl Distribution<f32>) -> Vec<f32> {
        let purpose = format!("init/{}/{name}", self.network);
        let stream = rng::stream(self.seed, &purpose, 0);
        distribution.sample_iter(stream).take(count).collect()
    }
}

fn normal(mean: f64, deviation: f64) -> Normal<f32> {
    Normal::new(mean as f32, deviation as f32).expect("the plan checks that the deviation is finite")
}

fn fan_in_uniform(fan_in: usize) -> Uniform<f32> {
    let bound = 1.0 / (fan_in as f32).sqrt();
    Uniform::new_inclusive(-bound, bound).expect("a bound of a positive fan-in is positive")
}

/// Makes the rows of a matrix of `rows` rows orthonormal, or its columns if there are fewer columns, by the
/// Gram–Schmidt process. Each vector is orthogonalised twice, which makes the loss of precision negligible.
fn orthonormal(values: Vec<f32>, rows: usize) -> Vec<f32> {
    let columns = values.len() / rows;
    let (lines, length) = (rows.min(columns), rows.max(columns));
    let place = |line: usize, at: usize| if rows <= columns { line * columns + at } else { at * columns + line };
    let mut done: Vec<Vec<f64>> = Vec::with_capacity(lines);
    for line in 0..lines {
        let mut vector: Vec<f64> = (0..length).map(|at| f64::from(values[place(line, at)])).collect();
        for _ in 0..2 {
            for other in &done {
                let product: f64 = vector.iter().zip(other).map(|(a, b)| a * b).sum();
                vector.iter_mut().zip(other).for_each(|(a, b)| *a -= product * b);
            }
        }
        let norm = vector.iter().map(|value| value * value).sum::<f64>().sqrt();
        vector.iter_mut().for_each(|value| *value /= norm);
        done.push(vector);
    }
    let mut result = values;
    for (line, vector) in done.iter().enumerate() {
        for (at, value) in vector.iter().enumerate() {
            result[place(line, at)] = *value as f32;
        }
    }
    result
}
