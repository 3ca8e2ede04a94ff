//! Archives: an entry's content or name is changed, and everything else made to fit.

use super::{Edit, Frame, MAX_UNPACKED};
use fastrand::Rng;
use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive, ZipArchiveWriter};
use std::io::{Read, Write};

/// Changes an entry's content, more rarely its name, and writes all entries uncompressed.
pub(super) fn zip(file: &[u8], rng: &mut Rng, edit: &mut Edit<'_>) -> Option<Vec<u8>> {
    let mut entries = entries(file)?;
    let chosen = rng.usize(..entries.len().max(1));
    let (name, content) = entries.get_mut(chosen)?;
    if rng.u8(..6) == 0 {
        let mut changed = name.clone().into_bytes();
        edit(&mut changed, true, rng);
        *name = String::from_utf8_lossy(&changed).into_owned();
    } else {
        // The arrays of an .npz have lengths of their own.
        let inside = if rng.bool() { Frame::Npy.edit(content, rng, edit) } else { None };
        match inside {
            Some(changed) => *content = changed,
            None => edit(content, false, rng),
        }
    }
    let mut zip = ZipArchiveWriter::new(Vec::new());
    for (name, content) in &entries {
        let (mut entry, config) = zip.new_file(name).compression_method(CompressionMethod::STORE).start().ok()?;
        let mut data = config.wrap(&mut entry);
        data.write_all(content).ok()?;
        let (_, sizes) = data.finish().ok()?;
        entry.finish(sizes).ok()?;
    }
    zip.finish().ok()
}

/// The names and contents of an archive's entries.
fn entries(file: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let archive = ZipArchive::from_slice(file).ok()?;
    let mut records = archive.entries();
    let mut entries = Vec::new();
    while let Some(record) = records.next_entry().ok()? {
        let name = String::from_utf8_lossy(record.file_path().as_bytes()).into_owned();
        let packed = archive.get_entry(record.wayfinder()).ok()?.data();
        let mut content = Vec::new();
        if record.compression_method() == CompressionMethod::DEFLATE {
            DeflateDecoder::new(packed).take(MAX_UNPACKED).read_to_end(&mut content).ok()?;
        } else {
            content.extend_from_slice(packed);
        }
        entries.push((name, content));
    }
    Some(entries)
}

/// The size of a tar's header, and what contents are padded to.
const BLOCK: usize = 512;

/// Where a header's checksum is.
const CHECKSUM: std::ops::Range<usize> = 148..156;

/// Changes some bytes of a header and makes its checksum right.
pub(super) fn tar(file: &[u8], rng: &mut Rng, edit: &mut Edit<'_>) -> Option<Vec<u8>> {
    let mut headers = Vec::new();
    let mut at = 0;
    while let Some(header) = file.get(at..at + BLOCK).filter(|header| header[0] != 0) {
        headers.push(at);
        let size = std::str::from_utf8(&header[124..135]).ok()?;
        at += BLOCK + usize::from_str_radix(size.trim_matches(['\0', ' ']), 8).ok()?.next_multiple_of(BLOCK);
    }
    let at = *headers.get(rng.usize(..headers.len().max(1)))?;
    let mut changed = file.to_vec();
    let header = &mut changed[at..at + BLOCK];
    // The fields that are used lie in the first 160 bytes: name, mode, size, time, type.
    super::overwrite(&mut header[..160], rng, edit);
    header[CHECKSUM].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[CHECKSUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Some(changed)
}
