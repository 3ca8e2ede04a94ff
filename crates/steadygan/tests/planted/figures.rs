//! Images made by the rules of the fourth half, and two horseshoes of points.

use crate::canvas::{Canvas, colour, draw};
use rand_distr::{Distribution, Normal};
use std::f64::consts::{PI, TAU};
use steadygan::rng::Stream;

/// The bright part of a moon.
pub(crate) fn moons(canvas: &mut Canvas, stream: &mut Stream) {
    let [x0, y0] = [(); 2].map(|()| draw(stream, 0.42, 0.58));
    let (radius, phase, turn) = (draw(stream, 0.22, 0.36), draw(stream, 0.35, 0.9), draw(stream, 0.0, TAU));
    let (across, along) = turn.sin_cos();
    canvas.paint(|x, y, _, _| {
        let (dx, dy) = (x - x0, y - y0);
        let shadow = (dx - phase * radius * along).hypot(dy - phase * radius * across) < radius;
        if dx.hypot(dy) < radius && !shadow { 0.95 } else { 0.05 }
    });
}

/// A bright square frame around a view, in colours, on a dark wall.
pub(crate) fn frames(canvas: &mut Canvas, stream: &mut Stream) {
    let (border, view) = (colour(stream), colour(stream));
    let (outer, inner) = (draw(stream, 0.32, 0.46), draw(stream, 0.12, 0.26));
    canvas.paint(|x, y, channel, _| {
        let out = (x - 0.5).abs().max((y - 0.5).abs());
        if out < inner {
            view[channel]
        } else if out < outer {
            0.5 + 0.5 * border[channel]
        } else {
            0.05
        }
    });
}

/// Arms that wind around the middle.
pub(crate) fn spirals(canvas: &mut Canvas, stream: &mut Stream) {
    let (arms, turn) = (draw(stream, 1.0, 4.0).floor(), draw(stream, 0.0, TAU));
    let (wind, bright) = (draw(stream, 3.0, 9.0), draw(stream, 0.6, 1.0));
    canvas.paint(|x, y, _, _| {
        let (dx, dy) = (x - 0.5, y - 0.5);
        bright * (0.5 + 0.5 * (arms * dy.atan2(dx) + wind * dx.hypot(dy) + turn).cos())
    });
}

/// A chevron that points up or down.
pub(crate) fn chevrons(canvas: &mut Canvas, stream: &mut Stream) {
    let (x0, y0) = (draw(stream, 0.4, 0.6), draw(stream, 0.35, 0.65));
    let (slope, thick) = (draw(stream, 0.4, 1.2), draw(stream, 0.08, 0.16));
    let (down, level) = (draw(stream, 0.0, 1.0) < 0.5, draw(stream, 0.6, 1.0));
    canvas.paint(|x, y, _, _| {
        let rise = slope * ((x - x0).abs() - 0.2);
        let edge = if down { y0 - rise } else { y0 + rise };
        if (y - edge).abs() < thick { level } else { 0.05 }
    });
}

/// A leaf with a midrib, turned, in colours.
pub(crate) fn leaves(canvas: &mut Canvas, stream: &mut Stream) {
    let (ground, leaf) = (colour(stream), colour(stream));
    let (turn, long, slim) = (draw(stream, 0.0, PI), draw(stream, 0.3, 0.46), draw(stream, 0.35, 0.65));
    let (across, along) = turn.sin_cos();
    canvas.paint(|x, y, channel, _| {
        let (dx, dy) = (x - 0.5, y - 0.5);
        let (u, v) = ((dx * along + dy * across) / long, (dy * along - dx * across) / long);
        let edge = slim * (1.0 - u * u);
        match v.abs() {
            v if v > edge => 0.5 * ground[channel],
            v if v < 0.12 => 0.4 * leaf[channel],
            _ => 0.3 + 0.7 * leaf[channel],
        }
    });
}

/// A sum of long waves of all directions.
pub(crate) fn clouds(canvas: &mut Canvas, stream: &mut Stream) {
    let waves = [(); 5].map(|()| {
        let (turn, length, phase) = (draw(stream, 0.0, TAU), draw(stream, 0.4, 1.6), draw(stream, 0.0, TAU));
        (length * turn.cos(), length * turn.sin(), phase)
    });
    canvas.paint(|x, y, _, _| {
        let sum: f64 = waves.iter().map(|(across, along, phase)| (TAU * (across * x + along * y) + phase).cos()).sum();
        0.5 + 0.22 * sum
    });
}

