//! Images made by the rules of the third half, and a pinwheel of points.

use crate::canvas::{Canvas, colour, draw};
use rand_distr::{Distribution, Normal};
use std::f64::consts::{PI, TAU};
use steadygan::rng::Stream;

/// A cross of two bars around a point, turned.
pub(crate) fn crosses(canvas: &mut Canvas, stream: &mut Stream) {
    let [x0, y0] = [(); 2].map(|()| draw(stream, 0.35, 0.65));
    let (turn, arm, thick) = (draw(stream, 0.0, PI / 2.0), draw(stream, 0.2, 0.4), draw(stream, 0.06, 0.11));
    let (across, along) = turn.sin_cos();
    canvas.paint(|x, y, _, _| {
        let (dx, dy) = (x - x0, y - y0);
        let (u, v) = ((dx * along + dy * across).abs(), (dy * along - dx * across).abs());
        if u < arm && v < thick || v < arm && u < thick { 1.0 } else { 0.1 }
    });
}

/// A sky that brightens towards a horizon, and a ground of one colour.
pub(crate) fn skies(canvas: &mut Canvas, stream: &mut Stream) {
    let (sky, ground) = (colour(stream), colour(stream));
    let (horizon, tilt) = (draw(stream, 0.35, 0.75), draw(stream, -0.2, 0.2));
    canvas.paint(|x, y, channel, _| {
        let at = horizon + tilt * (x - 0.5);
        if y < at { sky[channel] * (0.4 + 0.6 * y / at) } else { 0.7 * ground[channel] }
    });
}

/// A lattice of soft dots, shifted and stretched, in one colour.
pub(crate) fn lattice(canvas: &mut Canvas, stream: &mut Stream) {
    let paint = colour(stream);
    let [across, along] = [(); 2].map(|()| draw(stream, 1.5, 3.0));
    let [first, second] = [(); 2].map(|()| draw(stream, 0.0, TAU));
    canvas.paint(|x, y, channel, _| {
        let dot = ((TAU * across * x + first).cos() + (TAU * along * y + second).cos()) / 4.0 + 0.5;
        paint[channel] * dot * dot + 0.05
    });
}

/// A bright triangle.
pub(crate) fn triangles(canvas: &mut Canvas, stream: &mut Stream) {
    let [x0, y0] = [(); 2].map(|()| draw(stream, 0.4, 0.6));
    let (turn, radius) = (draw(stream, 0.0, TAU), draw(stream, 0.12, 0.22));
    canvas.paint(|x, y, _, _| {
        let (dx, dy) = (x - x0, y - y0);
        let side = |corner: f64| {
            let (across, along) = (turn + corner * TAU / 3.0).sin_cos();
            dx * along + dy * across
        };
        if [0.0, 1.0, 2.0].iter().all(|&corner| side(corner) < radius) { 0.95 } else { 0.05 }
    });
}

/// A part of a thick ring.
pub(crate) fn arcs(canvas: &mut Canvas, stream: &mut Stream) {
    let [x0, y0] = [(); 2].map(|()| draw(stream, 0.4, 0.6));
    let (radius, thick) = (draw(stream, 0.2, 0.35), draw(stream, 0.06, 0.1));
    let (from, length) = (draw(stream, 0.0, TAU), draw(stream, 0.4 * TAU, 0.9 * TAU));
    canvas.paint(|x, y, _, _| {
        let (dx, dy) = (x - x0, y - y0);
        let on = ((dx.hypot(dy) - radius).abs() < thick) && (dy.atan2(dx) - from).rem_euclid(TAU) < length;
        if on { 1.0 } else { 0.0 }
    });
}

/// Steps that rise from left to right or fall.
pub(crate) fn stairs(canvas: &mut Canvas, stream: &mut Stream) {
    let (steps, rise) = (draw(stream, 2.0, 6.0).floor(), draw(stream, 0.3, 0.9));
    let (low, falls, level) = (draw(stream, 0.05, 0.3), draw(stream, 0.0, 1.0) < 0.5, draw(stream, 0.5, 1.0));
    canvas.paint(|x, y, _, _| {
        let along = if falls { 1.0 - x } else { x };
        let height = low + rise * (along * steps).floor() / steps;
        if 1.0 - y < height { level } else { 0.1 }
    });
}

