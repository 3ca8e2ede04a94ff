//! Decodes a JPEG's pixels, all of them or none.
//!
//! Decoders make pixels of their own, without a word, where a JPEG's data are damaged or end too early. `zune-jpeg` stops
//! at damage if it is strict, but takes missing bits for zeros, which are a code. So one-bits are put behind the data: no
//! Huffman code consists of ones only (ITU-T T.81, annex C.2). A complete image does not need them; for an incomplete one
//! they are damage.

use image::{DynamicImage, GrayImage, RgbImage};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Sixteen bytes of ones, each with the zero that has to follow it in a scan. A decoder reads eight bytes ahead at most.
const ONES: [u8; 32] =
    *b"\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0";

const END_OF_IMAGE: u8 = 0xD9;

/// Decodes a JPEG to grey or to colour. The error is the end of a sentence that begins with the file's name.
pub(super) fn decode(jpeg: &[u8], grey: bool) -> Result<DynamicImage, String> {
    let end = end_of_image(jpeg).ok_or("cannot be decoded: the file is cut short")?;
    let guarded = [&jpeg[..end], &ONES, &[0xFF, END_OF_IMAGE]].concat();
    let damaged = |_| "cannot be decoded: the file is cut short or damaged".to_owned();
    let options = DecoderOptions::default()
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX)
        .set_strict_mode(false)
        .jpeg_set_out_colorspace(if grey { ColorSpace::Luma } else { ColorSpace::RGB });
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(guarded.as_slice()), options);
    // Only in its scans, because many a sound image has stray bytes between its headers.
    decoder.decode_headers().map_err(damaged)?;
    decoder.set_options(options.set_strict_mode(true));
    let pixels = decoder.decode().map_err(damaged)?;
    let (width, height) = decoder.dimensions().unwrap_or_default();
    let (width, height) = (width as u32, height as u32);
    let image = match grey {
        true => GrayImage::from_raw(width, height, pixels).map(DynamicImage::from),
        false => RgbImage::from_raw(width, height, pixels).map(DynamicImage::from),
    };
    image.ok_or_else(|| "cannot be decoded: it has another size than announced".to_owned())
}

/// Where a JPEG's end-of-image marker is. Walks the segments (ITU-T T.81, annex B), so that markers inside thumbnails do
/// not count.
fn end_of_image(jpeg: &[u8]) -> Option<usize> {
    let mut at = 2;
    while let &[first, marker] = jpeg.get(at..at + 2)? {
        match (first, marker) {
            (0xFF, END_OF_IMAGE) => return Some(at),
            (0xFF, 0xFF) => at += 1,
            // Stuffed zeros and restart markers belong to a scan; so do bytes that are no marker (below).
            (0xFF, 0x00 | 0x01 | 0xD0..=0xD7) => at += 2,
            (0xFF, _) => {
                let &[high, low] = jpeg.get(at + 2..at + 4)? else { return None };
                at += 2 + usize::from(u16::from_be_bytes([high, low]));
            }
            _ => at += 1,
        }
    }
    None
}
