//! Minibatch standard deviation.

use super::{ImageShape, Layer, Pass};
use burn::Tensor;
use burn::module::Module;

/// Added to the variance under the root (Karras et al. 2018).
const EPSILON: f32 = 1e-8;

/// Minibatch standard deviation (Karras et al. 2018): appends a channel that says how much the images of a group
/// differ; `[n, c, h, w]` to `[n, c + 1, h, w]`. The discriminator can then detect a generator that repeats the same
/// image.
///
/// s = mean over c, h, w of √(variance over the group + 1e-8), the same for all pixels and images of a group. The group
/// size is the largest divisor of the batch size that is at most `group` (the authors' 4). With m
/// groups, images i, i + m, i + 2m, … form a group, as in the authors' code. The layer belongs near the end of a
/// discriminator. A logit depends on its batch, in training and in evaluation.
#[derive(Module, Debug)]
pub struct MinibatchStd {
    /// The most images in a group, at least 1.
    #[module(skip)]
    pub group: usize,
}

/// A batch split into groups: each value's difference from its group's mean, `[group, groups, values]`, and the groups'
/// standard deviations, `[1, groups, values]`.
struct Spread {
    centred: Tensor<3>,
    deviation: Tensor<3>,
}

impl Spread {
    fn of(x: Tensor<4>, most: usize) -> Self {
        let [n, c, h, w] = x.dims();
        let group = (1..=most).rev().find(|size| n.is_multiple_of(*size)).unwrap_or(1);
        let x = x.reshape([group, n / group, c * h * w]);
        let centred = x.clone() - x.mean_dim(0);
        let variance = (centred.clone() * centred.clone()).mean_dim(0);
        Self { centred, deviation: (variance + EPSILON).sqrt() }
    }
}

fn with_statistic(x: Tensor<4>, most: usize) -> Tensor<4> {
    let [n, _, h, w] = x.dims();
    let spread = Spread::of(x.clone(), most);
    let [group, groups, _] = spread.centred.dims();
    let statistic = spread.deviation.mean_dim(2).expand([group, groups, h * w]);
    Tensor::cat(vec![x, statistic.reshape([n, 1, h, w])], 1)
}

impl Layer for MinibatchStd {
    fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        pass.apart(x, |x| with_statistic(x, self.group))
    }

    /// The layer mixes the images of a group, but it is smooth, and a penalty takes the gradient of the batch's summed
    /// logits. So the gradient at an image includes the image's effect on its group's statistic. With s̄ the gradient
    /// at a group's statistic, x̄ += s̄ · (x − μ) / (group · chw · σ).
    fn pull_back(&self, g: Tensor<4>, x: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        let [n, c, h, w] = x.dims();
        let Spread { centred, deviation } = Spread::of(x.clone(), self.group);
        let [group, groups, values] = centred.dims();
        let statistic = g.clone().narrow(1, c, 1).reshape([group, groups, h * w]).sum_dims(&[0, 2]);
        let share = 1.0 / (group * values) as f32;
        let through = centred / deviation * (statistic * share);
        Some(g.narrow(1, 0, c) + through.reshape([n, c, h, w]))
    }

    fn output(&self, [c, h, w]: ImageShape) -> ImageShape {
        [c + 1, h, w]
    }

    fn name(&self) -> String {
        format!("MinibatchStd {}", self.group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{assert_close, assert_penalty_gradients, assert_pull_back, builder, floats, images};
    use crate::nn::{ConvSpec, Network};

    fn network() -> Network {
        builder([2, 4, 4])
            .conv(ConvSpec::same(2, 3, 3, 1, true))
            .minibatch_std(4)
            .conv(ConvSpec::strided(4, 2, true))
            .tanh()
            .conv(ConvSpec::valid(2, 1, 2, true))
            .build()
    }

    /// Two groups of four numbers: 0, 2, 4, 6 with variance 5, and 7, 7, 7, 7 with variance 0.
    #[test]
    fn the_statistic_is_that_of_every_second_image() {
        let x = Tensor::<1>::from_floats([0.0, 7.0, 2.0, 7.0, 4.0, 7.0, 6.0, 7.0], &Default::default());
        let y = MinibatchStd { group: 4 }.forward(x.reshape([8, 1, 1, 1]), &mut Pass::evaluate());
        assert_eq!(y.dims(), [8, 2, 1, 1]);
        let statistic = floats(y.narrow(1, 1, 1));
        let expected: Vec<f32> = [5.0f32.sqrt(), 1e-4].into_iter().cycle().take(8).collect();
        assert_close(&statistic, &expected);
    }

    #[test]
    fn batches_that_four_does_not_divide_have_smaller_groups() {
        for (n, group) in [(1, 1), (2, 2), (5, 1), (6, 3), (8, 4), (12, 4)] {
            assert_eq!(Spread::of(images([n, 1, 2, 2]), 4).centred.dims()[0], group, "{n}");
        }
    }

    #[test]
    fn gradients_of_gradients_are_exact() {
        assert_pull_back(&network(), images([8, 2, 4, 4]));
        assert_penalty_gradients(&network(), images([8, 2, 4, 4]));
    }

    /// The standard deviation of equal images is only √1e-8, and the pull-back divides by it.
    #[test]
    fn equal_images_have_finite_gradients() {
        let x = images([1, 2, 4, 4]).repeat_dim(0, 4);
        let gradient = floats(network().input_gradient(x).expect("it has one"));
        assert!(gradient.iter().all(|value| value.is_finite()));
    }
}
