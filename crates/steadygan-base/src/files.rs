//! Reads files up to a size limit, and prints SHA-256 digests.

use crate::error::{Error, Result};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// All bytes of a file, or `None` if it is larger than `max_bytes`.
///
/// # Errors
///
/// The file cannot be read.
pub fn read_at_most(path: &Path, max_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    if length > max_bytes {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(length as usize);
    // The limit is enforced again, because a file may grow meanwhile, and a pipe reports no length.
    file.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= max_bytes).then_some(bytes))
}

/// [`read_at_most`] for a run's file, weights or the like: all bytes of a file that holds `what`; a larger file is an
/// error.
///
/// # Errors
///
/// The file cannot be read, or is larger than `max_bytes`.
pub fn read_limited(path: &Path, max_bytes: u64, what: &str, hint: &str) -> Result<Vec<u8>> {
    let shown = path.display();
    let read = read_at_most(path, max_bytes);
    let read = read.map_err(|error| Error::io(format!("cannot read the {what} {shown}"), &error, hint))?;
    read.ok_or_else(|| Error::checkpoint(format!("{shown} is larger than any {what} can be"), hint))
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

    /// The first example of FIPS 180-2, appendix B.
    #[test]
    fn a_digest_is_lower_case_hexadecimal() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(Sha256::new_with_prefix("abc")), expected);
    }
}
