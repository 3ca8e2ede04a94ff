//! Tar archives, plain or compressed by gzip, read once from beginning to end.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;
use tar::EntryType;

use super::archive::{
    LimitedReader, MAX_FILES, damaged_error, duplicate_name_error, entry_name, is_limit_exceeded,
    not_a_plain_file_error, too_large_error, too_many_files_error, unpacked_limit,
};
use super::classes::Files;
use super::contents::Naming;
use super::labels::is_label_file;
use super::name::Name;
use super::source::{GZIP_MAGIC, HEAD_BYTES, is_file_named, name_of, open};
use super::{BATCH_BYTES, Contents, DataPlan, Door, Sink, decode, encoded, outputs};
use crate::error::{Error, Result};

/// The kind of archive in error messages.
const KIND: &str = "a tar archive";

/// The offset and the bytes of the magic in a tar header (POSIX.1-1988).
const MAGIC: (usize, &[u8]) = (257, b"ustar");

/// The size of a block in a tar archive; a block of zeros marks the end.
const BLOCK_BYTES: usize = 512;

/// The most bytes (1 MiB) that headers between two files may take, including long names and attributes.
const MAX_HEADER_BYTES: u64 = 1 << 20;

/// Opens tar archives of images, by name or by content; images are recognised as in a folder.
pub(super) struct Tar;

impl Door for Tar {
    fn description(&self) -> &'static str {
        "a .tar or .tar.gz of images"
    }

    fn recognises(&self, source: &str) -> bool {
        let path = Path::new(source);
        is_file_named(path, &[".tar", ".tar.gz", ".tgz"]) || path.is_file() && has_header(path)
    }

    fn read(&self, plan: &DataPlan, sink: &mut dyn Sink) -> Result<Contents> {
        let path = Path::new(&plan.source);
        let (mut files, mut batch, mut bytes) = (Files::default(), Vec::new(), 0);
        let mut decode = |batch: &mut Vec<Result<Vec<u8>, String>>| -> Result<()> {
            let content = |index: usize| batch[index].as_deref().map_err(String::clone);
            sink.take(batch.len(), &|index| decode::decode(content(index)?))?;
            batch.clear();
            Ok(())
        };
        let is_image = |name: &Name, head: &[u8]| encoded::is_named_image(&name.text()) || decode::is_image(head);
        let wanted = |name: &Name, head: &[u8]| is_image(name, head) || is_label_file(name);
        let names = walk(path, wanted, |name, content| {
            let head = content.as_deref().unwrap_or_default();
            if is_label_file(&name) && !is_image(&name, head) {
                files.labels.add(name, content);
                return Ok(());
            }
            bytes += head.len();
            files.images.push(name);
            batch.push(content);
            if bytes >= BATCH_BYTES {
                bytes = 0;
                decode(&mut batch)?;
            }
            Ok(())
        })?;
        decode(&mut batch)?;
        outputs::refuse_in_archive(&plan.source, names.files.iter())?;
        files.folders = names.folders;
        Ok(Contents::new(name_of(path), Naming::Files(files)))
    }
}

/// Whether a file, decompressed if it is gzip, begins with a tar header.
fn has_header(path: &Path) -> bool {
    let (at, magic) = MAGIC;
    let mut head = vec![0; at + magic.len()];
    unpacked(path).is_ok_and(|(mut source, _)| source.read_exact(&mut head).is_ok()) && head.ends_with(magic)
}

/// A reader of a file's content, decompressed if it is gzip, and the file's size on disk.
fn unpacked(path: &Path) -> Result<(Box<dyn Read>, u64)> {
    let file = open(path)?;
    let packed = file.metadata().map_or(0, |metadata| metadata.len());
    let mut source = BufReader::new(file);
    let is_gzip = source.fill_buf().is_ok_and(|head| head.starts_with(&GZIP_MAGIC));
    Ok((if is_gzip { Box::new(MultiGzDecoder::new(source)) } else { Box::new(source) }, packed))
}

/// The names of the first `count` entries, as far as they can be read.
pub(super) fn first_names(path: &Path, count: usize) -> Vec<String> {
    let Ok((source, _)) = unpacked(path) else { return Vec::new() };
    // At most 1 MiB is read, enough for headers. So the names after the first large file are not found.
    let mut archive = tar::Archive::new(source.take(MAX_HEADER_BYTES));
    let Ok(entries) = archive.entries() else { return Vec::new() };
    let names = entries.take(count).map_while(|entry| entry.ok());
    names.map(|entry| String::from_utf8_lossy(&entry.path_bytes()).into_owned()).collect()
}

/// The names of all files and of the listed folders in an archive.
#[derive(Debug, Default)]
pub(super) struct Names {
    files: BTreeSet<Name>,
    folders: Vec<Name>,
}

