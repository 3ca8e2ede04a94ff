//! Dominoes.

use crate::canvas::{Canvas, Stream, draw};

/// The most dots that one end of a domino has; also the number of classes.
pub(crate) const DOTS: usize = 4;

/// A domino with `class + 1` dots on its upper end and a random number on its lower end.
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
