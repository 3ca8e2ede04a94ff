//! Images made by rule, of the first two halves.

use crate::canvas::{Canvas, colour, draw};
use std::f64::consts::{PI, TAU};
use steadygan::rng::Stream;

/// Three soft bright spots.
pub(crate) fn blobs(canvas: &mut Canvas, stream: &mut Stream) {
    for _ in 0..3 {
        let [x0, y0] = [(); 2].map(|()| draw(stream, 0.15, 0.85));
        let (width, height) = (draw(stream, 0.06, 0.2), draw(stream, 0.5, 1.0));
        canvas.paint(|x, y, _, before| {
            before + height * (-((x - x0).powi(2) + (y - y0).powi(2)) / (2.0 * width * width)).exp()
        });
    }
}

/// A coloured rectangle or disc on a coloured ground.
pub(crate) fn shapes(canvas: &mut Canvas, stream: &mut Stream) {
    let (ground, figure) = (colour(stream), colour(stream));
    let [x0, y0] = [(); 2].map(|()| draw(stream, 0.3, 0.7));
    let (half, round) = (draw(stream, 0.12, 0.3), draw(stream, 0.0, 1.0) < 0.5);
    canvas.paint(|x, y, channel, _| {
        let (dx, dy) = ((x - x0).abs(), (y - y0).abs());
        let inside = if round { dx.hypot(dy) < half } else { dx.max(dy) < half };
        if inside { figure[channel] } else { ground[channel] }
    });
}

/// A grating of any direction, phase and wavelength.
pub(crate) fn grating(canvas: &mut Canvas, stream: &mut Stream) {
    let (angle, phase) = (draw(stream, 0.0, PI), draw(stream, 0.0, TAU));
    let (waves, contrast) = (draw(stream, 1.0, 3.0), draw(stream, 0.5, 1.0));
    let (across, along) = angle.sin_cos();
    canvas.paint(|x, y, _, _| 0.5 + 0.5 * contrast * (TAU * waves * (x * along + y * across) + phase).sin());
}

/// A ramp from one colour to another.
pub(crate) fn ramp(canvas: &mut Canvas, stream: &mut Stream) {
    let (from, to) = (colour(stream), colour(stream));
    let (across, along) = draw(stream, 0.0, TAU).sin_cos();
    canvas.paint(|x, y, channel, _| {
        let at = (0.5 + ((x - 0.5) * along + (y - 0.5) * across)).clamp(0.0, 1.0);
        from[channel] + at * (to[channel] - from[channel])
    });
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

/// Concentric rings around a point.
pub(crate) fn rings(canvas: &mut Canvas, stream: &mut Stream) {
    let [x0, y0] = [(); 2].map(|()| draw(stream, 0.3, 0.7));
    let (waves, phase) = (draw(stream, 2.0, 4.0), draw(stream, 0.0, TAU));
    canvas.paint(|x, y, _, _| 0.5 + 0.5 * (TAU * waves * (x - x0).hypot(y - y0) + phase).cos());
}

/// Stripes across stripes, in colours.
pub(crate) fn plaid(canvas: &mut Canvas, stream: &mut Stream) {
    let (warp, weft) = (colour(stream), colour(stream));
    let [across, along] = [(); 2].map(|()| draw(stream, 1.0, 2.5));
    let [first, second] = [(); 2].map(|()| draw(stream, 0.0, 1.0));
    canvas.paint(|x, y, channel, _| {
        let band = |at: f64| if at.fract() < 0.5 { 1.0 } else { 0.0 };
        (warp[channel] * band(x * across + first) + weft[channel] * band(y * along + second)) / 2.0 + 0.1
    });
}

/// Two colours on two sides of a line.
pub(crate) fn halves(canvas: &mut Canvas, stream: &mut Stream) {
    let (one, other) = (colour(stream), colour(stream));
    let (across, along) = draw(stream, 0.0, TAU).sin_cos();
    let offset = draw(stream, -0.2, 0.2);
    canvas.paint(
        |x, y, channel, _| {
            if (x - 0.5) * along + (y - 0.5) * across > offset { one[channel] } else { other[channel] }
        },
    );
}

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

/// Five small coloured discs.
pub(crate) fn bubbles(canvas: &mut Canvas, stream: &mut Stream) {
    for _ in 0..5 {
        let [x0, y0] = [(); 2].map(|()| draw(stream, 0.0, 1.0));
        let (radius, paint) = (draw(stream, 0.1, 0.22), colour(stream));
        canvas.paint(|x, y, channel, before| if (x - x0).hypot(y - y0) < radius { paint[channel] } else { before });
    }
}

/// Two waves in each other's way.
pub(crate) fn waves(canvas: &mut Canvas, stream: &mut Stream) {
    let [one, other] = [(); 2].map(|()| draw(stream, 1.0, 2.5));
    let [first, second] = [(); 2].map(|()| draw(stream, 0.0, TAU));
    canvas.paint(|x, y, _, _| {
        let bent = (TAU * other * y + second).sin();
        0.5 + 0.5 * (TAU * one * x + first + 1.5 * bent).sin()
    });
}
