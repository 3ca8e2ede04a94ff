//! Reads PyTorch's state dicts (`torch.save(network.state_dict(), "weights.pth")`). Such a file is a zip archive of
//! uncompressed entries: a pickle that describes the tensors, the numbers of each tensor's storage, and details such as
//! the byte order.

use super::pickle::{StateDict, View, state_dict};
use super::{Contents, FileTensor, PLAIN_STATE_DICT, Refusal, is_batch_counter};
use crate::nn::MAX_WEIGHTS;
use rawzip::{CompressionMethod, ZipArchive, ZipArchiveEntryWayfinder, ZipSliceArchive};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::Read;

/// The entry that describes the tensors.
const PICKLE: &str = "data.pkl";

/// The largest pickle that is read; for a network of a hundred layers it takes 100 kB.
const MAX_PICKLE_BYTES: u64 = 1 << 20;

/// PyTorch's storage class for 32-bit floats.
const FLOAT_STORAGE: &str = "FloatStorage";

/// The first bytes of a zip archive.
const MAGIC: &[u8] = b"PK\x03\x04";

/// Whether a file begins as a zip archive.
pub(super) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Reads all tensors of a state dict.
pub(super) fn read(bytes: &[u8]) -> Result<Contents, Refusal> {
    let other = |why: String| Refusal::new(why, PLAIN_STATE_DICT);
    let archive = Archive::open(bytes).map_err(other)?;
    let pickle = archive.entry(PICKLE, MAX_PICKLE_BYTES).map_err(other)?;
    archive.check_byte_order().map_err(other)?;
    let StateDict { mut views, entries } = state_dict(&pickle).map_err(other)?;
    views.retain(|name, _| !is_batch_counter(name));
    let mut contents = Contents { entries, ..Contents::default() };
    let mut values_left = MAX_WEIGHTS;
    for (name, view) in views {
        let values = match view.storage.class {
            FLOAT_STORAGE => Ok(archive.values(&name, &view, &mut values_left).map_err(other)?),
            class => Err(class.to_owned()),
        };
        contents.tensors.insert(name, FileTensor { shape: view.shape, values });
    }
    Ok(contents)
}

/// The number of a view's values, and the index after its last element in the storage. `None` if these numbers
/// overflow, or if shape and strides differ in length.
fn count_and_end(view: &View) -> Option<(usize, usize)> {
    let count = view.shape.iter().try_fold(1usize, |count, length| count.checked_mul(*length))?;
    if view.shape.len() != view.strides.len() {
        return None;
    }
    if count == 0 {
        return Some((0, 0));
    }
    let mut last = view.offset;
    for (length, stride) in view.shape.iter().zip(&view.strides) {
        last = last.checked_add((length - 1).checked_mul(*stride)?)?;
    }
    Some((count, last.checked_add(1)?))
}

/// The view's values in row-major order, whatever its strides (networks in `channels_last` have unusual ones).
fn gather(storage: &[[u8; 4]], view: &View) -> Vec<f32> {
    if view.shape.contains(&0) {
        return Vec::new();
    }
    let mut places = vec![view.offset];
    for (length, stride) in view.shape.iter().zip(&view.strides) {
        places = places.iter().flat_map(|place| (0..*length).map(move |at| place + at * stride)).collect();
    }
    places.into_iter().map(|place| f32::from_le_bytes(storage[place])).collect()
}

/// A zip archive with a folder that holds a state dict. The folder may have any name.
struct Archive<'a> {
    zip: ZipSliceArchive<&'a [u8]>,
    /// The folder's entries, by their names in the folder.
    entries: BTreeMap<String, Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    size: u64,
    method: CompressionMethod,
    at: ZipArchiveEntryWayfinder,
}

impl<'a> Archive<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, String> {
        let damaged = |error| format!("is damaged: {error}");
        let zip = ZipArchive::from_slice(bytes).map_err(damaged)?;
        let mut all = BTreeMap::new();
        let mut records = zip.entries();
        while let Some(record) = records.next_entry().map_err(damaged)? {
            let size = record.uncompressed_size_hint();
            let entry = Entry { size, method: record.compression_method(), at: record.wayfinder() };
            all.insert(String::from_utf8_lossy(record.file_path().as_bytes()).into_owned(), entry);
        }
        let folder = all.keys().find_map(|name| name.strip_suffix(PICKLE).filter(|folder| folder.ends_with('/')));
        let folder = folder.ok_or("is a zip archive, but none of PyTorch's")?;
        let inside = |(name, entry): (&String, &Entry)| Some((name.strip_prefix(folder)?.to_owned(), *entry));
        Ok(Self { entries: all.iter().filter_map(inside).collect(), zip })
    }

    /// Checks that the numbers are little-endian. Files of PyTorch before 2.1 do not say, and pass.
    fn check_byte_order(&self) -> Result<(), String> {
        if self.entries.contains_key("byteorder") && self.entry("byteorder", MAX_PICKLE_BYTES)? != b"little" {
            return Err("was written on a machine with another byte order".into());
        }
        Ok(())
    }

    /// Reads the values of a view, and subtracts the size of its storage from `values_left`.
    fn values(&self, name: &str, view: &View, values_left: &mut usize) -> Result<Vec<f32>, String> {
        let damaged = || format!("is damaged: `{name}` does not fit its storage");
        let elements = view.storage.elements;
        let (count, end) = count_and_end(view).ok_or_else(damaged)?;
        if count > elements || end > elements {
            return Err(damaged());
        }
        let left = values_left.checked_sub(elements);
        *values_left = left.ok_or("holds more numbers than two networks can have")?;
        let bytes = self.entry(&format!("data/{}", view.storage.key), (elements * size_of::<f32>()) as u64)?;
        let (storage, rest) = bytes.as_chunks();
        if storage.len() != elements || !rest.is_empty() {
            return Err(damaged());
        }
        Ok(gather(storage, view))
    }

    /// Reads an entry's bytes and verifies the checksum. Compressed entries are refused, so that an entry cannot be
    /// larger than the file.
    fn entry(&self, name: &str, max_bytes: u64) -> Result<Vec<u8>, String> {
        let damaged = |error: &dyn Display| format!("is damaged: {name}: {error}");
        let Entry { size, method, at } =
            self.entries.get(name).ok_or_else(|| format!("is damaged: {name} is missing"))?;
        if *method != CompressionMethod::STORE {
            return Err(format!("holds {name} compressed, as PyTorch does not write it"));
        }
        if *size > max_bytes {
            return Err(format!("holds {name} of {size} bytes, more than the limit of {max_bytes}"));
        }
        let entry = self.zip.get_entry(*at).map_err(|error| damaged(&error))?;
        let mut bytes = Vec::new();
        entry.verifying_reader(entry.data()).read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
        Ok(bytes)
    }
}

/// The pickle in a state dict's file.
#[cfg(test)]
pub(super) fn pickle_of(bytes: &[u8]) -> Vec<u8> {
    Archive::open(bytes).and_then(|archive| archive.entry(PICKLE, MAX_PICKLE_BYTES)).expect("a state dict")
}
