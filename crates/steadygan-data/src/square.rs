//! Turns an image of any size into a square of bytes.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{PixelType, Resizer};
use image::{DynamicImage, GenericImageView};
use serde::{Deserialize, Serialize};

use super::DataPlan;

/// How an image that is not square becomes one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// Its centre square is kept.
    #[default]
    Crop,
    /// All of it is kept in proportion, with the background on both sides.
    Pad,
    /// All of it is kept, out of proportion.
    Stretch,
}

impl Fit {
    /// The word in a recipe.
    pub fn word(self) -> &'static str {
        match self {
            Self::Crop => "crop",
            Self::Pad => "pad",
            Self::Stretch => "stretch",
        }
    }

    /// Whether this is the default, which plans and packs do not mention.
    pub fn is_crop(&self) -> bool {
        *self == Self::Crop
    }

    /// The side that is compared with the size asked for, to tell whether an image is enlarged.
    pub(super) fn side(self, width: u32, height: u32) -> u32 {
        if self == Self::Pad { width.max(height) } else { width.min(height) }
    }

    /// The width and height to which an image is resized.
    fn resized(self, [width, height]: [u32; 2], size: u32) -> [u32; 2] {
        let longer = u64::from(width.max(height));
        let scaled = |side: u32| ((u64::from(side) * u64::from(size) + longer / 2) / longer).max(1) as u32;
        if self == Self::Pad { [scaled(width), scaled(height)] } else { [size; 2] }
    }
}

/// Pixels of 1 or 3 interleaved channels.
struct Raster {
    width: u32,
    height: u32,
    channels: usize,
    pixels: Vec<u8>,
}

/// A square image: `side × side` pixels of 1 or 3 interleaved channels.
pub(super) struct Square {
    channels: usize,
    pixels: Vec<u8>,
}

/// Composes an image over the plan's background and brings it to the plan's size (Lanczos with three lobes, antialiased)
/// by the plan's [`Fit`]. An image that has the right size already keeps its pixels.
pub(super) fn fit(image: DynamicImage, plan: &DataPlan, resizer: &mut Resizer) -> Result<Square, String> {
    let (width, height) = image.dimensions();
    let side = width.min(height);
    if side == 0 {
        return Err("has no pixels".to_owned());
    }
    let image = if plan.fit.is_crop() && width != height {
        image.crop_imm((width - side) / 2, (height - side) / 2, side, side)
    } else {
        image
    };
    let size = u32::try_from(plan.size).map_err(|cause| cause.to_string())?;
    let raster = flatten(image, plan.background);
    let to = plan.fit.resized([raster.width, raster.height], size);
    Ok(resize(raster, to, resizer)?.in_middle_of(size, plan.background))
}

/// Resizes a raster, unless it has the right size.
fn resize(raster: Raster, [width, height]: [u32; 2], resizer: &mut Resizer) -> Result<Raster, String> {
    if [raster.width, raster.height] == [width, height] {
        return Ok(raster);
    }
    let pixel = if raster.channels == 1 { PixelType::U8 } else { PixelType::U8x3 };
    let resize_error = |cause: &dyn std::fmt::Display| format!("cannot be resized: {cause}");
    let source = ImageRef::new(raster.width, raster.height, &raster.pixels, pixel).map_err(|e| resize_error(&e))?;
    let mut resized = Image::new(width, height, pixel);
    resizer.resize(&source, &mut resized, None).map_err(|e| resize_error(&e))?;
    Ok(Raster { width, height, pixels: resized.into_vec(), ..raster })
}

/// Converts to one grey or three colour channels of 8 bits, without transparency.
fn flatten(image: DynamicImage, background: [u8; 3]) -> Raster {
    let (width, height) = image.dimensions();
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
    Raster { width, height, channels, pixels }
}

