//! What the corpus trains on: halves of the embedded images, images made by rule, and points.

use crate::canvas::Canvas;
use crate::{figures, objects, patterns, scenes, things};
use steadygan::Result;
use steadygan::class::Class;
use steadygan::data::{DataFacts, Dataset, Images, Samples, load};
use steadygan::plan::Plan;
use steadygan::rng::{self, Stream};

/// Images made by rule: to train on, and held out.
const MADE: [usize; 2] = [3_000, 300];

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
    /// Crescents.
    Moons,
    /// A frame in a frame.
    Frames,
    /// Arms that wind around the middle.
    Spirals,
    /// Chevrons up and down.
    Chevrons,
    /// Leaves with a midrib.
    Leaves,
    /// Sums of long waves.
    Clouds,
    /// A slice of a disc.
    Slices,
    /// Trees with a round crown.
    Trees,
    /// Dice, with their numbers as classes.
    Dice,
    /// Shaded eggs, a few hundred images of them.
    Eggs,
    /// Two rings that cross.
    Links,
    /// Points on two bent lines.
    Horseshoes,
    /// Boats with a sail.
    Boats,
    /// Houses with a roof.
    Houses,
    /// Flags of three stripes.
    Flags,
    /// Arrows in any direction.
    Arrows,
    /// Hearts, tilted.
    Hearts,
    /// Targets to shoot at.
    Targets,
    /// Suns with rays.
    Suns,
    /// Walls of bricks.
    Bricks,
    /// Clocks, with their hours as classes.
    Clocks,
    /// Fishes, a few hundred images of them.
    Fishes,
    /// Vases of any profile.
    Vases,
    /// Points on a line with three leaves.
    Trefoil,
    /// Mugs with a handle.
    Mugs,
    /// Kites with a tail.
    Kites,
    /// Umbrellas.
    Umbrellas,
    /// Keys.
    Keys,
    /// Bottles, more or less full.
    Bottles,
    /// Mushrooms.
    Mushrooms,
    /// Bells that swing.
    Bells,
    /// Crowns.
    Crowns,
    /// Dominoes, with the dots of their upper halves as classes.
    Dominoes,
    /// Birds, a few hundred images of them.
    Birds,
    /// Tents with a door.
    Tents,
    /// Points on a lying eight.
    Eight,
    /// Eight Gaussians.
    Ring,
    /// Twenty-five Gaussians.
    Grid,
}

