//! The kinds of training data: parts of the embedded images, painted pictures, and points of the plane.

use crate::canvas::{Canvas, Stream};
use crate::pictures::{dominoes, metalwork, outdoors, patterns, vessels};
use crate::points;
use serde::Deserialize;
use steadygan::Result;
use steadygan::class::Class;
use steadygan::data::{DataFacts, Dataset, Images, Samples, load};
use steadygan::plan::Plan;
use steadygan::rng;

/// Images or points to train on, and held out from training, where a kind has no counts of its own.
const COUNTS: [usize; 2] = [3_000, 300];

/// A kind of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Data {
    /// Fashion-MNIST's classes 0 to 4: garments.
    Garments,
    /// Fashion-MNIST's classes 5 to 9: shoes, shirts, bags.
    Shoes,
    /// Three upright or level bars.
    Bars,
    /// Two bright strokes.
    Strokes,
    /// Walls of bricks.
    Bricks,
    /// Vases of varying outlines.
    Vases,
    /// Mugs with a handle.
    Mugs,
    /// Bottles, filled to any level.
    Bottles,
    /// Keys.
    Keys,
    /// Bells that swing.
    Bells,
    /// Crowns.
    Crowns,
    /// Dominoes; the class is the number of dots on the upper end.
    Dominoes,
    /// Kites with a tail, in colours.
    Kites,
    /// Umbrellas, in colours.
    Umbrellas,
    /// Tents with a door.
    Tents,
    /// Mushrooms, in colours.
    Mushrooms,
    /// Birds: a small data set.
    Birds,
    /// Points of eight Gaussians on a ring.
    Ring,
    /// Points of twenty-five Gaussians on a grid.
    Grid,
    /// Points on bent arms.
    Pinwheel,
    /// Points on two bent lines.
    Horseshoes,
    /// Points on a trefoil.
    Trefoil,
    /// Points on a figure eight.
    Eight,
}

/// A painted kind of pictures.
struct Pictures {
    channels: usize,
    /// Pictures to train on, and held out from training.
    counts: [usize; 2],
    painter: Painter,
}

/// The function that paints one picture of a kind.
enum Painter {
    /// For a kind without classes.
    Unclassed(fn(&mut Canvas, &mut Stream)),
    /// For a kind of so many classes; the function's last argument is the class.
    Classed(usize, fn(&mut Canvas, &mut Stream, usize)),
}

impl Painter {
    fn classes(&self) -> usize {
        match self {
            Self::Unclassed(_) => 0,
            Self::Classed(classes, _) => *classes,
        }
    }
}

fn grey(paint: fn(&mut Canvas, &mut Stream)) -> Pictures {
    Pictures { channels: 1, counts: COUNTS, painter: Painter::Unclassed(paint) }
}

fn coloured(paint: fn(&mut Canvas, &mut Stream)) -> Pictures {
    Pictures { channels: 3, ..grey(paint) }
}

impl Data {
    /// How pictures of this kind are painted; none if its data are not painted pictures.
    fn pictures(self) -> Option<Pictures> {
        Some(match self {
            Self::Bars => grey(patterns::bars),
            Self::Strokes => grey(patterns::strokes),
            Self::Bricks => grey(patterns::bricks),
            Self::Vases => grey(vessels::vases),
            Self::Mugs => grey(vessels::mugs),
            Self::Bottles => grey(vessels::bottles),
            Self::Keys => grey(metalwork::keys),
            Self::Bells => grey(metalwork::bells),
            Self::Crowns => grey(metalwork::crowns),
            Self::Dominoes => {
                let painter = Painter::Classed(dominoes::DOTS, dominoes::domino);
                Pictures { channels: 1, counts: COUNTS, painter }
            }
            Self::Kites => coloured(outdoors::kites),
            Self::Umbrellas => coloured(outdoors::umbrellas),
            Self::Tents => grey(outdoors::tents),
            Self::Mushrooms => coloured(outdoors::mushrooms),
            Self::Birds => Pictures { counts: [650, 130], ..grey(outdoors::birds) },
            _ => return None,
        })
    }

