//! Sources for tests.

use std::fs;
use std::path::Path;

use image::{ImageFormat, RgbImage};
use tempfile::TempDir;

use super::decode::tests::encode;
use super::{DataPlan, Dataset, Fit, Images, load};

impl Dataset {
    /// The training images.
    pub(super) fn images(&self) -> Images {
        self.train.images().unwrap().clone()
    }
}

/// A plan that keeps images of 4 × 4 pixels as they are and holds out no image.
pub(super) fn plan(source: &Path) -> DataPlan {
    DataPlan {
        source: source.to_str().unwrap().to_owned(),
        size: 4,
        channels: None,
        holdout: 0.0,
        background: [255; 3],
        fit: Fit::Crop,
        flip: false,
    }
}

/// The interleaved pixels of a colour image of 4 × 4; each number gives another image.
pub(super) fn pixels(number: u8) -> Vec<u8> {
    (0..48).map(|at| (at * 5) ^ number).collect()
}

/// The image of [`pixels`] as a PNG.
pub(super) fn png(number: u8) -> Vec<u8> {
    encode(RgbImage::from_raw(4, 4, pixels(number)).unwrap(), ImageFormat::Png)
}

/// Eight images in two classes; they are not in the order of their names.
pub(super) fn files() -> Vec<(String, Vec<u8>)> {
    let name = |number: u8| format!("{}/{}.png", if number < 3 { "bag" } else { "shoe" }, 9 - number);
    (0..8).map(|number| (name(number), png(number))).collect()
}

/// [`files`] in a folder.
pub(super) fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files() {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

/// Loads a file of this name and content.
pub(super) fn loaded(name: &str, content: &[u8]) -> super::Result<Dataset> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    let data = load(&plan(&path));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, [name], "nothing is written beside the source");
    data
}

/// The error message (without the folder's name) and the hint for a file of this name and content.
pub(super) fn refused(name: &str, content: &[u8]) -> (String, String) {
    let error = loaded(name, content).unwrap_err();
    let message = error.to_string();
    let at = message.find(name).unwrap_or_else(|| panic!("{message} names {name}"));
    let start = message[..at].rfind(' ').map_or(0, |space| space + 1);
    (message[..start].to_owned() + &message[at..], error.hint().to_owned())
}
