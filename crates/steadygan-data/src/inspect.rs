//! Describes a source's images as they are before they are cropped and resized, and loads it too.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use image::{ColorType, DynamicImage};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::contents::{Loaded, Naming};
use super::fill::Fill;
use super::{DataPlan, Dataset, Make, Sink, Skipped, check, divide, door};
use crate::error::Result;

/// What a source holds.
#[derive(Debug, Serialize)]
pub struct Inspection {
    /// The source as the user gave it.
    pub source: String,
    /// The kind of source it was read as.
    pub kind: &'static str,
    /// How many images can be read.
    pub images: usize,
    /// The images that cannot be read, by name.
    pub unreadable: Vec<Skipped>,
    /// The sizes found, the most frequent first.
    pub sizes: Vec<SizeCount>,
    /// The kinds of pixels found, the most frequent first.
    pub channels: Vec<KindCount>,
    /// The lowest and the highest level of all channels except alpha, in 8 bits.
    pub levels: Option<[u8; 2]>,
    /// The names of images that have one colour everywhere.
    pub constant: Vec<String>,
    /// The names of images that are equal pixel by pixel, in groups.
    pub duplicates: Vec<Vec<String>>,
    /// The classes and their sizes.
    pub classes: Vec<ClassCount>,
    /// How many images are not square; only their centre square is used.
    pub cropped: usize,
    /// How many images have a shorter side below the plan's size.
    pub enlarged: usize,
    /// How many images have a shorter side above the plan's size.
    pub shrunk: usize,
}

/// How many images have a size.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct SizeCount {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Images of that size.
    pub images: usize,
}

/// How many images have pixels of a kind.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct KindCount {
    /// `grey` or `colour`, then `with alpha` if there is alpha, then `16 bits` if levels have more than 8 bits.
    pub kind: String,
    /// Images of that kind.
    pub images: usize,
}

/// How many images a class has.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct ClassCount {
    /// The class's name.
    pub name: String,
    /// Its images.
    pub images: usize,
}

/// Inspects the plan's source. Also returns the result that [`load`](super::load) would give for it.
///
/// # Errors
/// If the source as a whole cannot be read, or the plan's own numbers are out of range.
pub fn inspect(plan: &DataPlan) -> Result<(Inspection, Result<Dataset>)> {
    check(plan)?;
    let door = door(&plan.source)?;
    let mut survey = Survey { fill: Fill::new(plan), looks: Vec::new() };
    let contents = door.read(plan, &mut survey)?;
    let Survey { fill, looks } = survey;
    let mut seen: Vec<(String, Look)> = Vec::new();
    for (index, look) in looks.into_iter().enumerate() {
        seen.extend(look.map(|look| (contents.naming.name(index), look)));
    }
    if matches!(contents.naming, Naming::Files(_)) {
        seen.sort_by(|a, b| a.0.cmp(&b.0));
    }
    let loaded = Loaded::new(contents, fill.finish());
    let inspection = Inspection::new(plan, door.reads(), &seen, &loaded);
    Ok((inspection, divide(loaded, plan)))
}

impl Inspection {
    fn new(plan: &DataPlan, kind: &'static str, seen: &[(String, Look)], loaded: &Loaded) -> Self {
        let looks = || seen.iter().map(|(_, look)| look);
        let count = |which: fn(&Look, u32) -> bool| looks().filter(|look| which(look, plan.size as u32)).count();
        let mut equal: BTreeMap<[u8; 32], Vec<String>> = BTreeMap::new();
        for (name, look) in seen {
            equal.entry(look.digest).or_default().push(name.clone());
        }
        let mut duplicates: Vec<Vec<String>> = equal.into_values().filter(|group| group.len() > 1).collect();
        duplicates.sort();
        let constant = seen.iter().filter(|(_, look)| look.constant).map(|(name, _)| name.clone());
        let sizes = tally(looks().map(|look| (look.width, look.height)));
        let kinds = tally(looks().map(|look| look.kind));
        let mut of_class = vec![0; loaded.class_names.len()];
        for &class in loaded.images.classes.iter().flatten() {
            of_class[class as usize] += 1;
        }
        let classes = loaded.class_names.iter().zip(of_class);
        Self {
            source: plan.source.clone(),
            kind,
            images: loaded.images.count(),
            unreadable: loaded.skipped.clone(),
            sizes: sizes.into_iter().map(|((width, height), images)| SizeCount { width, height, images }).collect(),
            channels: kinds.into_iter().map(|(kind, images)| KindCount { kind: name_of(kind), images }).collect(),
            levels: looks().map(|look| look.levels).reduce(|[a, b], [c, d]| [a.min(c), b.max(d)]),
            constant: constant.collect(),
            duplicates,
            classes: classes.map(|(name, images)| ClassCount { name: name.clone(), images }).collect(),
            cropped: count(|look, _| look.width != look.height),
            enlarged: count(|look, size| look.width.min(look.height) < size),
            shrunk: count(|look, size| look.width.min(look.height) > size),
        }
    }
}

