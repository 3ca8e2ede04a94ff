//! Turns images into a network's input.

use std::path::Path;

use fast_image_resize::{FilterType, Resizer};
use serde::Deserialize;

use crate::data::{Images, luma};
use crate::error::{Error, Result};
use crate::files::read_limited;
use crate::resize::resized;

/// How to turn images into a network's input: `[n, channels, size, size]`, (byte − mean) / deviation for each channel,
/// in the order red, green, blue. Images are resized as bytes, channel by channel, from the size they were loaded at.
///
/// For a user's own network, a TOML file with these keys lies beside the ONNX file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Preprocessing {
    /// Height and width of the input in pixels.
    pub size: usize,
    /// 1: colour becomes grey (ITU-R BT.601). 3: grey is repeated.
    pub channels: usize,
    /// Subtracted from the bytes of each channel.
    pub mean: Vec<f32>,
    /// Divides the result, for each channel.
    pub deviation: Vec<f32>,
    /// How images are resized.
    #[serde(default)]
    pub resize: Interpolation,
    /// The name of the network's output that holds the features.
    #[serde(default = "usual_output")]
    pub output: String,
}

/// How images are resized: as in Pillow up to rounding, antialiased when they shrink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interpolation {
    /// Catmull and Rom's cubic.
    #[default]
    Bicubic,
    /// Linear in both directions.
    Bilinear,
}

impl Interpolation {
    fn filter(self) -> FilterType {
        match self {
            Self::Bicubic => FilterType::CatmullRom,
            Self::Bilinear => FilterType::Bilinear,
        }
    }
}

/// The largest input size in pixels; no published feature network takes a larger one.
const MAX_SIZE: usize = 1024;

/// The largest description that is read; a description has only a few lines.
const MAX_BYTES: u64 = 1 << 16;

const DESCRIPTION: &str = "describe the network's input in a file beside it, NAME.toml for NAME.onnx: \
                           size, channels, mean, deviation, and if need be resize and output (docs/metrics.md shows one)";

fn usual_output() -> String {
    "features".into()
}

impl Preprocessing {
    /// Reads the description of a network's input.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or does not describe a valid input.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = read_limited(path, MAX_BYTES, "network's description", DESCRIPTION)?;
        let refuse = |why: &str| Error::checkpoint(format!("{}: {why}", path.display()), DESCRIPTION);
        let text = String::from_utf8(bytes).map_err(|_| refuse("is no text"))?;
        let read: Self = toml::from_str(&text).map_err(|error| refuse(error.message()))?;
        read.check().map_err(refuse)?;
        Ok(read)
    }

    fn check(&self) -> Result<(), &'static str> {
        let sound = |values: &[f32]| values.len() == self.channels && values.iter().all(|value| value.is_finite());
        if !(1..=MAX_SIZE).contains(&self.size) {
            return Err("`size` is not in 1..=1024");
        }
        if !matches!(self.channels, 1 | 3) {
            return Err("`channels` is neither 1 nor 3");
        }
        if !sound(&self.mean) || !sound(&self.deviation) || self.deviation.contains(&0.0) {
            return Err("`mean` and `deviation` are not a finite number for each channel, deviations not 0");
        }
        Ok(())
    }

    /// How many numbers one input image has.
    pub(super) fn input_len(&self) -> usize {
        self.channels * self.size * self.size
    }

    /// The network's input for `count` images from number `first` on.
    pub(super) fn input(&self, images: &Images, first: usize, count: usize) -> Vec<f32> {
        let mut input = Vec::with_capacity(count * self.input_len());
        let mut resizer = Resizer::new();
        let mut fitted = |plane: &[u8]| resized(plane, [images.size, self.size], self.resize.filter(), &mut resizer);
        for index in first..first + count {
            let image = images.image(index);
            let planes = match (images.channels, self.channels) {
                (3, 1) => vec![fitted(&grey(image))],
                _ => image.chunks_exact(images.size * images.size).map(&mut fitted).collect(),
            };
            for channel in 0..self.channels {
                let (mean, deviation) = (self.mean[channel], self.deviation[channel]);
                let plane = &planes[channel % planes.len()];
                input.extend(plane.iter().map(|&byte| (f32::from(byte) - mean) / deviation));
            }
        }
        input
    }
}

