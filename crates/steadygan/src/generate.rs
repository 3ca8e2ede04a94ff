//! Images from a trained generator.

use crate::nn::{Network, Pass};
use burn::prelude::*;

/// Latents of one forward pass: memory does not grow with the number of images asked for.
const CHUNK: usize = 64;

/// The generator's images for `latents` (one after the other), as values `[n, c, h, w]` in its own
/// range. Evaluation mode: an image depends on its latent alone, not on its neighbours.
pub fn sample(generator: &Network, latents: &[f32], device: &Device) -> Vec<f32> {
    let [length, ..] = generator.input();
    let mut values = Vec::new();
    for chunk in latents.chunks(CHUNK * length) {
        let count = chunk.len() / length;
        let data = TensorData::new(chunk.to_vec(), [count, length, 1, 1]);
        let images = generator.forward(Tensor::from_data(data, device), &mut Pass::Evaluate);
        values.extend(images.into_data().iter::<f32>());
    }
    values
}
