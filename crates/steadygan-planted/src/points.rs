//! Points on curves of the plane.

use crate::canvas::{Stream, draw};
use rand_distr::{Distribution, Normal};
use std::f64::consts::{PI, TAU};

/// A point near one of five bent arms around the origin.
pub(crate) fn pinwheel(stream: &mut Stream) -> [f32; 2] {
    let normal = Normal::new(0.0, 1.0).expect("the deviation is positive");
    let arm = draw(stream, 0.0, 5.0).floor();
    let (out, aside) = (0.7 + 0.2 * normal.sample(stream), 0.05 * normal.sample(stream));
    let (across, along) = (arm * TAU / 5.0 + 1.2 * out).sin_cos();
    [out * along - aside * across, out * across + aside * along].map(|value| value as f32)
}

/// A point near one of two interlocked horseshoes.
pub(crate) fn horseshoes(stream: &mut Stream) -> [f32; 2] {
    let normal = Normal::new(0.0, 0.06).expect("the deviation is positive");
    let (up, turn) = (draw(stream, 0.0, 1.0) < 0.5, draw(stream, 0.0, PI));
    let (x, y) = (turn.cos() - 0.5, turn.sin() - 0.25);
    let side = if up { 1.0 } else { -1.0 };
    [side * x + normal.sample(stream), side * y + normal.sample(stream)].map(|value| (0.8 * value) as f32)
}

/// A point near a trefoil, a curve of three leaves.
pub(crate) fn trefoil(stream: &mut Stream) -> [f32; 2] {
    let normal = Normal::new(0.0, 0.05).expect("the deviation is positive");
    let turn = draw(stream, 0.0, PI);
    let out = (3.0 * turn).sin();
    [out * turn.cos() + normal.sample(stream), out * turn.sin() + normal.sample(stream)].map(|value| value as f32)
}

/// A point near a figure eight that lies on its side.
pub(crate) fn eight(stream: &mut Stream) -> [f32; 2] {
    let normal = Normal::new(0.0, 0.05).expect("the deviation is positive");
    let turn = draw(stream, 0.0, TAU);
    [turn.sin() + normal.sample(stream), (2.0 * turn).sin() * 0.6 + normal.sample(stream)].map(|value| value as f32)
}
