//! Initial weights from N(0, 0.02²) and by PyTorch's default rule: their sample means and standard deviations.

use burn::prelude::*;
use steadygan::nn::{Init, Initializer};

fn main() {
    for (name, init) in [
        ("gaussian-init: N(0, 0.02²)", Init::Gaussian { deviation: 0.02 }),
        ("without it: U(±1/√fan_in)", Init::FanInUniform),
    ] {
        let (network, device) = ("discriminator".into(), Device::flex());
        let init = Initializer { init, seed: 0, network, device };
        // A 4×4 convolution from 64 to 128 channels: a fan-in of 64 · 4 · 4 = 1,024.
        let weight = init.weight("main.2.weight", [128, 64, 4, 4], 1024).val().reshape([-1]);
        let scale = init.scale("main.3.weight", 128).val();
        println!("{name}");
        for (what, values) in [("convolution's weight", weight), ("batch norm's scale", scale)] {
            let count = values.dims()[0];
            let (variance, mean): (Tensor<1>, _) = values.var_mean_bias(0);
            let (mean, variance): (f32, f32) = (mean.into_scalar(), variance.into_scalar());
            println!("  {what:<21} {count:>6} values: mean {mean:.4}, deviation {:.4}", variance.sqrt());
        }
    }
}