/// A slice of a disc.
pub(crate) fn slices(canvas: &mut Canvas, stream: &mut Stream) {
    let [x0, y0] = [(); 2].map(|()| draw(stream, 0.4, 0.6));
    let (from, width, radius) = (draw(stream, 0.0, TAU), draw(stream, 0.15 * TAU, 0.8 * TAU), draw(stream, 0.28, 0.42));
    canvas.paint(|x, y, _, _| {
        let (dx, dy) = (x - x0, y - y0);
        let inside = dx.hypot(dy) < radius && (dy.atan2(dx) - from).rem_euclid(TAU) < width;
        if inside { 0.9 } else { 0.1 }
    });
}

/// A tree with a round crown, in colours.
pub(crate) fn trees(canvas: &mut Canvas, stream: &mut Stream) {
    let (sky, crown) = (colour(stream), colour(stream));
    let (x0, high, wide) = (draw(stream, 0.4, 0.6), draw(stream, 0.3, 0.5), draw(stream, 0.16, 0.3));
    let thick = draw(stream, 0.04, 0.09);
    canvas.paint(|x, y, channel, _| {
        if (x - x0).hypot(y - high) < wide {
            0.8 * crown[channel]
        } else if (x - x0).abs() < thick && y > high || y > 0.88 {
            0.15
        } else {
            0.4 + 0.6 * sky[channel]
        }
    });
}

/// A shaded egg, turned, a few hundred images of it.
pub(crate) fn eggs(canvas: &mut Canvas, stream: &mut Stream) {
    let [x0, y0] = [(); 2].map(|()| draw(stream, 0.42, 0.58));
    let (turn, size, shade) = (draw(stream, 0.0, TAU), draw(stream, 0.24, 0.38), draw(stream, 0.2, 0.7));
    let (across, along) = turn.sin_cos();
    canvas.paint(|x, y, _, _| {
        let (u, v) = ((x - x0) * along + (y - y0) * across, (y - y0) * along - (x - x0) * across);
        let out = u.hypot(v * (1.35 + 0.8 * u)) / size;
        if out < 1.0 { 1.0 - shade * out * out } else { 0.08 }
    });
}

/// A knot of two rings that cross.
pub(crate) fn links(canvas: &mut Canvas, stream: &mut Stream) {
    let (turn, apart, radius) = (draw(stream, 0.0, PI), draw(stream, 0.1, 0.2), draw(stream, 0.15, 0.24));
    let thick = draw(stream, 0.045, 0.08);
    let (across, along) = turn.sin_cos();
    canvas.paint(|x, y, _, _| {
        let on = [-apart, apart].iter().any(|out| {
            let from = (x - 0.5 - out * along).hypot(y - 0.5 - out * across);
            (from - radius).abs() < thick
        });
        if on { 1.0 } else { 0.0 }
    });
}

/// Where the pips of a die are, in steps from its middle: the middle one, then pairs.
const PIPS: [[f64; 2]; 7] = [[0.0, 0.0], [-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, 0.0], [1.0, 0.0]];

/// A die that shows one pip more than the number, its place and size by chance.
pub(crate) fn die(canvas: &mut Canvas, stream: &mut Stream, number: usize) {
    let [x0, y0] = [(); 2].map(|()| draw(stream, 0.46, 0.54));
    let (half, level) = (draw(stream, 0.34, 0.42), draw(stream, 0.75, 1.0));
    let pips = number + 1;
    let shown = if pips % 2 == 1 { &PIPS[..pips] } else { &PIPS[1..=pips] };
    canvas.paint(|x, y, _, _| {
        let (dx, dy) = (x - x0, y - y0);
        let pip = shown.iter().any(|[across, along]| (dx - across * half / 2.0).hypot(dy - along * half / 2.0) < 0.09);
        if dx.abs().max(dy.abs()) < half && !pip { level } else { 0.05 }
    });
}

/// A point of one of two horseshoes that hold each other.
pub(crate) fn horseshoes(stream: &mut Stream) -> [f32; 2] {
    let normal = Normal::new(0.0, 0.06).expect("a deviation");
    let (up, turn) = (draw(stream, 0.0, 1.0) < 0.5, draw(stream, 0.0, PI));
    let (x, y) = (turn.cos() - 0.5, turn.sin() - 0.25);
    let side = if up { 1.0 } else { -1.0 };
    [side * x + normal.sample(stream), side * y + normal.sample(stream)].map(|value| (0.8 * value) as f32)
}
