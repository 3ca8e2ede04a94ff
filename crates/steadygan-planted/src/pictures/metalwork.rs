//! Keys, bells and crowns.

use crate::canvas::{Canvas, Stream, draw};

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
