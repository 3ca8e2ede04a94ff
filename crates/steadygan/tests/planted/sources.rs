//! What the corpus trains on: halves of the embedded images, images made by rule, and points.

use crate::scenes;
use rand_distr::{Distribution, Uniform};
use steadygan::Result;
use steadygan::class::Class;
use steadygan::data::{DataFacts, Dataset, Images, Samples, load};
use steadygan::plan::Plan;
use steadygan::rng::{self, Stream};

/// Images made by rule: to train on, and held out.
const MADE: [usize; 2] = [3_000, 300];

/// Where there are few.
const FEW_MADE: [usize; 2] = [500, 100];

/// Classes of the digits.
const DIGITS: usize = 10;

/// A kind of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// Fashion-MNIST's classes 0 to 4: garments.
    Garments,
    /// Its classes 5 to 9: shoes, shirts, bags.
    Shoes,
    /// Soft bright spots on a dark ground.
    Blobs,
    /// A coloured rectangle or disc on a coloured ground.
    Shapes,
    /// Gratings of any direction, phase and wavelength.
    Gratings,
    /// Ramps from one colour to another.
    Ramps,
    /// A few bright strokes.
    Strokes,
    /// Concentric rings around a point.
    Rings,
    /// Stripes across stripes, in colours.
    Plaid,
    /// Two colours on two sides of a line.
    Halves,
    /// A few upright and level bars.
    Bars,
    /// Many small coloured discs.
    Bubbles,
    /// Two waves in each other's way.
    Waves,
    /// Crosses at any angle.
    Crosses,
    /// A sky above a ground, in colours.
    Skies,
    /// Soft dots in rows.
    Lattice,
    /// A triangle.
    Triangles,
    /// A part of a ring.
    Arcs,
    /// Steps.
    Stairs,
    /// Round faces.
    Faces,
    /// Flowers.
    Petals,
    /// A calculator's digits, with their classes.
    Glyphs,
    /// A wavy horizon, a few hundred images of it.
    Hills,
    /// Points on bent arms.
    Pinwheel,
    /// Eight Gaussians.
    Ring,
    /// Twenty-five Gaussians.
    Grid,
}

