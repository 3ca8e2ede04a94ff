//! Optimisers, and the gradients that they use.

mod adam;
mod average;
mod settings;
mod sgd;

pub use adam::{Adam, AdamSettings};
pub use average::{average, decay};
pub use settings::{OptimizerPlan, OptimizersPlan, Rule};
pub use sgd::Sgd;

use crate::nn::Path;
use crate::ops;
use burn::Tensor;
use burn::module::{Module, ModuleVisitor, Param};
use burn::prelude::Device;
use std::collections::BTreeMap;

/// The optimiser of one network.
#[derive(Debug)]
pub enum Optimizer {
    /// Steps from the first and second moments of the gradients.
    Adam(Adam),
    /// Steps of the learning rate times the gradient.
    Sgd(Sgd),
}

impl From<Adam> for Optimizer {
    fn from(adam: Adam) -> Self {
        Self::Adam(adam)
    }
}

impl Optimizer {
    /// A new optimiser for the module's parameters by the plan; it has taken no step.
    pub fn new(plan: &OptimizerPlan, module: &impl Module, device: &Device) -> Self {
        match plan.rule {
            Rule::Adam => Self::Adam(Adam::new(plan.adam_at(0), module, device)),
            Rule::Sgd => Self::Sgd(Sgd { lr: plan.lr.at(0) }),
        }
    }

    /// Updates the learning rate and the other settings to the plan's values after `images` real images.
    pub fn follow(&mut self, plan: &OptimizerPlan, images: u64) {
        match self {
            Self::Adam(adam) => adam.settings = plan.adam_at(images),
            Self::Sgd(sgd) => sgd.lr = plan.lr.at(images),
        }
    }

    /// Takes a step: the module with its parameters moved against their gradients. A parameter without a gradient stays
    /// unchanged.
    pub fn step<M: Module>(&mut self, module: M, gradients: &Gradients) -> M {
        match self {
            Self::Adam(adam) => adam.step(module, gradients),
            Self::Sgd(sgd) => sgd.step(module, gradients),
        }
    }

    /// The last step's change of the parameter `name`, flattened. `None` if it is not known: for a parameter that is
    /// not trained, before the first step, and for SGD, which keeps no state.
    pub fn last_step(&self, name: &str) -> Option<Vec<f32>> {
        self.adam()?.last_step(name)
    }

    /// The Adam optimiser, if this is one.
    pub fn adam(&self) -> Option<&Adam> {
        match self {
            Self::Adam(adam) => Some(adam),
            Self::Sgd(_) => None,
        }
    }

    /// The Adam optimiser, mutable, if this is one.
    pub fn adam_mut(&mut self) -> Option<&mut Adam> {
        match self {
            Self::Adam(adam) => Some(adam),
            Self::Sgd(_) => None,
        }
    }
}

/// A module's gradients, flattened, by the names of its parameters (the path of fields, as in `main.0.weight`).
#[derive(Debug, Default)]
pub struct Gradients(pub BTreeMap<String, Tensor<1>>);

impl Gradients {
    /// The gradients of the module's parameters from a backward pass's result, `all`. A parameter that the loss does
    /// not depend on has no entry.
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

    /// Adds the gradients of another backward pass, so that one step can use two batches.
    pub fn add(&mut self, other: Self) {
        for (name, gradient) in other.0 {
            let sum = match self.0.remove(&name) {
                Some(sum) => ops::add(sum, gradient),
                None => gradient,
            };
            self.0.insert(name, sum);
        }
    }

    /// The norm of all gradients taken as one vector, √Σg².
    pub fn norm(&self) -> f64 {
        let squares = self.0.values().map(|gradient| f64::from(ops::sum_of_squares(gradient.clone())));
        squares.sum::<f64>().sqrt()
    }

    /// Scales all gradients down to a norm of `limit` if their norm, `norm`, is larger.
    pub fn clip(&mut self, norm: f64, limit: f64) {
        if norm > limit {
            self.0.values_mut().for_each(|gradient| *gradient = gradient.clone() * (limit / norm));
        }
    }
}
