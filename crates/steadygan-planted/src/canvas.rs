//! The canvas that pictures are painted on, and random draws.

use rand_distr::{Distribution, Uniform};

pub(crate) use steadygan::rng::Stream;

/// A picture while it is painted.
pub(crate) struct Canvas {
    size: usize,
    planes: Vec<f64>,
}

impl Canvas {
    /// A black square canvas of `size` pixels a side.
    pub(crate) fn new(channels: usize, size: usize) -> Self {
        Self { size, planes: vec![0.0; channels * size * size] }
    }

    /// The pixels as bytes, channel by channel. Levels outside [0, 1] are clamped.
    pub(crate) fn bytes(self) -> impl Iterator<Item = u8> {
        self.planes.into_iter().map(|level| (level.clamp(0.0, 1.0) * 255.0).round() as u8)
    }

    /// Sets every pixel to `level(x, y, channel, before)`. Both coordinates are in [0, 1); `before` is the level that
    /// the pixel has already.
    pub(crate) fn paint(&mut self, level: impl Fn(f64, f64, usize, f64) -> f64) {
        let (size, area) = (self.size, self.size * self.size);
        for (at, value) in self.planes.iter_mut().enumerate() {
            let (channel, place) = (at / area, at % area);
            let [x, y] = [place % size, place / size].map(|place| (place as f64 + 0.5) / size as f64);
            *value = level(x, y, channel, *value);
        }
    }
}

/// A uniform draw from [`low`, `high`).
pub(crate) fn draw(stream: &mut Stream, low: f64, high: f64) -> f64 {
    Uniform::new(low, high).expect("low is below high").sample(stream)
}

/// A uniform draw of a colour.
pub(crate) fn colour(stream: &mut Stream) -> [f64; 3] {
    [(); 3].map(|()| draw(stream, 0.0, 1.0))
}
