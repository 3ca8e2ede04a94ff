//! Layers that make a network depend on the classes of its images.

use super::{Conv2d, ConvSpec, ImageShape, Initializer, Layer, Pass, PullBack, SpectralWeight};
use crate::class::numbers;
use burn::Tensor;
use burn::module::{Module, Param};
use serde::{Deserialize, Serialize};

/// Looks up the row of each image's class: from a parameter `[classes, …]` to `[n, …]`.
fn rows(of: &Param<Tensor<4>>, images: usize, pass: &Pass) -> Tensor<4> {
    let weight = of.val();
    let classes = pass.classes_of(images, weight.dims()[0]);
    let numbers = numbers(&classes, &weight.device());
    weight.select(0, numbers)
}

/// An embedding of the class: a learned image of `e` channels for each class, appended to the input's channels,
/// `[n, c, h, w]` to `[n, c + e, h, w]` (Mirza and Osindero 2014). For a latent (one pixel) the embedding is a vector;
/// for an image it is `e` planes. Embeddings are initialised from N(0, 1), as in PyTorch.
#[derive(Module, Debug)]
pub struct ClassEmbedding {
    /// `[classes, e, h, w]`.
    pub weight: Param<Tensor<4>>,
}

impl ClassEmbedding {
    /// Embeddings `[e, h, w]` of `classes` classes, drawn by `init` under `name`.
    pub fn new(classes: usize, [e, h, w]: ImageShape, name: &str, init: &Initializer) -> Self {
        let values = init.standard_normal(&format!("{name}.weight"), classes * e * h * w);
        Self { weight: Param::from_tensor(values.reshape([classes, e, h, w]).detach()) }
    }
}

impl Layer for ClassEmbedding {
    fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        let embedding = rows(&self.weight, x.dims()[0], pass);
        Tensor::cat(vec![x, embedding], 1)
    }

    fn pull_back(&self, g: Tensor<4>, x: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        Some(g.narrow(1, 0, x.dims()[1]))
    }

    fn output(&self, [c, h, w]: ImageShape) -> ImageShape {
        [c + self.weight.dims()[1], h, w]
    }

    fn name(&self) -> String {
        format!("ClassEmbedding {}", self.weight.dims()[1])
    }
}

/// A learned scale and shift of each channel for each class, γ·x + β; `[n, c, h, w]` to the same shape. After a batch
/// norm this gives conditional batch normalisation (de Vries et al. 2017; Miyato and Koyama 2018).
#[derive(Module, Debug)]
pub struct ClassScale {
    /// γ, `[classes, c, 1, 1]`.
    pub weight: Param<Tensor<4>>,
    /// β, `[classes, c, 1, 1]`.
    pub bias: Param<Tensor<4>>,
}

impl ClassScale {
    /// A layer for `channels` channels. `init` draws the scales under `name` by batch norm's rule; shifts start at 0.
    pub fn new(classes: usize, channels: usize, name: &str, init: &Initializer) -> Self {
        let shape = [classes, channels, 1, 1];
        let scale = init.scale(&format!("{name}.weight"), classes * channels).val();
        let weight = Param::from_tensor(scale.reshape(shape).detach());
        Self { weight, bias: Param::from_tensor(init.constant(0.0, classes * channels).reshape(shape)) }
    }
}

impl Layer for ClassScale {
    fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        let n = x.dims()[0];
        x * rows(&self.weight, n, pass) + rows(&self.bias, n, pass)
    }

    /// None, because the classes cannot be recovered from input and output; use [`trace`](Layer::trace), which has
    /// them.
    fn pull_back(&self, _: Tensor<4>, _: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        None
    }

    fn trace<'a>(&'a self, x: Tensor<4>, pass: &mut Pass) -> (Tensor<4>, PullBack<'a>) {
        let scale = rows(&self.weight, x.dims()[0], pass);
        (self.forward(x, pass), Box::new(move |g| Some(g * scale)))
    }

    fn output(&self, input: ImageShape) -> ImageShape {
        input
    }

    fn name(&self) -> String {
        format!("ClassScale {}", self.weight.dims()[0])
    }
}

