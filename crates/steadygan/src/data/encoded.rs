//! What sources of encoded image files by name share: a folder, an archive.

use std::path::Path;

use super::decode;
use crate::files::read_at_most;

/// A larger file is not read: 512 MiB, more than 64 megapixels take in any form.
pub(super) const MAX_FILE_BYTES: u64 = 512 << 20;

/// Whether a file is an image, by its extension.
pub(super) fn is_named_image(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default();
    last.rsplit_once('.').is_some_and(|(_, extension)| decode::is_image_extension(extension))
}

/// Why a file of more than [`MAX_FILE_BYTES`] is not read.
pub(super) fn too_large() -> String {
    format!("cannot be read: it is larger than the limit of {} MiB", MAX_FILE_BYTES >> 20)
}

/// A file, whole. The error is the end of a sentence that begins with its name.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    match read_at_most(path, MAX_FILE_BYTES) {
        Ok(Some(content)) => Ok(content),
        Ok(None) => Err(too_large()),
        Err(cause) => Err(format!("cannot be read: {}", steadygan_run::reason(&cause))),
    }
}
