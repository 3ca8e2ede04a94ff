//! Packs: a source's images decoded once, for one size, in one file that opens at once.
//!
//! A pack is a SafeTensors file (docs/data.md): `images`, `u8` of N × C × size × size, and, if the images have classes,
//! `classes`, `u32` of N. The rest is JSON under one metadata key. A pack holds all readable images in order, before
//! any are held out, so that training from a pack gives the same bits as training from its source. A pack is made for
//! one size, background and fit and refused for others, because resizing an image twice gives another image. Its channels
//! are the ones that `data.channels = "auto"` gives; grey and colour images follow from them exactly.
//!
//! A pack is refused once its source has changed. Because a pack may come from a stranger, its path to its source is
//! followed only near the pack or in the current folder; anywhere else there is only a warning (`stamp`).

mod stamp;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, Metadata as Header, TensorInfo};
use serde::{Deserialize, Serialize};
use steadygan_run::write_atomically_with;

use super::classes::Classes;
use super::contents::{Naming, SourceImages};
use super::holdout::{digests, fingerprint};
use super::source::{DAMAGED_HINT, file_name, head, is_file_named, open, short_name};
use super::{BATCH_BYTES, Contents, DataPlan, Door, Fit, Images, Sink, UnreadableImage, find_door};
use crate::error::{Error, Result};
use crate::names::printable;
use stamp::Stamp;

/// The version of the format that a pack is written in if it was cropped, so that older programs read it too.
const FORMAT_VERSION: u32 = 1;

/// The version that a pack with another [`Fit`] is written in, and the last that is read.
const LAST_VERSION: u32 = 2;

/// The only key in the metadata.
const METADATA_KEY: &str = "steadygan-pack";

/// The ending of a pack's file name.
const SUFFIX: &str = ".pack.safetensors";

/// A longer header is refused (64 MiB). It is not short, because it names every unreadable image, up to a tenth of all.
const MAX_HEADER_BYTES: u64 = 64 << 20;

/// Everything in a pack except the tensors.
#[derive(Debug, Serialize, Deserialize)]
struct Metadata {
    format_version: u32,
    /// The data set's short name.
    name: String,
    background: [u8; 3],
    #[serde(default, skip_serializing_if = "Fit::is_crop")]
    fit: Fit,
    source: Stamp,
    class_names: Vec<String>,
    skipped: Vec<UnreadableImage>,
    /// The [`Dataset::fingerprint`](super::Dataset::fingerprint) of the pack's images and classes.
    fingerprint: String,
}

/// A pack that was written.
#[derive(Debug)]
pub struct PackSummary {
    /// The pack's file.
    pub path: PathBuf,
    /// How many images it holds.
    pub images: usize,
    /// The images that could not be read.
    pub skipped: Vec<UnreadableImage>,
    /// Sentences that warn the user about the source.
    pub warnings: Vec<String>,
}

/// Packs the plan's source for the plan's size, background and fit, into `out` or beside the source as
/// `NAME-SIZEpx.pack.safetensors`, where NAME is the source's name with its ending.
///
/// # Errors
/// As [`load`](super::load); if the source is no file or folder, is a pack, or changes while it is read; if the pack
/// cannot be written; if it would overwrite a file that is not a pack, or, without `out`, the pack of another source or
/// for another plan.
pub fn pack(plan: &DataPlan, out: Option<&Path>) -> Result<PackSummary> {
    let plan = DataPlan { channels: None, holdout: 0.0, ..plan.clone() };
    super::check_plan(&plan)?;
    let door = find_door(&plan.source)?;
    if door.files(&plan.source, 1).is_empty() || Pack.recognises(&plan.source) {
        let message = format!("{} needs no pack: it opens at once", plan.source);
        return Err(Error::data(message, "give a folder or a file of images"));
    }
    let source = Path::new(&plan.source);
    let path = out.map_or_else(|| default_path(source, plan.size), Path::to_owned);
    let stamp = Stamp::new(door, &plan.source, &path)?;
    check_overwrite(&path, &stamp, &plan, out.is_some())?;
    let source_images = super::read(&plan)?;
    source_images.check_readable(&plan.source)?;
    if stamp != Stamp::new(door, &plan.source, &path)? {
        let message = format!("{} was changed while it was read", plan.source);
        return Err(Error::data(message, "pack it again when nothing writes to it"));
    }
    write(&path, &source_images, &plan, stamp)?;
    let SourceImages { images, skipped, warnings, .. } = source_images;
    Ok(PackSummary { path, images: images.count(), skipped, warnings })
}

/// The default path of a source's pack. The name keeps the source's ending, so that `photos/` and `photos.zip` have
/// different packs.
fn default_path(source: &Path, size: usize) -> PathBuf {
    let source = source.canonicalize().unwrap_or_default();
    source.with_file_name(format!("{}-{size}px{SUFFIX}", file_name(&source)))
}

