//! Checks for every archive, because archives may come from strangers: sizes, names, links. Nothing is ever unpacked
//! to disk.

use std::fmt;
use std::io::{self, Read};

use crate::error::{Error, Result};

use super::name::Name;
use super::source::DAMAGED_HINT;

/// An archive with more files is refused; ImageNet's training set has 1.3 million.
pub(super) const MAX_FILES: usize = 2_000_000;

/// A longer name is refused.
const MAX_NAME_BYTES: usize = 1024;

/// An archive that unpacks to more bytes is refused: 256 GiB, twice ImageNet's training set.
const MAX_UNPACKED_BYTES: u64 = 256 << 30;

/// An archive may unpack to this many times its size. Deflate shrinks data by at most 1032 times, but image files
/// hardly by more than 10 times.
const MAX_RATIO: u64 = 100;

/// Any archive may unpack to this many bytes (64 MiB), however small it is, because blank images compress well.
const FREE_BYTES: u64 = 64 << 20;

/// Archives inside archives are not opened.
const ARCHIVE_ENDINGS: [&str; 6] = [".zip", ".tar", ".tar.gz", ".tgz", ".7z", ".rar"];

/// How many bytes an archive of `packed` bytes may unpack to.
pub(super) fn unpacked_limit(packed: u64) -> u64 {
    packed.saturating_mul(MAX_RATIO).clamp(FREE_BYTES, MAX_UNPACKED_BYTES)
}

/// The error for an archive that unpacks to more than `limit` bytes.
pub(super) fn too_large_error(what: &str, limit: u64) -> Error {
    Error::data(
        format!(
            "{what} unpacks to more than {} MiB, {MAX_RATIO} times its size or more than any archive may",
            limit >> 20
        ),
        "if it can be trusted, unpack it and give the folder",
    )
}

/// The error for an archive with more than [`MAX_FILES`] files.
pub(super) fn too_many_files_error(what: &str) -> Error {
    Error::data(format!("{what} holds more than {MAX_FILES} files"), "divide it, or give a folder")
}

/// The error for an archive that holds two files with the same name.
pub(super) fn duplicate_name_error(what: &str, name: &Name) -> Error {
    Error::data(format!("{what} holds \"{name}\" twice"), "make the archive again from a folder")
}

/// The error for an archive that holds a link, a device or the like.
pub(super) fn not_a_plain_file_error(what: &str, name: &Name, kind: &str) -> Error {
    Error::data(
        format!("{what} holds {kind}, \"{name}\""),
        "make the archive again with plain files only (tar --dereference, no --sparse; zip without --symlinks)",
    )
}

/// The error for an archive that is cut short or damaged.
pub(super) fn damaged_error(what: &str, kind: &str, cause: impl fmt::Display) -> Error {
    let cause = cause.to_string();
    let mut letters = cause.chars();
    let first = letters.next().map(|first| first.to_lowercase().to_string()).unwrap_or_default();
    Error::data(format!("{what} cannot be read as {kind}: {first}{}", letters.as_str()), DAMAGED_HINT)
}

/// An entry's name with `/` between folders, or `None` if it is hidden (a part begins with a dot); a folder's hidden
/// files are left out too. `separators` are the archive format's separators between folders.
///
/// # Errors
/// If the name is absolute, leads out of the archive, is too long, holds a zero byte, or ends like an archive's.
pub(super) fn entry_name(what: &str, raw: &[u8], separators: &[u8]) -> Result<Option<Name>> {
    let shown = String::from_utf8_lossy(&raw[..raw.len().min(MAX_NAME_BYTES)]).into_owned();
    let refused = |why: &str, hint: &str| Err(Error::data(format!("{what} {why}: {shown:?}"), hint));
    let remake = "make the archive again from inside the folder of images";
    if raw.len() > MAX_NAME_BYTES || raw.contains(&0) {
        return refused("holds a file whose name is too long or holds a zero", remake);
    }
    let drive = raw.first().is_some_and(u8::is_ascii_alphabetic) && raw.get(1) == Some(&b':');
    if drive || shown.starts_with(['/', '\\']) {
        return refused("names an absolute path", remake);
    }
    if shown.split(['/', '\\']).any(|part| part == "..") {
        return refused("names a path outside of itself", remake);
    }
    let parts = raw.split(|byte| separators.contains(byte));
    let parts: Vec<&[u8]> = parts.filter(|part| !matches!(*part, b"" | b".")).collect();
    if parts.iter().any(|part| part.starts_with(b".")) {
        return Ok(None);
    }
    let name = parts.join(&b'/');
    let lower = name.to_ascii_lowercase();
    if ARCHIVE_ENDINGS.iter().any(|ending| lower.ends_with(ending.as_bytes())) {
        return refused("holds another archive", "unpack it and give the inner archive or the folder");
    }
    Ok(Some(Name::new(name)))
}

/// The error of a [`LimitedReader`] when more bytes are read than its limit allows.
#[derive(Debug)]
pub(super) struct LimitExceeded;

impl fmt::Display for LimitExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("more was unpacked than may be")
    }
}

impl std::error::Error for LimitExceeded {}

/// Whether a read failed because of a [`LimitedReader`]'s limit.
pub(super) fn is_limit_exceeded(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<LimitExceeded>())
}

/// A reader that gives at most `left` bytes, then an error.
#[derive(Debug)]
pub(super) struct LimitedReader<R> {
    pub(super) inner: R,
    pub(super) left: u64,
}

impl<R: Read> Read for LimitedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| io::Error::other(LimitExceeded))?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside() {
        let name = |raw: &str| entry_name("a.zip", raw.as_bytes(), b"/\\");
        assert_eq!(name("./cat//1.png").unwrap().unwrap(), Name::new("cat/1.png"));
        assert_eq!(name("cat\\1.png").unwrap().unwrap(), Name::new("cat/1.png"));
        assert_eq!(entry_name("a.zip", b"\x8c\xa2/1", b"/").unwrap(), Some(Name::new(*b"\x8c\xa2/1")));
        assert_eq!(name("c.d/..png").unwrap(), None);
        assert_eq!(name("__MACOSX/._1.png").unwrap(), None);
        let refusal = |raw: &str| name(raw).unwrap_err().to_string();
        for raw in ["../1.png", "a/../../1.png", "a\\..\\1.png", ".."] {
            assert_eq!(refusal(raw), format!("a.zip names a path outside of itself: {raw:?}"));
        }
        for raw in ["/etc/1.png", "\\\\host\\1.png", "C:\\1.png", "c:1.png"] {
            assert_eq!(refusal(raw), format!("a.zip names an absolute path: {raw:?}"));
        }
        for raw in ["b.ZIP", "deep/b.tar.gz", "b.tgz", "b.7z"] {
            assert_eq!(refusal(raw), format!("a.zip holds another archive: {raw:?}"));
        }
        assert!(refusal(&"x".repeat(2000)).starts_with("a.zip holds a file whose name is too long"));
        assert!(refusal("a\0.png").starts_with("a.zip holds a file whose name"));
    }

    #[test]
    fn the_limit_follows_the_size() {
        assert_eq!(unpacked_limit(10), 64 << 20);
        assert_eq!(unpacked_limit(1 << 20), 100 << 20);
        assert_eq!(unpacked_limit(u64::MAX), 256 << 30);
        let mut content = Vec::new();
        let error = LimitedReader { inner: &[0; 9][..], left: 8 }.read_to_end(&mut content).unwrap_err();
        assert!(is_limit_exceeded(&error));
        assert_eq!(LimitedReader { inner: &[0; 8][..], left: 8 }.read_to_end(&mut content).unwrap(), 8);
    }
}
