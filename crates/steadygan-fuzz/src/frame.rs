//! Containers whose lengths and checksums have to fit, so that a reader looks at what is inside: opens one, lets a part be
//! changed, and closes it again.

mod archives;

use fastrand::Rng;
use flate2::Crc;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::io::{Read, Write};

/// How a file is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// Nothing has to fit.
    None,
    /// The length of a header of JSON, the header, numbers.
    SafeTensors,
    /// The same with a digest of the whole.
    Checkpoint,
    /// A length and a header of text, then numbers.
    Npy,
    /// Entries with checksums.
    Zip,
    /// Headers with checksums.
    Tar,
    /// One compressed stream with a checksum.
    Gzip,
    /// Chunks with lengths and checksums.
    Png,
}

/// A function that changes a part of a file; its flag says whether the part is text.
pub type Edit<'a> = dyn FnMut(&mut Vec<u8>, bool, &mut Rng) + 'a;

/// What a small compressed stream may unpack to.
const MAX_UNPACKED: u64 = 1 << 20;

impl Frame {
    /// The file with one of its parts changed by `edit`; `None` if it has no parts.
    pub fn edit(self, file: &[u8], rng: &mut Rng, edit: &mut Edit<'_>) -> Option<Vec<u8>> {
        match self {
            Self::None => None,
            Self::SafeTensors => safetensors(file, rng, edit),
            Self::Checkpoint => steadygan::train::with_digest(&safetensors(file, rng, edit)?).ok(),
            Self::Npy => npy(file, rng, edit),
            Self::Zip => archives::zip(file, rng, edit),
            Self::Tar => archives::tar(file, rng, edit),
            Self::Gzip => gzip(file, rng, edit),
            Self::Png => png(file, rng, edit),
        }
    }
}

/// Changes the header, or a few bytes of the numbers.
fn safetensors(file: &[u8], rng: &mut Rng, edit: &mut Edit<'_>) -> Option<Vec<u8>> {
    let (length, rest) = file.split_first_chunk()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (header, numbers) = rest.split_at_checked(length)?;
    let (mut header, mut numbers) = (header.to_vec(), numbers.to_vec());
    if rng.u8(..4) == 0 && !numbers.is_empty() {
        overwrite(&mut numbers, rng, edit);
    } else {
        edit(&mut header, true, rng);
    }
    Some([&(header.len() as u64).to_le_bytes()[..], &header, &numbers].concat())
}

/// Changes some bytes, but not how many there are.
fn overwrite(bytes: &mut [u8], rng: &mut Rng, edit: &mut Edit<'_>) {
    let at = rng.usize(..bytes.len());
    let end = bytes.len().min(at + 16);
    let mut part = bytes[at..end].to_vec();
    edit(&mut part, false, rng);
    bytes[at..end].iter_mut().zip(part).for_each(|(byte, changed)| *byte = changed);
}

/// Changes the header of version 1.
fn npy(file: &[u8], rng: &mut Rng, edit: &mut Edit<'_>) -> Option<Vec<u8>> {
    let (start, rest) = file.split_at_checked(8)?;
    let (length, rest) = rest.split_first_chunk()?;
    let (header, numbers) = rest.split_at_checked(u16::from_le_bytes(*length).into())?;
    let mut header = header.to_vec();
    edit(&mut header, true, rng);
    let length = u16::try_from(header.len()).ok()?;
    Some([start, &length.to_le_bytes(), &header, numbers].concat())
}

/// Changes what is compressed.
fn gzip(file: &[u8], rng: &mut Rng, edit: &mut Edit<'_>) -> Option<Vec<u8>> {
    let mut inside = Vec::new();
    GzDecoder::new(file).take(MAX_UNPACKED).read_to_end(&mut inside).ok()?;
    edit(&mut inside, false, rng);
    let mut packed = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&inside).and_then(|()| packed.finish()).ok()
}

/// Changes the content of a chunk, rarely its name.
fn png(file: &[u8], rng: &mut Rng, edit: &mut Edit<'_>) -> Option<Vec<u8>> {
    let mut chunks = Vec::new();
    let mut at = 8;
    while let Some((length, _)) = file.get(at..)?.split_first_chunk() {
        let length = u32::from_be_bytes(*length) as usize;
        chunks.push([at, at.checked_add(length.checked_add(12)?).filter(|end| *end <= file.len())?]);
        at = chunks[chunks.len() - 1][1];
    }
    let [start, end] = *chunks.get(rng.usize(..chunks.len().max(1)))?;
    let (mut name, mut content) = (file[start + 4..start + 8].to_vec(), file[start + 8..end - 4].to_vec());
    if rng.u8(..16) == 0 {
        overwrite(&mut name, rng, edit);
    } else {
        edit(&mut content, false, rng);
    }
    let mut crc = Crc::new();
    crc.update(&name);
    crc.update(&content);
    let length = (content.len() as u32).to_be_bytes();
    Some([&file[..start], &length, &name, &content, &crc.sum().to_be_bytes(), &file[end..]].concat())
}
