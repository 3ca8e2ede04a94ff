//! A folder of images, read recursively.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::contents::Naming;
use super::source::{head, name_of};
use super::{Contents, DataPlan, Door, Sink, UnreadableImage, decode, encoded};
use crate::error::Result;
use crate::names::printable;

/// Opens directories. It reads the files whose extension or first bytes belong to an image format, and ignores other
/// files (notes, labels) and hidden files and folders. It follows links, but not in circles.
pub(super) struct Folder;

impl Door for Folder {
    fn description(&self) -> &'static str {
        "a folder of images (PNG, JPEG, WebP, BMP, GIF)"
    }

    fn recognises(&self, source: &str) -> bool {
        Path::new(source).is_dir()
    }

    fn read(&self, plan: &DataPlan, sink: &mut dyn Sink) -> Result<Contents> {
        let root = Path::new(&plan.source);
        let (files, skipped) = list(root, usize::MAX);
        let (names, paths): (Vec<String>, Vec<PathBuf>) = files.into_iter().unzip();
        sink.take(paths.len(), &|index| decode::decode(&encoded::read_file(&paths[index])?))?;
        Ok(Contents { skipped, ..Contents::new(name_of(root), Naming::Files(names)) })
    }

    fn files(&self, source: &str, most: usize) -> Vec<(String, PathBuf)> {
        list(Path::new(source), most).0
    }
}

/// The names and paths of the image files below `root`, ordered by the bytes of the names; and the entries that could
/// not be listed. It stops after `most` images; which ones depends on the file system.
fn list(root: &Path, most: usize) -> (Vec<(String, PathBuf)>, Vec<UnreadableImage>) {
    let (mut files, mut skipped) = (Vec::new(), Vec::new());
    let visible = |entry: &DirEntry| entry.depth() == 0 || !entry.file_name().as_encoded_bytes().starts_with(b".");
    for entry in WalkDir::new(root).follow_links(true).into_iter().filter_entry(visible) {
        if files.len() == most {
            break;
        }
        match entry {
            Ok(entry) => {
                if entry.file_type().is_file() && is_candidate(entry.path()) {
                    files.push((name_in(root, entry.path()), entry.into_path()));
                }
            }
            Err(error) if error.loop_ancestor().is_some() => {}
            Err(error) => skipped.push(UnreadableImage {
                name: error.path().map_or_else(String::new, |path| printable(&name_in(root, path))),
                why: error
                    .into_io_error()
                    .map_or_else(|| "cannot be listed".to_owned(), |cause| format!("cannot be read: {cause}")),
            }),
        }
    }
    files.sort();
    (files, skipped)
}

