//! Turns an image of any size into a square of bytes.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{PixelType, Resizer};
use image::{DynamicImage, GenericImageView};

/// A square image: `side × side` pixels of 1 or 3 interleaved channels.
pub(super) struct Square {
    channels: usize,
    pixels: Vec<u8>,
}

/// Crops to the centre square, composes over `background`, and resizes to `size` pixels (Lanczos with three lobes,
/// antialiased). A square that already has that size keeps its pixels.
pub(super) fn crop_and_resize(
    image: DynamicImage,
    size: usize,
    background: [u8; 3],
    resizer: &mut Resizer,
) -> Result<Square, String> {
    let (width, height) = image.dimensions();
    let side = width.min(height);
    if side == 0 {
        return Err("has no pixels".to_owned());
    }
    let image =
        if width == height { image } else { image.crop_imm((width - side) / 2, (height - side) / 2, side, side) };
    let square = flatten(image, background);
    let size = u32::try_from(size).map_err(|cause| cause.to_string())?;
    if side == size {
        return Ok(square);
    }
    let pixel = if square.channels == 1 { PixelType::U8 } else { PixelType::U8x3 };
    let resize_error = |cause: &dyn std::fmt::Display| format!("cannot be resized: {cause}");
    let source = ImageRef::new(side, side, &square.pixels, pixel).map_err(|e| resize_error(&e))?;
    let mut resized = Image::new(size, size, pixel);
    resizer.resize(&source, &mut resized, None).map_err(|e| resize_error(&e))?;
    Ok(Square { pixels: resized.into_vec(), ..square })
}

/// Converts to one grey or three colour channels of 8 bits, without transparency.
fn flatten(image: DynamicImage, background: [u8; 3]) -> Square {
    let (channels, pixels) = match image {
        DynamicImage::ImageLuma8(_) | DynamicImage::ImageLuma16(_) => (1, image.into_luma8().into_raw()),
        image if image.color().has_alpha() => {
            let over = |pixel: &image::Rgba<u8>| {
                let [colour @ .., alpha] = pixel.0.map(u16::from);
                let [r, g, b] = background.map(u16::from);
                [(colour[0], r), (colour[1], g), (colour[2], b)]
                    .map(|(front, back)| ((front * alpha + back * (255 - alpha) + 127) / 255) as u8)
            };
            (3, image.into_rgba8().pixels().flat_map(over).collect())
        }
        image => (3, image.into_rgb8().into_raw()),
    };
    Square { channels, pixels }
}

impl Square {
    /// Writes the image into `out` as one plane (grey) or three. Returns whether every pixel is grey; always true with
    /// one plane.
    pub(super) fn write_planes(&self, out: &mut [u8], channels: usize) -> bool {
        match (self.channels, channels) {
            (1, _) => {
                for plane in out.chunks_exact_mut(self.pixels.len()) {
                    plane.copy_from_slice(&self.pixels);
                }
                true
            }
            (_, 1) => {
                for (grey, rgb) in out.iter_mut().zip(self.pixels.as_chunks().0) {
                    *grey = luma(*rgb);
                }
                true
            }
            _ => {
                let plane = out.len() / 3;
                let mut grey = true;
                for (at, &[r, g, b]) in self.pixels.as_chunks().0.iter().enumerate() {
                    (out[at], out[plane + at], out[2 * plane + at]) = (r, g, b);
                    grey &= r == g && g == b;
                }
                grey
            }
        }
    }
}

/// The grey level of a colour by ITU-R BT.601, in the 16-bit arithmetic of Pillow's `convert("L")`; the weights
/// sum to 2¹⁶, so that a grey colour keeps its value.
pub fn luma([r, g, b]: [u8; 3]) -> u8 {
    let sum = 19_595 * u32::from(r) + 38_470 * u32::from(g) + 7_471 * u32::from(b);
    ((sum + (1 << 15)) >> 16) as u8
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma, LumaA, Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    /// The planes of an image after cropping and resizing, and whether it is grey.
    fn planes(image: impl Into<DynamicImage>, size: usize, channels: usize) -> (Vec<u8>, bool) {
        let background = [255, 0, 10];
        let square = crop_and_resize(image.into(), size, background, &mut Resizer::new()).unwrap();
        let mut out = vec![0; channels * size * size];
        let grey = square.write_planes(&mut out, channels);
        (out, grey)
    }

    #[test]
    fn the_centre_square_is_kept_to_the_pixel() {
        let wide = GrayImage::from_fn(7, 3, |x, y| Luma([(10 * y + x) as u8]));
        let expected = vec![2, 3, 4, 12, 13, 14, 22, 23, 24];
        assert_eq!(planes(wide, 3, 1), (expected.clone(), true));
        let tall = GrayImage::from_fn(3, 8, |x, y| Luma([(10 * y + x) as u8]));
        assert_eq!(planes(tall, 3, 1).0, [20, 21, 22, 30, 31, 32, 40, 41, 42]);
        let wide = GrayImage::from_fn(7, 3, |x, y| Luma([(10 * y + x) as u8]));
        assert_eq!(planes(wide, 3, 3).0, expected.repeat(3));
    }

    #[test]
    fn transparent_pixels_show_the_background() {
        let image = RgbaImage::from_fn(2, 2, |x, y| Rgba([100, 200, 50, [0, 255, 128, 1][(2 * y + x) as usize]]));
        let (pixels, grey) = planes(image, 2, 3);
        // Half way: (100·128 + 255·127 + 127) / 255 = 177 and so on.
        assert_eq!(pixels, [255, 100, 177, 254, 0, 200, 100, 1, 10, 50, 30, 10]);
        assert!(!grey);
        let grey_image = image::GrayAlphaImage::from_pixel(1, 1, LumaA([9, 255]));
        assert_eq!(planes(grey_image, 1, 3), (vec![9; 3], true));
    }

    #[test]
    fn colour_becomes_bt_601_grey_and_grey_keeps_its_level() {
        let image =
            RgbImage::from_fn(2, 2, |x, y| Rgb([[255, 0, 0], [0, 255, 0], [0, 0, 255], [77; 3]][(2 * y + x) as usize]));
        assert_eq!(planes(image, 2, 1).0, [76, 150, 29, 77]);
        assert!((0..=255).all(|level| luma([level; 3]) == level));
    }

    #[test]
    fn sixteen_bits_become_eight() {
        let image = image::ImageBuffer::from_fn(2, 1, |x, _| Luma([[0u16, 65_535][x as usize]]));
        let image = DynamicImage::ImageLuma16(image);
        assert_eq!(planes(image.crop_imm(0, 0, 1, 1), 1, 1).0, [0]);
        assert_eq!(planes(image.crop_imm(1, 0, 1, 1), 1, 1).0, [255]);
    }

    #[test]
    fn shrinking_averages_instead_of_dropping_pixels() {
        let stripes = GrayImage::from_fn(64, 64, |x, _| Luma([if x % 2 == 0 { 0 } else { 255 }]));
        let (pixels, _) = planes(stripes, 16, 1);
        assert!(pixels.iter().all(|&level| (115..=140).contains(&level)), "{pixels:?}");
        let flat = RgbImage::from_pixel(50, 50, Rgb([1, 128, 254]));
        let expected: Vec<u8> = [1, 128, 254].into_iter().flat_map(|level| [level; 64]).collect();
        assert_eq!(planes(flat, 8, 3).0, expected);
    }
}
