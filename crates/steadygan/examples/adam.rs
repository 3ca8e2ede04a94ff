//! Adam with settings for GANs, for the parameters of any module: its settings and its first steps.

use burn::module::{Module, Param};
use burn::prelude::*;
use steadygan::optim::{Adam, AdamSettings, Gradients};

/// A user's own module.
#[derive(Module, Debug)]
struct Own {
    weight: Param<Tensor<1>>,
}

fn main() {
    let device = Device::flex().autodiff();
    for (name, settings) in [("adam", AdamSettings::DCGAN), ("without it", AdamSettings::USUAL)] {
        let AdamSettings { lr, beta1, beta2, epsilon } = settings;
        println!("{name}: lr {lr:e}, beta1 {beta1}, beta2 {beta2}, epsilon {epsilon:e}");
        let mut own = Own { weight: Param::from_tensor(Tensor::from_floats([0.0, 0.0, 0.0], &device)) };
        let mut adam = Adam::new(settings, &own, &device);
        // The gradients are 100, 1 and −0.01, then the negatives of these. The first step is the learning rate whatever
        // the gradient's size; the second shows how much of the first gradient the moments keep.
        for sign in [1.0, -1.0] {
            let slopes = Tensor::from_floats([100.0 * sign, sign, -0.01 * sign], &device);
            let loss = (own.weight.val() * slopes).sum();
            let gradients = Gradients::of(&own, &loss.backward());
            own = adam.step(own, &gradients);
            let weights = own.weight.val().into_data().try_to_vec::<f32>().expect("floats");
            println!("  after step {}: weights {weights:+.6?}", adam.steps);
        }
    }
}
