//! Images in NumPy's `.npy`: N × H × W grey levels, or N × H × W × C.

use std::io::{BufReader, Read};
use std::path::Path;

use image::{DynamicImage, ImageBuffer};

use super::contents::Naming;
use super::conversion::advice;
use super::decode::MAX_PIXELS;
use super::npy::{self, Header};
use super::source::{DAMAGED_HINT, head, is_file_named, name_of, open};
use super::{BATCH_BYTES, Contents, DataPlan, Door, Sink};
use crate::error::{Error, Result};

/// 1 is grey; 2 is grey and alpha; 3 is colour; 4 is colour and alpha.
const MAX_CHANNELS: usize = 4;

/// NumPy's names for `uint8`; the byte order in front makes no difference for single bytes.
const UINT8: [&str; 4] = ["|u1", "<u1", ">u1", "u1"];

/// Opens `.npy` files of images, by name or by content.
pub(super) struct Npy;

impl Door for Npy {
    fn description(&self) -> &'static str {
        "a .npy of images (uint8, N × H × W or N × H × W × C)"
    }

    fn recognises(&self, source: &str) -> bool {
        let path = Path::new(source);
        let begins = || head(path).is_ok_and(|head| head.starts_with(npy::MAGIC));
        is_file_named(path, &[".npy"]) || path.is_file() && begins()
    }

    fn read(&self, plan: &DataPlan, sink: &mut dyn Sink) -> Result<Contents> {
        let path = Path::new(&plan.source);
        send_images(&plan.source, &mut BufReader::new(open(path)?), sink)?;
        Ok(Contents::new(name_of(path), Naming::Numbers(None)))
    }
}

/// Passes the images of a `.npy`, called `what` in messages, to `sink`, and returns their count. It reads in
/// batches, so that a false count in the header cannot allocate memory.
///
/// # Errors
/// If it holds anything but `uint8` images in C order, or more or fewer bytes than its header announces.
pub(super) fn send_images(what: &str, mut source: &mut dyn Read, sink: &mut dyn Sink) -> Result<usize> {
    let (header, _) =
        npy::read_header(&mut source).map_err(|why| Error::data(format!("{what} {why}"), DAMAGED_HINT))?;
    if !UINT8.contains(&header.descr.as_str()) {
        let descr = &header.descr;
        let (values, hint) = advice(descr, source);
        return Err(Error::data(format!("{what} holds values of type {descr:?}{values}, not uint8 (\"|u1\")"), hint));
    }
    let [count, height, width, channels] = shape(what, &header)?;
    let len = height * width * channels;
    let batch = (BATCH_BYTES / len).max(1);
    let wrong = |held: u64| {
        let announced = (count as u64).saturating_mul(len as u64);
        let at_least = if held > announced { "at least " } else { "" };
        let shape = &header.shape;
        Error::data(
            format!("{what} announces the shape {shape:?}, {announced} bytes, but holds {at_least}{held}"),
            DAMAGED_HINT,
        )
    };
    let failed = |cause| Error::data(format!("{what} cannot be read: {}", steadygan_run::reason(&cause)), DAMAGED_HINT);
    let mut bytes = Vec::new();
    for start in (0..count).step_by(batch) {
        let images = batch.min(count - start);
        bytes.clear();
        source.take((images * len) as u64).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() != images * len {
            return Err(wrong((start * len + bytes.len()) as u64));
        }
        sink.take(images, &|index| {
            let pixels = bytes[index * len..][..len].to_vec();
            picture(pixels, width as u32, height as u32, channels).ok_or_else(|| "is of another shape".to_owned())
        })?;
    }
    match source.take(1).read_to_end(&mut bytes).map_err(failed)? {
        0 => Ok(count),
        _ => Err(wrong((count as u64).saturating_mul(len as u64).saturating_add(1))),
    }
}

/// Count, height, width and channels.
fn shape(what: &str, header: &Header) -> Result<[usize; 4]> {
    let refused = |why: String, hint: &str| Err(Error::data(format!("{what} {why}"), hint));
    let shape = &header.shape;
    if header.fortran_order {
        return refused("is in Fortran order".to_owned(), "save np.ascontiguousarray(x)");
    }
    let (found, channels) = match shape[..] {
        [count, height, width] if width > MAX_CHANNELS => ([count, height, width], 1),
        [count, height, width, channels @ 1..=MAX_CHANNELS] => ([count, height, width], channels),
        [_, 1 | 3, _, _] => {
            return refused(
                format!("is of shape {shape:?}, channels first"),
                "give N × H × W × C: x.transpose(0, 2, 3, 1)",
            );
        }
        _ => ([0; 3], 0),
    };
    let [count, height, width] = found;
    if count == 0 || height == 0 || width == 0 {
        return refused(
            format!("is of shape {shape:?}"),
            "give N × H × W, or N × H × W × C with C from 1 to 4, of at least one image",
        );
    }
    match (height as u64).checked_mul(width as u64) {
        Some(pixels) if pixels <= MAX_PIXELS => Ok([count, height, width, channels]),
        _ => refused(
            format!("holds images of {width} × {height} pixels, more than the limit of 64 megapixels"),
            "make them smaller",
        ),
    }
}

fn picture(pixels: Vec<u8>, width: u32, height: u32, channels: usize) -> Option<DynamicImage> {
    match channels {
        1 => ImageBuffer::from_raw(width, height, pixels).map(DynamicImage::ImageLuma8),
        2 => ImageBuffer::from_raw(width, height, pixels).map(DynamicImage::ImageLumaA8),
        3 => ImageBuffer::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8),
        _ => ImageBuffer::from_raw(width, height, pixels).map(DynamicImage::ImageRgba8),
    }
}

#[cfg(test)]
pub(super) mod tests;
