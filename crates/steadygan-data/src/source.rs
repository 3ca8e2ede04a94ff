//! Helpers for source files: names, first bytes, opening.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::error::{Error, Result};

/// How many of a file's first bytes are read to recognise its format.
pub(super) const HEAD_BYTES: u64 = 16;

/// The first bytes of a gzip file (RFC 1952, section 2.3.1).
pub(super) const GZIP_MAGIC: [u8; 2] = [0x1F, 0x8B];

/// A data set's short name from its path: the [`short_name`] of the path's last part, without extensions if that is a
/// file.
pub(super) fn name_of(path: &Path) -> String {
    let full = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let last = full.file_name().unwrap_or_default().to_string_lossy();
    short_name(if full.is_dir() { &last } else { last.split('.').next().unwrap_or_default() })
}

/// A data set's short name: at most 40 characters, each of which is `-` unless it is an ASCII letter, a digit or `_`.
pub(super) fn short_name(stem: &str) -> String {
    /// Long enough to recognise, short enough for a run's folder.
    const MAX_CHARS: usize = 40;
    let name: String =
        stem.chars().take(MAX_CHARS).map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect();
    match name.trim_matches('-') {
        "" => "data".to_owned(),
        name => name.to_owned(),
    }
}

/// A path's last part.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether a path leads to a file whose name has one of these endings, in capitals or not.
pub(super) fn is_file_named(path: &Path, endings: &[&str]) -> bool {
    let name = file_name(path).to_ascii_lowercase();
    endings.iter().any(|ending| name.ends_with(ending)) && path.is_file()
}

/// A file's first [`HEAD_BYTES`].
pub(super) fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD_BYTES).read_to_end(&mut head)?;
    Ok(head)
}

/// Opens a file that the user named.
pub(super) fn open(path: &Path) -> Result<File> {
    let hint = "check the path and its permissions";
    File::open(path).map_err(|cause| Error::io(format!("cannot open {}", path.display()), &cause, hint))
}

/// The first bytes of a Parquet file.
const PARQUET_MAGIC: &[u8] = b"PAR1";

/// The hint for a file of a format that holds images in another way, if it is one.
pub(super) fn hint_for_table(source: &str) -> Option<&'static str> {
    let is_parquet = head(Path::new(source)).is_ok_and(|head| head.starts_with(PARQUET_MAGIC));
    is_parquet.then_some("Parquet is not read: write its images into a folder, and give the folder")
}

/// The hint for a path that only another program would understand, if it is one.
pub(super) fn hint_for_words(source: &str) -> Option<&'static str> {
    if source.contains("://") {
        Some("nothing is fetched from the network: fetch it first, and give the file or folder")
    } else if source.starts_with('~') {
        Some("only a shell understands `~`, at the beginning of a word: write --data ~/photos, or the whole path")
    } else {
        None
    }
}

/// The hint for a file whose content does not match its format or header.
pub(super) const DAMAGED_HINT: &str = "the file may be cut short or damaged: fetch it or make it again";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_a_file_name() {
        let name = |path: &str| name_of(Path::new(path));
        assert_eq!(name("/data/My Photos (2024).tar.gz"), "My-Photos--2024");
        assert_eq!(name("train-images-idx3-ubyte.gz"), "train-images-idx3-ubyte");
        assert_eq!(name("/"), "data");
        assert_eq!(name(&"x".repeat(300)).len(), 40);
    }
}
