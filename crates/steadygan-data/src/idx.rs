//! IDX, the format of MNIST and its relatives, plain or compressed by gzip.
//!
//! The format: two zero bytes, a byte for the type, a byte for the number of dimensions, each dimension's length as a
//! big-endian `u32`, then the values with the last dimension running fastest.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use image::{DynamicImage, GrayImage};

use super::classes::{Classes, Label};
use super::collector::MAX_BYTES;
use super::contents::Naming;
use super::name::Name;
use super::source::{DAMAGED_HINT, GZIP_MAGIC, file_name, is_file_named, name_of, open};
use super::{Contents, DataPlan, Door, Sink};
use crate::error::{Error, Result};

/// The type code of unsigned bytes.
const UNSIGNED_BYTE: u8 = 0x08;
/// The other type codes: signed byte, 16- and 32-bit integer, 32- and 64-bit float.
const OTHER_TYPES: [u8; 5] = [0x09, 0x0B, 0x0C, 0x0D, 0x0E];
/// The endings of the names of MNIST's files.
const NAMES: [&str; 4] = ["idx1-ubyte", "idx3-ubyte", "idx1-ubyte.gz", "idx3-ubyte.gz"];

/// The names of MNIST's training images in its folder.
const IN_FOLDER: [&str; 2] = ["train-images-idx3-ubyte", "train-images-idx3-ubyte.gz"];

/// Opens files with an IDX header, files with an MNIST name even if the header is damaged, and folders that hold
/// MNIST's training images. The classes come from a file beside the images, if there is one, whose name has `labels`
/// and `idx1` instead of `images` and `idx3`.
pub(super) struct Idx;

impl Door for Idx {
    fn description(&self) -> &'static str {
        "an IDX file of images (.gz or not), or MNIST's folder"
    }

    fn recognises(&self, source: &str) -> bool {
        let path = &images(source);
        is_file_named(path, &NAMES) || path.is_file() && has_header(path)
    }

    fn read(&self, plan: &DataPlan, sink: &mut dyn Sink) -> Result<Contents> {
        let path = &images(&plan.source);
        let classes = labels_beside(path).as_deref().map(read_file).transpose()?;
        send_images(name_of(Path::new(&plan.source)), &read_file(path)?, classes, sink)
    }

    fn files(&self, source: &str, _: usize) -> Vec<(Name, PathBuf)> {
        let images = images(source);
        let files = labels_beside(&images).into_iter().chain([images]);
        files.map(|path| (file_name(&path).into(), path)).collect()
    }
}

/// The file of images: the source itself, or the file in the source's folder.
fn images(source: &str) -> PathBuf {
    let path = Path::new(source);
    let inside = IN_FOLDER.iter().map(|name| path.join(name)).find(|path| path.is_file());
    inside.unwrap_or_else(|| path.to_owned())
}

