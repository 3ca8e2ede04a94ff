//! Shared code for sources that hold encoded image files: folders and archives.

use std::path::Path;

use super::decode;
use crate::files::read_at_most;

/// A larger file is not read: 512 MiB, more than an image of 64 megapixels takes in any format.
pub(super) const MAX_FILE_BYTES: u64 = 512 << 20;

/// Whether a file's extension is an image format's.
pub(super) fn is_named_image(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default();
    last.rsplit_once('.').is_some_and(|(_, extension)| decode::is_image_extension(extension))
}

/// Why a file of more than [`MAX_FILE_BYTES`] is not read.
pub(super) fn too_large_reason() -> String {
    format!("cannot be read: it is larger than the limit of {} MiB", MAX_FILE_BYTES >> 20)
}

/// Reads a whole file. The error is the end of a sentence that begins with its name.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    match read_at_most(path, MAX_FILE_BYTES) {
        Ok(Some(content)) => Ok(content),
        Ok(None) => Err(too_large_reason()),
        Err(cause) => Err(format!("cannot be read: {}", steadygan_run::reason(&cause))),
    }
}
