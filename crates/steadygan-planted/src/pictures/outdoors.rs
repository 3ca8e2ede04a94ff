//! Kites, umbrellas, tents, mushrooms and birds.

use crate::canvas::{Canvas, Stream, colour, draw};
use std::f64::consts::{PI, TAU};

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

/// A bird with its wings up or down.
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
