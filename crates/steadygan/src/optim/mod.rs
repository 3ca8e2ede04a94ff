//! Optimisers and the gradients they take.

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
    /// By moments of the gradients.
    Adam(Adam),
    /// By the gradient times the learning rate.
    Sgd(Sgd),
}

impl From<Adam> for Optimizer {
    fn from(adam: Adam) -> Self {
        Self::Adam(adam)
    }
}

impl Optimizer {
    /// A plan's optimiser of the module's parameters that has taken no step.
    pub fn new(plan: &OptimizerPlan, module: &impl Module, device: &Device) -> Self {
        match plan.rule {
            Rule::Adam => Self::Adam(Adam::new(plan.adam_at(0), module, device)),
            Rule::Sgd => Self::Sgd(Sgd { lr: plan.lr.at(0) }),
        }
    }

    /// Takes over what the plan says for `images` images shown.
    pub fn follow(&mut self, plan: &OptimizerPlan, images: u64) {
        match self {
            Self::Adam(adam) => adam.settings = plan.adam_at(images),
            Self::Sgd(sgd) => sgd.lr = plan.lr.at(images),
        }
    }

    /// The module with its parameters moved against their gradients. What has no gradient stays as it is.
    pub fn step<M: Module>(&mut self, module: M, gradients: &Gradients) -> M {
        match self {
            Self::Adam(adam) => adam.step(module, gradients),
            Self::Sgd(sgd) => sgd.step(module, gradients),
        }
    }

    /// What the last step added to the parameter of this name, flat; none if that is not known: of a parameter that is not
    /// trained, before the first step, or under SGD, which keeps nothing.
    pub fn last_step(&self, name: &str) -> Option<Vec<f32>> {
        self.adam()?.last_step(name)
    }

    /// Adam, if it is that.
    pub fn adam(&self) -> Option<&Adam> {
        match self {
            Self::Adam(adam) => Some(adam),
            Self::Sgd(_) => None,
        }
    }

    /// Adam, if it is that, to be changed.
    pub fn adam_mut(&mut self) -> Option<&mut Adam> {
        match self {
            Self::Adam(adam) => Some(adam),
            Self::Sgd(_) => None,
        }
    }
}

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

    /// Scales all gradients down to a norm of `limit`, if theirs is larger; `norm` is theirs.
    pub fn clip(&mut self, norm: f64, limit: f64) {
        if norm > limit {
            self.0.values_mut().for_each(|gradient| *gradient = gradient.clone() * (limit / norm));
        }
    }
}
