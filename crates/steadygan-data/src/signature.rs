//! What a file is by its first bytes.

use image::ImageFormat;

/// The image formats that are decoded.
pub(super) const DECODED: [ImageFormat; 7] = [
    ImageFormat::Png,
    ImageFormat::Jpeg,
    ImageFormat::WebP,
    ImageFormat::Bmp,
    ImageFormat::Gif,
    ImageFormat::Tiff,
    ImageFormat::Pnm,
];

/// The formats of [`DECODED`], in messages.
pub(super) const DECODED_NAMES: &str = "PNG, JPEG, WebP, BMP, GIF, TIFF or PNM";

/// The signatures of image formats that the `image` crate does not know: where they begin, their bytes, the format.
const FOREIGN: [(usize, &[u8], &str); 14] = [
    (4, b"ftypheic", "HEIC"),
    (4, b"ftypheix", "HEIC"),
    (4, b"ftypheim", "HEIC"),
    (4, b"ftypheis", "HEIC"),
    (4, b"ftyphevc", "HEIC"),
    (4, b"ftyphevx", "HEIC"),
    (4, b"ftypmif1", "HEIF"),
    (4, b"ftypmsf1", "HEIF"),
    (4, b"ftypavis", "AVIF"),
    (4, b"jP  \r\n\x87\n", "JPEG 2000"),
    (0, b"\xFF\x4F\xFF\x51", "JPEG 2000"),
    (4, b"JXL \r\n\x87\n", "JPEG XL"),
    (0, b"\xFF\x0A", "JPEG XL"),
    (0, b"8BPS", "PSD"),
];

/// The signature of Parquet, a table that often holds images.
const PARQUET: &[u8] = b"PAR1";

/// What a file is by its first bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Signature {
    /// An image of a format that is decoded.
    Decoded(ImageFormat),
    /// An image of another format, which has this name.
    Foreign(String),
    /// A table in the format Parquet.
    Parquet,
}

impl Signature {
    /// Recognises the first [`HEAD_BYTES`](super::source::HEAD_BYTES) or more of a file.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        let begins = |(at, bytes, _): &&(usize, &[u8], _)| head.get(*at..).is_some_and(|rest| rest.starts_with(bytes));
        if let Some((_, _, name)) = FOREIGN.iter().find(begins) {
            return Some(Self::Foreign((*name).to_owned()));
        }
        if head.starts_with(PARQUET) {
            return Some(Self::Parquet);
        }
        match image::guess_format(head).ok()? {
            // PNM's signature is two characters, which text may begin with too; white space or a comment follows them.
            ImageFormat::Pnm if !head.get(2).is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b'#') => None,
            format if DECODED.contains(&format) => Some(Self::Decoded(format)),
            other => Some(Self::Foreign(other.extensions_str().first()?.to_uppercase())),
        }
    }

    /// Whether this is an image, decoded or not.
    pub(super) fn is_image(&self) -> bool {
        *self != Self::Parquet
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_named_as_what_they_are() {
        let name = |head: &[u8]| match Signature::of(head) {
            Some(Signature::Foreign(name)) => name,
            other => panic!("{other:?}"),
        };
        assert_eq!(name(b"\0\0\0\x18ftypheic\0\0\0\0"), "HEIC");
        assert_eq!(name(b"\0\0\0\x18ftypmif1\0\0\0\0"), "HEIF");
        assert_eq!(name(b"\0\0\0\x1Cftypavif\0\0\0\0"), "AVIF");
        assert_eq!(name(b"\0\0\0\x0CjP  \r\n\x87\n\0\0\0\0"), "JPEG 2000");
        assert_eq!(name(b"\xFF\x4F\xFF\x51\0\0"), "JPEG 2000");
        assert_eq!(name(b"\0\0\0\x0CJXL \r\n\x87\n\0\0\0\0"), "JPEG XL");
        assert_eq!(name(b"\xFF\x0A\xFA\x1F"), "JPEG XL");
        assert_eq!(name(b"qoif\0\0"), "QOI");
        assert_eq!(Signature::of(b"PAR1\x15\x04"), Some(Signature::Parquet));
        for tiff in [b"II*\0", b"MM\0*"] {
            assert_eq!(Signature::of(tiff), Some(Signature::Decoded(ImageFormat::Tiff)));
        }
    }

    #[test]
    fn text_and_videos_are_no_images() {
        for head in [&b"P3 patients"[..], b"P6#by hand\n"] {
            assert_eq!(Signature::of(head), Some(Signature::Decoded(ImageFormat::Pnm)));
        }
        for head in [&b"P3"[..], b"P300 notes", b"dear diary", b"\0\0\0\x18ftypisom\0\0\0\0", b""] {
            assert_eq!(Signature::of(head), None, "{head:?}");
        }
    }
}
