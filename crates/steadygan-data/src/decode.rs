//! Decodes one image file to an upright image, within limits of size and memory.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::jpeg;
use super::signature::{DECODED_NAMES, Signature};

/// An image whose header announces more pixels is refused before any of it is decoded.
pub(super) const MAX_PIXELS: u64 = 64_000_000;

/// Memory in bytes that decoding one image may take: `MAX_PIXELS` of 8 bytes (RGBA at 16 bits).
const MAX_DECODED_BYTES: u64 = 8 * MAX_PIXELS;

/// Extensions of image formats that the `image` crate does not know by name.
const FOREIGN_EXTENSIONS: [&str; 5] = ["heic", "heif", "jp2", "j2k", "jxl"];

/// Whether a file's first bytes are those of an image format, decoded here or not.
pub(super) fn is_image(head: &[u8]) -> bool {
    Signature::of(head).is_some_and(|signature| signature.is_image())
}

/// Whether a file extension belongs to an image format, decoded here or not.
pub(super) fn is_image_extension(extension: &str) -> bool {
    ImageFormat::from_extension(extension).is_some()
        || FOREIGN_EXTENSIONS.iter().any(|foreign| foreign.eq_ignore_ascii_case(extension))
}

/// Decodes an image of a format in [`DECODED`](super::signature::DECODED), recognised by its content, and turns it
/// upright as its EXIF orientation says. An animation gives its first frame, a TIFF its first page. Colour profiles are
/// ignored. The error is the end of a sentence that begins with the file's name.
pub(super) fn decode(bytes: &[u8]) -> Result<DynamicImage, String> {
    let format = match Signature::of(bytes) {
        Some(Signature::Decoded(format)) => format,
        Some(Signature::Foreign(name)) => return Err(format!("is {name}, not {DECODED_NAMES}")),
        Some(Signature::Parquet) => return Err("is a Parquet table, not an image".to_owned()),
        None => return Err("is not an image by its content".to_owned()),
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    reader.limits(limits);
    let damaged = |cause| match cause {
        ImageError::Unsupported(_) => format!("is a {format:?} image of a kind that is not read; convert it to a PNG"),
        cause => format!("cannot be decoded: {cause}"),
    };
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(format!("has {width} × {height} pixels, more than the limit of 64 megapixels"));
    }
    if matches!(decoder.color_type(), ColorType::Rgb32F | ColorType::Rgba32F) {
        return Err("has floating-point levels, of which none is known to be white: convert it to 8 or 16 bits".into());
    }
    if format == ImageFormat::Png && !has_whole_palette(bytes) {
        return Err("cannot be decoded: its palette holds a part of a colour".to_owned());
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = match format {
        ImageFormat::Jpeg => jpeg::decode(bytes, decoder.color_type() == ColorType::L8)?,
        _ => DynamicImage::from_decoder(decoder).map_err(damaged)?,
    };
    image.apply_orientation(orientation);
    Ok(image)
}

/// Whether a PNG of palette colours has a palette of whole colours, three bytes each. This is checked because the decoder
/// (png 0.18.1) panics at others.
fn has_whole_palette(png: &[u8]) -> bool {
    /// Where the first chunk, which every PNG begins with, has the kind of its colours; and the kind of a palette's.
    const COLOUR: (usize, u8) = (25, 3);
    const SIGNATURE_BYTES: usize = 8;
    /// Length and name before a chunk's content, checksum after it.
    const CHUNK_BYTES: usize = 12;
    if png.get(COLOUR.0) != Some(&COLOUR.1) {
        return true;
    }
    let mut at = SIGNATURE_BYTES;
    while let Some((length, rest)) = png.get(at..).and_then(|rest| rest.split_first_chunk()) {
        let length = u32::from_be_bytes(*length) as usize;
        if rest.starts_with(b"PLTE") {
            return length.is_multiple_of(3);
        }
        at = at.saturating_add(length).saturating_add(CHUNK_BYTES);
    }
    true
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::signature::DECODED;
    use super::*;

    /// Encodes an image as a file of this format.
    pub(in super::super) fn encode(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        image.into().write_to(&mut file, format).unwrap();
        file.into_inner()
    }

    /// Noise that no format compresses away.
    fn noise() -> image::RgbImage {
        image::RgbImage::from_fn(40, 40, |x, y| image::Rgb([x * 97, y * 89, x * y].map(|v| v as u8)))
    }

    #[test]
    fn content_decides_not_the_name() {
        let png = encode(noise(), ImageFormat::Png);
        assert_eq!(decode(&png).unwrap().into_rgb8(), noise());
        let why = |bytes: &[u8]| decode(bytes).unwrap_err();
        assert_eq!(why(b"dear diary"), "is not an image by its content");
        assert_eq!(why(b"\0\0\0\x18ftypheic...."), "is HEIC, not PNG, JPEG, WebP, BMP, GIF, TIFF or PNM");
        assert_eq!(why(b"PAR1...."), "is a Parquet table, not an image");
        assert_eq!(why(b""), "is not an image by its content");
    }

    #[test]
    fn a_file_cut_anywhere_is_an_error_never_a_panic() {
        /// The last 12 bytes of a PNG, like the last three of a GIF, only mark the end; an image may do without them.
        const END_BYTES: usize = 12;
        for format in DECODED {
            let whole = encode(noise(), format);
            let image = decode(&whole).unwrap();
            for cut in 0..whole.len() {
                match decode(&whole[..cut]) {
                    Err(_) => {}
                    Ok(other) => assert!(cut + END_BYTES >= whole.len() && other == image, "{format:?} cut at {cut}"),
                }
            }
        }
    }

    /// Salvaged files and browsers' caches hold images like these.
    #[test]
    fn a_file_cut_in_its_middle_and_closed_by_an_end_marker_is_an_error() {
        let grey = || DynamicImage::from(noise()).into_luma8();
        let whole = [
            (encode(noise(), ImageFormat::Jpeg), &b"\xFF\xD9"[..]),
            (encode(grey(), ImageFormat::Jpeg), b"\xFF\xD9"),
            (encode(noise(), ImageFormat::Gif), b"\0\x3B"),
            (encode(noise(), ImageFormat::Png), b"\0\0\0\0IEND\xAE\x42\x60\x82"),
        ];
        for (whole, end) in whole {
            for cut in (whole.len() / 2..whole.len() - 20).step_by(7) {
                let closed = [&whole[..cut], end].concat();
                assert!(decode(&closed).is_err(), "cut at {cut} of {}, closed by {end:?}", whole.len());
            }
        }
        let jpeg = encode(noise(), ImageFormat::Jpeg);
        let cut = [&jpeg[..jpeg.len() * 3 / 4], b"\xFF\xD9"].concat();
        assert_eq!(decode(&cut).unwrap_err(), "cannot be decoded: the file is cut short or damaged");
    }

    #[test]
    fn a_whole_jpeg_has_the_pixels_that_the_image_crate_gives() {
        for (width, height) in [(1, 1), (7, 9), (16, 16), (40, 33), (129, 8)] {
            let colour = image::imageops::resize(&noise(), width, height, image::imageops::FilterType::Nearest);
            let grey = DynamicImage::from(colour.clone()).into_luma8();
            for image in [DynamicImage::from(colour), grey.into()] {
                let jpeg = encode(image, ImageFormat::Jpeg);
                assert_eq!(decode(&jpeg).unwrap(), image::load_from_memory(&jpeg).unwrap(), "{width} × {height}");
            }
        }
    }

    #[test]
    fn levels_without_a_white_are_refused() {
        let tiff = encode(image::Rgb32FImage::new(2, 2), ImageFormat::Tiff);
        let why = decode(&tiff).unwrap_err();
        assert!(why.starts_with("has floating-point levels, "), "{why}");
        // 64 bits a sample, in the tag BitsPerSample.
        let mut deep = encode(image::GrayImage::new(2, 2), ImageFormat::Tiff);
        let tag = deep.windows(4).position(|tag| tag == [2, 1, 3, 0]).unwrap();
        deep[tag + 8] = 64;
        assert_eq!(decode(&deep).unwrap_err(), "is a Tiff image of a kind that is not read; convert it to a PNG");
    }

    #[test]
    fn lossless_formats_keep_every_pixel() {
        for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Tiff, ImageFormat::Pnm] {
            assert_eq!(decode(&encode(noise(), format)).unwrap().into_rgb8(), noise(), "{format:?}");
        }
    }

    #[test]
    fn an_animation_shows_its_first_frame() {
        let frame = |level: u8| image::Frame::new(image::RgbaImage::from_pixel(5, 4, image::Rgba([level, 0, 0, 255])));
        let mut gif = Vec::new();
        let mut encoder = image::codecs::gif::GifEncoder::new(&mut gif);
        encoder.encode_frames([frame(200), frame(100)]).unwrap();
        drop(encoder);
        let image = decode(&gif).unwrap().into_rgb8();
        assert_eq!((image.dimensions(), image.get_pixel(4, 3).0), ((5, 4), [200, 0, 0]));
    }

    #[test]
    fn a_jpeg_may_be_followed_by_anything() {
        let mut jpeg = encode(noise(), ImageFormat::Jpeg);
        let whole = decode(&jpeg).unwrap();
        jpeg.extend([0xFF, 0xDA, 0, 1, 2, 3]);
        assert_eq!(decode(&jpeg).unwrap(), whole);
    }

    #[test]
    fn the_header_alone_refuses_too_many_pixels() {
        let mut png = encode(image::GrayImage::new(1, 1), ImageFormat::Png);
        png[16..24].copy_from_slice(&[0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10]);
        let check = crc32(&png[12..29]).to_be_bytes();
        png[29..33].copy_from_slice(&check);
        assert_eq!(decode(&png).unwrap_err(), "has 10000 × 10000 pixels, more than the limit of 64 megapixels");
    }

    #[test]
    fn so_do_the_headers_of_other_formats() {
        let mut gif = encode(noise(), ImageFormat::Gif);
        gif[6..10].fill(0xFF);
        assert_eq!(decode(&gif).unwrap_err(), "has 65535 × 65535 pixels, more than the limit of 64 megapixels");
        let mut bmp = encode(noise(), ImageFormat::Bmp);
        bmp[18..26].copy_from_slice(&[10_000_i32, 10_000].map(i32::to_le_bytes).concat());
        assert_eq!(decode(&bmp).unwrap_err(), "has 10000 × 10000 pixels, more than the limit of 64 megapixels");
    }

    #[test]
    fn a_wrong_byte_anywhere_is_never_a_panic() {
        for format in DECODED {
            let whole = encode(image::imageops::thumbnail(&noise(), 12, 12), format);
            for at in 0..whole.len() {
                let mut wrong = whole.clone();
                wrong[at] ^= 0xFF;
                let _ = decode(&wrong);
            }
        }
    }

    fn crc32(bytes: &[u8]) -> u32 {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        crc.sum()
    }

    #[test]
    fn a_palette_that_ends_within_a_colour_is_refused() {
        // Another kind of picture: 8 bits of a palette.
        let mut png = encode(image::GrayImage::new(2, 2), ImageFormat::Png);
        png[24..26].copy_from_slice(&[8, 3]);
        let check = crc32(&png[12..29]).to_be_bytes();
        png[29..33].copy_from_slice(&check);
        for length in 1..=9 {
            let content = &[&b"PLTE"[..], &[200; 9][..length]].concat();
            let palette = [&(length as u32).to_be_bytes(), &content[..], &crc32(content).to_be_bytes()].concat();
            let mut whole = png.clone();
            whole.splice(33..33, palette);
            match decode(&whole) {
                Ok(image) => assert_eq!((length % 3, image.into_rgb8().get_pixel(0, 0).0), (0, [200; 3])),
                // The decoder itself refuses one that is too short for a colour.
                Err(why) if length < 3 => assert!(why.contains("Chunk length wrong"), "{why}"),
                Err(why) => assert!(length % 3 > 0 && why.ends_with("holds a part of a colour"), "{why}"),
            }
        }
    }

    #[test]
    fn exif_turns_an_image_upright() {
        let mut jpeg = encode(image::RgbImage::new(16, 8), ImageFormat::Jpeg);
        // APP1 with one TIFF entry: orientation (0x112), a short, 6: turn by 90° clockwise.
        let exif = b"\xFF\xE1\x00\x22Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        jpeg.splice(2..2, exif.iter().copied());
        let image = decode(&jpeg).unwrap();
        assert_eq!((image.width(), image.height()), (8, 16));
    }
}