impl Source {
    /// The recipe's source: for images made by rule the embedded ones stand in.
    pub(crate) fn named(self) -> &'static str {
        match self {
            Self::Ring | Self::Pinwheel | Self::Horseshoes | Self::Trefoil | Self::Eight => "ring",
            Self::Grid => "grid",
            _ => "embedded",
        }
    }

    /// 1, 3, or 2 for points.
    pub(crate) fn channels(self) -> usize {
        match self {
            Self::Shapes | Self::Ramps | Self::Plaid | Self::Halves | Self::Bubbles => 3,
            Self::Skies | Self::Lattice | Self::Petals | Self::Frames | Self::Leaves | Self::Trees => 3,
            Self::Houses | Self::Flags | Self::Targets | Self::Kites | Self::Umbrellas | Self::Mushrooms => 3,
            Self::Ring | Self::Grid | Self::Pinwheel | Self::Horseshoes | Self::Trefoil | Self::Eight => 2,
            _ => 1,
        }
    }

    /// How many classes there are; none if nobody tells them.
    fn classes(self) -> usize {
        match self {
            Self::Glyphs => 10,
            Self::Dice => 6,
            Self::Clocks => things::HOURS,
            Self::Dominoes => objects::DOTS,
            _ => 0,
        }
    }

    /// What a plan has to know of it.
    pub(crate) fn facts(self) -> DataFacts {
        let mut facts = DataFacts::from(self.channels());
        let classes = self.classes();
        let class = |number: usize| Class { name: number.to_string(), images: (MADE[0] / classes) as u32 };
        facts.classes = (0..classes).map(class).collect();
        facts
    }

    /// Images to train on and held out.
    fn counts(self) -> [usize; 2] {
        match self {
            Self::Hills => [500, 100],
            Self::Eggs => [700, 150],
            Self::Fishes => [600, 120],
            Self::Birds => [650, 130],
            _ => MADE,
        }
    }

    /// How an image is made of one that has no class; none if it is not.
    fn painter(self) -> Option<fn(&mut Canvas, &mut Stream)> {
        Some(match self {
            Self::Blobs => patterns::blobs,
            Self::Shapes => patterns::shapes,
            Self::Gratings => patterns::grating,
            Self::Ramps => patterns::ramp,
            Self::Strokes => patterns::strokes,
            Self::Rings => patterns::rings,
            Self::Plaid => patterns::plaid,
            Self::Halves => patterns::halves,
            Self::Bars => patterns::bars,
            Self::Bubbles => patterns::bubbles,
            Self::Waves => patterns::waves,
            Self::Crosses => scenes::crosses,
            Self::Skies => scenes::skies,
            Self::Lattice => scenes::lattice,
            Self::Triangles => scenes::triangles,
            Self::Arcs => scenes::arcs,
            Self::Stairs => scenes::stairs,
            Self::Faces => scenes::faces,
            Self::Petals => scenes::petals,
            Self::Hills => scenes::hills,
            Self::Moons => figures::moons,
            Self::Frames => figures::frames,
            Self::Spirals => figures::spirals,
            Self::Chevrons => figures::chevrons,
            Self::Leaves => figures::leaves,
            Self::Clouds => figures::clouds,
            Self::Slices => figures::slices,
            Self::Trees => figures::trees,
            Self::Eggs => figures::eggs,
            Self::Links => figures::links,
            Self::Boats => things::boats,
            Self::Houses => things::houses,
            Self::Flags => things::flags,
            Self::Arrows => things::arrows,
            Self::Hearts => things::hearts,
            Self::Targets => things::targets,
            Self::Suns => things::suns,
            Self::Bricks => things::bricks,
            Self::Fishes => things::fishes,
            Self::Vases => things::vases,
            Self::Mugs => objects::mugs,
            Self::Kites => objects::kites,
            Self::Umbrellas => objects::umbrellas,
            Self::Keys => objects::keys,
            Self::Bottles => objects::bottles,
            Self::Mushrooms => objects::mushrooms,
            Self::Bells => objects::bells,
            Self::Crowns => objects::crowns,
            Self::Birds => objects::birds,
            Self::Tents => objects::tents,
            _ => return None,
        })
    }

    /// How an image of a class is made.
    fn class_painter(self) -> fn(&mut Canvas, &mut Stream, usize) {
        match self {
            Self::Dice => figures::die,
            Self::Clocks => things::clock,
            Self::Dominoes => objects::domino,
            _ => scenes::glyph,
        }
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
            let points = |draw: fn(&mut Stream) -> [f32; 2]| {
                Samples::Points((0..count).map(|at| draw(&mut stream(at))).collect())
            };
            match self {
                Self::Pinwheel => points(scenes::pinwheel),
                Self::Horseshoes => points(figures::horseshoes),
                Self::Trefoil => points(things::trefoil),
                Self::Eight => points(objects::eight),
                _ => self.images(plan.model.size, count, stream).into(),
            }
        });
        Ok(Dataset { train, holdout, ..unnamed(&name) })
    }

    fn images(self, size: usize, count: usize, stream: impl Fn(usize) -> Stream) -> Images {
        let (channels, classes) = (self.channels(), self.classes());
        let pixels = (0..count).flat_map(|number| {
            let mut canvas = Canvas::new(channels, size);
            match self.painter() {
                Some(paint) => paint(&mut canvas, &mut stream(number)),
                None => self.class_painter()(&mut canvas, &mut stream(number), number % classes),
            }
            canvas.bytes()
        });
        let pixels = pixels.collect();
        let classes = (classes > 0).then(|| (0..count).map(|number| (number % classes) as u32).collect());
        Images { channels, size, pixels, classes }
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
