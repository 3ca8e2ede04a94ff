//! Halving an image by strided convolution: output shapes, parameters and work of three forms.

use burn::prelude::Device;
use steadygan::nn::{Builder, ConvSpec, Init, Initializer, LayerTable};

fn main() {
    // A stack of layers for colour images of 64 × 64 pixels.
    let stack = || {
        let (init, network, device) = (Init::FanInUniform, "example".into(), Device::flex());
        Builder::new([3, 64, 64], Initializer { init, seed: 0, network, device })
    };

    // From 3 to 64 channels, 3×3, stride 2: TensorFlow's "same" adds no row before the image and one row after it.
    let keras = stack().conv(ConvSpec::same(3, 64, 3, 2, true)).build();
    println!("{}", LayerTable::of("3×3 convolution, stride 2, padding \"same\" as in Keras", &keras));

    let on = stack().conv(ConvSpec::strided(3, 64, true)).leaky_relu(0.2).build();
    println!("{}", LayerTable::of("strided-downsampling: 4×4 convolution, stride 2, padding 1 as in PyTorch", &on));

    let off = stack().conv(ConvSpec::same(3, 64, 3, 1, true)).leaky_relu(0.2).max_pool().build();
    print!("{}", LayerTable::of("without it: max pooling", &off));
}
