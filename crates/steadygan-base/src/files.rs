//! Reads files up to a size limit, and prints SHA-256 digests.

use crate::error::{Error, Result};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use steadygan_run::{open_named, open_regular};

/// All bytes of a file, or `None` if it is larger than `max_bytes`.
///
/// # Errors
///
/// The file cannot be read, or is no regular file.
pub fn read_at_most(path: &Path, max_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    at_most(open_named(path)?, max_bytes)
}

fn at_most(file: File, max_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let length = file.metadata()?.len();
    if length > max_bytes {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(length as usize);
    // The limit is enforced again, because a file may grow meanwhile.
    file.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= max_bytes).then_some(bytes))
}

/// [`read_at_most`] for weights or the like: all bytes of a file that holds `what`; a larger file is an error.
///
/// # Errors
///
/// The file cannot be read, or is larger than `max_bytes`.
pub fn read_limited(path: &Path, max_bytes: u64, what: &str, hint: &str) -> Result<Vec<u8>> {
    in_words(path, read_at_most(path, max_bytes), what, hint)
}

/// [`read_limited`] for a file in the folder of a run or a study, where only regular files are read and no link is
/// followed.
///
/// # Errors
///
/// As [`read_limited`], or something else than a regular file is there.
pub fn read_in_folder(path: &Path, max_bytes: u64, what: &str, hint: &str) -> Result<Vec<u8>> {
    in_words(path, open_regular(path).and_then(|file| at_most(file, max_bytes)), what, hint)
}

fn in_words(path: &Path, read: io::Result<Option<Vec<u8>>>, what: &str, hint: &str) -> Result<Vec<u8>> {
    let shown = path.display();
    let read = read.map_err(|error| Error::io(format!("cannot read the {what} {shown}"), &error, hint))?;
    read.ok_or_else(|| Error::checkpoint(format!("{shown} is larger than any {what} can be"), hint))
}

/// Returns an error if there is something at `path` that an output would replace. With `overwrite` a file may be
/// replaced, but no folder, link or device.
///
/// # Errors
///
/// The path is taken.
pub fn require_free(path: &Path, overwrite: bool) -> Result<()> {
    let shown = path.display();
    match std::fs::symlink_metadata(path) {
        // Nothing is there, or writing will say what is wrong with the path.
        Err(_) => Ok(()),
        Ok(found) if found.is_file() && overwrite => Ok(()),
        Ok(found) if found.is_file() => Err(Error::recipe(
            format!("{shown} is there already"),
            "name a new file with --out, or replace this one with --overwrite",
        )),
        Ok(_) => Err(Error::recipe(format!("{shown} is there already, and is no file"), "name a new file with --out")),
    }
}

/// Returns an error unless an output's name ends in one of these, without their dot; an empty one stands for a name
/// without an ending.
///
/// # Errors
///
/// The name has another ending, or stands for standard output.
pub fn require_ending(path: &Path, endings: &[&str], hint: &str) -> Result<()> {
    if endings.contains(&ending(path).as_str()) && path.as_os_str() != "-" {
        return Ok(());
    }
    Err(Error::recipe(format!("the output cannot be called `{}`", path.display()), hint))
}

/// The ending of a file's name in lower case, without its dot; empty if it has none. A name that ends in a dot has the
/// ending `.`.
pub fn ending(path: &Path) -> String {
    match path.extension() {
        Some(ending) if ending.is_empty() => ".".to_owned(),
        Some(ending) => ending.to_string_lossy().to_ascii_lowercase(),
        None => String::new(),
    }
}

/// A SHA-256 as lower-case hexadecimal.
pub fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, b"12345678").unwrap();
        assert_eq!(read_at_most(&path, 8).unwrap().unwrap(), b"12345678");
        assert_eq!(read_at_most(&path, 7).unwrap(), None);
        assert_eq!(read_at_most(&path, u64::MAX).unwrap().unwrap().len(), 8);
        let error = read_limited(&path, 7, "checkpoint", "hint").unwrap_err().to_string();
        assert!(error.ends_with("file is larger than any checkpoint can be"), "{error}");
    }

    /// A link given by the user is followed, a link in a run's folder is not.
    #[cfg(unix)]
    #[test]
    fn in_a_folder_of_a_run_only_regular_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let [path, link] = ["file", "link"].map(|name| folder.path().join(name));
        std::fs::write(&path, b"12345678").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert_eq!(read_in_folder(&path, 8, "checkpoint", "hint").unwrap(), b"12345678");
        assert_eq!(read_limited(&link, 8, "checkpoint", "hint").unwrap(), b"12345678");
        let error = read_in_folder(&link, 8, "checkpoint", "hint").unwrap_err();
        assert!(error.to_string().ends_with("link: it is a link, not a regular file"), "{error}");
        assert!(error.hint().starts_with("put the file or folder itself there"), "{error:?}");
    }

    #[test]
    fn an_output_replaces_files_only_when_asked_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keep.png");
        require_free(&path, false).unwrap();
        std::fs::write(&path, b"mine").unwrap();
        let error = require_free(&path, false).unwrap_err();
        assert!(error.to_string().ends_with("keep.png is there already"), "{error}");
        assert!(error.hint().contains("--overwrite"), "{}", error.hint());
        require_free(&path, true).unwrap();
        let error = require_free(folder.path(), true).unwrap_err().to_string();
        assert!(error.ends_with("is there already, and is no file"), "{error}");
    }

    #[test]
    fn an_output_has_an_ending_that_is_known() {
        let required = |path: &str, endings: &[&str]| require_ending(Path::new(path), endings, "hint");
        for (path, endings) in [("a.PNG", &["png"][..]), ("x/a", &["", "png"]), ("v1.2/a", &[""]), ("./-", &[""])] {
            required(path, endings).unwrap();
        }
        for path in ["a.jpg", "a.tar.gz", "x.png.", "-"] {
            let error = required(path, &["", "png"]).unwrap_err();
            assert_eq!(error.to_string(), format!("the output cannot be called `{path}`"));
        }
    }

    /// The first example of FIPS 180-2, appendix B.
    #[test]
    fn a_digest_is_lower_case_hexadecimal() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(Sha256::new_with_prefix("abc")), expected);
    }
}
