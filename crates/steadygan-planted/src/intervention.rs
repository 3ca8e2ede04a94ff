//! What a planted failure does inside the training step, as a hook of the library.

use crate::failure::Layer;
use burn::prelude::*;
use std::collections::BTreeMap;
use steadygan::heuristics::Hook;
use steadygan::labels::{Batches, Moment};
use steadygan::nn::{Network, load_tensors, named_tensors};
use steadygan::optim::Gradients;
use steadygan::weights::Role;

/// A change of labels or gradients in every step.
#[derive(Debug)]
pub(crate) enum Intervention {
    /// Negates the network's gradients.
    Negate(Role),
    /// Swaps the labels of real images and fakes.
    SwapLabels,
    /// Multiplies the gradients of both networks by the factor to the power of half the number of steps so far: by the
    /// factor more each round, if a round is one step of each network.
    Grow(f64),
    /// Replaces the generator's gradients by the distance of its weights from these; from zero where a tensor has none.
    DrawTo(BTreeMap<String, Tensor<1>>),
    /// Sets the discriminator's gradients to zero.
    FreezeDiscriminator,
    /// Holds the generator's tensor of this name as it is.
    Hold(String),
}

impl Intervention {
    pub(crate) fn hook(self) -> Box<dyn Hook> {
        Box::new(InterventionHook { intervention: self, steps: 0 })
    }
}

#[derive(Debug)]
struct InterventionHook {
    intervention: Intervention,
    /// Steps of either network so far.
    steps: u64,
}

impl Hook for InterventionHook {
    fn name(&self) -> &'static str {
        "planted"
    }

    fn flip_labels(&self, batches: &mut Batches, _: &Moment) {
        if matches!(self.intervention, Intervention::SwapLabels) {
            let labels = batches.named().into_iter().flat_map(|(_, batch)| &mut batch.labels);
            labels.for_each(|label| *label = 1.0 - *label);
        }
    }

    fn change_gradients(&mut self, role: Role, network: &Network, gradients: &mut Gradients) {
        self.steps += 1;
        let of_generator = role == Role::Generator;
        match &self.intervention {
            Intervention::Negate(negated) if role == *negated => scale(gradients, -1.0),
            Intervention::Grow(factor) => scale(gradients, factor.powf(self.steps as f64 / 2.0)),
            Intervention::FreezeDiscriminator if !of_generator => scale(gradients, 0.0),
            Intervention::Hold(name) if of_generator => {
                // Removed, because with a gradient of zero Adam's momentum would still move the tensor.
                gradients.0.remove(name);
            }
            Intervention::DrawTo(targets) if of_generator => {
                let weights = flat_tensors(network);
                for (name, gradient) in &mut gradients.0 {
                    let weight = weights[name].clone();
                    *gradient = targets.get(name).map_or(weight.clone(), |target| weight - target.clone());
                }
            }
            _ => {}
        }
    }
}

fn scale(gradients: &mut Gradients, factor: f64) {
    gradients.0.values_mut().for_each(|gradient| *gradient = gradient.clone() * factor);
}

/// Sets the weights of a layer to zero, and holds them there.
pub(crate) fn zero_and_hold(generator: &mut Network, layer: Layer) -> Intervention {
    let tensors = named_tensors(generator);
    let mut weights = tensors.iter().map(|tensor| &tensor.name).filter(|name| name.ends_with(".weight"));
    let name = match layer {
        Layer::First => weights.next(),
        Layer::Last => weights.next_back(),
    };
    let name = name.expect("a network has weights").clone();
    let zeroed = tensors.into_iter().map(|tensor| {
        let data = if tensor.name == name {
            TensorData::new(vec![0f32; tensor.data.num_elements()], tensor.data.shape().clone())
        } else {
            tensor.data
        };
        (tensor.name, data)
    });
    *generator =
        load_tensors(std::mem::take(generator), &zeroed.collect()).expect("these are the network's own tensors");
    Intervention::Hold(name)
}

/// A network's tensors by name, flattened and detached from differentiation.
pub(crate) fn flat_tensors(network: &Network) -> BTreeMap<String, Tensor<1>> {
    let device = Device::flex();
    let tensors = named_tensors(network).into_iter().map(|tensor| {
        let count = tensor.data.num_elements();
        (tensor.name, Tensor::<1>::from_data(TensorData::new(tensor.data.iter::<f32>().collect(), [count]), &device))
    });
    tensors.collect()
}
