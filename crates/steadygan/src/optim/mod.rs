//! Optimisers and the gradients they take.

mod adam;

pub use adam::{Adam, AdamSettings};

use crate::nn::Path;
use crate::ops;
use burn::Tensor;
use burn::module::{Module, ModuleVisitor, Param};
use std::collections::BTreeMap;

/// A module's gradients by the names of its parameters (the path of fields, as in `main.0.weight`), each flat.
#[derive(Debug, Default)]
pub struct Gradients(pub BTreeMap<String, Tensor<1>>);

impl Gradients {
    /// Those of the module's parameters among what a backward pass left; a parameter that the loss does not
    /// depend on has none.
    pub fn of(module: &impl Module, all: &burn::tensor::Gradients) -> Self {
        struct Collector<'a> {
            path: Path,
            all: &'a burn::tensor::Gradients,
            found: BTreeMap<String, Tensor<1>>,
        }
        impl ModuleVisitor for Collector<'_> {
            fn enter_module(&mut self, name: &str, container: &str) {
                self.path.enter(name, container);
            }
            fn exit_module(&mut self, _: &str, container: &str) {
                self.path.exit(container);
            }
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                if let Some(gradient) = param.val().grad(self.all) {
                    let count = gradient.shape().num_elements();
                    self.found.insert(self.path.name(), gradient.reshape([count]));
                }
            }
        }
        let mut collector = Collector { path: Path::default(), all, found: BTreeMap::new() };
        module.visit(&mut collector);
        Self(collector.found)
    }

    /// Adds another pass's gradients: two batches, one step.
    pub fn add(&mut self, other: Self) {
        for (name, gradient) in other.0 {
            let sum = match self.0.remove(&name) {
                Some(sum) => ops::add(sum, gradient),
                None => gradient,
            };
            self.0.insert(name, sum);
        }
    }

    /// The norm of all gradients together, √Σg².
    pub fn norm(&self) -> f64 {
        let squares = self.0.values().map(|gradient| f64::from(ops::sum_of_squares(gradient.clone())));
        squares.sum::<f64>().sqrt()
    }
}