impl Raster {
    /// Lays the raster, which is no larger, in the middle of a square of the background.
    fn in_middle_of(self, size: u32, background: [u8; 3]) -> Square {
        let Self { channels, pixels, .. } = self;
        if self.width == size && self.height == size {
            return Square { channels, pixels };
        }
        let [width, height, size] = [self.width, self.height, size].map(|side| side as usize);
        // A grey image stays grey on a grey background.
        let colour = channels == 3 || background.iter().any(|level| *level != background[0]);
        let channels = if colour { 3 } else { 1 };
        let pixels = match (self.channels, channels) {
            (1, 3) => pixels.into_iter().flat_map(|level| [level; 3]).collect(),
            _ => pixels,
        };
        let mut square = background[..channels].repeat(size * size);
        let (left, top) = ((size - width) / 2, (size - height) / 2);
        for (row, line) in pixels.chunks_exact(channels * width).enumerate() {
            square[channels * ((top + row) * size + left)..][..line.len()].copy_from_slice(line);
        }
        debug_assert_eq!(pixels.len(), channels * width * height);
        Square { channels, pixels: square }
    }
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
        fitted(image, Fit::Crop, [255, 0, 10], size, channels)
    }

    fn fitted(
        image: impl Into<DynamicImage>,
        how: Fit,
        background: [u8; 3],
        size: usize,
        channels: usize,
    ) -> (Vec<u8>, bool) {
        let plan = DataPlan { size, fit: how, background, ..super::super::testing::plan("".as_ref()) };
        let square = fit(image.into(), &plan, &mut Resizer::new()).unwrap();
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
    fn padding_keeps_every_pixel_between_background() {
        let wide = GrayImage::from_fn(4, 2, |x, y| Luma([(10 * y + x) as u8]));
        let (pixels, grey) = fitted(wide.clone(), Fit::Pad, [99; 3], 4, 1);
        assert_eq!(
            (&pixels[..4], &pixels[4..8], &pixels[8..12]),
            (&[99; 4][..], &[0, 1, 2, 3][..], &[10, 11, 12, 13][..])
        );
        assert_eq!((&pixels[12..], grey), (&[99; 4][..], true));
        // The odd row goes below; a grey image on a coloured background is a colour image.
        let (pixels, grey) = fitted(GrayImage::from_pixel(2, 1, Luma([7])), Fit::Pad, [1, 2, 3], 2, 3);
        assert_eq!((pixels, grey), (vec![7, 7, 1, 1, 7, 7, 2, 2, 7, 7, 3, 3], false));
        // Scaled before it is padded: 100 × 3 is 8 × 1 (0.24 rounded up to a pixel).
        let tall = RgbImage::from_pixel(3, 100, Rgb([5, 6, 7]));
        let (pixels, _) = fitted(tall, Fit::Pad, [0; 3], 8, 3);
        let column = |plane: &[u8]| plane.chunks(8).map(|row| row[3]).collect::<Vec<_>>();
        assert_eq!((column(&pixels[..64]), column(&pixels[128..])), (vec![5; 8], vec![7; 8]));
        assert_eq!(pixels.iter().filter(|level| **level > 0).count(), 24);
    }

    #[test]
    fn stretching_uses_all_of_an_image() {
        let halves = GrayImage::from_fn(64, 8, |x, _| Luma([if x < 32 { 0 } else { 200 }]));
        let (pixels, grey) = fitted(halves, Fit::Stretch, [255; 3], 8, 1);
        assert!(grey && pixels.chunks(8).all(|row| row[0] < 20 && row[7] > 180), "{pixels:?}");
    }

    #[test]
    fn a_square_is_the_same_however_it_is_fitted() {
        let image = RgbImage::from_fn(9, 9, |x, y| Rgb([x * 20, y * 20, x * y].map(|v| v as u8)));
        for size in [4, 9, 20] {
            let of = |how| fitted(image.clone(), how, [3, 2, 1], size, 3);
            assert_eq!((of(Fit::Pad), of(Fit::Stretch)), (of(Fit::Crop), of(Fit::Crop)));
        }
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
