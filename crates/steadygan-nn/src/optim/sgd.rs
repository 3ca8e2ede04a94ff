//! Stochastic gradient descent.

use super::Gradients;
use crate::nn::map_tensors;
use crate::ops;
use burn::module::Module;

/// Plain stochastic gradient descent over any module's parameters: w ← w − lr · g. It keeps no state.
#[derive(Debug, Clone, Copy)]
pub struct Sgd {
    /// Learning rate, above 0.
    pub lr: f64,
}

impl Sgd {
    /// Takes a step: the module with its parameters moved against their gradients. A parameter without a gradient stays
    /// unchanged.
    pub fn step<M: Module>(&self, module: M, gradients: &Gradients) -> M {
        map_tensors(module, |name, value| match gradients.0.get(name) {
            Some(gradient) => ops::add(value, gradient.clone() * -self.lr),
            None => value,
        })
    }
}
