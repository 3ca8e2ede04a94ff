//! A network: its layers in order.

use super::{
    AnyLayer, BatchNorm, Conv2d, ConvSpec, ConvTranspose2d, ImageShape, Initializer, Layer, LeakyRelu, MaxPool2, Pass,
    Sigmoid, Tanh, Upsample2,
};
use burn::Tensor;
use burn::module::Module;
use burn::prelude::{Device, TensorData};

/// Latents of one forward pass in sampling: memory does not grow with the number of images.
pub const SAMPLE_CHUNK: usize = 64;

/// Layers in order, named `main.0`, `main.1`, … as PyTorch's example names them.
#[derive(Module, Debug, Default)]
pub struct Network {
    main: Vec<AnyLayer>,
    #[module(skip)]
    input: ImageShape,
}

impl Network {
    /// Images (or latents) to images (or logits).
    pub fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        through(&self.main, x, pass)
    }

    /// A generator's images for `latents` (one after the other), as values `[n, c, h, w]` in its own
    /// range. Evaluation mode: an image depends on its latent alone, not on its neighbours.
    pub fn sample(&self, latents: &[f32], device: &Device) -> Vec<f32> {
        let [length, ..] = self.input;
        let mut values = Vec::new();
        for chunk in latents.chunks(SAMPLE_CHUNK * length) {
            let data = TensorData::new(chunk.to_vec(), [chunk.len() / length, length, 1, 1]);
            let images = self.forward(Tensor::from_data(data, device), &mut Pass::evaluate());
            values.extend(images.into_data().iter::<f32>());
        }
        values
    }

    /// The logits of a discriminator, `[n]`.
    pub fn logits(&self, images: Tensor<4>, pass: &mut Pass) -> Tensor<1> {
        let [n, ..] = images.dims();
        self.forward(images, pass).reshape([n])
    }

    /// What the last layer is given, `[n, features]`.
    pub fn features(&self, images: Tensor<4>, pass: &mut Pass) -> Tensor<2> {
        let [n, ..] = images.dims();
        let before = self.main.split_last().map_or(&[][..], |(_, before)| before);
        through(before, images, pass).reshape([n as i32, -1])
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
        let norms = self.main.iter_mut().filter_map(|layer| match layer {
            AnyLayer::BatchNorm(norm) => Some(norm),
            _ => None,
        });
        for (norm, moments) in norms.zip(pass.moments) {
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

/// Layers in order; those that have a form with the activation after them take it along.
fn through(layers: &[AnyLayer], mut x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
    let mut layers = layers.iter().peekable();
    while let Some(layer) = layers.next() {
        x = match (layer, layers.peek()) {
            (AnyLayer::BatchNorm(norm), Some(AnyLayer::LeakyRelu(activation))) => {
                layers.next();
                norm.forward_activated(x, Some(activation.slope), pass)
            }
            (AnyLayer::Conv2d(conv), Some(AnyLayer::LeakyRelu(activation)))
                if conv.bias.is_none() && activation.slope >= 0.0 =>
            {
                layers.next();
                conv.forward_activated(x, activation.slope)
            }
            _ => layer.forward(x, pass),
        };
    }
    x
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Init;
    use rand_distr::{Distribution, StandardNormal};

    fn builder(input: ImageShape) -> Builder {
        let device = Device::flex().autodiff();
        Builder::new(input, Initializer { init: Init::FanInUniform, seed: 0, network: "test".into(), device })
    }

    fn images(shape: [usize; 4]) -> Tensor<4> {
        let stream = crate::rng::stream(0, "images", 0);
        let values: Vec<f32> = StandardNormal.sample_iter(stream).take(shape.iter().product()).collect();
        Tensor::from_data(TensorData::new(values, shape), &Device::flex().autodiff())
    }

    fn floats<const D: usize>(x: Tensor<D>) -> Vec<f32> {
        x.into_data().iter::<f32>().collect()
    }

    #[track_caller]
    fn assert_close(a: &[f32], b: &[f32]) {
        assert_eq!(a.len(), b.len());
        let largest = b.iter().fold(0.0f32, |largest, b| largest.max(b.abs()));
        assert!(largest > 0.0);
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-5 * largest));
    }

    /// Chained pull-backs give what backpropagation gives, for every layer that has one.
    #[test]
    fn input_gradients_are_those_of_backpropagation() {
        let network = builder([3, 8, 8])
            .conv(ConvSpec::same(3, 5, 3, 1, true))
            .leaky_relu(0.2)
            .max_pool()
            .conv_transpose(ConvSpec::strided(5, 4, true))
            .tanh()
            .upsample()
            .conv(ConvSpec::strided(4, 6, true))
            .sigmoid()
            .max_pool()
            .conv(ConvSpec::valid(6, 1, 4, true))
            .build();
        let x = images([2, 3, 8, 8]).require_grad();
        let all = network.forward(x.clone(), &mut Pass::train()).sum().backward();
        let pulled = network.input_gradient(x.clone()).expect("no layer mixes the batch");
        assert_close(&floats(pulled), &floats(x.grad(&all).expect("tracked")));
    }

    /// In evaluation each image has a gradient of its own: that of two images is that of each.
    #[test]
    fn evaluation_gradients_do_not_mix_the_batch() {
        let network = builder([2, 4, 4]).conv(ConvSpec::same(2, 3, 3, 1, true)).batch_norm(3).leaky_relu(0.2).build();
        let gradient = |x: Tensor<4>| {
            let x = x.detach().require_grad();
            let y = network.forward(x.clone(), &mut Pass::evaluate());
            floats(x.grad(&(y.clone() * y).sum().backward()).expect("tracked"))
        };
        let both = images([2, 2, 4, 4]);
        let each = [0..1, 1..2].map(|image| gradient(both.clone().slice([image, 0..2, 0..4, 0..4]))).concat();
        assert_close(&gradient(both), &each);
    }
}
