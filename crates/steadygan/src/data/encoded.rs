//! What sources of encoded image files by name share: a folder, an archive.

use super::decode;

/// A larger file is not read: 512 MiB, more than 64 megapixels take in any form.
pub(super) const MAX_FILE_BYTES: u64 = 512 << 20;

/// Whether a file is an image, by its extension.
pub(super) fn is_named_image(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default();
    last.rsplit_once('.').is_some_and(|(_, extension)| decode::is_image_extension(extension))
}

/// Why a file of so many bytes is not read.
pub(super) fn too_large(bytes: u64) -> String {
    format!("cannot be read: its {bytes} bytes exceed the limit of {MAX_FILE_BYTES}")
}
