//! Tiny data sets and recipes.

use image::{GrayImage, ImageFormat, Luma};
use std::fs;
use std::io::Cursor;
use std::path::Path;
use tempfile::TempDir;

/// Number of images in the tiny data set.
pub(crate) const COUNT: u8 = 40;

/// The recipe of a run on the folder `pictures` beside it: sixteen steps, half a second.
pub(crate) const TINY: &str = "\
[data]
source = 'pictures'
size = 8
[model]
width = 4
latent = 6
[train]
images = 64
batch = 4
sheet = 4
stats-every = 16
sheets-every = 16
checkpoint-every = 16
";

/// A PNG file of 8 × 8 pixels, with other pixels for each number.
pub(crate) fn png(number: u8) -> Vec<u8> {
    let (x0, y0) = (u32::from(number % 8), u32::from(number / 8));
    let image = GrayImage::from_fn(8, 8, |x, y| Luma([if x >= x0 && y >= y0 { 40 + number * 5 } else { number }]));
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).expect("a PNG");
    bytes.into_inner()
}

/// Makes the folder `name` with [`COUNT`] pictures.
pub(crate) fn pictures(folder: &Path, name: &str) {
    fs::create_dir(folder.join(name)).expect("a folder");
    for number in 0..COUNT {
        fs::write(folder.join(name).join(format!("{number:02}.png")), png(number)).expect("a file");
    }
}

/// Makes a temporary folder with `pictures/` and `tiny.toml`.
pub(crate) fn workplace() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    pictures(folder.path(), "pictures");
    fs::write(folder.path().join("tiny.toml"), TINY).expect("a file");
    folder
}
