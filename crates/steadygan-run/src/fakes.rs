//! The sheets of fakes that a run draws during training, named by the real images trained on so far.

use std::fs;
use std::path::PathBuf;

use crate::directory::{RunDirectory, check_folders, entries};
use crate::error::RunError;

/// How many digits the number of images has in the name of a sheet of fakes.
const FAKES_DIGITS: usize = 9;

impl RunDirectory {
    /// `fakes/000128000.png`: the sheet after `images` images, from the same latents each time.
    pub fn fakes(&self, images: u64) -> PathBuf {
        self.fakes_folder().join(fakes_name(images))
    }

    /// The sheets of fakes that exist, as (images, path) in the order of images.
    ///
    /// # Errors
    ///
    /// If the system refuses to read the folder, or if it is a link. A folder that does not exist counts as empty.
    pub fn fakes_written(&self) -> Result<Vec<(u64, PathBuf)>, RunError> {
        let folder = self.fakes_folder();
        check_folders(std::slice::from_ref(&folder))?;
        let mut sheets: Vec<_> = entries(&folder)
            .or_else(|e| if e.is_not_found() { Ok(vec![]) } else { Err(e) })?
            .into_iter()
            .filter_map(|path| Some((fakes_images(path.file_name()?.to_str()?)?, path)))
            .collect();
        sheets.sort();
        Ok(sheets)
    }

    /// Removes the sheets of fakes beyond `images`; a resumed run draws them again.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn cut_back_fakes(&self, images: u64) -> Result<(), RunError> {
        for (_, path) in self.fakes_written()?.into_iter().filter(|s| s.0 > images) {
            fs::remove_file(&path).map_err(|e| RunError::refused("remove", &path, e))?;
        }
        Ok(())
    }

    /// `fakes`: the folder of the sheets, which may not be there yet.
    pub fn fakes_folder(&self) -> PathBuf {
        self.path().join("fakes")
    }
}

fn fakes_name(images: u64) -> String {
    format!("{images:0FAKES_DIGITS$}.png")
}

/// The number of images in the name of a sheet; `None` unless [`fakes_name`] makes that name.
fn fakes_images(name: &str) -> Option<u64> {
    let images = name.strip_suffix(".png")?.parse().ok()?;
    (fakes_name(images) == name).then_some(images)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write_atomically;
    use std::path::Path;

    #[test]
    fn sheets_are_named_by_nine_digits() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let run = RunDirectory::create(folder.path(), "a").expect("run");
        let expected = run.path().join(Path::new("fakes/000128000.png"));
        assert_eq!(run.fakes(128_000), expected);
        assert_eq!(fakes_images("000128000.png"), Some(128_000));
        for foreign in ["128000.png", "+00128000.png", "000128000.jpg", ".png"] {
            assert_eq!(fakes_images(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn fakes_beyond_the_images_are_removed_and_foreign_files_kept() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let run = RunDirectory::create(folder.path(), "a").expect("run");
        run.cut_back_fakes(0).expect("no folder yet");
        for images in [0, 64, 128, 5_000_000_000] {
            write_atomically(&run.fakes(images), b"png").expect("write");
        }
        write_atomically(&run.fakes_folder().join("999.png"), b"mine").expect("write");
        run.cut_back_fakes(64).expect("cut back");
        assert_eq!(run.fakes_written().expect("list"), [(0, run.fakes(0)), (64, run.fakes(64))]);
        assert!(run.fakes_folder().join("999.png").exists());
        assert!(!run.fakes(5_000_000_000).exists());
    }
}