/// Goes through the files of an archive. For each file that `wants` accepts by its name and first bytes, `take`
/// receives the whole content, or why it was not read.
///
/// # Errors
/// If the archive is damaged or cut short, too large when unpacked, or holds anything but files and folders below its
/// own top level; if `take` fails.
pub(super) fn walk(
    path: &Path,
    wants: impl Fn(&Name, &[u8]) -> bool,
    mut take: impl FnMut(Name, Result<Vec<u8>, String>) -> Result<()>,
) -> Result<Names> {
    let what = path.display().to_string();
    let (source, packed) = unpacked(path)?;
    let limit = unpacked_limit(packed);
    let failed = |cause: io::Error| match is_limit_exceeded(&cause) {
        true => too_large_error(&what, limit),
        false => damaged_error(&what, KIND, steadygan_run::reason(&cause)),
    };
    let meter = Rc::new(Meter::default());
    let limited = LimitedReader { inner: source, left: limit };
    let mut archive = tar::Archive::new(MeteredReader { inner: limited, meter: Rc::clone(&meter) });
    let mut names = Names::default();
    let mut entries = archive.entries().map_err(failed)?;
    loop {
        meter.allowed.set(MAX_HEADER_BYTES);
        meter.zeros.set(0);
        let Some(entry) = entries.next() else { break };
        let mut entry = entry.map_err(failed)?;
        meter.allowed.set(u64::MAX);
        if let Some(name) = entry_name(&what, &entry.path_bytes(), b"/")?.filter(|name| !name.bytes().is_empty()) {
            match entry.header().entry_type() {
                EntryType::Regular | EntryType::Continuous => {
                    if names.files.len() == MAX_FILES {
                        return Err(too_many_files_error(&what));
                    }
                    if !names.files.insert(name.clone()) {
                        return Err(duplicate_name_error(&what, &name));
                    }
                    let mut head = Vec::new();
                    entry.by_ref().take(HEAD_BYTES).read_to_end(&mut head).map_err(failed)?;
                    if wants(&name, &head) {
                        take(name, read_rest(&mut entry, head).map_err(failed)?)?;
                    }
                }
                EntryType::Directory => names.folders.push(name),
                EntryType::XGlobalHeader => {}
                EntryType::GNUSparse => return Err(not_a_plain_file_error(&what, &name, "a sparse file")),
                EntryType::Link | EntryType::Symlink => return Err(not_a_plain_file_error(&what, &name, "a link")),
                _ => return Err(not_a_plain_file_error(&what, &name, "a special file")),
            }
        }
        io::copy(&mut entry, &mut io::sink()).map_err(failed)?;
    }
    if meter.zeros.get() < BLOCK_BYTES as u64 {
        return Err(damaged_error(&what, KIND, "it ends without an end mark"));
    }
    // The rest is padding. Reading it to the end also verifies gzip's checksum.
    meter.allowed.set(u64::MAX);
    let mut rest = BufReader::new(archive.into_inner());
    loop {
        let padding = rest.fill_buf().map_err(failed)?;
        match padding.len() {
            0 => return Ok(names),
            _ if padding.iter().any(|byte| *byte != 0) => return Err(trailing_data_error(&what)),
            bytes => rest.consume(bytes),
        }
    }
}

/// The error for an archive with data after its end mark, such as two archives one behind the other.
fn trailing_data_error(what: &str) -> Error {
    let hint = "join archives by tar --concatenate, or unpack them into one folder";
    Error::data(format!("{what} goes on behind its end mark: it may be several archives in one file"), hint)
}

/// Reads the rest of a file whose first bytes are `content`, or says why the file is not read.
fn read_rest(entry: &mut tar::Entry<'_, impl Read>, mut content: Vec<u8>) -> io::Result<Result<Vec<u8>, String>> {
    if entry.size() > encoded::MAX_FILE_BYTES {
        return Ok(Err(encoded::too_large_reason()));
    }
    let announced = entry.size();
    entry.read_to_end(&mut content)?;
    match content.len() as u64 == announced {
        true => Ok(Ok(content)),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// The counts of a [`MeteredReader`], shared so that they can be seen while the tar reader owns the stream.
#[derive(Debug, Default)]
struct Meter {
    /// How many more bytes may be read.
    allowed: Cell<u64>,
    /// How many zero bytes the stream has ended with so far.
    zeros: Cell<u64>,
}

struct MeteredReader<R> {
    inner: R,
    meter: Rc<Meter>,
}

impl<R: Read> Read for MeteredReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let too_long = || io::Error::other("a header of more than a mebibyte");
        self.meter.allowed.set(self.meter.allowed.get().checked_sub(read as u64).ok_or_else(too_long)?);
        let zeros = buffer[..read].iter().rev().take_while(|byte| **byte == 0).count();
        let before = if zeros == read { self.meter.zeros.get() } else { 0 };
        self.meter.zeros.set(before + zeros as u64);
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
