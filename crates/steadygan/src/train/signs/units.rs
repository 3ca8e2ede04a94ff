//! Dead units, and how far networks are from affine maps.

use super::floats;
use crate::nn::{AnyLayer, Layer, Network, Pass};
use burn::prelude::*;

/// The share of dead units in the layer that has most of them, and the largest [`bend`] of an activation. A unit is a
/// channel of an activation; it is dead if it has one value at all places of all images. Both are NaN without
/// activations, or if the network has a reference batch.
pub(super) fn units(network: &Network, mut x: Tensor<4>, mut pass: Pass) -> (f64, f64) {
    let (mut most_dead, mut largest_bend) = (f64::NAN, f64::NAN);
    if network.reference().is_some() {
        return (most_dead, largest_bend);
    }
    let half = x.dims()[0] / 2;
    for layer in network.layers() {
        let before = x.clone();
        x = layer.forward(x, &mut pass);
        if matches!(layer, AnyLayer::LeakyRelu(_) | AnyLayer::Maxout(_)) {
            most_dead = most_dead.max(constant_channels(x.clone()));
            let [a, b] = [0, half].map(|from| before.clone().narrow(0, from, half));
            largest_bend = largest_bend.max(bend(a, b, |x| layer.forward(x, &mut Pass::evaluate())));
        }
    }
    (most_dead, largest_bend)
}

/// The share of channels that have one value at all places of all images.
fn constant_channels(x: Tensor<4>) -> f64 {
    let [_, channels, height, width] = x.dims();
    let mut ends = vec![[f32::INFINITY, f32::NEG_INFINITY]; channels];
    for (plane, values) in floats(x).chunks_exact(height * width).enumerate() {
        let [least, greatest] = &mut ends[plane % channels];
        for &value in values {
            (*least, *greatest) = (least.min(value), greatest.max(value));
        }
    }
    ends.iter().filter(|[least, greatest]| least == greatest).count() as f64 / channels as f64
}

/// How far a map is from affine: the mean distance of f((a + b)/2) from (f(a) + f(b))/2, over half the mean distance of
/// f(a) from f(b). NaN if f(a) and f(b) are equal up to rounding.
pub(super) fn bend<const D: usize>(a: Tensor<4>, b: Tensor<4>, map: impl Fn(Tensor<4>) -> Tensor<D>) -> f64 {
    let middle = (a.clone() + b.clone()) * 0.5;
    let [a, b, middle] = [a, b, middle].map(|x| floats(map(x)).into_iter().map(f64::from).collect::<Vec<_>>());
    let (mut off, mut apart, mut size) = (0.0, 0.0, 0.0);
    for ((a, b), middle) in a.iter().zip(&b).zip(&middle) {
        off += (middle - (a + b) / 2.0).abs();
        apart += (a - b).abs() / 2.0;
        size += a.abs() + b.abs();
    }
    // A smaller difference may be rounding in 32 bits.
    if apart > 1e-4 * size { off / apart } else { f64::NAN }
}
