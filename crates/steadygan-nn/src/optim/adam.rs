//! Adam.

use super::Gradients;
use crate::nn::{map_tensors, named_tensors};
use crate::ops::{self, AdamStep};
use burn::module::Module;
use burn::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Adam's settings.
///
/// # When it helps
///
/// Adam's usual first decay of 0.9 makes GANs oscillate: several controlled studies agree on 0.5 or less (0 with
/// spectral norm or gradient penalties), which makes this the best supported of the DCGAN paper's settings. The
/// learning rate depends on networks and batch; 1e-4 to 4e-4 are common, the discriminator's sometimes above the
/// generator's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AdamSettings {
    /// Learning rate, above 0.
    pub lr: f64,
    /// Decay of the first moment, in [0, 1).
    pub beta1: f64,
    /// Decay of the second moment, in [0, 1).
    pub beta2: f64,
    /// Added to the second moment's root, above 0.
    pub epsilon: f64,
}

impl AdamSettings {
    /// The paper's settings (Kingma and Ba 2015), used when the heuristic `adam` is off.
    pub const USUAL: Self = Self { lr: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

    /// For GANs (Radford, Metz and Chintala 2016, section 4).
    pub const DCGAN: Self = Self { lr: 2e-4, beta1: 0.5, ..Self::USUAL };
}

/// Adam (Kingma and Ba 2015) over any module's parameters, with PyTorch's placing of ε:
///
/// m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², w ← w − lr · m̂ / (√v̂ + ε)
///
/// with m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ) after t steps. The first step moves each weight by lr, whatever the
/// size of its gradient, if the gradient is much larger than ε.
#[derive(Debug)]
pub struct Adam {
    /// The settings of the next step.
    pub settings: AdamSettings,
    /// Steps taken.
    pub steps: u64,
    /// First and second moment, flattened, of each trained parameter by its name.
    pub moments: BTreeMap<String, (Tensor<1>, Tensor<1>)>,
}

impl Adam {
    /// A new optimiser for the module's parameters; it has taken no step.
    pub fn new(settings: AdamSettings, module: &impl Module, device: &Device) -> Self {
        let device = device.clone().inner();
        let trained = named_tensors(module).into_iter().filter(|tensor| tensor.trainable);
        let zeros = |count: usize| Tensor::<1>::zeros([count], &device);
        let moments = trained.map(|tensor| {
            let count = tensor.data.num_elements();
            (tensor.name, (zeros(count), zeros(count)))
        });
        Self { settings, steps: 0, moments: moments.collect() }
    }

    /// Takes a step: the module with its parameters moved against their gradients, in place if nothing else holds them.
    /// A parameter without a gradient stays unchanged.
    pub fn step<M: Module>(&mut self, module: M, gradients: &Gradients) -> M {
        self.steps += 1;
        let AdamSettings { lr, beta1, beta2, epsilon } = self.settings;
        let step = AdamStep { lr, beta1, beta2, epsilon, step: self.steps };
        map_tensors(module, |name, value| {
            let Some(gradient) = gradients.0.get(name) else { return value };
            let moments = self.moments.remove(name).expect("a parameter with a gradient has moments");
            let (moved, first, second) = ops::adam(value, gradient.clone(), moments, step);
            self.moments.insert(name.to_owned(), (first, second));
            moved
        })
    }

    /// The last step's change of the parameter `name`, −lr · m̂ / (√v̂ + ε), flattened; `None` before the first step or
    /// if there is no such trained parameter. Uses the current settings.
    pub(super) fn last_step(&self, name: &str) -> Option<Vec<f32>> {
        let (first, second) = self.moments.get(name).filter(|_| self.steps > 0)?.clone();
        let AdamSettings { lr, beta1, beta2, epsilon } = self.settings;
        let corrected = |beta: f64| 1.0 - beta.powf(self.steps as f64);
        let (rate, correction) = ((lr / corrected(beta1)) as f32, (1.0 / corrected(beta2)) as f32);
        let (first, second) = (values(first)?, values(second)?);
        let step = |(m, v): (&f32, &f32)| -rate * m / ((v * correction).sqrt() + epsilon as f32);
        Some(first.iter().zip(&second).map(step).collect())
    }
}

fn values(tensor: Tensor<1>) -> Option<Vec<f32>> {
    tensor.into_data().try_to_vec().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::module::Param;

    /// A user's own module, with a parameter that the loss does not depend on.
    #[derive(Module, Debug)]
    struct Own {
        used: Param<Tensor<2>>,
        unused: Param<Tensor<1>>,
    }

    /// The gradients are 2w: 8, −2 and 0. The first step is lr · g / (|g| + ε). The gradients of the second step are
    /// nearly the same, so the step is too.
    #[test]
    fn the_first_step_of_an_own_module_is_the_learning_rate() {
        let device = Device::flex().autodiff();
        let values = |module: &Own| module.used.val().into_data().try_to_vec::<f32>().expect("floats");
        let used = Param::from_tensor(Tensor::from_data([[4.0, -1.0, 0.0]], &device));
        let mut module = Own { used, unused: Param::from_tensor(Tensor::from_data([7.0], &device)) };
        let mut adam = Adam::new(AdamSettings::DCGAN, &module, &device);
        assert!(adam.last_step("used").is_none(), "no step was taken");
        for _ in 0..2 {
            let loss = (module.used.val() * module.used.val()).sum();
            let gradients = Gradients::of(&module, &loss.backward());
            assert_eq!(gradients.0.keys().collect::<Vec<_>>(), ["used"]);
            module = adam.step(module, &gradients);
            let moved = 2e-4 * adam.steps as f32;
            let last = adam.last_step("used").expect("a step");
            assert!(last.iter().zip([-2e-4, 2e-4, 0.0]).all(|(step, e)| (step - e).abs() < 1e-6), "{last:?}");
            let expected = [4.0 - moved, moved - 1.0, 0.0];
            assert!(values(&module).iter().zip(expected).all(|(w, e)| (w - e).abs() < 1e-6), "{:?}", values(&module));
        }
        assert_eq!((adam.steps, adam.moments.len()), (2, 2));
        assert_eq!(module.unused.val().into_data().try_to_vec::<f32>().expect("floats"), [7.0]);
    }
}