/// Converts a colour image of three planes to one grey plane.
fn grey(image: &[u8]) -> Vec<u8> {
    let (red, rest) = image.split_at(image.len() / 3);
    let (green, blue) = rest.split_at(red.len());
    red.iter().zip(green.iter().zip(blue)).map(|(&r, (&g, &b))| luma([r, g, b])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn as_it_is(size: usize, channels: usize) -> Preprocessing {
        let (mean, deviation) = (vec![0.0; channels], vec![1.0; channels]);
        Preprocessing { size, channels, mean, deviation, resize: Interpolation::Bicubic, output: usual_output() }
    }

    fn of(channels: usize, size: usize, pixels: Vec<u8>) -> Images {
        Images { channels, size, pixels, classes: None }
    }

    #[test]
    fn grey_is_repeated_and_colour_becomes_grey() {
        let grey = of(1, 2, vec![1, 2, 3, 4]);
        assert_eq!(as_it_is(2, 3).input(&grey, 0, 1), [1., 2., 3., 4., 1., 2., 3., 4., 1., 2., 3., 4.]);
        let colour = of(3, 1, vec![255, 0, 0, 0, 255, 0, 0, 0, 255]);
        assert_eq!(as_it_is(1, 1).input(&colour, 0, 3), [76.0, 150.0, 29.0]);
        assert_eq!(as_it_is(1, 1).input(&colour, 1, 1), [150.0]);
    }

    #[test]
    fn channels_are_scaled_one_by_one() {
        let scaled = Preprocessing { mean: vec![1.0, 2.0, 3.0], deviation: vec![2.0, 4.0, 8.0], ..as_it_is(1, 3) };
        assert_eq!(scaled.input(&of(3, 1, vec![5, 10, 19]), 0, 1), [2.0, 2.0, 2.0]);
    }

    /// Compares with the first rows of Pillow 13.0.0's `resize((6, 6), BICUBIC)`. (Where the cubic overshoots the
    /// bytes' range the two would differ, because they clip in a different order.)
    #[test]
    fn resizing_is_pillow_s() {
        let image = of(1, 3, vec![100, 130, 170, 110, 160, 120, 90, 100, 140]);
        let made = as_it_is(6, 1).input(&image, 0, 1);
        for (found, expected) in made.iter().zip(PILLOW) {
            assert!((found - expected).abs() <= 1.0, "{made:?}");
        }
    }

    const PILLOW: [f32; 12] = [96.0, 104.0, 118.0, 140.0, 166.0, 179.0, 99.0, 108.0, 128.0, 145.0, 156.0, 162.0];

    #[test]
    fn descriptions_are_read_and_checked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("n.toml");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Preprocessing::read(&path)
        };
        let sound =
            "size = 299\nchannels = 3\nmean = [128, 128, 128]\ndeviation = [128, 128, 128]\nresize = 'bilinear'\n";
        let described = read(sound).unwrap();
        assert_eq!((described.resize, described.output.as_str()), (Interpolation::Bilinear, "features"));
        for (text, why) in [
            (sound.replace("299", "0"), "`size` is not in 1..=1024"),
            (sound.replace("channels = 3", "channels = 2"), "`channels` is neither 1 nor 3"),
            (sound.replace("channels = 3", "channels = 1"), "`mean` and `deviation` are not a finite number"),
            (sound.replace("n = [128", "n = [0"), "`mean` and `deviation` are not a finite number"),
            (sound.replace("resize", "resise"), "unknown field `resise`"),
        ] {
            let error = read(&text).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        let error = Preprocessing::read(&folder.path().join("none.toml")).unwrap_err();
        assert!(error.hint().starts_with("describe the network's input"), "{}", error.hint());
    }
}
