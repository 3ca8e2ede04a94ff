//! Bars, strokes and brick walls.

use crate::canvas::{Canvas, Stream, draw};

/// Three upright or level bars.
pub(crate) fn bars(canvas: &mut Canvas, stream: &mut Stream) {
    for _ in 0..3 {
        let (at, width, level) = (draw(stream, 0.0, 0.9), draw(stream, 0.08, 0.2), draw(stream, 0.4, 1.0));
        let upright = draw(stream, 0.0, 1.0) < 0.5;
        canvas.paint(|x, y, _, before| {
            let place = if upright { x } else { y };
            if (at..at + width).contains(&place) { level } else { before }
        });
    }
}

/// Two bright strokes.
pub(crate) fn strokes(canvas: &mut Canvas, stream: &mut Stream) {
    for _ in 0..2 {
        let [x0, y0, x1, y1] = [(); 4].map(|()| draw(stream, 0.15, 0.85));
        let width = draw(stream, 0.04, 0.09);
        canvas.paint(|x, y, _, before| {
            let (dx, dy) = (x1 - x0, y1 - y0);
            let at = (((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy).max(1e-9)).clamp(0.0, 1.0);
            let distance = (x - x0 - at * dx).hypot(y - y0 - at * dy);
            before.max(1.5 - distance / width)
        });
    }
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
