//! The files of a run, in a form that can be compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Files that may differ between two equal runs: they hold the console's output, the machine and the command line.
const MAY_DIFFER: [&str; 2] = ["log.txt", "manifest.json"];

/// The keys of a line of stats that depend on time.
const TIMES: [&str; 2] = ["time_s", "images_per_s"];

/// Every file of a run by its path, without times and without the files that may differ.
pub(crate) fn result(run: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    collect(run, "", &mut files);
    files.retain(|name, _| !MAY_DIFFER.contains(&name.as_str()));
    let stats = files.get_mut("stats.jsonl").expect("stats");
    *stats = without_times(stats);
    files
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = format!("{prefix}{}", entry.file_name().to_str().expect("UTF-8"));
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), files);
        } else {
            files.insert(name, fs::read(entry.path()).expect("a file"));
        }
    }
}

fn without_times(stats: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(stats).expect("UTF-8");
    let lines = text.lines().map(|line| {
        let mut line: serde_json::Value = serde_json::from_str(line).expect("a whole line");
        let keys = line.as_object_mut().expect("an object");
        for time in TIMES {
            keys.remove(time).expect("a time");
        }
        format!("{line}\n")
    });
    lines.collect::<String>().into_bytes()
}

/// Asserts that two runs left the same files; the message names those that differ.
pub(crate) fn assert_equal(left: &Path, right: &Path) {
    let differ = differing(left, right);
    assert!(differ.is_empty(), "these differ: {differ:?}");
}

/// The names of the files that differ or that only one of the runs has.
pub(crate) fn differing(left: &Path, right: &Path) -> Vec<String> {
    let (left, right) = (result(left), result(right));
    let names: BTreeSet<_> = left.keys().chain(right.keys()).collect();
    names.into_iter().filter(|name| left.get(*name) != right.get(*name)).cloned().collect()
}

/// The bytes of the latest checkpoint.
pub(crate) fn checkpoint(run: &Path) -> Vec<u8> {
    fs::read(run.join("checkpoints/latest/state.safetensors")).expect("a checkpoint")
}

/// The manifest.
pub(crate) fn manifest(run: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(run.join("manifest.json")).expect("a manifest")).expect("JSON")
}

/// The numbers of all tensors in a checkpoint. They follow the header, whose length is in the first eight bytes.
pub(crate) fn tensors(checkpoint: &[u8]) -> Vec<f32> {
    let header = u64::from_le_bytes(checkpoint[..8].try_into().expect("eight bytes")) as usize;
    checkpoint[8 + header..].as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}
