//! One discriminator step in each form of `separate-batches`, with and without batch norm.

use burn::prelude::*;
use steadygan::labels::Batches;
use steadygan::latent::LatentDistribution;
use steadygan::nn::{Builder, ConvSpec, Init, Initializer, Pass};
use steadygan::optim::{Adam, AdamSettings};
use steadygan::plan::Batching;
use steadygan::rng;
use steadygan::train::{Rules, discriminator_step};

fn main() {
    let device = Device::flex().autodiff();
    // Batches of sixteen images of noise; the reals are brighter than the fakes.
    let images = |name: &str, brightness: f32| {
        let noise = LatentDistribution::Uniform.sample(16, 16 * 16, &mut rng::stream(0, name, 0));
        Tensor::<4>::from_data(TensorData::new(noise, [16, 1, 16, 16]), &device.clone().inner()) * 0.5 + brightness
    };
    for batch_norm in [true, false] {
        println!("{} batch norm", if batch_norm { "with" } else { "without" });
        for form in [Batching::Combined, Batching::SeparateOneUpdate, Batching::SeparateTwoUpdates] {
            let init = Init::Gaussian { deviation: 0.1 };
            let init = Initializer { init, seed: 0, network: "discriminator".into(), device: device.clone() };
            let stack = Builder::new([1, 16, 16], init).conv(ConvSpec::strided(1, 8, true)).leaky_relu(0.2);
            let stack = stack.conv(ConvSpec::strided(8, 16, true));
            let stack = if batch_norm { stack.batch_norm(16) } else { stack };
            let mut discriminator = stack.leaky_relu(0.2).conv(ConvSpec::valid(16, 1, 4, true)).build();

            let mut adam = Adam::new(AdamSettings::DCGAN, &discriminator, &device).into();
            let (batches, rules) = (Batches::new(images("reals", 0.5), images("fakes", -0.5)), Rules::plain(form));
            let stats = discriminator_step(&mut discriminator, &mut adam, batches, &rules, &mut []).expect("finite");
            let after = discriminator.logits(images("reals", 0.5), &mut Pass::train()).mean().into_scalar::<f32>();
            let (form, steps) = (format!("{form:?}"), adam.adam().expect("Adam").steps);
            println!("  {form:<18} loss {:.4}, {steps} step(s), then reals' mean logit {after:.4}", stats.loss_d);
        }
    }
}
