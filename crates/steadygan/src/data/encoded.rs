//! Sources that hold encoded image files by name: a folder, later an archive.

use std::collections::BTreeSet;
use std::io;

use super::fill::fill;
use super::{DataPlan, Loaded, Skipped, decode};
use crate::error::{Error, Result};

/// A larger file is not read: 512 MiB, more than 64 megapixels take in any form.
pub(super) const MAX_FILE_BYTES: u64 = 512 << 20;

/// More unreadable images than one in this many is an error: the source is not what the user thinks.
const UNREADABLE_ONE_IN: usize = 10;

/// How many unreadable images a message names.
const NAMED: usize = 3;

/// Decodes the files called `names` (sorted, `/` between folders), `bytes` giving the content of a
/// number. `skipped` holds what could not even be opened. The first-level folders are the classes, if
/// every image lies in one.
///
/// # Errors
/// If no image can be read, or more than a tenth cannot.
pub(super) fn read(
    plan: &DataPlan,
    name: String,
    names: &[String],
    mut skipped: Vec<Skipped>,
    bytes: impl Fn(usize) -> io::Result<Vec<u8>> + Sync,
) -> Result<Loaded> {
    let (mut images, failures) = fill(plan, names.len(), |index| {
        let bytes = bytes(index).map_err(|cause| format!("cannot be read: {cause}"))?;
        decode::decode(&bytes)
    })?;
    let mut failures = failures.into_iter().peekable();
    let mut kept = Vec::new();
    for (index, name) in names.iter().enumerate() {
        match failures.next_if(|(failed, _)| *failed == index) {
            Some((_, why)) => skipped.push(Skipped { name: name.clone(), why }),
            None => kept.push(name.as_str()),
        }
    }
    skipped.sort_by(|a, b| a.name.cmp(&b.name));
    check(&plan.source, kept.len(), &skipped)?;

    let class_names = match folders(&kept) {
        Some(folders) => {
            let class_names: Vec<&str> = BTreeSet::from_iter(&folders).into_iter().copied().collect();
            let class = |folder: &&str| class_names.partition_point(|name| name < folder) as u32;
            images.classes = Some(folders.iter().map(class).collect());
            class_names.into_iter().map(str::to_owned).collect()
        }
        None => Vec::new(),
    };
    Ok(Loaded { name, images, class_names, skipped })
}

/// The first-level folder of each name, if all have one.
fn folders<'a>(names: &[&'a str]) -> Option<Vec<&'a str>> {
    let folder = |name: &&'a str| name.split_once('/').map(|(folder, _)| folder);
    names.iter().map(folder).collect()
}

fn check(source: &str, read: usize, skipped: &[Skipped]) -> Result<()> {
    if read == 0 && skipped.is_empty() {
        return Err(Error::data(
            format!("{source} holds no images"),
            "PNG and JPEG files are read, in sub-folders too; \
             data.source = \"embedded\" is the built-in set",
        ));
    }
    if read > 0 && skipped.len() * UNREADABLE_ONE_IN <= read + skipped.len() {
        return Ok(());
    }
    let named: Vec<String> = skipped.iter().take(NAMED).map(|Skipped { name, why }| format!("{name} {why}")).collect();
    let more = skipped.len().saturating_sub(NAMED);
    let and_more = if more > 0 { format!("; and {more} more") } else { String::new() };
    Err(Error::data(
        format!(
            "{} of {} images in {source} cannot be read: {}{and_more}",
            skipped.len(),
            read + skipped.len(),
            named.join("; ")
        ),
        "remove or convert these files; up to a tenth of the images may be unreadable",
    ))
}
