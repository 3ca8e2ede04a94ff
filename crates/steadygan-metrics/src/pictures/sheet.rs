//! Sheets of images. Levels are never rescaled to the range of the batch.

use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageFormat, RgbImage};

use crate::data::Images;
use crate::error::{Error, Result};

/// Small images are enlarged until a tile has at least this many pixels a side, so that single pixels are visible.
const MIN_TILE: usize = 64;
/// The same for a frame of an animation, which is shown alone and may be larger.
const MIN_FRAME: usize = 128;
/// Pixels between neighbouring tiles.
const GAP: usize = 2;
/// The level of the gaps and of unused tiles: white.
const GAP_LEVEL: u8 = 255;

/// A grid of images in reading order, `columns` to a row, each enlarged by the smallest whole number
/// that makes it at least 64 pixels high and wide, with a gap of two white pixels between tiles.
///
/// `images` are bytes in the order of `shape`, `[count, channels, height, width]`, with 1 channel (the
/// sheet is grey) or 3 (red, green, blue). Each byte is drawn at its own level, never rescaled.
///
/// # Panics
/// If a number is 0, the channels are neither 1 nor 3, or `images` does not hold the shape.
pub fn sheet(images: &[u8], shape: [usize; 4], columns: usize) -> DynamicImage {
    let [_, _, height, width] = shape;
    grid(images, shape, columns, scale_to(MIN_TILE, height, width), GAP)
}

/// Images below each other, not enlarged and without gaps, for programs that cut them out again.
///
/// # Panics
/// As [`sheet`].
pub fn strip(images: &[u8], shape: [usize; 4]) -> DynamicImage {
    grid(images, shape, 1, 1, 0)
}

/// One image, not enlarged; its shape is `[channels, height, width]`, everything else as for [`sheet`].
///
/// # Panics
/// As [`sheet`].
pub fn picture(image: &[u8], [channels, height, width]: [usize; 3]) -> DynamicImage {
    grid(image, [1, channels, height, width], 1, 1, 0)
}

/// One image as a frame of an animation: like [`picture`], but enlarged by the smallest whole number that makes it at
/// least 128 pixels high and wide.
///
/// # Panics
/// As [`sheet`].
pub fn frame(image: &[u8], [channels, height, width]: [usize; 3]) -> DynamicImage {
    grid(image, [1, channels, height, width], 1, scale_to(MIN_FRAME, height, width), 0)
}

/// The smallest whole number that enlarges both sides to `least` pixels or more.
fn scale_to(least: usize, height: usize, width: usize) -> usize {
    least.div_ceil(height.min(width).max(1))
}

/// The bytes of a PNG file.
///
/// # Errors
/// If an image is too large for the format.
pub fn encode_png(image: &DynamicImage) -> Result<Vec<u8>> {
    let mut png = Cursor::new(Vec::new());
    image.write_to(&mut png, ImageFormat::Png).map_err(|cause| {
        Error::data(format!("a sheet cannot be written as PNG: {cause}"), "show fewer images on it")
    })?;
    Ok(png.into_inner())
}

/// The bytes of a PNG file with the same pixels as [`encode_png`] gives, and with `caption` (ASCII) as its text
/// `Description`.
///
/// # Errors
/// As [`encode_png`].
pub fn encode_captioned_png(image: &DynamicImage, caption: &str) -> Result<Vec<u8>> {
    captioned(image, caption)
        .map_err(|cause| Error::data(format!("a sheet cannot be written as PNG: {cause}"), "show fewer images on it"))
}

fn captioned(image: &DynamicImage, caption: &str) -> std::result::Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, image.width(), image.height());
    encoder.set_color(if image.color().has_color() { png::ColorType::Rgb } else { png::ColorType::Grayscale });
    encoder.set_compression(png::Compression::Fast);
    encoder.add_text_chunk("Description".to_owned(), caption.to_owned())?;
    let mut writer = encoder.write_header()?;
    writer.write_image_data(image.as_bytes())?;
    writer.finish()?;
    Ok(bytes)
}

fn grid(images: &[u8], shape: [usize; 4], columns: usize, scale: usize, gap: usize) -> DynamicImage {
    let [count, channels, height, width] = shape;
    assert!(matches!(channels, 1 | 3), "{channels} channels");
    assert!(columns > 0 && !images.is_empty(), "nothing to show");
    assert_eq!(images.len(), shape.iter().product::<usize>(), "shape {shape:?}");
    let columns = columns.min(count);
    let (step_y, step_x) = (height * scale + gap, width * scale + gap);
    let sheet_height = count.div_ceil(columns) * step_y - gap;
    let sheet_width = columns * step_x - gap;

    let mut pixels = vec![GAP_LEVEL; sheet_height * sheet_width * channels];
    for (tile, image) in images.chunks_exact(channels * height * width).enumerate() {
        let (top, left) = (tile / columns * step_y, tile % columns * step_x);
        for y in 0..height * scale {
            for x in 0..width * scale {
                let to = ((top + y) * sheet_width + left + x) * channels;
                let from = y / scale * width + x / scale;
                for channel in 0..channels {
                    pixels[to + channel] = image[channel * height * width + from];
                }
            }
        }
    }
    let (width, height) = (sheet_width as u32, sheet_height as u32);
    let image = if channels == 1 {
        GrayImage::from_raw(width, height, pixels).map(DynamicImage::from)
    } else {
        RgbImage::from_raw(width, height, pixels).map(DynamicImage::from)
    };
    image.expect("the buffer was made for this size")
}

