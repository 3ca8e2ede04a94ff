//! CIFAR-10's binary version: each record is one byte of class and a planar colour image of 32 × 32
//! (<https://www.cs.toronto.edu/~kriz/cifar.html>).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::classes::Classes;
use super::contents::Naming;
use super::folder::is_candidate;
use super::name::Name;
use super::source::{DAMAGED_HINT, file_name, is_file_named, name_of};
use super::{Contents, DataPlan, Door, Images, Sink, encoded, find_door, outputs, tarball};
use crate::error::{Error, Result};

const SIZE: usize = 32;
/// One byte of class and three colour planes.
const RECORD_BYTES: usize = 1 + 3 * SIZE * SIZE;

/// The names of the classes, as in the archive's `batches.meta.txt`.
const CLASS_NAMES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// The folder inside the archive.
const FOLDER: &str = "cifar-10-batches-bin";

const A_BATCH: &str = "give a batch of CIFAR-10's binary version (not CIFAR-100's, not the Python version)";

/// Opens a folder of batches, one batch, or the archive as it is distributed. From a folder or the archive it reads
/// the training batches `data_batch_*.bin`, in the order of their names, and leaves out the test batch.
pub(super) struct Cifar;

impl Door for Cifar {
    fn description(&self) -> &'static str {
        "CIFAR-10's binary version (the archive, its folder, or one .bin)"
    }

    fn recognises(&self, source: &str) -> bool {
        let path = Path::new(source);
        if path.is_dir() {
            return !batches(path).is_empty();
        }
        let first = || tarball::first_names(path, 2).iter().any(|name| is_batch(name) || is_beside_batches(name));
        is_file_named(path, &[".bin"]) || is_file_named(path, &[".tar.gz", ".tgz", ".tar"]) && first()
    }

    fn read(&self, plan: &DataPlan, sink: &mut dyn Sink) -> Result<Contents> {
        let path = Path::new(&plan.source);
        let mut by_image = Vec::new();
        if path.is_dir() {
            for (_, batch) in batches(path) {
                by_image.extend(send_images(&batch.display().to_string(), &read_file(&batch)?, sink)?);
            }
        } else if is_file_named(path, &[".bin"]) {
            by_image = send_images(&plan.source, &read_file(path)?, sink)?;
        } else {
            for (name, batch) in archived(path)? {
                by_image.extend(send_images(&format!("{name} in {}", plan.source), &batch, sink)?);
            }
        }
        let names = CLASS_NAMES.map(str::to_owned).to_vec();
        Ok(Contents::new(name_of(path), Naming::Numbers(Some(Classes { by_image, names }))))
    }

    fn files(&self, source: &str, _: usize) -> Vec<(Name, PathBuf)> {
        let path = Path::new(source);
        let files = if path.is_dir() { batches(path) } else { vec![(file_name(path), path.to_owned())] };
        files.into_iter().map(|(name, path)| (name.into(), path)).collect()
    }
}

fn is_batch(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default();
    last.starts_with("data_batch_") && last.ends_with(".bin")
}

/// Whether CIFAR-10's archive holds a file of this name beside the batches; either may be the archive's first file.
fn is_beside_batches(name: &str) -> bool {
    name.rsplit('/').next().is_some_and(|last| matches!(last, "test_batch.bin" | "batches.meta.txt"))
}

/// The batches of a folder, ordered by name. A folder that holds the archive's folder and no other source is read as
/// the archive's folder.
fn batches(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut found = entries(folder);
    if found.iter().any(|(name, _)| name == FOLDER) && !found.iter().any(is_another_source) {
        found = entries(&folder.join(FOLDER));
    }
    found.retain(|(name, path)| is_batch(name) && path.is_file());
    found.sort();
    found
}

/// The names and paths of a folder's entries.
fn entries(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())).collect()
}

/// Whether an entry beside the archive's folder is a folder, an image, or anything else that a door recognises;
/// hidden entries and what this program wrote do not count.
fn is_another_source((name, path): &(String, PathBuf)) -> bool {
    let is_recognised = || path.to_str().is_none_or(|path| find_door(path).is_ok());
    let is_output = || outputs::writer(path).is_some() || outputs::holds_only_outputs(path);
    let is_source = || path.is_dir() || is_candidate(path) || is_recognised();
    name != FOLDER && !name.starts_with('.') && is_source() && !is_output()
}

/// The batches of an archive, by name. They are held in memory whole: the usual five take 150 MB.
fn archived(path: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut left = encoded::MAX_FILE_BYTES;
    tarball::walk(
        path,
        |name, _| is_batch(&name.text()),
        |name, content| {
            let refused = |why: String| Error::data(format!("{name} in {} {why}", path.display()), DAMAGED_HINT);
            let content = content.map_err(refused)?;
            left = left.checked_sub(content.len() as u64).ok_or_else(|| refused(encoded::too_large_reason()))?;
            found.insert(name.to_string(), content);
            Ok(())
        },
    )?;
    if found.is_empty() {
        let hint = "give CIFAR-10's archive as it is distributed, its folder, or one .bin";
        return Err(Error::data(format!("{} holds no data_batch_*.bin", path.display()), hint));
    }
    Ok(found)
}

fn read_file(path: &Path) -> Result<Vec<u8>> {
    let refused = |why: String| Error::data(format!("{} {why}", path.display()), A_BATCH);
    encoded::read_file(path).map_err(refused)
}

/// Passes the images of a batch to `sink` and returns their classes.
fn send_images(what: &str, batch: &[u8], sink: &mut dyn Sink) -> Result<Vec<u32>> {
    let refused = |why: String| Err(Error::data(format!("{what} {why}"), A_BATCH));
    let records = batch.chunks_exact(RECORD_BYTES);
    if batch.is_empty() || !records.remainder().is_empty() {
        return refused(format!("holds {} bytes, no whole number of records of {RECORD_BYTES}", batch.len()));
    }
    let classes: Vec<u32> = records.map(|record| u32::from(record[0])).collect();
    if let Some(at) = classes.iter().position(|&class| class as usize >= CLASS_NAMES.len()) {
        return refused(format!("gives image {at} the class {}, where there are {}", classes[at], CLASS_NAMES.len()));
    }
    let pixels = batch.chunks_exact(RECORD_BYTES).flat_map(|record| &record[1..]).copied().collect();
    let images = Images { channels: 3, size: SIZE, pixels, classes: None };
    sink.take(classes.len(), &|index| Ok(images.picture(index)))?;
    Ok(classes)
}

#[cfg(test)]
mod tests;