/// Refuses to overwrite anything but a pack, because the file could be the source itself or one of its images. Unless
/// the user `named` the file, it has to be a pack of the same source for the same plan.
fn check_overwrite(path: &Path, source: &Stamp, plan: &DataPlan, named: bool) -> Result<()> {
    if !path.is_file() {
        return Ok(());
    }
    let taken = |by: &str| {
        let message = format!("{} is there already and is {by}", path.display());
        Err(Error::data(message, "name a new file with --out, so that nothing is overwritten"))
    };
    match open(path).and_then(|mut file| read_header(path, &mut file)) {
        Err(_) => taken("no pack"),
        Ok(_) if named => Ok(()),
        Ok((metadata, _)) if !metadata.source.is_same_place(source) => taken("the pack of another source"),
        Ok((metadata, _)) if metadata.background != plan.background => taken("the pack for another data.background"),
        Ok((metadata, _)) if metadata.fit != plan.fit => taken("the pack for another data.fit"),
        Ok((_, [.., size])) if size != plan.size => taken("the pack for another data.size"),
        Ok(_) => Ok(()),
    }
}

fn write(path: &Path, source_images: &SourceImages, plan: &DataPlan, source: Stamp) -> Result<()> {
    let SourceImages { name, images, class_names, skipped, digests, .. } = source_images;
    let metadata = Metadata {
        format_version: if plan.fit.is_crop() { FORMAT_VERSION } else { LAST_VERSION },
        name: name.clone(),
        background: plan.background,
        fit: plan.fit,
        source,
        class_names: class_names.clone(),
        skipped: skipped.clone(),
        fingerprint: fingerprint(images, digests),
    };
    let metadata = serde_json::to_string(&metadata).expect("metadata is plain data");
    let classes: Vec<u8> = images.classes.iter().flatten().flat_map(|class| class.to_le_bytes()).collect();
    let mut tensors = Vec::new();
    if images.classes.is_some() {
        tensors.push(("classes".to_owned(), info(Dtype::U32, vec![images.count()], 0..classes.len())));
    }
    let shape = vec![images.count(), images.channels, images.size, images.size];
    let end = classes.len() + images.pixels.len();
    tensors.push(("images".to_owned(), info(Dtype::U8, shape, classes.len()..end)));
    let header = Header::new(Some(HashMap::from([(METADATA_KEY.to_owned(), metadata)])), tensors);
    let header = header.expect("the tensors lie one behind the other");
    let mut header = serde_json::to_vec(&header).expect("a header is plain data");
    header.resize(header.len().next_multiple_of(size_of::<u64>()), b' ');
    write_atomically_with(path, |file| {
        file.write_all(&(header.len() as u64).to_le_bytes())?;
        file.write_all(&header)?;
        file.write_all(&classes)?;
        file.write_all(&images.pixels)
    })
    .map_err(|error| Error::from(error).with_hint("choose a file that can be written: --out FILE"))
}

fn info(dtype: Dtype, shape: Vec<usize>, range: std::ops::Range<usize>) -> TensorInfo {
    TensorInfo { dtype, shape, data_offsets: (range.start, range.end) }
}

/// Opens packs, by name (`.safetensors`) or by content.
pub(super) struct Pack;

impl Door for Pack {
    fn description(&self) -> &'static str {
        "a pack (.pack.safetensors)"
    }

    fn recognises(&self, source: &str) -> bool {
        let path = Path::new(source);
        // A SafeTensors header is a length below 2³², then JSON.
        let begins = || head(path).is_ok_and(|head| head.get(4..10) == Some(b"\0\0\0\0{\""));
        is_file_named(path, &[".safetensors"]) || path.is_file() && begins()
    }

    fn read(&self, plan: &DataPlan, sink: &mut dyn Sink) -> Result<Contents> {
        let path = Path::new(&plan.source);
        let mut file = open(path)?;
        let (metadata, shape) = read_header(path, &mut file)?;
        let [count, channels, size] = shape;
        check_fits(&plan.source, size, &metadata, plan)?;
        let warnings = metadata.source.check(path, plan)?.into_iter().collect();

        let damaged = |why: &str| Error::data(format!("{} {why}", plan.source), DAMAGED_HINT);
        let failed = |cause: io::Error| damaged(&format!("cannot be read: {}", steadygan_run::reason(&cause)));
        let has_classes = !metadata.class_names.is_empty();
        let mut classes = vec![0; if has_classes { count * size_of::<u32>() } else { 0 }];
        file.read_exact(&mut classes).map_err(failed)?;
        let classes: Vec<u32> = classes.as_chunks().0.iter().map(|class| u32::from_le_bytes(*class)).collect();
        if classes.iter().any(|&class| class as usize >= metadata.class_names.len()) {
            return Err(damaged("gives an image a class that does not exist"));
        }
        let mut batch = Images { channels, size, pixels: Vec::new(), classes: None };
        let mut known = Vec::new();
        let most = (BATCH_BYTES / batch.image_len()).max(1);
        sink.expect(count)?;
        for start in (0..count).step_by(most) {
            batch.pixels.resize(most.min(count - start) * batch.image_len(), 0);
            file.read_exact(&mut batch.pixels).map_err(failed)?;
            known.extend(digests(&batch));
            sink.take(batch.count(), &|index| Ok(batch.picture(index)))?;
        }
        let all = Images { pixels: Vec::new(), classes: has_classes.then_some(classes), ..batch };
        if fingerprint(&all, &known) != metadata.fingerprint {
            return Err(damaged("does not match its fingerprint"));
        }
        // Names are made printable because a stranger may have written the pack.
        let names = metadata.class_names.iter().map(|name| printable(name)).collect();
        let skipped = metadata.skipped.iter();
        let skipped =
            skipped.map(|file| UnreadableImage { name: printable(&file.name), why: printable(&file.why) }).collect();
        let classes = all.classes.map(|by_image| Classes { by_image, names });
        let contents = Contents::new(short_name(&metadata.name), Naming::Numbers(classes));
        Ok(Contents { skipped, warnings, digests: Some((channels, known)), ..contents })
    }
}

