//! Classes: the content of an image, such as "cat". (Whether it is labelled as real or fake is its
//! [label](crate::labels).)
//!
//! ```
//! use burn::Tensor;
//! use burn::prelude::Device;
//! use steadygan::class::{Class, Classed, draw};
//! use steadygan::rng;
//!
//! let classes = ["cat", "dog"].map(|name| Class { name: name.to_owned(), images: 50 });
//! let of_fakes = draw(&classes, 8, &mut rng::stream(0, "classes", 0)); // in the data's proportions
//! let fakes = Classed { images: Tensor::zeros([8, 1, 4, 4], &Device::flex()), classes: of_fakes };
//! assert!(fakes.classes.iter().all(|class| *class < 2));
//! ```

use crate::rng::Stream;
use burn::Tensor;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, TensorData};
use rand_distr::{Distribution, Uniform};
use serde::{Deserialize, Serialize};

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

/// A class of the data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// The class's name.
    pub name: String,
    /// The number of its images in the training set.
    pub images: u32,
}

/// Draws the classes of `count` images at random, with the proportions of the classes' images.
///
/// # Panics
///
/// If no class has images.
pub fn draw(classes: &[Class], count: usize, stream: &mut Stream) -> Vec<usize> {
    let ends: Vec<u64> = (classes.iter())
        .scan(0, |sum: &mut u64, class| {
            *sum += u64::from(class.images);
            Some(*sum)
        })
        .collect();
    let places = Uniform::new(0, ends.last().copied().unwrap_or_default()).expect("there are classes with images");
    let class = |place: u64| ends.partition_point(|end| *end <= place);
    places.sample_iter(stream).take(count).map(class).collect()
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
    use crate::rng;

    fn classes(images: &[u32]) -> Vec<Class> {
        images.iter().map(|images| Class { name: "c".into(), images: *images }).collect()
    }

    /// Of 10,000 draws, 3,000 ± 46 are the first class and the rest the third; the tolerance is four standard
    /// deviations. A class without images is never drawn.
    #[test]
    fn classes_come_as_often_as_their_images() {
        let drawn = draw(&classes(&[3, 0, 7]), 10_000, &mut rng::stream(0, "classes", 0));
        let count = |class| drawn.iter().filter(|drawn| **drawn == class).count() as i64;
        assert!((count(0) - 3000).abs() < 184 && count(1) == 0 && count(0) + count(2) == 10_000, "{}", count(0));
    }

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
