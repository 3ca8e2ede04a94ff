//! LeakyReLU and ReLU: values, and the gradients that reach the layer before them.

use burn::prelude::*;
use steadygan::nn::{Layer, LeakyRelu, Pass};

fn main() {
    let inputs = [-2.0f32, -1.0, -0.5, 0.5, 1.0, 2.0];
    println!("x                {inputs:?}");
    for (name, slope) in [("LeakyReLU 0.2", 0.2), ("ReLU", 0.0)] {
        let x = Tensor::<1>::from_floats(inputs, &Device::flex().autodiff()).require_grad();
        let images = x.clone().reshape([6, 1, 1, 1]);
        let y = LeakyRelu { slope }.forward(images, &mut Pass::train()) + 0.0; // −0 becomes 0.
        let gradient = x.grad(&y.clone().sum().backward()).expect("x is tracked");
        println!("{name:<13} y  {:?}", y.into_data().try_to_vec::<f32>().expect("floats"));
        println!("{:13} y′ {:?}", "", gradient.into_data().try_to_vec::<f32>().expect("floats"));
    }
}
