//! A network: its layers in order.

use super::{AnyLayer, ImageShape, Layer, Pass, PullBack, chain};
use crate::class::Classed;
use crate::rng::Stream;
use burn::Tensor;
use burn::module::{Module, Param};
use burn::prelude::{Device, TensorData};

/// How many latents go through one forward pass in sampling, so that memory does not grow with the number of images.
pub const SAMPLE_CHUNK: usize = 64;

/// Layers in order, named `main.0`, `main.1`, … as PyTorch's example names them.
#[derive(Module, Debug, Default)]
pub struct Network {
    main: Vec<AnyLayer>,
    reference: Option<Param<Tensor<4>>>,
    #[module(skip)]
    input: ImageShape,
}

impl Network {
    pub(super) fn new(main: Vec<AnyLayer>, input: ImageShape) -> Self {
        Self { main, reference: None, input }
    }

    /// The last layer's output: a generator's images for latents, or a discriminator's logits for images.
    pub fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        self.through(&self.main, x, pass)
    }

    /// The output of `layers`, the first layers of the network. A reference batch, if there is one, goes through them
    /// together with `x`.
    fn through(&self, layers: &[AnyLayer], x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        let Some(reference) = &self.reference else { return chain::forward(layers, x, pass) };
        let reference = reference.val();
        let ([count, ..], [images, ..]) = (reference.dims(), x.dims());
        pass.set_reference(count);
        let y = chain::forward(layers, Tensor::cat(vec![reference, x], 0), pass);
        pass.set_reference(0);
        y.narrow(0, count, images)
    }

    /// A generator's images for `latents` (one after the other), as values `[n, c, h, w]` in the generator's own
    /// range. This is evaluation mode: an image depends on its latent, not on the other images, and on `noise` if the
    /// network has layers that draw random numbers.
    pub fn sample(&self, latents: &[f32], noise: Option<Stream>, device: &Device) -> Vec<f32> {
        self.sample_classes(latents, &[], noise, device)
    }

    /// [`sample`](Self::sample) with a class for each image. If `classes` is empty, a class-conditional network takes
    /// the classes in turn: within each chunk of [`SAMPLE_CHUNK`] images 0, 1, 2, ….
    pub fn sample_classes(
        &self,
        latents: &[f32],
        classes: &[usize],
        noise: Option<Stream>,
        device: &Device,
    ) -> Vec<f32> {
        let [length, ..] = self.input;
        let mut values = Vec::new();
        let mut pass = noise.map_or_else(Pass::evaluate, |noise| Pass::evaluate().with_noise(noise));
        let mut classes = classes.chunks(SAMPLE_CHUNK);
        for chunk in latents.chunks(SAMPLE_CHUNK * length) {
            pass = pass.with_classes(classes.next().unwrap_or_default());
            let data = TensorData::new(chunk.to_vec(), [chunk.len() / length, length, 1, 1]);
            let images = self.forward(Tensor::from_data(data, device), &mut pass);
            values.extend(images.into_data().iter::<f32>());
        }
        values
    }

    /// The logits of a discriminator, `[n]`.
    pub fn logits(&self, images: Tensor<4>, pass: &mut Pass) -> Tensor<1> {
        let [n, ..] = images.dims();
        self.forward(images, pass).reshape([n])
    }

    /// The input of the last layer, flattened to `[n, features]`.
    pub fn features(&self, images: Tensor<4>, pass: &mut Pass) -> Tensor<2> {
        let [n, ..] = images.dims();
        let before = self.main.split_last().map_or(&[][..], |(_, before)| before);
        self.through(before, images, pass).reshape([n as i32, -1])
    }

    /// The gradient of the sum of the outputs with respect to each image of `x`, in operations that
    /// a loss may contain: backpropagating through it gives exact gradients of gradients.
    ///
    /// `None` if a layer has no pull-back (the norms, minibatch discrimination) or there is a reference batch.
    pub fn input_gradient(&self, x: impl Into<Classed>) -> Option<Tensor<4>> {
        let Classed { images, classes } = x.into();
        let (y, pull_back) = self.trace(images, &mut Pass::train().with_classes(&classes))?;
        pull_back(y.ones_like())
    }

    /// [`forward`](Self::forward), and the pull-back of this pass. Use it for both the logits and their
    /// [`input_gradient`](Self::input_gradient), or for a gradient under the pass's random numbers. Layers are not
    /// fused, so the output may differ from `forward`'s by rounding.
    ///
    /// `None` if the network has a reference batch, because every output then depends on it.
    pub fn trace(&self, x: Tensor<4>, pass: &mut Pass) -> Option<(Tensor<4>, PullBack<'_>)> {
        self.reference.is_none().then(|| chain::trace(&self.main, x, pass))
    }

    /// Moves the running statistics of the batch norms towards the moments that a training pass recorded.
    pub fn absorb(&mut self, pass: Pass) {
        let mut noted = pass.into_moments();
        for layer in &mut self.main {
            layer.absorb_moments(&mut noted);
        }
    }

    /// Does one power iteration for every weight under spectral normalisation, as Miyato et al. 2018 do before each
    /// step of the discriminator.
    pub fn iterate_spectral_norms(&mut self) {
        for weight in self.main.iter_mut().flat_map(Layer::spectral_weights) {
            weight.iterate();
        }
    }

    /// The network with every spectrally normalised weight W replaced by W/σ. It computes the same function and suits
    /// programs that do not support spectral normalisation.
    pub fn without_spectral_norms(mut self) -> Self {
        for weight in self.main.iter_mut().flat_map(Layer::spectral_weights) {
            weight.fold();
        }
        self
    }

    /// The reference batch of the virtual batch norms, `[m, c, h, w]`; it goes through the network with every batch.
    pub fn reference(&self) -> Option<Tensor<4>> {
        self.reference.as_ref().map(Param::val)
    }

    /// Sets the reference batch, `[m, c, h, w]`. It is constant, and is saved with the weights as `reference`.
    pub fn set_reference(&mut self, reference: Tensor<4>) {
        self.reference = Some(Param::from_tensor(reference.detach()).set_require_grad(false));
    }

    /// Whether a layer of the network uses the classes of its images.
    pub fn is_class_conditional(&self) -> bool {
        self.main.iter().any(AnyLayer::is_class_conditional)
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
        chain::output(&self.main, self.input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::ConvSpec;
    use crate::nn::testing::{assert_close, assert_penalty_gradients, assert_pull_back, builder, floats, images};

    /// Chained pull-backs give the same gradient as backpropagation, for the basic layers that have a pull-back.
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
        assert_pull_back(&network, images([2, 3, 8, 8]));
    }

    #[test]
    fn penalties_have_exact_gradients() {
        let network = builder([1, 4, 4])
            .conv(ConvSpec::same(1, 2, 3, 1, true))
            .leaky_relu(0.2)
            .max_pool()
            .conv_transpose(ConvSpec::strided(2, 2, true))
            .tanh()
            .upsample()
            .conv(ConvSpec::strided(2, 3, true))
            .sigmoid()
            .conv(ConvSpec::valid(3, 1, 4, true))
            .tanh()
            .build();
        assert_penalty_gradients(&network, images([1, 1, 4, 4]));
    }

    /// In evaluation the gradient at an image does not depend on the other image: a batch of two gives the same
    /// gradients as each image alone.
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