/// The path below `root`, with `/` between folders on every system.
fn name_in(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// Whether a file is an image by its extension or by its first bytes.
pub(super) fn is_candidate(path: &Path) -> bool {
    encoded::is_named_image(&path.to_string_lossy()) || head(path).is_ok_and(|head| decode::is_image(&head))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};
    use tempfile::TempDir;

    use super::super::{Dataset, load};
    use super::*;
    use crate::decode::tests::encode;

    fn grey(level: u8) -> DynamicImage {
        GrayImage::from_pixel(4, 4, Luma([level])).into()
    }

    fn png(level: u8) -> Vec<u8> {
        encode(grey(level), ImageFormat::Png)
    }

    fn folder(files: &[(&str, Vec<u8>)]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        folder
    }

    fn read(folder: &TempDir) -> Result<Dataset> {
        load(&DataPlan {
            source: folder.path().to_str().unwrap().to_owned(),
            size: 4,
            channels: None,
            holdout: 0.0,
            background: [255; 3],
            flip: false,
        })
    }

    /// The level of each image's first pixel.
    fn levels(data: &Dataset) -> Vec<u8> {
        let images = data.images();
        (0..images.count()).map(|index| images.image(index)[0]).collect()
    }

    #[test]
    fn folders_are_classes_and_names_give_the_order() {
        let folder = folder(&[
            ("shoe/b.png", png(30)),
            ("shoe/a/deep.PNG", png(20)),
            ("bag/z.data", png(10)),
            ("bag/notes.txt", b"two bags".to_vec()),
            (".cache/thumbnail.png", png(99)),
            ("bag/._z.jpg", b"hidden".to_vec()),
            ("labels.json", b"{}".to_vec()),
        ]);
        let data = read(&folder).unwrap();
        assert_eq!(levels(&data), [10, 20, 30]);
        assert_eq!(data.class_names, ["bag", "shoe"]);
        assert_eq!(data.images().classes, Some(vec![0, 1, 1]));
        assert_eq!((data.images().channels, data.skipped.len()), (1, 0));
        assert_eq!(data.fingerprint, read(&folder).unwrap().fingerprint);

        fs::write(folder.path().join("a.png"), png(1)).unwrap();
        let data = read(&folder).unwrap();
        assert_eq!((data.images().classes, data.class_names.len()), (None, 0));
    }

    #[test]
    fn one_colour_image_makes_all_of_them_colour() {
        let colour = encode(RgbImage::from_pixel(4, 4, Rgb([1, 2, 3])), ImageFormat::Png);
        let as_colour = encode(RgbImage::from_pixel(4, 4, Rgb([8; 3])), ImageFormat::Png);
        let grey_only = folder(&[("a.png", as_colour.clone()), ("b.png", png(9))]);
        let data = read(&grey_only).unwrap();
        assert_eq!((data.images().channels, levels(&data)), (1, vec![8, 9]));
        let mixed = folder(&[("a.png", as_colour), ("b.png", png(9)), ("c.png", colour)]);
        let data = read(&mixed).unwrap();
        assert_eq!((data.images().channels, levels(&data)), (3, vec![8, 9, 1]));
        assert_eq!(data.images().image(2)[16..18], [2, 2]);
    }

    #[test]
    fn a_tenth_may_be_unreadable_and_is_named() {
        let mut files: Vec<(String, Vec<u8>)> = (10..19).map(|level| (format!("{level}.png"), png(level))).collect();
        let cut = png(3)[..60].to_vec();
        files.push(("15-cut.png".to_owned(), cut));
        let named = |files: &[(String, Vec<u8>)]| {
            let files: Vec<_> = files.iter().map(|(name, content)| (name.as_str(), content.clone())).collect();
            folder(&files)
        };
        let data = read(&named(&files)).unwrap();
        assert_eq!(levels(&data), [10, 11, 12, 13, 14, 15, 16, 17, 18]);
        assert_eq!(data.skipped.len(), 1);
        assert_eq!(data.skipped[0].name, "15-cut.png");
        assert!(data.skipped[0].why.starts_with("cannot be decoded: "), "{:?}", data.skipped);

        files.push(("text.jpg".to_owned(), b"not a picture".to_vec()));
        let error = read(&named(&files)).unwrap_err().to_string();
        assert!(error.starts_with("2 of 11 images in "), "{error}");
        assert!(error.contains("15-cut.png cannot be decoded"), "{error}");
        assert!(error.ends_with("text.jpg is not an image by its content"), "{error}");
    }

    #[test]
    fn a_list_ends_after_the_asked_number_of_images() {
        let images: Vec<(String, Vec<u8>)> = (0..8).map(|level| (format!("{level}.png"), png(level))).collect();
        let files: Vec<_> = images.iter().map(|(name, content)| (name.as_str(), content.clone())).collect();
        let folder = folder(&files);
        let source = folder.path().to_str().unwrap();
        let count = |most| Folder.files(source, most).len();
        assert_eq!([0, 3, 8, 9, usize::MAX].map(count), [0, 3, 8, 8, 8]);
    }

    #[test]
    fn no_image_at_all_is_an_error() {
        let empty = read(&folder(&[("readme.txt", b"none".to_vec())])).unwrap_err();
        assert!(empty.to_string().ends_with(" holds no images"), "{empty}");
        let tiff = b"II*\0........".to_vec();
        let files = ["a", "b", "c", "d"].map(|name| (format!("{name}.tif"), tiff.clone()));
        let files = files.each_ref().map(|(name, content)| (name.as_str(), content.clone()));
        let error = read(&folder(&files)).unwrap_err().to_string();
        assert!(error.starts_with("4 of 4 images in "), "{error}");
        assert!(error.ends_with("c.tif is Tiff, not PNG, JPEG, WebP, BMP or GIF; and 1 more"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_but_not_in_circles() {
        let folder = folder(&[("a/1.png", png(1))]);
        let root = folder.path();
        std::os::unix::fs::symlink(root.join("a/1.png"), root.join("a/2.png")).unwrap();
        std::os::unix::fs::symlink(root, root.join("a/self")).unwrap();
        assert_eq!(levels(&read(&folder).unwrap()), [1, 1]);
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let files: Vec<(String, Vec<u8>)> = (0..40)
            .map(|i| {
                let image = RgbImage::from_fn(30 + i, 40, |x, y| Rgb([x * i, y * 5, x * y].map(|v| v as u8)));
                (format!("{i}.jpg"), encode(image, ImageFormat::Jpeg))
            })
            .collect();
        let files: Vec<_> = files.iter().map(|(name, content)| (name.as_str(), content.clone())).collect();
        let folder = folder(&files);
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| read(&folder)).unwrap()
        };
        assert_eq!(with(1), with(3));
    }
}
