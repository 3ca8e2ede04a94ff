//! A network: its layers in order.

use super::{
    AnyLayer, BatchNorm, Conv2d, ConvSpec, ConvTranspose2d, ImageShape, Initializer, Layer, LeakyRelu, MaxPool2,
    Moments, Pass, Sigmoid, Tanh, Upsample2,
};
use burn::Tensor;
use burn::module::Module;

/// Layers in order, named `main.0`, `main.1`, … as PyTorch's example names them.
#[derive(Module, Debug, Default)]
pub struct Network {
    main: Vec<AnyLayer>,
    #[module(skip)]
    input: ImageShape,
}

impl Network {
    /// Images (or latents) to images (or logits).
    pub fn forward(&self, mut x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        let mut layers = self.main.iter().peekable();
        while let Some(layer) = layers.next() {
            x = match (layer, layers.peek()) {
                (AnyLayer::BatchNorm(norm), Some(AnyLayer::LeakyRelu(activation))) => {
                    layers.next();
                    norm.forward_activated(x, Some(activation.slope), pass)
                }
                _ => layer.forward(x, pass),
            };
        }
        x
    }

    /// The logits of a discriminator, `[n]`.
    pub fn logits(&self, images: Tensor<4>, pass: &mut Pass) -> Tensor<1> {
        let [n, ..] = images.dims();
        self.forward(images, pass).reshape([n])
    }

    /// The gradient of the sum of the outputs with respect to each image of `x`, in operations that
    /// a loss may contain: backpropagating through it gives exact gradients of gradients.
    ///
    /// `None` if a layer ties the images of a batch together (batch norm).
    pub fn input_gradient(&self, x: Tensor<4>) -> Option<Tensor<4>> {
        let mut pass = Pass::train();
        let mut values = vec![x];
        for (index, layer) in self.main.iter().enumerate() {
            values.push(layer.forward(values[index].clone(), &mut pass));
        }
        let mut gradient = values[self.main.len()].ones_like();
        for (index, layer) in self.main.iter().enumerate().rev() {
            gradient = layer.pull_back(gradient, &values[index], &values[index + 1])?;
        }
        Some(gradient)
    }

    /// Moves the running statistics of the batch norms towards what a training pass noted.
    pub fn absorb(&mut self, pass: Pass) {
        let Pass::Train(noted) = pass else { return };
        let norms = self.main.iter_mut().filter_map(|layer| match layer {
            AnyLayer::BatchNorm(norm) => Some(norm),
            _ => None,
        });
        for (norm, moments) in norms.zip::<Vec<Moments>>(noted) {
            norm.absorb(&moments);
        }
    }

    /// The layers in order.
    pub fn layers(&self) -> &[AnyLayer] {
        &self.main
    }

    /// The shape of one input.
    pub fn input(&self) -> ImageShape {
        self.input
    }

    /// The shape of one output.
    pub fn output(&self) -> ImageShape {
        self.main.iter().fold(self.input, |shape, layer| layer.output(shape))
    }
}

/// Puts a network together, layer by layer.
#[derive(Debug)]
pub struct Builder {
    main: Vec<AnyLayer>,
    input: ImageShape,
    init: Initializer,
}

impl Builder {
    /// An empty network for inputs of a shape.
    pub fn new(input: ImageShape, init: Initializer) -> Self {
        Self { main: Vec::new(), input, init }
    }

    fn push(mut self, layer: impl FnOnce(&str, &Initializer) -> AnyLayer) -> Self {
        let name = format!("main.{}", self.main.len());
        self.main.push(layer(&name, &self.init));
        self
    }

    /// Adds a convolution.
    pub fn conv(self, spec: ConvSpec) -> Self {
        self.push(|name, init| AnyLayer::Conv2d(Conv2d::new(spec, name, init)))
    }

    /// Adds a transposed convolution.
    pub fn conv_transpose(self, spec: ConvSpec) -> Self {
        self.push(|name, init| AnyLayer::ConvTranspose2d(ConvTranspose2d::new(spec, name, init)))
    }

    /// Adds batch normalisation.
    pub fn batch_norm(self, channels: usize) -> Self {
        self.push(|name, init| AnyLayer::BatchNorm(BatchNorm::new(channels, name, init)))
    }

    /// Adds a LeakyReLU; slope 0 is a ReLU.
    pub fn leaky_relu(self, slope: f32) -> Self {
        self.push(|_, _| AnyLayer::LeakyRelu(LeakyRelu { slope }))
    }

    /// Adds a hyperbolic tangent.
    pub fn tanh(self) -> Self {
        self.push(|_, _| AnyLayer::Tanh(Tanh {}))
    }

    /// Adds a logistic function.
    pub fn sigmoid(self) -> Self {
        self.push(|_, _| AnyLayer::Sigmoid(Sigmoid {}))
    }

    /// Adds 2×2 max pooling.
    pub fn max_pool(self) -> Self {
        self.push(|_, _| AnyLayer::MaxPool2(MaxPool2 {}))
    }

    /// Adds nearest-neighbour doubling.
    pub fn upsample(self) -> Self {
        self.push(|_, _| AnyLayer::Upsample2(Upsample2 {}))
    }

    /// The network.
    pub fn build(self) -> Network {
        Network { main: self.main, input: self.input }
    }
}