/// A nearly square sheet.
///
/// # Panics
/// If there are no images.
pub fn square_sheet(images: &Images) -> DynamicImage {
    columned_sheet(images, square_columns(images.count()))
}

/// A sheet with this many columns.
///
/// # Panics
/// If there are no images or no columns.
pub fn columned_sheet(images: &Images, columns: usize) -> DynamicImage {
    let &Images { channels, size, ref pixels, .. } = images;
    sheet(pixels, [images.count(), channels, size, size], columns)
}

/// The number of columns of a nearly square sheet: as many as rows, or one more.
pub fn square_columns(count: usize) -> usize {
    (count as f64).sqrt().ceil() as usize
}

#[cfg(test)]
mod tests {
    use image::GenericImageView;

    use super::*;

    #[test]
    fn five_images_in_three_columns_stand_where_they_belong() {
        // Image i is 2 high and 3 wide; its red plane counts from 10 i, green and blue are constant.
        let images: Vec<u8> = (0..5)
            .flat_map(|i| {
                let red = (0..6).map(move |at| 10 * i + at);
                red.chain([100 + i; 6]).chain([200 + i; 6])
            })
            .collect();
        let sheet = sheet(&images, [5, 3, 2, 3], 3);
        // 2 pixels need a factor of 32 to reach 64.
        assert_eq!(sheet.dimensions(), (3 * 96 + 2 * 2, 2 * 64 + 2));
        let mut seen = sheet.to_rgb8();
        for (i, (top, left)) in [(0, 0), (0, 98), (0, 196), (66, 0), (66, 98)].into_iter().enumerate() {
            let i = i as u8;
            for y in 0..64 {
                for x in 0..96 {
                    let red = 10 * i + (y / 32 * 3 + x / 32) as u8;
                    let pixel = seen.get_pixel_mut(left + x, top + y);
                    assert_eq!(pixel.0, [red, 100 + i, 200 + i]);
                    pixel.0 = [255; 3];
                }
            }
        }
        assert!(seen.pixels().all(|pixel| pixel.0 == [255; 3]), "gaps and the unused tile are white");
    }

    #[test]
    fn grey_stays_grey_and_levels_stay_as_they_are() {
        let image: Vec<u8> = (0..4).map(|level| 120 + level).collect();
        let sheet = sheet(&image, [1, 1, 2, 2], 8);
        assert_eq!(sheet.color(), image::ColorType::L8);
        assert_eq!(sheet.dimensions(), (64, 64));
        let png = image::load_from_memory(&encode_png(&sheet).unwrap()).unwrap().into_luma8();
        let corners = [(0, 0), (63, 0), (0, 63), (63, 63)];
        assert_eq!(corners.map(|(x, y)| png.get_pixel(x, y).0[0]), [120, 121, 122, 123]);
        assert_eq!(picture(&image, [1, 2, 2]).into_bytes(), image);
        let frame = frame(&image, [1, 2, 2]);
        assert_eq!(frame.dimensions(), (128, 128));
        assert_eq!(corners.map(|(x, y)| frame.get_pixel(2 * x + 1, 2 * y + 1).0[0]), [120, 121, 122, 123]);
    }

    #[test]
    fn a_caption_leaves_pixels_as_they_are() {
        for channels in [1, 3] {
            let bytes: Vec<u8> = (0..channels * 4 * 12).map(|at| (at * 5) as u8).collect();
            let sheet = sheet(&bytes, [4, channels, 3, 4], 2);
            let png = encode_captioned_png(&sheet, "fakes after 64 images, seed 1").unwrap();
            assert_eq!(image::load_from_memory(&png).unwrap(), sheet);
            let reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
            let text = &reader.info().uncompressed_latin1_text[0];
            assert_eq!((text.keyword.as_str(), text.text.as_str()), ("Description", "fakes after 64 images, seed 1"));
        }
    }

    #[test]
    fn images_of_64_pixels_and_more_are_not_enlarged() {
        let images = vec![7; 2 * 64 * 64];
        assert_eq!(sheet(&images, [2, 1, 64, 64], 2).dimensions(), (130, 64));
    }
}
