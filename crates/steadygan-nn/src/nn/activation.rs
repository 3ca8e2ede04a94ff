//! Activations.

use super::{ImageShape, Layer, Pass};
use crate::ops;
use burn::Tensor;
use burn::module::Module;

/// LeakyReLU (Maas, Hannun and Ng 2013): x where positive, else slope · x; any shape. Slope 0 is ReLU.
/// The page of `steadygan::heuristics::leaky_relu` says when it helps.
#[derive(Module, Debug)]
pub struct LeakyRelu {
    /// The slope on the negative side.
    #[module(skip)]
    pub slope: f32,
}

impl Layer for LeakyRelu {
    fn forward(&self, x: Tensor<4>, _: &mut Pass) -> Tensor<4> {
        ops::leaky_relu(x, self.slope)
    }

    fn pull_back(&self, g: Tensor<4>, x: &Tensor<4>, _: &Tensor<4>) -> Option<Tensor<4>> {
        Some(ops::leaky_relu_gradient(x.clone(), g, self.slope))
    }

    fn output(&self, input: ImageShape) -> ImageShape {
        input
    }

    fn name(&self) -> String {
        match self.slope {
            0.0 => "ReLU".into(),
            slope => format!("LeakyReLU {slope}"),
        }
    }
}

/// Hyperbolic tangent, to (−1, 1).
#[derive(Module, Debug)]
pub struct Tanh {}

impl Layer for Tanh {
    fn forward(&self, x: Tensor<4>, _: &mut Pass) -> Tensor<4> {
        ops::tanh(x)
    }

    fn pull_back(&self, g: Tensor<4>, _: &Tensor<4>, y: &Tensor<4>) -> Option<Tensor<4>> {
        Some(g * (y.clone() * y.clone()).neg().add_scalar(1.0))
    }

    fn output(&self, input: ImageShape) -> ImageShape {
        input
    }

    fn name(&self) -> String {
        "Tanh".into()
    }
}

/// The logistic function 1/(1 + e⁻ˣ), to (0, 1).
#[derive(Module, Debug)]
pub struct Sigmoid {}

impl Layer for Sigmoid {
    fn forward(&self, x: Tensor<4>, _: &mut Pass) -> Tensor<4> {
        ops::sigmoid(x)
    }

    fn pull_back(&self, g: Tensor<4>, _: &Tensor<4>, y: &Tensor<4>) -> Option<Tensor<4>> {
        Some(g * y.clone() * y.clone().neg().add_scalar(1.0))
    }

    fn output(&self, input: ImageShape) -> ImageShape {
        input
    }

    fn name(&self) -> String {
        "Sigmoid".into()
    }
}
