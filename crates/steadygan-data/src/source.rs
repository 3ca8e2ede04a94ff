//! Helpers for source files: names, first bytes, opening.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::embedded::Embedded;
use super::stacked::PREFIX;
use super::{Door, Mixture};
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

/// A `data.source` whose relative path counts from `folder`, so that it can be read from everywhere. A source that is no
/// path, such as `embedded` or `ring`, stays as it is; so does one that is not in `folder`.
pub fn source_in(source: &str, folder: &Path) -> String {
    if let Some(digits) = source.strip_prefix(PREFIX) {
        return format!("{PREFIX}{}", source_in(digits, folder));
    }
    if Mixture::named(source).is_some() || Embedded.recognises(source) {
        return source.to_owned();
    }
    let path = folder.join(source);
    path.to_str().filter(|_| path.exists()).unwrap_or(source).to_owned()
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
    fn a_path_counts_from_the_folder_and_a_name_stays() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("photos")).unwrap();
        std::fs::create_dir(folder.path().join("ring")).unwrap();
        let found = folder.path().join("photos").to_str().unwrap().to_owned();
        assert_eq!(source_in("photos", folder.path()), found);
        assert_eq!(source_in(&found, Path::new("/elsewhere")), found, "an absolute path");
        assert_eq!(source_in("stacked-mnist:photos", folder.path()), format!("stacked-mnist:{found}"));
        for name in ["embedded", "fashion", "ring", "none"] {
            assert_eq!(source_in(name, folder.path()), name);
        }
    }

    #[test]
    fn a_name_fits_a_file_name() {
        let name = |path: &str| name_of(Path::new(path));
        assert_eq!(name("/data/My Photos (2024).tar.gz"), "My-Photos--2024");
        assert_eq!(name("train-images-idx3-ubyte.gz"), "train-images-idx3-ubyte");
        assert_eq!(name("/"), "data");
        assert_eq!(name(&"x".repeat(300)).len(), 40);
    }
}
