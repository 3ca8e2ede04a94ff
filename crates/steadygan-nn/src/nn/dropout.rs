//! Dropout.

use super::{ImageShape, Layer, Pass, PullBack};
use burn::Tensor;
use burn::module::Module;
use burn::prelude::TensorData;
use rand_distr::{Bernoulli, Distribution};

/// Dropout (Srivastava et al. 2014): each value becomes 0 with probability p, the others are divided by 1 − p. Any
/// shape. It acts in every pass that has random numbers ([`Pass::with_noise`]), in training or not, because the
/// generator of pix2pix (Isola et al. 2017) keeps its dropout when sampling.
#[derive(Module, Debug)]
pub struct Dropout {
    /// The probability p, in [0, 1).
    #[module(skip)]
    pub probability: f32,
}

impl Dropout {
    /// The factor of each value of `x`, 0 or 1/(1 − p), drawn from the pass's random numbers; `None` if it has none.
    fn mask(&self, x: &Tensor<4>, pass: &mut Pass) -> Option<Tensor<4>> {
        let stream = pass.noise()?;
        let kept = 1.0 - self.probability;
        let keep = Bernoulli::new(kept.into()).expect("the plan checks the probability");
        let count = x.shape().num_elements();
        let values: Vec<f32> =
            keep.sample_iter(stream).take(count).map(|keep| if keep { 1.0 / kept } else { 0.0 }).collect();
        Some(Tensor::from_data(TensorData::new(values, x.shape()), &x.device().inner()))
    }
}

impl Layer for Dropout {
    fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        match self.mask(&x, pass) {
            Some(mask) => x * mask,
            None => x,
        }
    }

    /// None, because input and output do not always tell which values were dropped. [`trace`](Layer::trace) keeps the
    /// mask. [`input_gradient`](super::Network::input_gradient) drops no value, because its pass has no random numbers.
    fn pull_back(&self, _: Tensor<4>, _: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        None
    }

    fn trace<'a>(&'a self, x: Tensor<4>, pass: &mut Pass) -> (Tensor<4>, PullBack<'a>) {
        match self.mask(&x, pass) {
            Some(mask) => (x * mask.clone(), Box::new(move |g| Some(g * mask))),
            None => (x, Box::new(Some)),
        }
    }

    fn output(&self, input: ImageShape) -> ImageShape {
        input
    }

    fn name(&self) -> String {
        format!("Dropout {}", self.probability)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{assert_close, builder, floats, images};
    use crate::rng;

    fn noisy() -> Pass {
        Pass::train().with_noise(rng::stream(0, "dropout", 0))
    }

    #[test]
    fn values_are_dropped_or_scaled() {
        let network = builder([10, 10, 10]).dropout(0.2).build();
        let x = images([10, 10, 10, 10]);
        let y = floats(network.forward(x.clone(), &mut noisy()));
        let x = floats(x);
        assert!(x.iter().zip(&y).all(|(x, y)| *y == 0.0 || *y == x * (1.0 / 0.8)));
        // The standard deviation over 10,000 draws is 40; four of them either side.
        let dropped = y.iter().filter(|y| **y == 0.0).count();
        assert!((1_840..=2_160).contains(&dropped), "{dropped}");
        assert_eq!(
            floats(network.forward(images([1, 10, 10, 10]), &mut Pass::train())),
            floats(images([1, 10, 10, 10]))
        );
    }

    #[test]
    fn the_way_back_drops_the_same_values() {
        let network = builder([2, 4, 4]).dropout(0.5).tanh().build();
        let x = images([2, 2, 4, 4]).require_grad();
        let all = network.forward(x.clone(), &mut noisy()).sum().backward();
        let (y, pull_back) = network.trace(x.clone(), &mut noisy()).expect("no reference");
        assert_close(&floats(pull_back(y.ones_like()).expect("known")), &floats(x.grad(&all).expect("tracked")));
    }
}