/// Reads and checks a pack's header. Returns the metadata, and the count, channels and size of the images.
fn read_header(path: &Path, file: &mut File) -> Result<(Metadata, [usize; 3])> {
    let what = path.display();
    let foreign = |why: &str| {
        let hint = "make a pack with: steadygan data pack PATH";
        Error::data(format!("{what} is no pack of images, or is damaged: {why}"), hint)
    };
    let mut length = [0; size_of::<u64>()];
    let short = |_| foreign("its header is not complete");
    file.read_exact(&mut length).map_err(short)?;
    let length = u64::from_le_bytes(length);
    if length > MAX_HEADER_BYTES {
        return Err(foreign("its header is larger than any pack's"));
    }
    let mut json = Vec::new();
    file.take(length).read_to_end(&mut json).map_err(short)?;
    let header: Header = serde_json::from_slice(&json).map_err(|cause| foreign(&cause.to_string()))?;
    let metadata = header.metadata().as_ref().and_then(|metadata| metadata.get(METADATA_KEY));
    let metadata = metadata.ok_or_else(|| foreign(&format!("its metadata has no key `{METADATA_KEY}`")))?;
    check_version(metadata, path)?;
    let metadata: Metadata = serde_json::from_str(metadata).map_err(|cause| foreign(&cause.to_string()))?;

    let announced = size_of::<u64>() as u64 + length + header.data_len() as u64;
    let held = file.metadata().map_or(0, |metadata| metadata.len());
    if held != announced {
        return Err(Error::data(format!("{what} announces {announced} bytes, but holds {held}"), DAMAGED_HINT));
    }
    let misshapen = || foreign("its tensors are not those of a pack");
    let images = header.info("images").filter(|images| images.dtype == Dtype::U8).ok_or_else(misshapen)?;
    let [count, channels @ (1 | 3), size, width] = images.shape[..] else { return Err(misshapen()) };
    let classes = header.info("classes").map(|classes| (classes.dtype, classes.shape.clone()));
    let expected = (!metadata.class_names.is_empty()).then(|| (Dtype::U32, vec![count]));
    // The reader expects the classes first; then the images are the last tensor in the file.
    let last = images.data_offsets.1 == header.data_len();
    if width != size || size == 0 || count == 0 || classes != expected || !last {
        return Err(misshapen());
    }
    Ok((metadata, [count, channels, size]))
}

/// Checks the version before the rest of the metadata is parsed, because its form depends on the version.
fn check_version(json: &str, path: &Path) -> Result<()> {
    #[derive(Deserialize)]
    struct Version {
        format_version: u32,
    }
    match serde_json::from_str::<Version>(json) {
        Ok(Version { format_version }) if !(FORMAT_VERSION..=LAST_VERSION).contains(&format_version) => {
            Err(Error::data(
                format!(
                    "{} has format version {format_version}, this program reads {FORMAT_VERSION} and {LAST_VERSION}",
                    path.display()
                ),
                "pack the source again with this program: steadygan data pack PATH",
            ))
        }
        _ => Ok(()),
    }
}

/// Refuses a pack that was made for another size, background or fit.
fn check_fits(what: &str, size: usize, metadata: &Metadata, plan: &DataPlan) -> Result<()> {
    let again = |key: &str| {
        let command = metadata.source.command(Path::new(what), plan);
        format!("ask for {key}, or pack the source again: {command}")
    };
    if size != plan.size {
        let message = format!("{what} was packed for data.size = {size}, not {}", plan.size);
        return Err(Error::data(message, again(&format!("--set data.size={size}"))));
    }
    if metadata.background != plan.background {
        let (was, is) = (metadata.background, plan.background);
        let message = format!("{what} was packed for data.background = {was:?}, not {is:?}");
        return Err(Error::data(message, again("that background")));
    }
    if metadata.fit != plan.fit {
        let (was, is) = (metadata.fit.word(), plan.fit.word());
        let message = format!("{what} was packed for data.fit = \"{was}\", not \"{is}\"");
        return Err(Error::data(message, again(&format!("--set data.fit={was}"))));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
