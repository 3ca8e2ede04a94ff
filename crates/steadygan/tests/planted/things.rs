//! Images made by the rules of the fifth half, and a trefoil of points.

use crate::canvas::{Canvas, colour, draw};
use rand_distr::{Distribution, Normal};
use std::f64::consts::{PI, TAU};
use steadygan::rng::Stream;

/// A boat with a sail.
pub(crate) fn boats(canvas: &mut Canvas, stream: &mut Stream) {
    let (x0, water) = (draw(stream, 0.42, 0.58), draw(stream, 0.66, 0.78));
    let (long, deep, high) = (draw(stream, 0.22, 0.36), draw(stream, 0.1, 0.18), draw(stream, 0.3, 0.5));
    let (bow, cloth) = (draw(stream, -0.1, 0.1), draw(stream, 0.6, 1.0));
    canvas.paint(|x, y, _, _| {
        let (dx, up) = (x - x0, water - y);
        let hull = (-deep..0.0).contains(&up) && dx.abs() < long + 0.5 * up;
        let sail = (0.03..high).contains(&up) && (dx - bow * up / high).abs() < 0.55 * long * (1.0 - up / high);
        if hull {
            0.75
        } else if sail {
            cloth
        } else {
            0.08
        }
    });
}

/// A house with a roof, in colours.
pub(crate) fn houses(canvas: &mut Canvas, stream: &mut Stream) {
    let (sky, wall, roof) = (colour(stream), colour(stream), colour(stream));
    let (x0, half) = (draw(stream, 0.4, 0.6), draw(stream, 0.16, 0.28));
    let (eaves, ridge) = (draw(stream, 0.45, 0.6), draw(stream, 0.15, 0.35));
    canvas.paint(|x, y, channel, _| {
        let dx = (x - x0).abs();
        if y > eaves && y < 0.88 && dx < half {
            0.3 + 0.7 * wall[channel]
        } else if y > ridge && y <= eaves && dx < 1.2 * half * (y - ridge) / (eaves - ridge) {
            0.6 * roof[channel]
        } else if y >= 0.88 {
            0.1
        } else {
            0.4 + 0.4 * sky[channel]
        }
    });
}

/// Three stripes, upright or level, in colours.
pub(crate) fn flags(canvas: &mut Canvas, stream: &mut Stream) {
    let paints = [(); 3].map(|()| colour(stream));
    let (first, second) = (draw(stream, 0.25, 0.42), draw(stream, 0.58, 0.75));
    let upright = draw(stream, 0.0, 1.0) < 0.5;
    canvas.paint(|x, y, channel, _| {
        let at = if upright { x } else { y };
        paints[usize::from(at > first) + usize::from(at > second)][channel]
    });
}

/// An arrow in any direction.
pub(crate) fn arrows(canvas: &mut Canvas, stream: &mut Stream) {
    let [x0, y0] = [(); 2].map(|()| draw(stream, 0.44, 0.56));
    let (turn, long, thick) = (draw(stream, 0.0, TAU), draw(stream, 0.28, 0.4), draw(stream, 0.045, 0.08));
    let (across, along) = turn.sin_cos();
    canvas.paint(|x, y, _, _| {
        let (dx, dy) = (x - x0, y - y0);
        let (u, v) = (dx * along + dy * across, (dy * along - dx * across).abs());
        let shaft = (-long..0.4 * long).contains(&u) && v < thick;
        let head = (0.2 * long..long).contains(&u) && v < 0.7 * (long - u);
        if shaft || head { 1.0 } else { 0.05 }
    });
}

/// A heart, tilted.
pub(crate) fn hearts(canvas: &mut Canvas, stream: &mut Stream) {
    let [x0, y0] = [(); 2].map(|()| draw(stream, 0.44, 0.56));
    let (tilt, size, level) = (draw(stream, -0.6, 0.6), draw(stream, 0.22, 0.34), draw(stream, 0.7, 1.0));
    let (across, along) = tilt.sin_cos();
    canvas.paint(|x, y, _, _| {
        let (dx, dy) = ((x - x0) / size, (y - y0) / size);
        let (u, v) = (dx * along + dy * across, dx * across - dy * along);
        let round = u * u + v * v - 1.0;
        if round.powi(3) < u * u * v.powi(3) { level } else { 0.1 }
    });
}

/// Rings around a middle, in two colours.
pub(crate) fn targets(canvas: &mut Canvas, stream: &mut Stream) {
    let (one, other) = (colour(stream), colour(stream));
    let [x0, y0] = [(); 2].map(|()| draw(stream, 0.42, 0.58));
    let (radius, rings) = (draw(stream, 0.3, 0.46), draw(stream, 2.0, 4.0).floor());
    canvas.paint(|x, y, channel, _| {
        let out = (x - x0).hypot(y - y0) / radius;
        if out >= 1.0 {
            0.05
        } else if (out * rings).floor() % 2.0 == 0.0 {
            0.3 + 0.7 * one[channel]
        } else {
            0.6 * other[channel]
        }
    });
}

