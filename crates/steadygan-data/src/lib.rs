//! Real images: reads them from a source and turns them into `u8` squares of one size. Also points of the plane,
//! drawn from named [mixtures](mixture).
//!
//! A `Door` reads one kind of source (the embedded set, a folder, an archive, a file); the first door that recognises
//! a source reads it. Then every image is turned upright, made square (by default cropped), composed over the
//! background, resized (Lanczos, antialiased) unless it already has the right size, and held as `u8` in NCHW order.
//! Last, a share of the images is held out; which ones depends on their content and classes alone. The result is a pure function
//! of the plan and the bytes read: neither the number of threads nor the order in which a directory lists its files
//! matters.
//!
//! To add a source: write one new file with a `Door`, and add one line to `DOORS`.

mod archive;
mod array;
mod cifar;
mod classes;
mod collector;
mod contents;
mod conversion;
mod decode;
mod digits;
mod embedded;
mod encoded;
mod facts;
mod folder;
mod holdout;
mod idx;
mod images;
mod inspect;
mod jpeg;
mod labels;
pub mod mixture;
mod name;
pub mod npy;
mod npz;
mod number;
mod order;
mod origins;
mod outputs;
mod pack;
mod samples;
mod signature;
mod source;
mod square;
mod stacked;
mod tarball;
mod zip;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use image::DynamicImage;
use serde::{Deserialize, Serialize};

use steadygan_base::{class, error, files, names, pixels, rng};

use crate::error::{Error, Result};
use collector::ImageCollector;
use contents::{Contents, SourceImages};
pub use facts::DataFacts;
pub use holdout::digests;
pub use images::Images;
pub use inspect::{ClassCount, Inspection, KindCount, SizeCount, inspect};
pub use mixture::{Mixture, require_images, sample_shape};
use name::Name;
pub use order::shuffle;
pub use order::{Order, first_training_samples};
pub use origins::{Origins, load_with_origins};
pub use outputs::would_be_data;
pub use pack::{PackSummary, pack};
pub use samples::Samples;
use signature::Signature;
pub use source::source_in;
pub use square::{Fit, luma};
pub use stacked::is_stacked;

/// Which source to read and how; every setting is explicit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataPlan {
    /// `"embedded"` (alias `"fashion"`), the name of a [`Mixture`], or the path of anything that a door reads:
    /// a folder or an archive of images, a file of arrays, a pack.
    pub source: String,
    /// Height and width of the images, in pixels; 1 for points.
    pub size: usize,
    /// 1 (grey) or 3 (colour); `None` is grey if every image is grey, otherwise colour. 2 for points.
    pub channels: Option<usize>,
    /// The share in [0, 1) of the images that is held out, never trained on. For a mixture, the held-out points are
    /// extra draws: this share times the number of training points.
    pub holdout: f64,
    /// The colour (red, green, blue) behind transparent pixels, and beside padded images.
    pub background: [u8; 3],
    /// How an image that is not square becomes one.
    #[serde(default, skip_serializing_if = "Fit::is_crop")]
    pub fit: Fit,
    /// Whether the trainer mirrors each real image with probability ½ (see [`Samples::gather`]).
    pub flip: bool,
}

/// An image that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadableImage {
    /// Its path inside the source, with `/` between folders.
    pub name: String,
    /// Why it could not be read, as the end of a sentence that begins with the name.
    pub why: String,
}

/// Samples to train on, samples held out, and where they come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// A short name fit for a file name: letters, digits, `-` and `_`.
    pub name: String,
    /// The samples to train on; never empty.
    pub train: Samples,
    /// The held-out samples, of the same kind and shape; empty only if the plan's share is 0.
    pub holdout: Samples,
    /// The name of each class; empty when the source has no classes.
    pub class_names: Vec<String>,
    /// The images that could not be read, ordered by name.
    pub skipped: Vec<UnreadableImage>,
    /// Sentences that warn the user about the source, for example that a [`pack`] may be stale.
    pub warnings: Vec<String>,
    /// SHA-256 (hexadecimal) over channels, size, pixels and classes in order, before images are held out; for points,
    /// over the coordinates of the training points. A resumed run compares it to notice that the data changed.
    pub fingerprint: String,
}

impl Dataset {
    /// A data set of samples that a program or a test has made. It has no class names, no skipped images, no warnings,
    /// and an empty fingerprint.
    pub fn from_samples(name: impl Into<String>, train: impl Into<Samples>, holdout: impl Into<Samples>) -> Self {
        Self {
            name: name.into(),
            train: train.into(),
            holdout: holdout.into(),
            class_names: Vec::new(),
            skipped: Vec::new(),
            warnings: Vec::new(),
            fingerprint: String::new(),
        }
    }
}

/// Reads or decodes the image with the given number, on any thread. The error is the end of a sentence that begins
/// with the image's name.
type MakeImage<'a> = dyn Fn(usize) -> Result<DynamicImage, String> + Sync + 'a;

