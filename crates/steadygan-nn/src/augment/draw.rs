//! The random numbers for augmenting one image.

use super::{BRIGHTNESS, CONTRAST, Colour, SATURATION};
use crate::rng::Stream;
use rand_distr::{Distribution, StandardUniform};

/// The random numbers of one image, uniform on [0, 1): `None` for a change that is not made to it.
pub(super) struct Draw {
    pub(super) brightness: Option<[f64; 1]>,
    pub(super) saturation: Option<[f64; 1]>,
    pub(super) contrast: Option<[f64; 1]>,
    pub(super) translation: Option<[f64; 2]>,
    pub(super) cutout: Option<[f64; 2]>,
    pub(super) channel: Option<[f64; 1]>,
}

impl Draw {
    /// Draws the numbers, those for the choice of a channel only with `of_channels`.
    pub(super) fn new(probability: f64, of_channels: bool, stream: &mut Stream) -> Self {
        Self {
            brightness: chosen(probability, stream),
            saturation: chosen(probability, stream),
            contrast: chosen(probability, stream),
            translation: chosen(probability, stream),
            cutout: chosen(probability, stream),
            channel: if of_channels { chosen(probability, stream) } else { None },
        }
    }

    pub(super) fn colour(&self) -> Colour {
        let none = Colour::UNCHANGED;
        Colour {
            brightness: self.brightness.map_or(none.brightness, |[at]| BRIGHTNESS.at(at)),
            saturation: self.saturation.map_or(none.saturation, |[at]| SATURATION.at(at)),
            contrast: self.contrast.map_or(none.contrast, |[at]| CONTRAST.at(at)),
        }
    }
}

/// `N` numbers with `probability`, else `None`; takes `N + 1` numbers from the stream either way.
fn chosen<const N: usize>(probability: f64, stream: &mut Stream) -> Option<[f64; N]> {
    let mut next = || -> f64 { StandardUniform.sample(stream) };
    let is_chosen = next() < probability;
    let numbers = std::array::from_fn(|_| next());
    is_chosen.then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::super::{CUTOUT_SHARE, Range, Shift, TRANSLATION_SHARE, hole, shift};
    use super::*;
    use crate::rng;

    /// The draws of 20,000 images stay within their ranges and fill them, and their means are within four standard
    /// errors of the middle.
    #[test]
    fn colours_fill_their_ranges() {
        let mut stream = rng::stream(0, "augmentation", 0);
        let colours: Vec<Colour> = (0..20_000).map(|_| Draw::new(1.0, false, &mut stream).colour()).collect();
        type Part = fn(&Colour) -> f64;
        let drawn: [(Range, Part); 3] =
            [(BRIGHTNESS, |c| c.brightness), (SATURATION, |c| c.saturation), (CONTRAST, |c| c.contrast)];
        for (range, of) in drawn {
            let (width, count) = (range.high - range.low, colours.len() as f64);
            let (low, high) =
                colours.iter().map(of).fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(x), high.max(x)));
            assert!(
                low >= range.low
                    && low < range.low + 0.001 * width
                    && high <= range.high
                    && high > range.high - 0.001 * width
            );
            let mean = colours.iter().map(of).sum::<f64>() / count;
            let deviation = width / 12f64.sqrt() / count.sqrt();
            assert!((mean - (range.low + range.high) / 2.0).abs() < 4.0 * deviation, "{mean}");
        }
    }

    /// At 64 pixels there are 17 shifts each way and 65 middles of a hole. Each is expected 1,000 times; the tolerance
    /// is six standard deviations.
    #[test]
    fn shifts_and_holes_are_as_likely_everywhere() {
        let uniform = |count: usize, values: &dyn Fn(&Draw) -> [usize; 2]| {
            let mut stream = rng::stream(0, "augmentation", 0);
            let mut found = vec![[0; 2]; count];
            for _ in 0..1000 * count {
                let [first, second] = values(&Draw::new(1.0, false, &mut stream));
                found[first][0] += 1;
                found[second][1] += 1;
            }
            assert!(found.as_flattened().iter().all(|seen: &i32| (seen - 1000).abs() < 190), "{found:?}");
        };
        uniform(17, &|draw| {
            let Shift { down, right } = shift([64, 64], TRANSLATION_SHARE, draw.translation.expect("a translation"));
            [down, right].map(|shift| usize::try_from(shift + 8).expect("at least -8"))
        });
        uniform(65, &|draw| {
            let hole = hole([64, 64], CUTOUT_SHARE, draw.cutout.expect("a cutout"));
            // The middle of a hole of 32 pixels is found from a side that is not clipped.
            let middle = |first: usize, last: usize| if first > 0 { first + 16 } else { last - 16 };
            [middle(hole.top, hole.bottom), middle(hole.left, hole.right)]
        });
    }

    /// Of 10,000 images 3,000 ± 46 get each change and 900 ± 29 get each pair of changes; the tolerance is four
    /// standard deviations.
    #[test]
    fn changes_are_made_independently_with_the_probability() {
        let mut stream = rng::stream(0, "augmentation", 0);
        let mut together = [[0i32; 5]; 5];
        for _ in 0..10_000 {
            let draw = Draw::new(0.3, false, &mut stream);
            let colour = [draw.brightness.is_some(), draw.saturation.is_some(), draw.contrast.is_some()];
            let made = [colour[0], colour[1], colour[2], draw.translation.is_some(), draw.cutout.is_some()];
            for (first, row) in together.iter_mut().enumerate() {
                for (second, count) in row.iter_mut().enumerate() {
                    *count += i32::from(made[first] && made[second]);
                }
            }
        }
        for (first, row) in together.iter().enumerate() {
            for (second, count) in row.iter().enumerate() {
                let (expected, room) = if first == second { (3000, 184) } else { (900, 115) };
                assert!((count - expected).abs() < room, "{together:?}");
            }
        }
    }

    /// An image that is changed at some probability is changed in the same way at a larger one.
    #[test]
    fn a_larger_probability_changes_more_images_and_none_otherwise() {
        let made = |probability| {
            let mut stream = rng::stream(0, "augmentation", 0);
            (0..500).map(|_| Draw::new(probability, false, &mut stream).cutout).collect::<Vec<_>>()
        };
        let (fewer, more) = (made(0.2), made(0.6));
        assert!(fewer.iter().zip(&more).all(|(fewer, more)| fewer.is_none() || fewer == more));
        assert!(fewer.iter().flatten().count() < more.iter().flatten().count());
    }
}