impl Source {
    /// The recipe's source: for images made by rule the embedded ones stand in.
    pub(crate) fn named(self) -> &'static str {
        match self {
            Self::Ring | Self::Pinwheel => "ring",
            Self::Grid => "grid",
            _ => "embedded",
        }
    }

    /// 1, 3, or 2 for points.
    pub(crate) fn channels(self) -> usize {
        match self {
            Self::Shapes | Self::Ramps | Self::Plaid | Self::Halves | Self::Bubbles => 3,
            Self::Skies | Self::Lattice | Self::Petals => 3,
            Self::Ring | Self::Grid | Self::Pinwheel => 2,
            _ => 1,
        }
    }

    /// What a plan has to know of it.
    pub(crate) fn facts(self) -> DataFacts {
        let mut facts = DataFacts::from(self.channels());
        if self == Self::Glyphs {
            let images = (MADE[0] / DIGITS) as u32;
            facts.classes = (0..DIGITS).map(|digit| Class { name: digit.to_string(), images }).collect();
        }
        facts
    }

    /// Images to train on and held out.
    fn counts(self) -> [usize; 2] {
        if self == Self::Hills { FEW_MADE } else { MADE }
    }

    /// How an image is made; none if it is not.
    fn painter(self) -> Option<fn(&mut Canvas, &mut Stream)> {
        Some(match self {
            Self::Blobs => blobs,
            Self::Shapes => shapes,
            Self::Gratings => grating,
            Self::Ramps => ramp,
            Self::Strokes => strokes,
            Self::Rings => rings,
            Self::Plaid => plaid,
            Self::Halves => halves,
            Self::Bars => bars,
            Self::Bubbles => bubbles,
            Self::Waves => waves,
            Self::Crosses => scenes::crosses,
            Self::Skies => scenes::skies,
            Self::Lattice => scenes::lattice,
            Self::Triangles => scenes::triangles,
            Self::Arcs => scenes::arcs,
            Self::Stairs => scenes::stairs,
            Self::Faces => scenes::faces,
            Self::Petals => scenes::petals,
            Self::Hills => scenes::hills,
            Self::Glyphs | Self::Garments | Self::Shoes | Self::Pinwheel | Self::Ring | Self::Grid => return None,
        })
    }

    /// The samples for a plan.
    pub(crate) fn dataset(self, plan: &Plan) -> Result<Dataset> {
        match self {
            Self::Garments => return of_classes(plan, 0..5),
            Self::Shoes => return of_classes(plan, 5..10),
            Self::Ring | Self::Grid => return load(&plan.data),
            _ => {}
        }
        let name = format!("{self:?}").to_lowercase();
        let [train, holdout] = [("train", self.counts()[0]), ("holdout", self.counts()[1])].map(|(purpose, count)| {
            let stream = |number: usize| rng::stream(plan.seed, &format!("{name}/{purpose}"), number as u64);
            match self {
                Self::Pinwheel => Samples::Points((0..count).map(|at| scenes::pinwheel(&mut stream(at))).collect()),
                _ => self.images(plan.model.size, count, stream).into(),
            }
        });
        Ok(Dataset { train, holdout, ..unnamed(&name) })
    }

    fn images(self, size: usize, count: usize, stream: impl Fn(usize) -> Stream) -> Images {
        let channels = self.channels();
        let pixels = (0..count).flat_map(|number| {
            let mut canvas = Canvas { size, planes: vec![0.0; channels * size * size] };
            match self.painter() {
                Some(paint) => paint(&mut canvas, &mut stream(number)),
                None => scenes::glyph(&mut canvas, &mut stream(number), number % DIGITS),
            }
            canvas.planes.into_iter().map(|level| (level.clamp(0.0, 1.0) * 255.0).round() as u8)
        });
        let classes = (self == Self::Glyphs).then(|| (0..count).map(|number| (number % DIGITS) as u32).collect());
        Images { channels, size, pixels: pixels.collect(), classes }
    }
}

fn unnamed(name: &str) -> Dataset {
    let none: Samples = Images { channels: 1, size: 1, pixels: Vec::new(), classes: None }.into();
    Dataset {
        name: name.to_owned(),
        train: none.clone(),
        holdout: none,
        class_names: Vec::new(),
        skipped: Vec::new(),
        warning: None,
        fingerprint: String::new(),
    }
}

fn of_classes(plan: &Plan, classes: std::ops::Range<u32>) -> Result<Dataset> {
    let mut data = load(&plan.data)?;
    for samples in [&mut data.train, &mut data.holdout] {
        let of = samples.images().and_then(|images| images.classes.clone()).unwrap_or_default();
        let kept: Vec<usize> = (0..of.len()).filter(|&at| classes.contains(&of[at])).collect();
        *samples = samples.gather(&kept, None);
    }
    Ok(data)
}

pub(crate) struct Canvas {
    size: usize,
    planes: Vec<f64>,
}

