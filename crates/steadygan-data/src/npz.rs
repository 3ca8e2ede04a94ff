//! Images and classes in NumPy's `.npz`: a ZIP archive of `.npy` arrays.

use std::io::Read;
use std::path::Path;

use super::classes::{Classes, Label};
use super::contents::Naming;
use super::name::{Name, listed};
use super::number::{Number, NumberKind};
use super::source::{DAMAGED_HINT, is_file_named, name_of};
use super::zip::{Archive, Entry};
use super::{Contents, DataPlan, Door, Sink, array, npy};
use crate::error::{Error, Result};

/// The keys of an array of images and those that its classes may have; of both the first that exists is used.
const KEYS: [(&str, &[&str]); 5] = [
    ("x", &["y", "labels"]),
    ("images", &["y", "labels"]),
    ("x_train", &["y_train"]),
    ("train_images", &["train_labels"]),
    ("arr_0", &["y", "labels"]),
];

/// More bytes of labels are not looked at for a hint (256 MiB): one-hot, a million images of 64 classes as `float32`.
const MAX_LABEL_BYTES: u64 = 256 << 20;

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
        let entry = |key: &str| archive.entries.iter().find(|entry| self::key(&entry.name) == key.as_bytes());
        let Some((images, keys)) = KEYS.iter().find_map(|(images, classes)| Some((entry(images)?, classes))) else {
            let held: Vec<String> = archive.entries.iter().map(|entry| shown_key(&entry.name)).collect();
            return Err(Error::data(
                format!("{} holds no array of images; it holds: {}", plan.source, held.join(", ")),
                "call it x: np.savez(file, x=images, y=classes)",
            ));
        };
        let what = |entry: &Entry| format!("{} in {}", entry.name, archive.what());
        let open = |entry: &Entry| archive.reader(entry).map_err(|cause| unreadable(&what(entry), cause));
        let count = array::send_images(&what(images), &mut open(images)?, sink)?;
        let classes = keys.iter().find_map(|key| entry(key));
        let labels = match classes {
            Some(entry) => Some(labels(&what(entry), &mut open(entry)?, count)?),
            None => None,
        };
        let used = [Some(images), classes].map(|entry| entry.map(|entry| &entry.name));
        let unused = archive.entries.iter().filter(|entry| !used.contains(&Some(&entry.name)));
        let naming = Naming::Numbers(labels.map(|labels| Classes::from_labels(&labels)));
        let warnings = warning_of(&plan.source, unused.map(|entry| shown_key(&entry.name)).collect());
        Ok(Contents { warnings, ..Contents::new(name_of(path), naming) })
    }
}

/// An array's key: the name of its file without `.npy`.
fn key(file: &Name) -> &[u8] {
    file.bytes().strip_suffix(b".npy").unwrap_or(file.bytes())
}

fn shown_key(file: &Name) -> String {
    Name::new(key(file)).to_string()
}

/// The warning about arrays that are not used, if there are any.
fn warning_of(source: &str, unused: Vec<String>) -> Vec<String> {
    let warning = || format!("{source} holds more than the images that are used: {}", listed(unused.iter(), ", "));
    if unused.is_empty() { Vec::new() } else { vec![warning()] }
}

fn unreadable(what: &str, cause: std::io::Error) -> Error {
    Error::data(format!("{what} cannot be read: {}", steadygan_run::reason(&cause)), DAMAGED_HINT)
}

/// Reads `count` integers of any width, sign and byte order.
fn labels(what: &str, mut source: &mut dyn Read, count: usize) -> Result<Vec<Label>> {
    let (header, _) =
        npy::read_header(&mut source).map_err(|why| Error::data(format!("{what} {why}"), DAMAGED_HINT))?;
    let number = Number::named(&header.descr);
    if !matches!(header.shape[..], [n] | [n, 1] if n == count) {
        let message = format!("{what} is of shape {:?}, but there are {count} images", header.shape);
        let hint = match (number, &header.shape[..]) {
            (Some(number), &[n, classes]) if n == count && is_one_hot(number, classes, source) => {
                "number the classes: y.argmax(axis=1)"
            }
            _ => "give one class an image",
        };
        return Err(Error::data(message, hint));
    }
    let Some(Number { little_endian: little, width, kind, .. }) = number.filter(|number| number.is_integer()) else {
        return Err(Error::data(
            format!("{what} holds values of type {:?}, not whole numbers", header.descr),
            numbering(number, source),
        ));
    };
    let signed = kind == NumberKind::Signed;
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
    Ok(bytes.chunks_exact(width).map(label).map(Label::Number).collect())
}

/// How values that are no integers become numbers of classes: a hint.
fn numbering(number: Option<Number>, values: &mut dyn Read) -> &'static str {
    let is_whole = |value: f64| value.fract() == 0.0 && value.abs() < 1e15;
    let are_whole = |(number, bytes): (Number, Vec<u8>)| {
        bytes.chunks_exact(number.width).all(|bytes| is_whole(number.value(bytes)))
    };
    if number.zip(bytes_of(values)).is_some_and(are_whole) {
        "number the classes: y.astype(np.int64)"
    } else {
        "number the classes: np.unique(y, return_inverse=True)[1]"
    }
}

/// Whether every image has exactly one class that is not 0.
fn is_one_hot(number: Number, classes: usize, values: &mut dyn Read) -> bool {
    let is_set = |bytes: &&[u8]| number.value(bytes) != 0.0;
    let only_one = |row: &[u8]| row.chunks_exact(number.width).filter(is_set).count() == 1;
    let row = number.width.saturating_mul(classes).max(1);
    classes > 1 && bytes_of(values).is_some_and(|bytes| bytes.chunks(row).all(only_one))
}

/// The bytes behind a header, unless they cannot be read or are more than labels can be.
fn bytes_of(values: &mut dyn Read) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    values.take(MAX_LABEL_BYTES).read_to_end(&mut bytes).ok()?;
    ((bytes.len() as u64) < MAX_LABEL_BYTES).then_some(bytes)
}

#[cfg(test)]
mod tests;