/// How a class-conditional discriminator's last layer uses its output for each class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassHeadKind {
    /// The output for the image's class is added to the logit. It is the inner product of the class's embedding and the
    /// features (Miyato and Koyama 2018).
    Projection,
    /// The outputs are the logits of an auxiliary classifier (Odena, Olah and Shlens 2017, AC-GAN); the [`Pass`]
    /// records them.
    Auxiliary,
}

/// The last layer of a class-conditional discriminator, `[n, c, h, w]` to logits `[n, 1, 1, 1]`: two convolutions over
/// the whole image, one to the real/fake logit and one to an output for each class.
#[derive(Module, Debug)]
pub struct ClassHead {
    /// The convolution to the real/fake logit, `[n, 1, 1, 1]`.
    pub verdict: Conv2d,
    /// The convolution to an output for each class, `[n, classes, 1, 1]`.
    pub classes: Conv2d,
    #[module(skip)]
    judge: ClassHeadKind,
}

impl ClassHead {
    /// A head whose convolution to the logit is `spec`. `spectral` puts both convolutions under spectral normalisation.
    /// The class outputs of a projection have no bias.
    pub fn new(
        spec: ConvSpec,
        classes: usize,
        kind: ClassHeadKind,
        spectral: bool,
        name: &str,
        init: &Initializer,
    ) -> Self {
        let conv = |spec: ConvSpec, part: &str| {
            let name = format!("{name}.{part}");
            let conv = Conv2d::new(spec, &name, init);
            if spectral { conv.with_spectral_norm(&name, init) } else { conv }
        };
        let bias = kind == ClassHeadKind::Auxiliary;
        let of_classes = conv(ConvSpec { out_channels: classes, bias, ..spec }, "classes");
        Self { verdict: conv(spec, "verdict"), classes: of_classes, judge: kind }
    }

    /// The one-hot class of each image, `[n, classes, 1, 1]`.
    fn one_hot(&self, n: usize, pass: &Pass) -> Tensor<4> {
        let count = self.classes.spec().out_channels;
        let mut values = vec![0.0f32; n * count];
        for (row, class) in pass.classes_of(n, count).into_iter().enumerate() {
            values[row * count + class] = 1.0;
        }
        let data = burn::prelude::TensorData::new(values, [n, count, 1, 1]);
        Tensor::from_data(data, &self.classes.weight.device().inner())
    }
}

impl Layer for ClassHead {
    fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        self.trace(x, pass).0
    }

    /// None, because the classes cannot be recovered from input and output; use [`trace`](Layer::trace), which has
    /// them.
    fn pull_back(&self, _: Tensor<4>, _: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        None
    }

    fn trace<'a>(&'a self, x: Tensor<4>, pass: &mut Pass) -> (Tensor<4>, PullBack<'a>) {
        let n = x.dims()[0];
        let (logits, logits_back) = self.verdict.trace(x.clone(), pass);
        let (outputs, outputs_back) = self.classes.trace(x, pass);
        match self.judge {
            ClassHeadKind::Auxiliary => {
                pass.note_class_logits(outputs.reshape([n as i32, -1]));
                (logits, logits_back)
            }
            ClassHeadKind::Projection => {
                let one_hot = self.one_hot(n, pass);
                let y = logits + (outputs * one_hot.clone()).sum_dim(1);
                (y, Box::new(move |g| Some(logits_back(g.clone())? + outputs_back(g * one_hot)?)))
            }
        }
    }

    fn spectral_weights(&mut self) -> Vec<SpectralWeight<'_>> {
        [self.verdict.spectral_weights(), self.classes.spectral_weights()].into_iter().flatten().collect()
    }

    fn output(&self, input: ImageShape) -> ImageShape {
        self.verdict.output(input)
    }

    fn name(&self) -> String {
        format!("ClassHead {}", self.classes.spec().out_channels)
    }

    fn multiply_adds(&self, input: ImageShape) -> u64 {
        self.verdict.multiply_adds(input) + self.classes.multiply_adds(input)
    }

    fn activations(&self, input: ImageShape) -> usize {
        self.verdict.activations(input) + self.classes.activations(input)
    }
}

#[cfg(test)]
mod tests;