    /// How a point of this kind is drawn; none if its data are images, or points that the library draws.
    fn points(self) -> Option<fn(&mut Stream) -> [f32; 2]> {
        match self {
            Self::Pinwheel => Some(points::pinwheel),
            Self::Horseshoes => Some(points::horseshoes),
            Self::Trefoil => Some(points::trefoil),
            Self::Eight => Some(points::eight),
            _ => None,
        }
    }

    /// The recipe's `data.source`. A recipe cannot name the data that are made here, so it names the library's own
    /// data of the same form.
    pub(crate) fn recipe_source(self) -> &'static str {
        match self {
            Self::Grid => "grid",
            Self::Ring => "ring",
            _ if self.points().is_some() => "ring",
            _ => "embedded",
        }
    }

    /// The facts that a plan is decided on.
    pub(crate) fn facts(self) -> DataFacts {
        let (channels, classes) = match self.pictures() {
            Some(pictures) => (pictures.channels, pictures.painter.classes()),
            None if self.recipe_source() == "embedded" => (1, 0),
            // Both coordinates of a point.
            None => (2, 0),
        };
        let mut facts = DataFacts::from(channels);
        let class = |number: usize| Class { name: number.to_string(), images: (COUNTS[0] / classes) as u32 };
        facts.classes = (0..classes).map(class).collect();
        facts
    }

    /// The data to train on, and the data held out from training, for a plan.
    ///
    /// # Errors
    ///
    /// The library's own data cannot be loaded.
    pub fn dataset(self, plan: &Plan) -> Result<Dataset> {
        let name = format!("{self:?}").to_lowercase();
        let stream = |split: &str, at: usize| rng::stream(plan.seed, &format!("{name}/{split}"), at as u64);
        let [train, holdout] = if let Some(pictures) = self.pictures() {
            let paint = |split, count| pictures.paint(plan.model.size, count, |at| stream(split, at)).into();
            [paint("train", pictures.counts[0]), paint("holdout", pictures.counts[1])]
        } else if let Some(draw) = self.points() {
            let points = |split, count| Samples::Points((0..count).map(|at| draw(&mut stream(split, at))).collect());
            [points("train", COUNTS[0]), points("holdout", COUNTS[1])]
        } else {
            return self.library_data(plan);
        };
        Ok(Dataset::from_samples(name, train, holdout))
    }

    /// The library's own data, without the classes that are not of this kind.
    fn library_data(self, plan: &Plan) -> Result<Dataset> {
        let mut data = load(&plan.data)?;
        let classes = match self {
            Self::Garments => 0..5,
            Self::Shoes => 5..10,
            _ => return Ok(data),
        };
        for samples in [&mut data.train, &mut data.holdout] {
            let class_of = samples.images().and_then(|images| images.classes.clone()).unwrap_or_default();
            let kept: Vec<usize> = (0..class_of.len()).filter(|&at| classes.contains(&class_of[at])).collect();
            *samples = samples.gather(&kept, None);
        }
        Ok(data)
    }
}

impl Pictures {
    /// Paints so many pictures of `size` pixels a side, each with a stream of its own; classes take turns.
    fn paint(&self, size: usize, count: usize, stream: impl Fn(usize) -> Stream) -> Images {
        let (channels, classes) = (self.channels, self.painter.classes());
        let pixels = (0..count).flat_map(|at| {
            let (mut canvas, mut stream) = (Canvas::new(channels, size), stream(at));
            match self.painter {
                Painter::Unclassed(paint) => paint(&mut canvas, &mut stream),
                Painter::Classed(classes, paint) => paint(&mut canvas, &mut stream, at % classes),
            }
            canvas.bytes()
        });
        let pixels = pixels.collect();
        let classes = (classes > 0).then(|| (0..count).map(|at| (at % classes) as u32).collect());
        Images { channels, size, pixels, classes }
    }
}
