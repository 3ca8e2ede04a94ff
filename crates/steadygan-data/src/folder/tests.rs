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
    load(&super::super::testing::plan(folder.path()))
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
    let heic = b"\0\0\0\x18ftypheic....".to_vec();
    let files = ["a", "b", "c", "d"].map(|name| (format!("{name}.heic"), heic.clone()));
    let files = files.each_ref().map(|(name, content)| (name.as_str(), content.clone()));
    let error = read(&folder(&files)).unwrap_err().to_string();
    assert!(error.starts_with("4 of 4 images in "), "{error}");
    assert!(error.ends_with("c.heic is HEIC, not PNG, JPEG, WebP, BMP, GIF, TIFF or PNM; and 1 more"), "{error}");
}

#[test]
fn the_folders_of_runs_and_studies_are_no_data() {
    let folder = folder(&[("cat/1.png", png(1)), ("dog/2.png", png(2))]);
    let before = read(&folder).unwrap();
    for (name, content) in [
        ("runs/1/manifest.json", &b"{}"[..]),
        ("runs/1/recipe.toml", b""),
        ("runs/1/fakes/0.png", &png(3)),
        ("cat/study/study.json", b"{}"),
        ("cat/study/study.toml", b""),
        ("cat/study/0.png", &png(4)),
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let data = read(&folder).unwrap();
    assert_eq!(data.warnings, ["passed over cat/study, runs/1: what runs and studies write is no data"]);
    assert_eq!(Dataset { warnings: Vec::new(), ..data }, before);
    let run = folder.path().join("runs/1");
    let error = load(&super::super::testing::plan(&run)).unwrap_err().to_string();
    assert!(error.ends_with("1 is the folder of a run, whose pictures are no data"), "{error}");
}

#[test]
fn labels_come_before_folders() {
    let labels = br#"{"labels": [["00000/1.png", 5], ["00001/2.png", 2]]}"#;
    let files = [("00000/1.png", png(1)), ("00001/2.png", png(2)), ("dataset.json", labels.to_vec())];
    let with_labels = folder(&files);
    let data = read(&with_labels).unwrap();
    assert_eq!((data.images().classes, data.class_names.join(" ")), (Some(vec![1, 0]), "2 5".to_owned()));
    // A pack notices when labels change.
    let names = Folder.files(with_labels.path().to_str().unwrap(), usize::MAX);
    assert!(names.iter().any(|(name, _)| name.to_string() == "dataset.json"));
    fs::write(with_labels.path().join("dataset.json"), "{\"labels\": [[\"00000/1.png\", 5]]}").unwrap();
    let error = read(&with_labels).unwrap_err();
    assert_eq!(error.to_string(), "dataset.json: no label for 00001/2.png");
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_read_is_an_error() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder(&[("cat/1.png", png(1)), ("emu/2.png", png(2))]);
    let emu = folder.path().join("emu");
    fs::set_permissions(&emu, fs::Permissions::from_mode(0o000)).unwrap();
    let outcome = read(&folder);
    let is_root = fs::read_dir(&emu).is_ok();
    fs::set_permissions(&emu, fs::Permissions::from_mode(0o755)).unwrap();
    if !is_root {
        let error = outcome.unwrap_err().to_string();
        assert!(error.starts_with("cannot read the folder ") && error.ends_with("/emu: permission denied"), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn names_of_bytes_stay_apart() {
    use std::os::unix::ffi::OsStrExt;
    let folder = folder(&[]);
    for (at, name) in [&b"caf\xe9"[..], b"caf\xe8"].into_iter().enumerate() {
        let class = folder.path().join(std::ffi::OsStr::from_bytes(name));
        fs::create_dir(&class).unwrap();
        fs::write(class.join("1.png"), png(at as u8)).unwrap();
    }
    let data = read(&folder).unwrap();
    assert_eq!((levels(&data), data.class_names.join(" ")), (vec![1, 0], "caf\\xE8 caf\\xE9".to_owned()));
}

#[cfg(unix)]
#[test]
fn a_link_to_a_folder_around_the_images_reads_each_image_once() {
    let outer = folder(&[("data/cat/1.png", png(1)), ("data/dog/2.png", png(2)), ("other/3.png", png(3))]);
    let root = outer.path().join("data");
    let plan = super::super::testing::plan(&root);
    let before = load(&plan).unwrap();
    std::os::unix::fs::symlink("..", root.join("loop")).unwrap();
    let data = load(&plan).unwrap();
    assert_eq!(data.warnings, ["passed over loop: a link to a folder around the images"]);
    assert_eq!(Dataset { warnings: Vec::new(), ..data }, before);
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
