//! Images made by the rules of the sixth half, and a lying eight of points.

use crate::canvas::{Canvas, colour, draw};
use rand_distr::{Distribution, Normal};
use std::f64::consts::{PI, TAU};
use steadygan::rng::Stream;

/// A mug with its handle to the left or to the right.
pub(crate) fn mugs(canvas: &mut Canvas, stream: &mut Stream) {
    let (x0, half) = (draw(stream, 0.42, 0.58), draw(stream, 0.16, 0.24));
    let (top, bottom, level) = (draw(stream, 0.2, 0.35), draw(stream, 0.75, 0.88), draw(stream, 0.6, 1.0));
    let (left, ear) = (draw(stream, 0.0, 1.0) < 0.5, draw(stream, 0.12, 0.18));
    let side = if left { x0 - half } else { x0 + half };
    canvas.paint(|x, y, _, _| {
        let cup = (top..bottom).contains(&y) && (x - x0).abs() < half;
        let out = (x - side).hypot(y - 0.5 * (top + bottom));
        if cup || (ear - 0.065..ear).contains(&out) { level } else { 0.05 }
    });
}

/// A kite with a tail, in colours.
pub(crate) fn kites(canvas: &mut Canvas, stream: &mut Stream) {
    let (paper, tail) = (colour(stream), colour(stream));
    let (x0, y0) = (draw(stream, 0.42, 0.58), draw(stream, 0.34, 0.46));
    let (wide, high) = (draw(stream, 0.18, 0.3), draw(stream, 0.22, 0.32));
    let (swing, phase) = (draw(stream, 0.03, 0.1), draw(stream, 0.0, TAU));
    canvas.paint(|x, y, channel, _| {
        let (dx, dy) = (x - x0, y - y0);
        if dx.abs() / wide + dy.abs() / high < 1.0 {
            0.4 + 0.6 * paper[channel]
        } else if dy >= high && (dx - swing * ((9.0 * y + phase).sin())).abs() < 0.05 {
            0.7 * tail[channel]
        } else {
            0.05
        }
    });
}

/// An umbrella, more or less wide, in colours.
pub(crate) fn umbrellas(canvas: &mut Canvas, stream: &mut Stream) {
    let cloth = colour(stream);
    let (x0, y0) = (draw(stream, 0.43, 0.57), draw(stream, 0.42, 0.56));
    let (wide, high, long) = (draw(stream, 0.26, 0.42), draw(stream, 0.2, 0.34), draw(stream, 0.26, 0.38));
    canvas.paint(|x, y, channel, _| {
        let (dx, dy) = (x - x0, y - y0);
        if dy < 0.0 && (dx / wide).hypot(dy / high) < 1.0 {
            0.35 + 0.65 * cloth[channel]
        } else if (0.0..long).contains(&dy) && dx.abs() < 0.04 {
            0.6
        } else {
            0.08
        }
    });
}

/// A key with its bit up or down.
pub(crate) fn keys(canvas: &mut Canvas, stream: &mut Stream) {
    let (bow, y0) = (draw(stream, 0.13, 0.19), draw(stream, 0.4, 0.6));
    let (end, up) = (draw(stream, 0.78, 0.94), draw(stream, 0.0, 1.0) < 0.5);
    let (teeth, level) = (draw(stream, 0.1, 0.2), draw(stream, 0.7, 1.0));
    canvas.paint(|x, y, _, _| {
        let (out, v) = ((x - 0.25).hypot(y - y0), if up { y0 - y } else { y - y0 });
        let ring = (bow - 0.08..bow).contains(&out);
        let stem = (0.25 + bow - 0.04..end).contains(&x) && v.abs() < 0.045;
        let bit = (end - 0.14..end).contains(&x) && (0.0..teeth).contains(&v);
        if ring || stem || bit { level } else { 0.05 }
    });
}

/// A bottle, more or less full.
pub(crate) fn bottles(canvas: &mut Canvas, stream: &mut Stream) {
    let (x0, half, neck) = (draw(stream, 0.43, 0.57), draw(stream, 0.15, 0.24), draw(stream, 0.06, 0.1));
    let (top, shoulder, filled) = (draw(stream, 0.08, 0.16), draw(stream, 0.36, 0.48), draw(stream, 0.5, 0.85));
    canvas.paint(|x, y, _, _| {
        let wide = if y < shoulder { neck + (half - neck) * ((y - shoulder + 0.12) / 0.12).max(0.0) } else { half };
        if !(top..0.92).contains(&y) || (x - x0).abs() >= wide {
            0.05
        } else if y > filled {
            1.0
        } else {
            0.5
        }
    });
}

/// A mushroom, in colours.
pub(crate) fn mushrooms(canvas: &mut Canvas, stream: &mut Stream) {
    let (cap, ground) = (colour(stream), colour(stream));
    let (x0, y0) = (draw(stream, 0.42, 0.58), draw(stream, 0.4, 0.54));
    let (wide, high, stem) = (draw(stream, 0.22, 0.36), draw(stream, 0.18, 0.32), draw(stream, 0.06, 0.12));
    canvas.paint(|x, y, channel, _| {
        let (dx, dy) = (x - x0, y - y0);
        if dy < 0.0 && (dx / wide).hypot(dy / high) < 1.0 {
            0.3 + 0.7 * cap[channel]
        } else if (0.0..0.86 - y0).contains(&dy) && dx.abs() < stem {
            0.9
        } else if y > 0.86 {
            0.5 * ground[channel]
        } else {
            0.08
        }
    });
}

