//! Batch normalisation: its parameters, what it does to a batch, and where its running statistics go.

use burn::prelude::*;
use steadygan::latent::LatentDistribution;
use steadygan::nn::{Builder, ConvSpec, Init, Initializer, LayerTable, Pass};
use steadygan::rng;

fn main() {
    let (init, network, device) = (Init::FanInUniform, "example".into(), Device::flex().autodiff());
    let stack = Builder::new([3, 64, 64], Initializer { init, seed: 0, network, device: device.clone() });
    let mut network = stack.conv(ConvSpec::same(3, 64, 3, 2, true)).batch_norm(64).build();
    let table = LayerTable::of("convolution and batch norm", &network);
    println!("{table}");
    let norm = &table.rows[1];
    println!("batch norm: {} parameters, {} of them running statistics", norm.parameters(), norm.not_trainable);
    println!("both:       {} parameters, {} of them trainable\n", table.parameters(), table.trainable());

    let noise = LatentDistribution::Gaussian.sample(8, 3 * 64 * 64, &mut rng::stream(0, "images", 0));
    let images = Tensor::<4>::from_data(TensorData::new(noise, [8, 3, 64, 64]), &device);
    let mut pass = Pass::train();
    for (mode, pass) in [("training", &mut pass), ("evaluation", &mut Pass::Evaluate)] {
        let channel = network.forward(images.clone(), pass).slice([0..8, 0..1, 0..32, 0..32]).reshape([8 * 32 * 32]);
        let (variance, mean) = channel.var_mean_bias(0);
        let (mean, variance): (f32, f32) = (mean.into_scalar(), variance.into_scalar());
        println!("{mode:<10} first channel: mean {mean:.2}, deviation {:.2}", variance.sqrt());
    }
    network.absorb(pass); // The running statistics go a tenth of the way to this batch's moments.
}