/// A sun with rays.
pub(crate) fn suns(canvas: &mut Canvas, stream: &mut Stream) {
    let [x0, y0] = [(); 2].map(|()| draw(stream, 0.44, 0.56));
    let (rays, turn) = (draw(stream, 4.0, 8.0).floor(), draw(stream, 0.0, TAU));
    let (disc, reach) = (draw(stream, 0.12, 0.2), draw(stream, 0.32, 0.46));
    canvas.paint(|x, y, _, _| {
        let (dx, dy) = (x - x0, y - y0);
        let (out, ray) = (dx.hypot(dy), (rays * dy.atan2(dx) + turn).cos() > 0.2);
        if out < disc {
            1.0
        } else if out < reach && ray {
            0.8
        } else {
            0.1
        }
    });
}

/// A wall of bricks with light joints.
pub(crate) fn bricks(canvas: &mut Canvas, stream: &mut Stream) {
    let (long, high) = (draw(stream, 0.3, 0.5), draw(stream, 0.18, 0.3));
    let [right, down] = [(); 2].map(|()| draw(stream, 0.0, 1.0));
    let (dark, light) = (draw(stream, 0.1, 0.45), draw(stream, 0.7, 1.0));
    canvas.paint(|x, y, _, _| {
        let row = y / high + down;
        let place = x / long + right + 0.5 * (row.floor() % 2.0);
        if row.fract() < 0.25 || place.fract() < 0.15 { light } else { dark }
    });
}

/// How many hours a clock shows.
pub(crate) const HOURS: usize = 8;

/// A clock whose hand shows the hour, about.
pub(crate) fn clock(canvas: &mut Canvas, stream: &mut Stream, hour: usize) {
    let [x0, y0] = [(); 2].map(|()| draw(stream, 0.45, 0.55));
    let (radius, hand, thick) = (draw(stream, 0.36, 0.44), draw(stream, 0.65, 0.9), draw(stream, 0.05, 0.08));
    let (turn, dial) = ((hour as f64 + draw(stream, -0.3, 0.3)) * TAU / HOURS as f64, draw(stream, 0.6, 1.0));
    let (across, along) = turn.sin_cos();
    canvas.paint(|x, y, _, _| {
        let (dx, dy) = (x - x0, y - y0);
        let (u, v) = (dx * along + dy * across, (dy * along - dx * across).abs());
        let on_hand = (-thick..hand * radius).contains(&u) && v < thick;
        if dx.hypot(dy) < radius && !on_hand { dial } else { 0.05 }
    });
}

/// A fish, to the left or to the right, a few hundred images of it.
pub(crate) fn fishes(canvas: &mut Canvas, stream: &mut Stream) {
    let [x0, y0] = [(); 2].map(|()| draw(stream, 0.44, 0.56));
    let (long, high) = (draw(stream, 0.2, 0.28), draw(stream, 0.1, 0.2));
    let (left, level) = (draw(stream, 0.0, 1.0) < 0.5, draw(stream, 0.6, 1.0));
    canvas.paint(|x, y, _, _| {
        let (u, v) = (if left { x0 - x } else { x - x0 }, y - y0);
        let eye = (u - 0.6 * long).hypot(v + 0.25 * high) < 0.045;
        let body = (u / long).hypot(v / high) < 1.0;
        let tail = (-1.7 * long..-0.7 * long).contains(&u) && v.abs() < 0.9 * (-0.6 * long - u);
        if (body || tail) && !eye { level } else { 0.1 }
    });
}

/// A vase whose width varies along its height.
pub(crate) fn vases(canvas: &mut Canvas, stream: &mut Stream) {
    let (x0, top, wide) = (draw(stream, 0.44, 0.56), draw(stream, 0.1, 0.3), draw(stream, 0.14, 0.22));
    let (swing, phase, waves) = (draw(stream, 0.3, 0.7), draw(stream, 0.0, TAU), draw(stream, 0.6, 1.3));
    let (glaze, shine) = (draw(stream, 0.5, 0.9), draw(stream, 0.0, 0.3));
    canvas.paint(|x, y, _, _| {
        let half = wide * (1.0 + swing * (TAU * waves * y + phase).sin());
        let across = (x - x0) / half;
        if y > top && y < 0.9 && across.abs() < 1.0 { glaze - shine * across } else { 0.05 }
    });
}

/// A point of a line with three leaves.
pub(crate) fn trefoil(stream: &mut Stream) -> [f32; 2] {
    let normal = Normal::new(0.0, 0.05).expect("a deviation");
    let turn = draw(stream, 0.0, PI);
    let out = (3.0 * turn).sin();
    [out * turn.cos() + normal.sample(stream), out * turn.sin() + normal.sample(stream)].map(|value| value as f32)
}