/// A bell that swings.
pub(crate) fn bells(canvas: &mut Canvas, stream: &mut Stream) {
    let (x0, swing) = (draw(stream, 0.44, 0.56), draw(stream, -0.5, 0.5));
    let (wide, long, level) = (draw(stream, 0.2, 0.3), draw(stream, 0.5, 0.64), draw(stream, 0.65, 1.0));
    let (across, along) = swing.sin_cos();
    canvas.paint(|x, y, _, _| {
        let (dx, dy) = (x - x0, y - 0.12);
        let (u, v) = (dx * along - dy * across, dx * across + dy * along);
        let bell = (0.0..long).contains(&v) && u.abs() < wide * (0.4 + 0.6 * (v / long).powi(2));
        if bell || u.hypot(v - long - 0.04) < 0.08 { level } else { 0.05 }
    });
}

/// A crown of a few points.
pub(crate) fn crowns(canvas: &mut Canvas, stream: &mut Stream) {
    let (x0, half) = (draw(stream, 0.45, 0.55), draw(stream, 0.26, 0.4));
    let (points, low, high) = (draw(stream, 2.0, 5.0).floor(), draw(stream, 0.44, 0.56), draw(stream, 0.12, 0.28));
    let (bottom, level) = (draw(stream, 0.72, 0.86), draw(stream, 0.65, 1.0));
    canvas.paint(|x, y, _, _| {
        let across = (x - x0) / half;
        let place = 0.5 * (across + 1.0) * points;
        let edge = low - (low - high) * (1.0 - 2.0 * (place.fract() - 0.5).abs());
        if across.abs() < 1.0 && y > edge && y < bottom { level } else { 0.05 }
    });
}

/// How many dots a half of a domino has at most.
pub(crate) const DOTS: usize = 4;

/// A domino whose upper half has as many dots as its class says, and its lower half any number.
pub(crate) fn domino(canvas: &mut Canvas, stream: &mut Stream, class: usize) {
    const PLACES: [&[[f64; 2]]; DOTS] = [
        &[[0.0, 0.0]],
        &[[-0.1, -0.1], [0.1, 0.1]],
        &[[-0.12, -0.12], [0.0, 0.0], [0.12, 0.12]],
        &[[-0.1, -0.1], [0.1, -0.1], [-0.1, 0.1], [0.1, 0.1]],
    ];
    let [x0, y0] = [(); 2].map(|()| draw(stream, 0.47, 0.53));
    let (lower, dark) = (draw(stream, 0.0, DOTS as f64) as usize, draw(stream, 0.0, 0.25));
    canvas.paint(|x, y, _, _| {
        let (dx, dy) = (x - x0, y - y0);
        let (dots, middle) = if dy < 0.0 { (PLACES[class], -0.22) } else { (PLACES[lower], 0.22) };
        let on_dot = dots.iter().any(|[right, down]| (dx - right).hypot(dy - middle - down) < 0.07);
        let on_stone = dx.abs() < 0.25 && dy.abs() < 0.45;
        if !on_stone {
            0.05
        } else if on_dot || dy.abs() < 0.03 {
            dark
        } else {
            0.95
        }
    });
}

/// A bird with its wings up or down, a few hundred images of it.
pub(crate) fn birds(canvas: &mut Canvas, stream: &mut Stream) {
    let [x0, y0] = [(); 2].map(|()| draw(stream, 0.44, 0.56));
    let (span, bend) = (draw(stream, 0.3, 0.44), draw(stream, -0.35, 0.35));
    let (thick, body, level) = (draw(stream, 0.06, 0.1), draw(stream, 0.1, 0.15), draw(stream, 0.7, 1.0));
    canvas.paint(|x, y, _, _| {
        let (dx, dy) = (x - x0, y - y0);
        let out = dx.abs() / span;
        let wing = out < 1.0 && (dy + bend * (PI * 0.5 * out).sin()).abs() < thick * (1.2 - out);
        if wing || (dx / body).hypot(dy / (1.5 * body)) < 1.0 { level } else { 0.05 }
    });
}

/// A tent with a door.
pub(crate) fn tents(canvas: &mut Canvas, stream: &mut Stream) {
    let (x0, half) = (draw(stream, 0.42, 0.58), draw(stream, 0.26, 0.42));
    let (top, bottom) = (draw(stream, 0.12, 0.32), draw(stream, 0.76, 0.9));
    let (door, level) = (draw(stream, 0.25, 0.55), draw(stream, 0.6, 1.0));
    canvas.paint(|x, y, _, _| {
        let down = (y - top) / (bottom - top);
        let across = (x - x0).abs() / half;
        let tent = (0.0..1.0).contains(&down) && across < down;
        let open = down > 0.45 && across < door * (down - 0.45);
        if tent && !open { level } else { 0.05 }
    });
}

/// A point of a lying eight.
pub(crate) fn eight(stream: &mut Stream) -> [f32; 2] {
    let normal = Normal::new(0.0, 0.05).expect("a deviation");
    let turn = draw(stream, 0.0, TAU);
    [turn.sin() + normal.sample(stream), (2.0 * turn).sin() * 0.6 + normal.sample(stream)].map(|value| value as f32)
}
