//! ZIP archives; each file is read directly at its offset.

use std::io::{self, Read};
use std::path::Path;

use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, FileReader, RECOMMENDED_BUFFER_SIZE, ZipArchive, ZipArchiveEntryWayfinder};

use super::archive::{
    MAX_FILES, damaged_error, duplicate_name_error, entry_name, not_a_plain_file_error, too_large_error,
    too_many_files_error, unpacked_limit,
};
use super::classes::Files;
use super::contents::Naming;
use super::labels::{LabelFiles, is_label_file};
use super::name::Name;
use super::source::{HEAD_BYTES, head, is_file_named, name_of, open};
use super::{Contents, DataPlan, Door, Sink, decode, encoded, outputs};
use crate::error::{Error, Result};

/// The kind of archive in error messages.
const KIND: &str = "a ZIP archive";

/// The first bytes of a ZIP archive, and of an empty one.
const MAGIC: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// The bits of a Unix mode that hold the kind of file, and their value for a regular file.
const MODE_KIND: u32 = 0o170_000;
const MODE_REGULAR: u32 = 0o100_000;

/// Opens ZIP archives of images, by name or by content; images are recognised as in a folder.
pub(super) struct Zip;

impl Door for Zip {
    fn description(&self) -> &'static str {
        "a .zip of images"
    }

    fn recognises(&self, source: &str) -> bool {
        let path = Path::new(source);
        let begins = || head(path).is_ok_and(|head| MAGIC.iter().any(|magic| head.starts_with(magic)));
        is_file_named(path, &[".zip"]) || path.is_file() && begins()
    }

    fn read(&self, plan: &DataPlan, sink: &mut dyn Sink) -> Result<Contents> {
        let path = Path::new(&plan.source);
        let mut archive = Archive::open(path)?;
        outputs::refuse_in_archive(archive.what(), archive.entries.iter().map(|entry| &entry.name))?;
        let entries = std::mem::take(&mut archive.entries);
        let is_image = |entry: &Entry| encoded::is_named_image(&entry.name.text()) || archive.begins_as_image(entry);
        let (entries, others): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(is_image);
        sink.take(entries.len(), &|index| decode::decode(&archive.content(&entries[index])?))?;
        let mut labels = LabelFiles::default();
        for file in others.into_iter().filter(|file| is_label_file(&file.name)) {
            let content = archive.content(&file);
            labels.add(file.name, content);
        }
        let images = entries.into_iter().map(|entry| entry.name).collect();
        let naming = Naming::Files(Files { images, folders: archive.folders, labels });
        Ok(Contents::new(name_of(path), naming))
    }
}

/// A ZIP archive whose directory has been read and checked.
pub(super) struct Archive {
    what: String,
    archive: ZipArchive<FileReader>,
    /// The files, ordered by name.
    pub(super) entries: Vec<Entry>,
    /// The folders that it lists, which need not be all.
    folders: Vec<Name>,
}

/// A file in a ZIP archive.
pub(super) struct Entry {
    pub(super) name: Name,
    /// The unpacked size that the archive's directory announces; a file that unpacks to more bytes is refused.
    pub(super) bytes: u64,
    deflated: bool,
    at: ZipArchiveEntryWayfinder,
}

impl Archive {
    /// Reads the directory.
    ///
    /// # Errors
    /// If the archive is damaged, encrypted, too large when unpacked, compressed in an unusual way, or
    /// holds anything but files and folders below its own top level.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let what = path.display().to_string();
        let file = open(path)?;
        let packed = file.metadata().map_or(0, |metadata| metadata.len());
        let limit = unpacked_limit(packed);
        let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
        let archive = ZipArchive::from_file(file, &mut buffer).map_err(|cause| damaged_error(&what, KIND, cause))?;
        let (mut entries, mut folders, mut unpacked, mut listed) = (Vec::new(), Vec::new(), 0_u64, 0);
        let mut records = archive.entries(&mut buffer);
        while let Some(record) = records.next_entry().map_err(|cause| damaged_error(&what, KIND, cause))? {
            listed += 1;
            if listed > MAX_FILES as u64 {
                return Err(too_many_files_error(&what));
            }
            unpacked = unpacked.saturating_add(record.uncompressed_size_hint());
            if unpacked > limit {
                return Err(too_large_error(&what, limit));
            }
            let Some(name) = entry_name(&what, record.file_path().as_bytes(), b"/\\")? else { continue };
            if record.is_dir() {
                folders.push(name);
                continue;
            }
            check(&what, &name, &record)?;
            entries.push(Entry {
                name,
                bytes: record.uncompressed_size_hint(),
                deflated: record.compression_method() == CompressionMethod::DEFLATE,
                at: record.wayfinder(),
            });
        }
        if listed < archive.entries_hint() {
            return Err(damaged_error(
                &what,
                KIND,
                format!("{} files are announced, {listed} listed", archive.entries_hint()),
            ));
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        if let Some(pair) = entries.windows(2).find(|pair| pair[0].name == pair[1].name) {
            return Err(duplicate_name_error(&what, &pair[0].name));
        }
        Ok(Self { what, archive, entries, folders })
    }

    /// A reader of a file's content that verifies size and checksum at the end.
    pub(super) fn reader(&self, entry: &Entry) -> io::Result<Box<dyn Read + '_>> {
        let file = self.archive.get_entry(entry.at).map_err(io::Error::other)?;
        Ok(if entry.deflated {
            Box::new(file.verifying_reader(DeflateDecoder::new(file.reader())))
        } else {
            Box::new(file.verifying_reader(file.reader()))
        })
    }

    /// Reads a whole image file. The error is the end of a sentence that begins with its name.
    fn content(&self, entry: &Entry) -> Result<Vec<u8>, String> {
        if entry.bytes > encoded::MAX_FILE_BYTES {
            return Err(encoded::too_large_reason());
        }
        let failed = |cause: io::Error| format!("cannot be read: {}", steadygan_run::reason(&cause));
        let mut content = Vec::new();
        self.reader(entry).and_then(|reader| reader.take(entry.bytes + 1).read_to_end(&mut content)).map_err(failed)?;
        Ok(content)
    }

    fn begins_as_image(&self, entry: &Entry) -> bool {
        let mut head = Vec::new();
        let read = self.reader(entry).and_then(|reader| reader.take(HEAD_BYTES).read_to_end(&mut head));
        read.is_ok() && decode::is_image(&head)
    }

    /// The archive's path, for messages.
    pub(super) fn what(&self) -> &str {
        &self.what
    }
}

/// Refuses links, special files, encrypted files, and unusual compression.
fn check(what: &str, name: &Name, record: &rawzip::ZipFileHeaderRecord<'_>) -> Result<()> {
    let mode = record.mode();
    if mode.is_symlink() {
        return Err(not_a_plain_file_error(what, name, "a link"));
    }
    if !matches!(mode.value() & MODE_KIND, 0 | MODE_REGULAR) {
        return Err(not_a_plain_file_error(what, name, "a special file"));
    }
    if record.flags().is_encrypted() || record.flags().has_strong_encryption() {
        return Err(Error::data(
            format!("{what} is encrypted: \"{name}\" needs a password"),
            "unpack it with its password and give the folder",
        ));
    }
    let method = record.compression_method();
    if !matches!(method, CompressionMethod::STORE | CompressionMethod::DEFLATE) {
        return Err(Error::data(
            format!("{what} holds \"{name}\", compressed by {}", method.name().unwrap_or("an unknown method")),
            "make the archive again, stored or deflated (the usual methods)",
        ));
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests;