/// The shape and the unsigned bytes of one file.
pub(super) struct Array {
    what: String,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// Passes images (count × height × width) to `sink`, and returns their classes (count).
pub(super) fn send_images(
    name: String,
    images: &Array,
    classes: Option<Array>,
    sink: &mut dyn Sink,
) -> Result<Contents> {
    let (count, height, width) = match images.shape[..] {
        [count, height, width] if count * height * width > 0 => (count, height, width),
        _ => {
            return Err(Error::data(
                format!("{} is of shape {:?}", images.what, images.shape),
                "give a file of images: count × height × width, each at least 1",
            ));
        }
    };
    if let Some(classes) = classes.as_ref().filter(|classes| classes.shape != [count]) {
        return Err(Error::data(
            format!("{} holds {count} images, but {} is of shape {:?}", images.what, classes.what, classes.shape),
            "give images and labels that belong together, or move the labels elsewhere",
        ));
    }
    sink.take(count, &|index| {
        let pixels = images.bytes[index * height * width..][..height * width].to_vec();
        GrayImage::from_raw(width as u32, height as u32, pixels)
            .map(DynamicImage::from)
            .ok_or_else(|| "has another size than announced".to_owned())
    })?;
    let label = |byte| Label::Number(i64::from(byte));
    let labels = classes.map(|classes| classes.bytes.into_iter().map(label).collect::<Vec<_>>());
    let naming = Naming::Numbers(labels.map(|labels| Classes::from_labels(&labels)));
    Ok(Contents::new(name, naming))
}

/// Reads an IDX of unsigned bytes, called `what` in messages, decompressing it if it is gzip. It reads at most one byte
/// more than the header announces, and allocates only for bytes that it has read.
///
/// # Errors
/// If it is not an IDX of bytes, announces more than 16 GiB, or holds more or fewer bytes than it announces.
pub(super) fn read(mut source: impl BufRead, what: impl Into<String>) -> Result<Array> {
    let head = source.fill_buf().unwrap_or_default();
    if head.starts_with(&GZIP_MAGIC) {
        read_plain(MultiGzDecoder::new(source), what.into())
    } else {
        read_plain(source, what.into())
    }
}

fn read_file(path: &Path) -> Result<Array> {
    read(BufReader::new(open(path)?), path.display().to_string())
}

fn read_plain(mut source: impl Read, what: String) -> Result<Array> {
    let damaged = |why: String| Error::data(format!("{what} {why}"), DAMAGED_HINT);
    let shape = read_shape(&mut source).map_err(damaged)?;
    let announced = shape
        .iter()
        .try_fold(1, |bytes: u64, &n| bytes.checked_mul(n as u64))
        .filter(|&bytes| bytes <= MAX_BYTES)
        .ok_or_else(|| {
            damaged(format!("announces the shape {shape:?}, more than the limit of {} GiB", MAX_BYTES >> 30))
        })?;
    let mut bytes = Vec::new();
    let outcome = source.take(announced + 1).read_to_end(&mut bytes);
    let held = bytes.len() as u64;
    if let Err(cause) = outcome {
        return Err(damaged(format!("announces {announced} bytes, but cannot be read beyond {held}: {cause}")));
    }
    if held != announced {
        let at_least = if held > announced { "at least " } else { "" };
        return Err(damaged(format!("announces the shape {shape:?}, {announced} bytes, but holds {at_least}{held}")));
    }
    Ok(Array { what, shape, bytes })
}

/// Reads the header. The error is the end of a sentence that begins with the file's name.
fn read_shape(source: &mut impl Read) -> Result<Vec<usize>, String> {
    let short = |cause| format!("has no complete IDX header: {cause}");
    let mut magic = [0; 4];
    source.read_exact(&mut magic).map_err(short)?;
    let [0, 0, UNSIGNED_BYTE, dimensions] = magic else {
        return Err(format!("begins with {magic:02X?}, not with an IDX header of unsigned bytes (00, 00, 08)"));
    };
    let mut shape = Vec::new();
    for _ in 0..dimensions {
        let mut length = [0; 4];
        source.read_exact(&mut length).map_err(short)?;
        shape.push(u32::from_be_bytes(length) as usize);
    }
    Ok(shape)
}

/// Whether the file, decompressed if it is gzip, begins with an IDX header of any type.
fn has_header(path: &Path) -> bool {
    let Ok(file) = File::open(path) else {
        return false;
    };
    let mut source = BufReader::new(file);
    let mut magic = [0; 4];
    let head = source.fill_buf().unwrap_or_default();
    let read = if head.starts_with(&GZIP_MAGIC) {
        MultiGzDecoder::new(source).read_exact(&mut magic)
    } else {
        source.read_exact(&mut magic)
    };
    read.is_ok() && magic[..2] == [0, 0] && (magic[2] == UNSIGNED_BYTE || OTHER_TYPES.contains(&magic[2]))
}

/// The file of labels beside a file of images, compressed or not.
fn labels_beside(images: &Path) -> Option<PathBuf> {
    let name = file_name(images);
    if !(name.contains("images") && name.contains("idx3")) {
        return None;
    }
    let labels = name.replace("images", "labels").replace("idx3", "idx1");
    let other = match labels.strip_suffix(".gz") {
        Some(plain) => plain.to_owned(),
        None => format!("{labels}.gz"),
    };
    [labels, other].iter().map(|name| images.with_file_name(name)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests;