/// Receives the images that a door reads.
trait Sink {
    /// Announces `count` more images, so that the sink can reserve memory. A door calls it if it knows the count.
    fn expect(&mut self, count: usize) -> Result<()>;
    /// Takes the next `count` images; `image(i)`, with `i` below `count`, makes the i-th of them.
    fn take(&mut self, count: usize, image: &MakeImage<'_>) -> Result<()>;
}

/// The reader of one kind of source.
trait Door: Sync {
    /// The kind of source, in messages: "a folder of images".
    fn description(&self) -> &'static str;
    /// Whether `source` is of this kind; a cheap check.
    fn recognises(&self, source: &str) -> bool;
    /// Passes all images of the plan's source to `sink`, not yet resized, in one batch or in many; returns their
    /// names and classes.
    fn read(&self, plan: &DataPlan, sink: &mut dyn Sink) -> Result<Contents>;
    /// The names and paths of the files that the images come from; a [`pack`] is stale when one of them changes. A
    /// door may stop listing after `most` files.
    fn files(&self, source: &str, _most: usize) -> Vec<(Name, PathBuf)> {
        let path = Path::new(source);
        vec![(source::file_name(path).into(), path.to_owned())]
    }
}

/// Doors that stream a source pass images on in batches of about this many bytes (16 MiB).
const BATCH_BYTES: usize = 16 << 20;

/// Every kind of source; the first door that recognises a source reads it.
const DOORS: &[&dyn Door] = &[
    &embedded::Embedded,
    &stacked::Stacked,
    &pack::Pack,
    &cifar::Cifar,
    &npz::Npz,
    &array::Npy,
    &zip::Zip,
    &tarball::Tar,
    &idx::Idx,
    &digits::Digits,
    &folder::Folder,
];

/// Reads the plan's source.
///
/// # Errors
/// If the source is missing, of no known kind, damaged or empty, if more than a tenth of its images are
/// unreadable, if it needs more than 16 GiB of memory, if all images are equal although `holdout` is above 0, or if the
/// plan's own numbers are out of range.
pub fn load(plan: &DataPlan) -> Result<Dataset> {
    if let Some(mixture) = Mixture::named(&plan.source) {
        return mixture.dataset(plan);
    }
    check_plan(plan)?;
    into_dataset(read(plan)?, plan)
}

/// Reads and resizes all readable images of the plan's source.
fn read(plan: &DataPlan) -> Result<SourceImages> {
    let mut collector = ImageCollector::new(plan);
    let contents = find_door(&plan.source)?.read(plan, &mut collector)?;
    SourceImages::new(contents, collector.finish())
}

/// Splits off the held-out set, or gives an error if too few images could be read.
fn into_dataset(source_images: SourceImages, plan: &DataPlan) -> Result<Dataset> {
    source_images.check_readable(&plan.source)?;
    let SourceImages { name, images, class_names, skipped, mut warnings, digests } = source_images;
    let fingerprint = holdout::fingerprint(&images, &digests);
    let (train, holdout) = holdout::split(images, &digests, plan.holdout)?;
    warnings.extend(warning_of_untrained(&train, &class_names));
    Ok(Dataset { name, train: train.into(), holdout: holdout.into(), class_names, skipped, warnings, fingerprint })
}

/// The warning about classes without an image to train on, if there are any.
fn warning_of_untrained(train: &Images, class_names: &[String]) -> Option<String> {
    let trained: BTreeSet<u32> = train.classes.iter().flatten().copied().collect();
    let untrained: Vec<&String> =
        class_names.iter().zip(0..).filter(|(_, class)| !trained.contains(class)).map(|(name, _)| name).collect();
    let named = || format!("no image to train on is of the class {}", name::listed(untrained.iter(), ", "));
    (!untrained.is_empty()).then(named)
}

fn check_plan(plan: &DataPlan) -> Result<()> {
    require_images(&plan.source)?;
    if plan.size == 0 {
        return Err(Error::recipe("data.size is 0 pixels", "set data.size to 28, 32, 48, 64, 96 or 128"));
    }
    if !matches!(plan.channels, None | Some(1 | 3)) {
        return Err(Error::recipe(
            "data.channels is neither 1 (grey) nor 3 (colour)",
            "set data.channels to 1, 3 or \"auto\"",
        ));
    }
    check_holdout(plan.holdout)
}

fn check_holdout(share: f64) -> Result<()> {
    if (0.0..1.0).contains(&share) {
        return Ok(());
    }
    Err(Error::recipe(
        format!("data.holdout is {share}, not a share from 0 to below 1"),
        "set data.holdout to 0.1 to hold out a tenth of the images, or to 0 for none",
    ))
}

/// The first door that recognises the source.
fn find_door(source: &str) -> Result<&'static dyn Door> {
    if let Some(door) = DOORS.iter().find(|door| door.recognises(source)) {
        return Ok(*door);
    }
    if let Some(error) = error_for_content(source) {
        return Err(error);
    }
    let known: Vec<_> = DOORS.iter().map(|door| door.description()).chain(["\"ring\" or \"grid\" (points)"]).collect();
    let hint = format!("give one of: {}", known.join("; "));
    Err(match std::fs::metadata(source) {
        Ok(_) => Error::data(format!("{source} is of no kind that can be read"), hint),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            let hint = source::hint_for_words(source).map_or(hint, str::to_owned);
            Error::data(format!("there is no file or folder {source:?}"), hint)
        }
        Err(cause) => Error::io(format!("cannot open {source}"), &cause, hint),
    })
}

/// The error for a file that is no data set by itself, if its first bytes tell what it is.
fn error_for_content(source: &str) -> Option<Error> {
    let path = Path::new(source);
    let head = path.is_file().then(|| source::head(path).ok()).flatten()?;
    Some(match Signature::of(&head)? {
        Signature::Parquet => Error::data(
            format!("{source} is a Parquet table, which is not read"),
            "write its images to a folder, an archive or a .npz, and give that",
        ),
        // The name has to agree, because text may begin like an image.
        Signature::Decoded(_) | Signature::Foreign(_) if encoded::is_named_image(source) => {
            Error::data(format!("{source} is one image"), "give the folder or the archive that holds the images")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
