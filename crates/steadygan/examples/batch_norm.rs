//! Batch normalisation: its parameters, its effect on a batch, and how its running statistics change.

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
    let show = |when: &str, y: Tensor<4>| {
        let (variance, mean) = y.slice([0..8, 0..1, 0..32, 0..32]).reshape([-1]).var_mean_bias(0);
        let (mean, variance): (Tensor<1>, Tensor<1>) = (mean.abs(), variance);
        let (mean, deviation) = (mean.into_scalar::<f32>(), variance.sqrt().into_scalar::<f32>());
        println!("first channel {when}: |mean| {mean:.2}, deviation {deviation:.2}");
    };
    show("in training", network.forward(images.clone(), &mut Pass::train()));
    show("in evaluation, nothing absorbed yet", network.forward(images.clone(), &mut Pass::evaluate()));
    for _ in 0..50 {
        let mut pass = Pass::train();
        network.forward(images.clone(), &mut pass);
        network.absorb(pass); // Moves the running statistics a tenth of the way to the batch's moments.
    }
    show("in evaluation, after fifty batches", network.forward(images, &mut Pass::evaluate()));
}
