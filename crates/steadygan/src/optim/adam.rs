//! Adam.

use super::Gradients;
use crate::nn::{Network, Path, named_tensors};
use crate::ops::{self, AdamStep};
use crate::plan::AdamPlan;
use burn::module::{Module, ModuleMapper, Param};
use burn::prelude::*;
use std::collections::BTreeMap;

/// Adam (Kingma and Ba 2015) with PyTorch's placing of ε.
#[derive(Debug)]
pub struct Adam {
    plan: AdamPlan,
    /// Steps taken.
    pub steps: u64,
    /// First and second moment of each trained parameter, flat.
    pub moments: BTreeMap<String, (Tensor<1>, Tensor<1>)>,
}

impl Adam {
    /// An optimiser that has taken no step.
    pub fn new(plan: AdamPlan, network: &Network, device: &Device) -> Self {
        let device = device.clone().inner();
        let trained = named_tensors(network).into_iter().filter(|tensor| tensor.trainable);
        let zeros = |count: usize| Tensor::<1>::zeros([count], &device);
        let moments = trained.map(|tensor| {
            let count = tensor.data.num_elements();
            (tensor.name, (zeros(count), zeros(count)))
        });
        Self { plan, steps: 0, moments: moments.collect() }
    }

    /// Moves the network's parameters against their gradients: in place, if nothing else holds them.
    pub fn step(&mut self, network: &mut Network, gradients: &Gradients) {
        self.steps += 1;
        let AdamPlan { lr, beta1, beta2, epsilon } = self.plan;
        let step = AdamStep { lr, beta1, beta2, epsilon, step: self.steps };
        let mut mover = Mover { path: Path::default(), step, moments: &mut self.moments, gradients };
        *network = std::mem::take(network).map(&mut mover);
    }
}

struct Mover<'a> {
    path: Path,
    step: AdamStep,
    moments: &'a mut BTreeMap<String, (Tensor<1>, Tensor<1>)>,
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
        let name = self.path.name();
        let Some(gradient) = self.gradients.0.get(&name) else { return param };
        let moments = self.moments.remove(&name).expect("a parameter with a gradient has moments");
        param.map(|value| {
            let shape = value.shape();
            let flat = value.inner().reshape([shape.num_elements()]);
            let (moved, first, second) = ops::adam(flat, gradient.clone(), moments, self.step);
            self.moments.insert(name, (first, second));
            Tensor::from_inner(moved.reshape(shape)).require_grad()
        })
    }
}
