//! Reading checkpoints and weights, of which one knows how large they can be.

use crate::error::{Error, Result};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// All bytes of a file that holds `what`.
///
/// # Errors
///
/// The file cannot be read, or is larger than `max_bytes`.
pub(crate) fn read_limited(path: &Path, max_bytes: u64, what: &str, hint: &str) -> Result<Vec<u8>> {
    let shown = path.display();
    let failed = |error: std::io::Error| Error::io(format!("cannot read the {what} {shown}"), &error, hint);
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(max_bytes + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > max_bytes {
        return Err(Error::checkpoint(format!("{shown} is larger than any {what} can be"), hint));
    }
    Ok(bytes)
}
