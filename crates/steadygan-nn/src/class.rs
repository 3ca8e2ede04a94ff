//! Classes: the content of an image, such as "cat". (Whether it is labelled as real or fake is its
//! [label](crate::labels).)
//!
//! ```
//! use burn::Tensor;
//! use burn::prelude::Device;
//! use steadygan_nn::class::{Class, Classed, draw};
//! use steadygan_base::rng;
//!
//! let classes = ["cat", "dog"].map(|name| Class { name: name.to_owned(), images: 50 });
//! let of_fakes = draw(&classes, 8, &mut rng::stream(0, "classes", 0)); // in the data's proportions
//! let fakes = Classed { images: Tensor::zeros([8, 1, 4, 4], &Device::flex()), classes: of_fakes };
//! assert!(fakes.classes.iter().all(|class| *class < 2));
//! ```

use burn::Tensor;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, TensorData};
pub use steadygan_base::class::{Class, draw};

/// Images with the class of each.
#[derive(Debug, Clone)]
pub struct Classed {
    /// `[n, c, h, w]`.
    pub images: Tensor<4>,
    /// The number of each image's class; empty if the networks are not class-conditional.
    pub classes: Vec<usize>,
}

impl From<Tensor<4>> for Classed {
    fn from(images: Tensor<4>) -> Self {
        Self { images, classes: Vec::new() }
    }
}

/// The cross-entropy of each image's class, −ln softmax(logits)\[class\], `[n]`, for logits `[n, classes]`.
///
/// # Panics
///
/// If there are not as many classes as images.
pub fn cross_entropy(logits: Tensor<2>, classes: &[usize]) -> Tensor<1> {
    let [n, _] = logits.dims();
    assert_eq!(n, classes.len(), "a class for each image");
    let chosen = numbers(classes, &logits.device()).reshape([n, 1]);
    -log_softmax(logits, 1).gather(1, chosen).reshape([n])
}

/// Class numbers as a tensor of indices on a device.
pub(crate) fn numbers(classes: &[usize], device: &Device) -> Tensor<1, Int> {
    let numbers: Vec<i64> = classes.iter().map(|class| *class as i64).collect();
    Tensor::from_data(TensorData::new(numbers, [classes.len()]), device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{assert_close, floats};

    /// Three equal logits give ln 3; logits far apart do not overflow.
    #[test]
    fn cross_entropy_is_that_of_the_class() {
        let rows = TensorData::new(vec![0.0f32, 0.0, 0.0, 1.0, 2.0, 4.0, 1e4, 0.0, -1e4], [3, 3]);
        let logits = Tensor::from_data(rows, &Device::flex());
        let sum = |logits: [f64; 3]| logits.iter().map(|logit| logit.exp()).sum::<f64>().ln();
        let expected = [3f64.ln(), sum([1.0, 2.0, 4.0]) - 2.0, 2e4].map(|value| value as f32);
        assert_close(&floats(cross_entropy(logits, &[0, 1, 2])), &expected);
    }
}