/// A round face with two eyes and a mouth.
pub(crate) fn faces(canvas: &mut Canvas, stream: &mut Stream) {
    let [x0, y0] = [(); 2].map(|()| draw(stream, 0.45, 0.55));
    let (radius, skin, gaze) = (draw(stream, 0.33, 0.45), draw(stream, 0.5, 0.95), draw(stream, -0.06, 0.06));
    let (mood, mouth) = (draw(stream, -0.6, 0.6), draw(stream, 0.12, 0.2));
    canvas.paint(|x, y, _, _| {
        let (dx, dy) = (x - x0, y - y0);
        let eye = [-0.14, 0.14].iter().any(|side| (dx - side - gaze).hypot(dy + 0.1) < 0.07);
        let lips = (dy - 0.17 + mood * dx * dx * 4.0).abs() < 0.05 && dx.abs() < mouth;
        if dx.hypot(dy) > radius {
            0.05
        } else if eye || lips {
            0.1
        } else {
            skin
        }
    });
}

/// A flower: three to six petals around a point, in colours.
pub(crate) fn petals(canvas: &mut Canvas, stream: &mut Stream) {
    let (ground, flower) = (colour(stream), colour(stream));
    let (count, turn, size) = (draw(stream, 3.0, 7.0).floor(), draw(stream, 0.0, TAU), draw(stream, 0.25, 0.42));
    canvas.paint(|x, y, channel, _| {
        let (dx, dy) = (x - 0.5, y - 0.5);
        let edge = size * (0.65 + 0.35 * (count * dy.atan2(dx) + turn).cos());
        if dx.hypot(dy) < edge { flower[channel] } else { 0.4 * ground[channel] }
    });
}

/// A wavy line between dark and bright.
pub(crate) fn hills(canvas: &mut Canvas, stream: &mut Stream) {
    let (middle, swing) = (draw(stream, 0.35, 0.65), draw(stream, 0.05, 0.2));
    let (waves, phase, bright) = (draw(stream, 0.7, 2.0), draw(stream, 0.0, TAU), draw(stream, 0.6, 1.0));
    canvas.paint(|x, y, _, _| if y > middle + swing * (TAU * waves * x + phase).sin() { bright } else { 0.15 });
}

/// The digits of a pocket calculator: which of the segments A to G are on.
const SEGMENTS: [u8; 10] = [0x3f, 0x06, 0x5b, 0x4f, 0x66, 0x6d, 0x7d, 0x07, 0x7f, 0x6f];

/// A digit, its place, size and slant by chance.
pub(crate) fn glyph(canvas: &mut Canvas, stream: &mut Stream, digit: usize) {
    let [x0, y0] = [(); 2].map(|()| draw(stream, 0.42, 0.58));
    let (half, slant, thick) = (draw(stream, 0.14, 0.2), draw(stream, -0.15, 0.15), draw(stream, 0.045, 0.07));
    // Ends of the segments, in halves of the width from the centre.
    let ends = [
        [-1.0, -2.0, 1.0, -2.0],
        [1.0, -2.0, 1.0, 0.0],
        [1.0, 0.0, 1.0, 2.0],
        [-1.0, 2.0, 1.0, 2.0],
        [-1.0, 0.0, -1.0, 2.0],
        [-1.0, -2.0, -1.0, 0.0],
        [-1.0, 0.0, 1.0, 0.0],
    ];
    canvas.paint(|x, y, _, _| {
        let (dy, dx) = (y - y0, x - x0 + slant * (y - y0));
        let on = ends.iter().enumerate().any(|(segment, end)| {
            let [left, top, right, bottom] = end.map(|place| place * half);
            SEGMENTS[digit] >> segment & 1 == 1
                && (dx.clamp(left, right) - dx).hypot(dy.clamp(top, bottom) - dy) < thick
        });
        if on { 1.0 } else { 0.0 }
    });
}

/// A point of one of five bent arms around the origin.
pub(crate) fn pinwheel(stream: &mut Stream) -> [f32; 2] {
    let normal = Normal::new(0.0, 1.0).expect("a deviation");
    let arm = draw(stream, 0.0, 5.0).floor();
    let (out, aside) = (0.7 + 0.2 * normal.sample(stream), 0.05 * normal.sample(stream));
    let (across, along) = (arm * TAU / 5.0 + 1.2 * out).sin_cos();
    [out * along - aside * across, out * across + aside * along].map(|value| value as f32)
}