impl Canvas {
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

fn blobs(canvas: &mut Canvas, stream: &mut Stream) {
    for _ in 0..3 {
        let [x0, y0] = [(); 2].map(|()| draw(stream, 0.15, 0.85));
        let (width, height) = (draw(stream, 0.06, 0.2), draw(stream, 0.5, 1.0));
        canvas.paint(|x, y, _, before| {
            before + height * (-((x - x0).powi(2) + (y - y0).powi(2)) / (2.0 * width * width)).exp()
        });
    }
}

fn shapes(canvas: &mut Canvas, stream: &mut Stream) {
    let (ground, figure) = (colour(stream), colour(stream));
    let [x0, y0] = [(); 2].map(|()| draw(stream, 0.3, 0.7));
    let (half, round) = (draw(stream, 0.12, 0.3), draw(stream, 0.0, 1.0) < 0.5);
    canvas.paint(|x, y, channel, _| {
        let (dx, dy) = ((x - x0).abs(), (y - y0).abs());
        let inside = if round { dx.hypot(dy) < half } else { dx.max(dy) < half };
        if inside { figure[channel] } else { ground[channel] }
    });
}

fn grating(canvas: &mut Canvas, stream: &mut Stream) {
    let (angle, phase) = (draw(stream, 0.0, std::f64::consts::PI), draw(stream, 0.0, std::f64::consts::TAU));
    let (waves, contrast) = (draw(stream, 1.0, 3.0), draw(stream, 0.5, 1.0));
    let (across, along) = angle.sin_cos();
    canvas.paint(|x, y, _, _| {
        0.5 + 0.5 * contrast * (std::f64::consts::TAU * waves * (x * along + y * across) + phase).sin()
    });
}

fn ramp(canvas: &mut Canvas, stream: &mut Stream) {
    let (from, to) = (colour(stream), colour(stream));
    let (across, along) = draw(stream, 0.0, std::f64::consts::TAU).sin_cos();
    canvas.paint(|x, y, channel, _| {
        let at = (0.5 + ((x - 0.5) * along + (y - 0.5) * across)).clamp(0.0, 1.0);
        from[channel] + at * (to[channel] - from[channel])
    });
}

fn strokes(canvas: &mut Canvas, stream: &mut Stream) {
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

fn rings(canvas: &mut Canvas, stream: &mut Stream) {
    let [x0, y0] = [(); 2].map(|()| draw(stream, 0.3, 0.7));
    let (waves, phase) = (draw(stream, 2.0, 4.0), draw(stream, 0.0, std::f64::consts::TAU));
    canvas.paint(|x, y, _, _| 0.5 + 0.5 * (std::f64::consts::TAU * waves * (x - x0).hypot(y - y0) + phase).cos());
}

fn plaid(canvas: &mut Canvas, stream: &mut Stream) {
    let (warp, weft) = (colour(stream), colour(stream));
    let [across, along] = [(); 2].map(|()| draw(stream, 1.0, 2.5));
    let [first, second] = [(); 2].map(|()| draw(stream, 0.0, 1.0));
    canvas.paint(|x, y, channel, _| {
        let band = |at: f64| if at.fract() < 0.5 { 1.0 } else { 0.0 };
        (warp[channel] * band(x * across + first) + weft[channel] * band(y * along + second)) / 2.0 + 0.1
    });
}

fn halves(canvas: &mut Canvas, stream: &mut Stream) {
    let (one, other) = (colour(stream), colour(stream));
    let (across, along) = draw(stream, 0.0, std::f64::consts::TAU).sin_cos();
    let offset = draw(stream, -0.2, 0.2);
    canvas.paint(
        |x, y, channel, _| {
            if (x - 0.5) * along + (y - 0.5) * across > offset { one[channel] } else { other[channel] }
        },
    );
}

fn bars(canvas: &mut Canvas, stream: &mut Stream) {
    for _ in 0..3 {
        let (at, width, level) = (draw(stream, 0.0, 0.9), draw(stream, 0.08, 0.2), draw(stream, 0.4, 1.0));
        let upright = draw(stream, 0.0, 1.0) < 0.5;
        canvas.paint(|x, y, _, before| {
            let place = if upright { x } else { y };
            if (at..at + width).contains(&place) { level } else { before }
        });
    }
}

fn bubbles(canvas: &mut Canvas, stream: &mut Stream) {
    for _ in 0..5 {
        let [x0, y0] = [(); 2].map(|()| draw(stream, 0.0, 1.0));
        let (radius, paint) = (draw(stream, 0.1, 0.22), colour(stream));
        canvas.paint(|x, y, channel, before| if (x - x0).hypot(y - y0) < radius { paint[channel] } else { before });
    }
}

fn waves(canvas: &mut Canvas, stream: &mut Stream) {
    let [one, other] = [(); 2].map(|()| draw(stream, 1.0, 2.5));
    let [first, second] = [(); 2].map(|()| draw(stream, 0.0, std::f64::consts::TAU));
    canvas.paint(|x, y, _, _| {
        let bent = (std::f64::consts::TAU * other * y + second).sin();
        0.5 + 0.5 * (std::f64::consts::TAU * one * x + first + 1.5 * bent).sin()
    });
}
