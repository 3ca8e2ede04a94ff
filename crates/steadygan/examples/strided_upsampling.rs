//! Doubling an image by strided transposed convolution, and by repeating pixels: output shapes, parameters and work.

use burn::prelude::Device;
use steadygan::nn::{Builder, ConvSpec, Init, Initializer, LayerTable};

fn main() {
    // A stack of layers for colour images of 64 × 64 pixels.
    let stack = || {
        let (init, network, device) = (Init::FanInUniform, "example".into(), Device::flex());
        Builder::new([3, 64, 64], Initializer { init, seed: 0, network, device })
    };

    // From 3 to 64 channels, 4×4, stride 2: PyTorch's padding 1 and TensorFlow's "same" are equal here.
    let on = stack().conv_transpose(ConvSpec::same(3, 64, 4, 2, true)).build();
    println!("{}", LayerTable::of("strided-upsampling: 4×4 transposed convolution, stride 2", &on));

    let off = stack().upsample().conv(ConvSpec::same(3, 64, 3, 1, true)).build();
    print!("{}", LayerTable::of("without it: nearest neighbour, then a 3×3 convolution", &off));
}
