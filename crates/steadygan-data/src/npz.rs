//! Images and classes in NumPy's `.npz`: a ZIP archive of `.npy` arrays.

use std::io::Read;
use std::path::Path;

use super::contents::{Classes, Naming};
use super::source::{DAMAGED_HINT, is_file_named, name_of};
use super::zip::{Archive, Entry};
use super::{Contents, DataPlan, Door, Sink, array, npy};
use crate::error::{Error, Result};

/// The keys of an array of images and of its classes; the first pair whose images exist is used.
const KEYS: [(&str, &str); 4] = [("x", "y"), ("images", "y"), ("x_train", "y_train"), ("arr_0", "y")];

/// Opens `.npz` files, by name.
pub(super) struct Npz;

impl Door for Npz {
    fn description(&self) -> &'static str {
        "a .npz of images (`x`) and perhaps classes (`y`)"
    }

    fn recognises(&self, source: &str) -> bool {
        is_file_named(Path::new(source), &[".npz"])
    }

    fn read(&self, plan: &DataPlan, sink: &mut dyn Sink) -> Result<Contents> {
        let path = Path::new(&plan.source);
        let archive = Archive::open(path)?;
        let entry = |key: &str| archive.entries.iter().find(|entry| entry.name.strip_suffix(".npy") == Some(key));
        let Some((images, key)) = KEYS.iter().find_map(|(images, classes)| Some((entry(images)?, classes))) else {
            let held: Vec<&str> = archive.entries.iter().map(|entry| entry.name.trim_end_matches(".npy")).collect();
            return Err(Error::data(
                format!("{} holds no array of images; it holds: {}", plan.source, held.join(", ")),
                "call it x: np.savez(file, x=images, y=classes)",
            ));
        };
        let what = |entry: &Entry| format!("{} in {}", entry.name, archive.what());
        let open = |entry: &Entry| archive.reader(entry).map_err(|cause| unreadable(&what(entry), cause));
        let count = array::send_images(&what(images), &mut open(images)?, sink)?;
        let labels = match entry(key) {
            Some(entry) => Some(labels(&what(entry), &mut open(entry)?, count)?),
            None => None,
        };
        let naming = Naming::Numbers(labels.map(|labels| Classes::from_labels(&labels)));
        Ok(Contents::new(name_of(path), naming))
    }
}

fn unreadable(what: &str, cause: std::io::Error) -> Error {
    Error::data(format!("{what} cannot be read: {}", steadygan_run::reason(&cause)), DAMAGED_HINT)
}

/// Reads `count` integers of any width, sign and byte order.
fn labels(what: &str, mut source: &mut dyn Read, count: usize) -> Result<Vec<i64>> {
    let (header, _) =
        npy::read_header(&mut source).map_err(|why| Error::data(format!("{what} {why}"), DAMAGED_HINT))?;
    if !matches!(header.shape[..], [n] | [n, 1] if n == count) {
        return Err(Error::data(
            format!("{what} is of shape {:?}, but there are {count} images", header.shape),
            "give one class an image",
        ));
    }
    let Some((little, signed, width)) = integer(&header.descr) else {
        return Err(Error::data(
            format!("{what} holds values of type {:?}, not whole numbers", header.descr),
            "number the classes: y.astype(np.int64)",
        ));
    };
    let mut bytes = Vec::new();
    source.take((count * width) as u64 + 1).read_to_end(&mut bytes).map_err(|cause| unreadable(what, cause))?;
    if bytes.len() != count * width {
        let at_least = if bytes.len() > count * width { "at least " } else { "" };
        let why = format!("holds {at_least}{} bytes, not {}", bytes.len(), count * width);
        return Err(Error::data(format!("{what} {why}"), DAMAGED_HINT));
    }
    let most = |bytes: &[u8]| bytes[if little { width - 1 } else { 0 }];
    if !signed && width == size_of::<i64>() && bytes.chunks_exact(width).any(|label| most(label) & 0x80 != 0) {
        let message = format!("{what} holds a number above {}", i64::MAX);
        return Err(Error::data(message, "number the classes from 0"));
    }
    let label = |bytes: &[u8]| {
        let negative = signed && most(bytes) & 0x80 != 0;
        let add = |value: i64, &byte: &u8| value << 8 | i64::from(byte);
        let start = if negative { -1 } else { 0 };
        if little { bytes.iter().rev().fold(start, add) } else { bytes.iter().fold(start, add) }
    };
    Ok(bytes.chunks_exact(width).map(label).collect())
}

/// For a NumPy integer type: whether it is little-endian, whether it is signed, and its width in bytes.
fn integer(descr: &str) -> Option<(bool, bool, usize)> {
    let mut letters = descr.chars();
    let little = letters.next()? != '>';
    let signed = match letters.next()? {
        'i' => true,
        'u' => false,
        _ => return None,
    };
    let width = letters.as_str().parse().ok()?;
    matches!(width, 1 | 2 | 4 | 8).then_some((little, signed, width))
}

#[cfg(test)]
mod tests;
