//! The classes of a data set, such as "cat" and "dog".

use crate::rng::Stream;
use rand_distr::{Distribution, Uniform};
use serde::{Deserialize, Serialize};

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

#[cfg(test)]
mod tests {
    use super::*;
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
}
