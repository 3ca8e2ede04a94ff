//! Mugs, bottles and vases.

use crate::canvas::{Canvas, Stream, draw};
use std::f64::consts::TAU;

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
