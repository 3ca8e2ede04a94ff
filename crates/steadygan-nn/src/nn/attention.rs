//! Self-attention.

use super::{Conv2d, ConvSpec, ImageShape, Initializer, Layer, Pass, PullBack, SpectralWeight};
use burn::Tensor;
use burn::module::{Module, Param};
use burn::tensor::activation::softmax;

/// Queries and keys have 1/8 of the image's channels, values 1/2 (Zhang et al. 2019).
const KEY_SHARE: usize = 8;
const VALUE_SHARE: usize = 2;

/// Self-attention (SAGAN, Zhang et al. 2019): y = x + γ · W_o(A · W_v x), where pixel j attends to pixel i with
/// A_ji = softmax over i of (W_q x)_j · (W_k x)_i; `[n, c, h, w]` to the same shape. The W are 1×1 convolutions without
/// bias, to c/8 channels for queries and keys and c/2 for values (at least 1). γ starts at 0, so the layer is the
/// identity until training changes γ. Put it at small image sizes, because A has (h·w)² values per image.
///
/// This follows the paper's formula; the authors' code also pools keys and values 2×2.
#[derive(Module, Debug)]
pub struct SelfAttention {
    /// W_q, to `[n, c/8, h, w]`.
    pub query: Conv2d,
    /// W_k, to `[n, c/8, h, w]`.
    pub key: Conv2d,
    /// W_v, to `[n, c/2, h, w]`.
    pub value: Conv2d,
    /// W_o, from `[n, c/2, h, w]` to `[n, c, h, w]`.
    pub out: Conv2d,
    /// γ, `[1]`.
    pub gamma: Param<Tensor<1>>,
}

/// The values of one forward pass that the pull-back needs. Matrices have one row per pixel.
struct Attended {
    /// `[n, h·w, c/8]`.
    queries: Tensor<3>,
    /// `[n, h·w, c/8]`.
    keys: Tensor<3>,
    /// `[n, h·w, c/2]`.
    values: Tensor<3>,
    /// A, `[n, h·w, h·w]`.
    attention: Tensor<3>,
    /// A · values as an image, `[n, c/2, h, w]`.
    read: Tensor<4>,
}

/// `[n, c, h, w]` as `[n, h·w, c]`.
fn rows(x: Tensor<4>) -> Tensor<3> {
    let [n, c, h, w] = x.dims();
    x.reshape([n, c, h * w]).swap_dims(1, 2)
}

/// `[n, h·w, c]` as `[n, c, h, w]`.
fn image(x: Tensor<3>, [_, _, h, w]: [usize; 4]) -> Tensor<4> {
    let [n, _, c] = x.dims();
    x.swap_dims(1, 2).reshape([n, c, h, w])
}

impl SelfAttention {
    /// A layer for `channels` channels whose weights `init` draws under `name`. `spectral` says whether they are
    /// spectrally normalised.
    pub fn new(channels: usize, spectral: bool, name: &str, init: &Initializer) -> Self {
        let (key, value) = ((channels / KEY_SHARE).max(1), (channels / VALUE_SHARE).max(1));
        let conv = |part: &str, from, to| {
            let name = format!("{name}.{part}");
            let conv = Conv2d::new(ConvSpec::valid(from, to, 1, false), &name, init);
            if spectral { conv.with_spectral_norm(&name, init) } else { conv }
        };
        Self {
            query: conv("query", channels, key),
            key: conv("key", channels, key),
            value: conv("value", channels, value),
            out: conv("out", value, channels),
            gamma: Param::from_tensor(init.constant(0.0, 1)),
        }
    }

    fn convolutions(&self) -> [&Conv2d; 4] {
        [&self.query, &self.key, &self.value, &self.out]
    }

    fn attend(&self, x: &Tensor<4>, pass: &mut Pass) -> Attended {
        let [queries, keys, values] =
            [&self.query, &self.key, &self.value].map(|conv| rows(conv.forward(x.clone(), pass)));
        let attention = softmax(queries.clone().matmul(keys.clone().transpose()), 2);
        let read = image(attention.clone().matmul(values.clone()), x.dims());
        Attended { queries, keys, values, attention, read }
    }

    fn gamma(&self) -> Tensor<4> {
        self.gamma.val().reshape([1, 1, 1, 1])
    }

    /// The pull-back through the product of attention and values, and through the softmax: for a row a = softmax(s)
    /// with gradient ā, s̄ = a ⊙ (ā − a·ā).
    fn back(&self, g: Tensor<4>, x: &Tensor<4>, pass: Attended) -> Option<Tensor<4>> {
        let Attended { queries, keys, values, attention, read } = pass;
        let of_read = rows(self.out.pull_back(g.clone() * self.gamma(), &read, &g)?);
        let of_attention = of_read.clone().matmul(values.transpose());
        let of_values = attention.clone().transpose().matmul(of_read);
        let weighted = attention.clone() * of_attention;
        let of_scores = weighted.clone() - attention * weighted.sum_dim(2);
        let of_queries = of_scores.clone().matmul(keys);
        let of_keys = of_scores.transpose().matmul(queries);
        let parts = [(&self.query, of_queries), (&self.key, of_keys), (&self.value, of_values)];
        parts.into_iter().try_fold(g, |sum, (conv, of_rows)| {
            let of_image = image(of_rows, x.dims());
            Some(sum + conv.pull_back(of_image.clone(), x, &of_image)?)
        })
    }
}

