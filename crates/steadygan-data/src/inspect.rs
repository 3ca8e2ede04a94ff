//! Describes a source's images as they are before they are cropped and resized, and loads it too.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use image::{ColorType, DynamicImage};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::collector::ImageCollector;
use super::contents::{Naming, SourceImages};
use super::{DataPlan, Dataset, Fit, MakeImage, Sink, UnreadableImage, check_plan, find_door, into_dataset};
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
    pub unreadable: Vec<UnreadableImage>,
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
    /// Sentences that warn the user about the source.
    pub warnings: Vec<String>,
    /// How many images are not square, of which only the centre square is used.
    pub cropped: usize,
    /// How many images are not square and are padded with the background.
    pub padded: usize,
    /// How many images are not square and are stretched.
    pub stretched: usize,
    /// How many images are made larger: the shorter side, if they are padded the longer, is below the plan's size.
    pub enlarged: usize,
    /// How many images are made smaller: that side is above the plan's size.
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
    check_plan(plan)?;
    let door = find_door(&plan.source)?;
    let mut survey = Survey { collector: ImageCollector::new(plan), records: Vec::new() };
    let contents = door.read(plan, &mut survey)?;
    let Survey { collector, records } = survey;
    let mut named: Vec<(String, ImageRecord)> = Vec::new();
    for (index, record) in records.into_iter().enumerate() {
        named.extend(record.map(|record| (contents.naming.name(index), record)));
    }
    if matches!(contents.naming, Naming::Files(_)) {
        named.sort_by(|a, b| a.0.cmp(&b.0));
    }
    let source_images = SourceImages::new(contents, collector.finish())?;
    let inspection = Inspection::new(plan, door.description(), &named, &source_images);
    Ok((inspection, into_dataset(source_images, plan)))
}

impl Inspection {
    fn new(plan: &DataPlan, kind: &'static str, named: &[(String, ImageRecord)], source_images: &SourceImages) -> Self {
        let records = || named.iter().map(|(_, record)| record);
        let count = |which: &dyn Fn(&ImageRecord) -> bool| records().filter(|record| which(record)).count();
        let fitted = |fit: Fit| count(&|record| plan.fit == fit && record.width != record.height);
        let size = plan.size as u32;
        let mut equal: BTreeMap<[u8; 32], Vec<String>> = BTreeMap::new();
        for (name, record) in named {
            equal.entry(record.digest).or_default().push(name.clone());
        }
        let mut duplicates: Vec<Vec<String>> = equal.into_values().filter(|group| group.len() > 1).collect();
        duplicates.sort();
        let constant = named.iter().filter(|(_, record)| record.constant).map(|(name, _)| name.clone());
        let sizes = tally(records().map(|record| (record.width, record.height)));
        let kinds = tally(records().map(|record| record.kind));
        let mut of_class = vec![0; source_images.class_names.len()];
        for &class in source_images.images.classes.iter().flatten() {
            of_class[class as usize] += 1;
        }
        let classes = source_images.class_names.iter().zip(of_class);
        Self {
            source: plan.source.clone(),
            kind,
            images: source_images.images.count(),
            unreadable: source_images.skipped.clone(),
            sizes: sizes.into_iter().map(|((width, height), images)| SizeCount { width, height, images }).collect(),
            channels: kinds.into_iter().map(|(kind, images)| KindCount { kind: name_of(kind), images }).collect(),
            levels: records().map(|record| record.levels).reduce(|[a, b], [c, d]| [a.min(c), b.max(d)]),
            constant: constant.collect(),
            duplicates,
            classes: classes.map(|(name, images)| ClassCount { name: name.clone(), images }).collect(),
            warnings: source_images.warnings.clone(),
            cropped: fitted(Fit::Crop),
            padded: fitted(Fit::Pad),
            stretched: fitted(Fit::Stretch),
            enlarged: count(&|record| plan.fit.side(record.width, record.height) < size),
            shrunk: count(&|record| plan.fit.side(record.width, record.height) > size),
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

/// Facts about one image before it is cropped and resized.
#[derive(Debug)]
struct ImageRecord {
    width: u32,
    height: u32,
    kind: Kind,
    levels: [u8; 2],
    constant: bool,
    digest: [u8; 32],
}

impl ImageRecord {
    fn of(image: &DynamicImage) -> Self {
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

/// Keeps an [`ImageRecord`] of each image and passes the image on to the [`ImageCollector`].
struct Survey<'a> {
    collector: ImageCollector<'a>,
    /// In the order taken; `None` for an image that cannot be read.
    records: Vec<Option<ImageRecord>>,
}

impl Sink for Survey<'_> {
    fn expect(&mut self, count: usize) -> Result<()> {
        self.collector.expect(count)
    }

    fn take(&mut self, count: usize, image: &MakeImage<'_>) -> Result<()> {
        let records: Vec<OnceLock<ImageRecord>> = (0..count).map(|_| OnceLock::new()).collect();
        self.collector.take(count, &|index| {
            let image = image(index)?;
            records[index].get_or_init(|| ImageRecord::of(&image));
            Ok(image)
        })?;
        self.records.extend(records.into_iter().map(OnceLock::into_inner));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