/// Counts how often each value occurs, the most frequent first.
fn tally<T: Ord>(values: impl Iterator<Item = T>) -> Vec<(T, usize)> {
    let mut counts = BTreeMap::new();
    values.for_each(|value| *counts.entry(value).or_insert(0) += 1);
    let mut counts: Vec<(T, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    counts
}

/// A kind of pixel: whether it has colour, whether it has alpha, whether its levels have more than 8 bits.
type Kind = [bool; 3];

fn name_of([colour, alpha, deep]: Kind) -> String {
    let parts = [if colour { "colour" } else { "grey" }, if alpha { " with alpha" } else { "" }];
    parts.concat() + if deep { ", 16 bits" } else { "" }
}

/// What inspection records about one image.
#[derive(Debug)]
struct Look {
    width: u32,
    height: u32,
    kind: Kind,
    levels: [u8; 2],
    constant: bool,
    digest: [u8; 32],
}

impl Look {
    fn at(image: &DynamicImage) -> Self {
        let (color, bytes) = (image.color(), image.as_bytes());
        let bytes_per_pixel = usize::from(color.bytes_per_pixel());
        let first = bytes.get(..bytes_per_pixel).unwrap_or_default();
        let mut hash = Sha256::new_with_prefix(format!("{} {} {color:?} ", image.width(), image.height()));
        hash.update(bytes);
        let levels = match color {
            ColorType::L8 | ColorType::Rgb8 => range(bytes.iter()),
            ColorType::La8 | ColorType::Rgba8 => {
                range(bytes.chunks_exact(bytes_per_pixel).flat_map(|pixel| &pixel[..bytes_per_pixel - 1]))
            }
            _ => range(image.to_rgb8().as_raw().iter()),
        };
        Self {
            width: image.width(),
            height: image.height(),
            kind: [color.has_color(), color.has_alpha(), color.bytes_per_pixel() > color.channel_count()],
            levels,
            constant: bytes.chunks_exact(bytes_per_pixel).all(|pixel| pixel == first),
            digest: hash.finalize().into(),
        }
    }
}

/// The lowest and the highest level.
fn range<'a>(levels: impl Iterator<Item = &'a u8>) -> [u8; 2] {
    levels.fold([u8::MAX, u8::MIN], |[least, greatest], &level| [least.min(level), greatest.max(level)])
}

/// Records a [`Look`] of each image and passes the image on to [`Fill`].
struct Survey<'a> {
    fill: Fill<'a>,
    /// In the order taken; `None` for an image that cannot be read.
    looks: Vec<Option<Look>>,
}

impl Sink for Survey<'_> {
    fn expect(&mut self, count: usize) -> Result<()> {
        self.fill.expect(count)
    }

    fn take(&mut self, count: usize, image: &Make<'_>) -> Result<()> {
        let looks: Vec<OnceLock<Look>> = (0..count).map(|_| OnceLock::new()).collect();
        self.fill.take(count, &|index| {
            let image = image(index)?;
            looks[index].get_or_init(|| Look::at(&image));
            Ok(image)
        })?;
        self.looks.extend(looks.into_iter().map(OnceLock::into_inner));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
