//! Animations: a GIF of images one after the other that loops for ever.

use std::io::{self, Write};

use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, DynamicImage, Frame, ImageError};

/// Time between two frames in milliseconds, a multiple of GIF's hundredths of a second; 25 frames a second look smooth.
pub const FRAME_MS: u32 = 40;
/// The effort of choosing 256 colours, 1 (best) to 30: the default of the encoder's authors.
const QUANTISATION_SPEED: i32 = 10;

/// Writes frames of one size, each with the time in milliseconds that it is shown. It writes them one by one, so that
/// memory does not grow with their number.
///
/// A GIF frame holds 256 colours. So grey images are exact, and a colour is replaced by the nearest of the colours
/// chosen for its frame.
///
/// # Errors
///
/// If writing to `out` fails.
pub fn write_gif(out: &mut dyn Write, frames: impl Iterator<Item = (DynamicImage, u32)>) -> io::Result<()> {
    let mut encoder = GifEncoder::new_with_speed(out, QUANTISATION_SPEED);
    encoder.set_repeat(Repeat::Infinite).map_err(to_io)?;
    for (frame, shown_ms) in frames {
        let delay = Delay::from_numer_denom_ms(shown_ms, 1);
        encoder.encode_frame(Frame::from_parts(frame.into_rgba8(), 0, 0, delay)).map_err(to_io)?;
    }
    Ok(())
}

fn to_io(error: ImageError) -> io::Error {
    match error {
        ImageError::IoError(error) => error,
        error => io::Error::other(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::codecs::gif::GifDecoder;
    use image::{AnimationDecoder, GrayImage, Luma, Rgb, RgbImage};
    use std::io::Cursor;

    fn decoded(frames: Vec<DynamicImage>) -> Vec<Frame> {
        let mut gif = Vec::new();
        write_gif(&mut gif, frames.into_iter().map(|frame| (frame, FRAME_MS))).expect("memory takes it");
        GifDecoder::new(Cursor::new(gif)).expect("a GIF").into_frames().collect_frames().expect("frames")
    }

    #[test]
    fn grey_levels_are_exact_in_every_frame() {
        let frame = |shift: u32| GrayImage::from_fn(16, 16, |x, y| Luma([(16 * y + x + shift) as u8]));
        let frames = decoded([0, 100].map(|shift| frame(shift).into()).to_vec());
        assert_eq!(frames.len(), 2);
        for (shift, seen) in [0, 100].into_iter().zip(frames) {
            assert_eq!(seen.delay().numer_denom_ms(), (40, 1));
            assert_eq!(DynamicImage::from(seen.into_buffer()).into_luma8(), frame(shift));
        }
    }

    #[test]
    fn few_colours_are_exact_and_many_are_near() {
        let few = RgbImage::from_fn(16, 8, |x, y| Rgb([(16 * x) as u8, (32 * y) as u8, 99]));
        let many = RgbImage::from_fn(64, 64, |x, y| Rgb([(4 * x) as u8, (4 * y) as u8, (2 * (x + y)) as u8]));
        for (image, largest) in [(few, 0), (many, 40)] {
            let seen = decoded(vec![image.clone().into()]).remove(0).into_buffer();
            let seen = DynamicImage::from(seen).into_rgb8();
            let distances = image.as_raw().iter().zip(seen.as_raw()).map(|(a, b)| a.abs_diff(*b));
            assert!(distances.max().is_some_and(|distance| distance <= largest));
        }
    }
}
