//! What images are made on by rule.

use rand_distr::{Distribution, Uniform};
use steadygan::rng::Stream;

/// An image that is being made.
pub(crate) struct Canvas {
    size: usize,
    planes: Vec<f64>,
}

impl Canvas {
    /// A dark one.
    pub(crate) fn new(channels: usize, size: usize) -> Self {
        Self { size, planes: vec![0.0; channels * size * size] }
    }

    /// Its levels as bytes, channel by channel.
    pub(crate) fn bytes(self) -> impl Iterator<Item = u8> {
        self.planes.into_iter().map(|level| (level.clamp(0.0, 1.0) * 255.0).round() as u8)
    }

    /// Sets each pixel by its place, both coordinates in [0, 1), and the levels of the channels there.
    pub(crate) fn paint(&mut self, level: impl Fn(f64, f64, usize, f64) -> f64) {
        let (size, area) = (self.size, self.size * self.size);
        for (at, value) in self.planes.iter_mut().enumerate() {
            let (channel, place) = (at / area, at % area);
            let [x, y] = [place % size, place / size].map(|place| (place as f64 + 0.5) / size as f64);
            *value = level(x, y, channel, *value);
        }
    }
}

pub(crate) fn draw(stream: &mut Stream, low: f64, high: f64) -> f64 {
    Uniform::new(low, high).expect("a range").sample(stream)
}

pub(crate) fn colour(stream: &mut Stream) -> [f64; 3] {
    [(); 3].map(|()| draw(stream, 0.0, 1.0))
}
