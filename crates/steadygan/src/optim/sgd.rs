//! Stochastic gradient descent.

use super::Gradients;
use crate::nn::Path;
use crate::ops;
use burn::module::{Module, ModuleMapper, Param};
use burn::prelude::*;

/// Plain stochastic gradient descent over any module's parameters: w ← w − lr · g. It remembers nothing.
#[derive(Debug, Clone, Copy)]
pub struct Sgd {
    /// Learning rate, above 0.
    pub lr: f64,
}

impl Sgd {
    /// The module with its parameters moved against their gradients. What has no gradient stays as it is.
    pub fn step<M: Module>(&self, module: M, gradients: &Gradients) -> M {
        module.map(&mut Mover { path: Path::default(), lr: self.lr, gradients })
    }
}

struct Mover<'a> {
    path: Path,
    lr: f64,
    gradients: &'a Gradients,
}

impl ModuleMapper for Mover<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(gradient) = self.gradients.0.get(&self.path.name()) else { return param };
        param.map(|value| {
            let shape = value.shape();
            let flat = value.inner().reshape([shape.num_elements()]);
            let moved = ops::add(flat, gradient.clone() * -self.lr);
            Tensor::from_inner(moved.reshape(shape)).require_grad()
        })
    }
}
