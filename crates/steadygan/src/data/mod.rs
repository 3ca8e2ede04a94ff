//! Real images: where they come from, and how they become equal squares of bytes.
//!
//! A source (the embedded set, a folder, a file) is read by the first door that knows it. Whatever
//! the door, every image is turned upright, cropped to its centre square, composed over the background,
//! resized (Lanczos, antialiased) unless it already fits, and held as `u8` in NCHW order. Then a share is
//! held out by content. The result is a pure function of the plan and the bytes read: neither the number
//! of threads nor the order in which a directory lists its files matters.
//!
//! To add a source: one new file with a `Door`, and one line in `DOORS`.

mod decode;
mod embedded;
mod encoded;
mod fill;
mod fit;
mod folder;
mod holdout;
mod idx;
pub mod npy;
mod order;

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
pub use order::{Order, first_shown, gather};

/// What is to be read and how, with nothing implicit left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataPlan {
    /// `"embedded"` (alias `"fashion"`), or the path of a folder of images or of an IDX file.
    pub source: String,
    /// Height and width of the images, in pixels.
    pub size: usize,
    /// 1 (grey) or 3 (colour); `None` is grey if every image is grey, otherwise colour.
    pub channels: Option<usize>,
    /// The share in [0, 1) of the images that is never trained on.
    pub holdout: f64,
    /// The colour (red, green, blue) behind transparent pixels.
    pub background: [u8; 3],
    /// Whether the trainer mirrors half of the images it shows (see [`gather`]).
    pub flip: bool,
}

/// Square images of one size, held as bytes in NCHW order: all rows of the first channel, then the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// 1 (grey) or 3 (red, green, blue).
    pub channels: usize,
    /// Height and width in pixels.
    pub size: usize,
    /// `count × channels × size × size` bytes.
    pub pixels: Vec<u8>,
    /// The class of each image, an index into [`Dataset::class_names`].
    pub classes: Option<Vec<u32>>,
}

impl Images {
    /// How many images there are.
    pub fn count(&self) -> usize {
        self.pixels.len() / self.image_len()
    }

    /// The bytes of image `index`, `channels × size × size`.
    ///
    /// # Panics
    /// If there is no such image.
    pub fn image(&self, index: usize) -> &[u8] {
        &self.pixels[index * self.image_len()..][..self.image_len()]
    }

    fn image_len(&self) -> usize {
        self.channels * self.size * self.size
    }

    /// Keeps the images for which `keep` says so, in place and in order.
    fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        let (count, len) = (self.count(), self.image_len());
        let mut kept = 0;
        for index in (0..count).filter(|&index| keep(index)) {
            self.pixels.copy_within(index * len..(index + 1) * len, kept * len);
            if let Some(classes) = &mut self.classes {
                classes[kept] = classes[index];
            }
            kept += 1;
        }
        self.pixels.truncate(kept * len);
        self.pixels.shrink_to_fit();
        if let Some(classes) = &mut self.classes {
            classes.truncate(kept);
        }
    }
}

/// An image that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Its path inside the source, with `/` between folders.
    pub name: String,
    /// Why, as the end of a sentence that begins with the name.
    pub why: String,
}

/// Images to train on, images held out, and where they come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// A short name fit for a file name: letters, digits, `-` and `_`.
    pub name: String,
    /// The images to train on; never empty.
    pub train: Images,
    /// The images never trained on; empty only if the plan's share is 0.
    pub holdout: Images,
    /// What each class is called; empty when the source has no classes.
    pub class_names: Vec<String>,
    /// What was not read, in the order of names.
    pub skipped: Vec<Skipped>,
    /// SHA-256 (hexadecimal) over channels, size, pixels and classes in order, before the hold-out is
    /// taken: a resumed run notices other data by it.
    pub fingerprint: String,
}

/// What a door hands over, before the hold-out is taken.
#[derive(Debug)]
struct Loaded {
    name: String,
    images: Images,
    class_names: Vec<String>,
    skipped: Vec<Skipped>,
}

/// A kind of source.
trait Door: Sync {
    /// What it reads, for messages: "a folder of PNG or JPEG images".
    fn reads(&self) -> &'static str;
    /// Whether `source` is of this kind, judged cheaply.
    fn opens(&self, source: &str) -> bool;
    /// Reads all of it as the plan asks.
    fn read(&self, plan: &DataPlan) -> Result<Loaded>;
}

/// Every kind of source; the first that opens one reads it.
const DOORS: &[&dyn Door] = &[&embedded::Embedded, &folder::Folder, &idx::Idx];

/// Reads the plan's source.
///
/// # Errors
/// If the source is missing, of no known kind, damaged or empty, if more than a tenth of its images are
/// unreadable, if it needs more than 16 GiB of memory, if either side of the hold-out would be empty,
/// or if the plan's own numbers are out of range.
pub fn load(plan: &DataPlan) -> Result<Dataset> {
    check(plan)?;
    let Loaded { name, images, class_names, skipped } = door(&plan.source)?.read(plan)?;
    let digests = holdout::digests(&images);
    let fingerprint = holdout::fingerprint(&images, &digests);
    let (train, holdout) = holdout::split(images, &digests, plan.holdout)?;
    Ok(Dataset { name, train, holdout, class_names, skipped, fingerprint })
}

fn check(plan: &DataPlan) -> Result<()> {
    if plan.size == 0 {
        return Err(Error::recipe("data.size is 0 pixels", "set data.size to 28, 32, 48, 64, 96 or 128"));
    }
    if !matches!(plan.channels, None | Some(1 | 3)) {
        return Err(Error::recipe(
            "data.channels is neither 1 (grey) nor 3 (colour)",
            "set data.channels to 1, 3 or \"auto\"",
        ));
    }
    if !(0.0..1.0).contains(&plan.holdout) {
        return Err(Error::recipe(
            format!("data.holdout is {}, not a share from 0 to below 1", plan.holdout),
            "set data.holdout to 0.1 to hold out a tenth of the images, or to 0 for none",
        ));
    }
    Ok(())
}

fn door(source: &str) -> Result<&'static dyn Door> {
    if let Some(door) = DOORS.iter().find(|door| door.opens(source)) {
        return Ok(*door);
    }
    let known: Vec<_> = DOORS.iter().map(|door| door.reads()).collect();
    let hint = format!("give one of: {}", known.join("; "));
    Err(match std::fs::metadata(source) {
        Ok(_) => Error::data(format!("{source} is of no kind that can be read"), hint),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            Error::data(format!("there is no file or folder {source:?}"), hint)
        }
        Err(cause) => Error::io(format!("cannot open {source}"), &cause, hint),
    })
}

/// A data set's short name from its path: the last part without its extensions, everything but letters,
/// digits, `-` and `_` turned into `-`.
fn name_of(path: &Path) -> String {
    /// Long enough to recognise, short enough for a run's folder.
    const MAX_CHARS: usize = 40;
    let full = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let last = full.file_name().unwrap_or_default().to_string_lossy();
    let stem = if full.is_dir() { &last } else { last.split('.').next().unwrap_or_default() };
    let name: String =
        stem.chars().take(MAX_CHARS).map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect();
    match name.trim_matches('-') {
        "" => "data".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests;