impl Layer for SelfAttention {
    fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        let attended = self.attend(&x, pass);
        x + self.out.forward(attended.read, pass) * self.gamma()
    }

    fn pull_back(&self, g: Tensor<4>, x: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        self.back(g, x, self.attend(x, &mut Pass::train()))
    }

    fn trace<'a>(&'a self, x: Tensor<4>, pass: &mut Pass) -> (Tensor<4>, PullBack<'a>) {
        let attended = self.attend(&x, pass);
        let y = x.clone() + self.out.forward(attended.read.clone(), pass) * self.gamma();
        (y, Box::new(move |g| self.back(g, &x, attended)))
    }

    fn spectral_weights(&mut self) -> Vec<SpectralWeight<'_>> {
        let convolutions = [&mut self.query, &mut self.key, &mut self.value, &mut self.out];
        convolutions.into_iter().flat_map(Layer::spectral_weights).collect()
    }

    fn output(&self, input: ImageShape) -> ImageShape {
        input
    }

    fn name(&self) -> String {
        "SelfAttention".into()
    }

    fn multiply_adds(&self, input @ [_, h, w]: ImageShape) -> u64 {
        let [keys, values] = [&self.key, &self.value].map(|conv| conv.spec().out_channels);
        let of_convolutions = |conv: &Conv2d| conv.multiply_adds([conv.spec().in_channels, h, w]);
        let attention = (h * w).pow(2) * (keys + values);
        let [c, ..] = input;
        debug_assert_eq!(c, self.query.spec().in_channels);
        self.convolutions().into_iter().map(of_convolutions).sum::<u64>() + attention as u64
    }

    fn activations(&self, [c, h, w]: ImageShape) -> usize {
        let of_convolutions: usize = self.convolutions().iter().map(|conv| conv.spec().out_channels).sum();
        let read = self.value.spec().out_channels;
        // 2·h·w per pixel: scores and attention. c per pixel: the output.
        h * w * (of_convolutions + read + 2 * h * w + c)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{
        assert_close, assert_penalty_gradients, assert_pull_back, builder, floats, images, perturbed,
    };
    use crate::nn::{Network, named_tensors};

    fn network(spectral: bool) -> Network {
        let builder =
            builder([8, 2, 3]).spectral_norm(spectral).attention().tanh().conv(ConvSpec::valid(8, 1, 2, true));
        perturbed(builder.build())
    }

    #[test]
    fn attention_starts_as_the_identity() {
        let network = builder([8, 2, 3]).attention().build();
        let x = images([2, 8, 2, 3]);
        assert_eq!(floats(network.forward(x.clone(), &mut Pass::train())), floats(x));
        let counts = named_tensors(&network).into_iter().map(|tensor| (tensor.name, tensor.data.num_elements()));
        let expected = [
            ("main.0.query.weight", 8),
            ("main.0.key.weight", 8),
            ("main.0.value.weight", 32),
            ("main.0.out.weight", 32),
            ("main.0.gamma", 1),
        ];
        assert_eq!(counts.collect::<Vec<_>>(), expected.map(|(name, count)| (name.to_owned(), count)));
    }

    /// Compares the layer with its formula, pixel by pixel.
    #[test]
    fn each_pixel_reads_all_by_its_scores() {
        let layer = perturbed(builder([8, 2, 3]).attention().build());
        let x = floats(images([1, 8, 2, 3]));
        let weights: Vec<Vec<f32>> =
            named_tensors(&layer).into_iter().map(|tensor| tensor.data.iter::<f32>().collect()).collect();
        // A 1×1 convolution of one pixel, given as a vector of channels.
        let conv = |weight: &[f32], x: &[f32]| -> Vec<f32> {
            weight.chunks(x.len()).map(|row| row.iter().zip(x).map(|(w, x)| w * x).sum()).collect()
        };
        let pixel = |at: usize| -> Vec<f32> { (0..8).map(|c| x[6 * c + at]).collect() };
        let mut expected = vec![0.0; 48];
        for j in 0..6 {
            let query = conv(&weights[0], &pixel(j))[0];
            let scores: Vec<f32> = (0..6).map(|i| (query * conv(&weights[1], &pixel(i))[0]).exp()).collect();
            let total: f32 = scores.iter().sum();
            let mut read = vec![0.0; 4];
            for (i, score) in scores.iter().enumerate() {
                let value = conv(&weights[2], &pixel(i));
                read.iter_mut().zip(value).for_each(|(read, value)| *read += score / total * value);
            }
            let out = conv(&weights[3], &read);
            (0..8).for_each(|c| expected[6 * c + j] = pixel(j)[c] + weights[4][0] * out[c]);
        }
        assert_close(&floats(layer.forward(images([1, 8, 2, 3]), &mut Pass::train())), &expected);
    }

    #[test]
    fn gradients_of_gradients_are_exact() {
        for spectral in [false, true] {
            assert_pull_back(&network(spectral), images([2, 8, 2, 3]));
            assert_penalty_gradients(&network(spectral), images([2, 8, 2, 3]));
        }
    }
}
