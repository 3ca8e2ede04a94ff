//! Data that is refused, and data that is trained on in spite of a flaw.

use crate::command::{entries, steadygan, train};
use crate::pictures::{COUNT, pictures, png, workplace};
use crate::run_files::manifest;
use std::fs;
use std::path::Path;

/// Asserts that training on `data` is refused and leaves nothing behind. Returns the error and the hint.
fn refused(folder: &Path, data: &str) -> (String, String) {
    let answer = steadygan(folder, &format!("train tiny.toml --data {data}")).refused();
    assert!(!folder.join("runs").exists(), "no run folder: {answer:?}");
    answer
}

#[test]
fn a_path_that_is_not_there() {
    let folder = workplace();
    let (error, hint) = refused(folder.path(), "nowhere");
    assert_eq!(error, "there is no file or folder \"nowhere\"");
    assert!(hint.starts_with("give one of: \"embedded\" (Fashion-MNIST); stacked-mnist:PATH "), "{hint}");
    let last = "; a folder of images (PNG, JPEG, WebP, BMP, GIF, TIFF, PNM); \"ring\" or \"grid\" (points)";
    assert!(hint.ends_with(last), "{hint}");
}

#[test]
fn points_are_neither_inspected_nor_packed() {
    let folder = workplace();
    for command in ["data inspect ring", "data pack ring"] {
        let (error, hint) = steadygan(folder.path(), command).refused();
        assert_eq!(error, "ring is a mixture of points of the plane, not images");
        assert_eq!(hint, "train on it (--data ring); a folder of that name is ./ring");
    }
    let (error, _) = refused(folder.path(), "./ring");
    assert_eq!(error, "there is no file or folder \"./ring\"");
}

#[test]
fn a_folder_without_images() {
    let folder = workplace();
    fs::create_dir(folder.path().join("empty")).unwrap();
    assert_eq!(refused(folder.path(), "empty").0, "empty holds no images");
    fs::write(folder.path().join("empty/notes.txt"), "two bags").unwrap();
    assert_eq!(refused(folder.path(), "empty").0, "empty holds no images");
    let (error, _) = refused(folder.path(), "empty/notes.txt");
    assert_eq!(error, "empty/notes.txt is of no kind that can be read");
}

#[test]
fn one_cut_image_among_many_is_skipped_said_and_recorded() {
    let folder = workplace();
    fs::write(folder.path().join("pictures/cut.png"), &png(1)[..60]).unwrap();
    let answer = steadygan(folder.path(), "train tiny.toml").done();
    let warnings: Vec<_> = answer.stderr.lines().filter(|line| line.starts_with("warning: ")).collect();
    let all = COUNT + 1;
    assert_eq!(warnings.len(), 1, "{answer:?}");
    let start = format!("warning: skipped 1 unreadable of {all} images: cut.png cannot be decoded: ");
    assert!(warnings[0].starts_with(&start), "{warnings:?}");

    let data = &manifest(&folder.path().join(answer.last_line()))["data"];
    assert_eq!((&data["skipped_count"], &data["skipped"][0]["name"]), (&1.into(), &"cut.png".into()));
    assert_eq!(data["images"].as_u64().unwrap() + data["holdout"].as_u64().unwrap(), u64::from(COUNT));
    let quiet = steadygan(folder.path(), "train tiny.toml --quiet").done();
    assert_eq!(quiet.stderr, "");
}

#[test]
fn more_than_a_tenth_unreadable() {
    let folder = workplace();
    for number in 0..5 {
        fs::write(folder.path().join(format!("pictures/text{number}.jpg")), "not a picture").unwrap();
    }
    let (error, hint) = refused(folder.path(), "pictures");
    assert_eq!(
        error,
        "5 of 45 images in pictures cannot be read: text0.jpg is not an image by its content; \
         text1.jpg is not an image by its content; text2.jpg is not an image by its content; and 2 more"
    );
    assert_eq!(hint, "remove or convert these files; up to a tenth of the images may be unreadable");
}

#[test]
fn none_readable() {
    let folder = workplace();
    fs::create_dir(folder.path().join("texts")).unwrap();
    fs::write(folder.path().join("texts/a.jpg"), "not a picture").unwrap();
    let (error, _) = refused(folder.path(), "texts");
    assert_eq!(error, "1 of 1 images in texts cannot be read: a.jpg is not an image by its content");
}

/// The checksum of PNG's chunks (PNG specification, annex D).
fn crc32(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xEDB8_8320;
    let shifted = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ POLYNOMIAL } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), shifted))
}

#[test]
fn more_than_64_megapixels_by_the_header_alone() {
    let folder = workplace();
    fs::create_dir(folder.path().join("huge")).unwrap();
    let mut huge = png(1);
    // Offsets of the header after the signature: length (8), name (12), width (16), height (20), ..., checksum (29).
    huge[16..20].copy_from_slice(&8_001u32.to_be_bytes());
    huge[20..24].copy_from_slice(&8_000u32.to_be_bytes());
    let checksum = crc32(&huge[12..29]);
    huge[29..33].copy_from_slice(&checksum.to_be_bytes());
    fs::write(folder.path().join("huge/a.png"), huge).unwrap();
    let (error, _) = refused(folder.path(), "huge");
    let expected =
        "1 of 1 images in huge cannot be read: a.png has 8001 × 8000 pixels, more than the limit of 64 megapixels";
    assert_eq!(error, expected);
}

/// An IDX file of unsigned bytes whose header has this shape and whose content is `held` bytes long.
fn idx(shape: &[u32], held: usize) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, shape.len() as u8];
    bytes.extend(shape.iter().flat_map(|length| length.to_be_bytes()));
    bytes.extend((0..held).map(|at| (at * 7) as u8));
    bytes
}

#[test]
fn idx_files_that_do_not_hold_what_they_announce() {
    let folder = workplace();
    let path = folder.path().join("x.idx");
    let refused = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        refused(folder.path(), "x.idx").0
    };
    let cut = "x.idx announces the shape [40, 8, 8], 2560 bytes, but holds 2559";
    assert_eq!(refused(&idx(&[40, 8, 8], 2559)), cut);
    let long = "x.idx announces the shape [40, 8, 8], 2560 bytes, but holds at least 2561";
    assert_eq!(refused(&idx(&[40, 8, 8], 4000)), long);
    let most = u32::MAX;
    let huge = format!("x.idx announces the shape [{most}, {most}, {most}], more than the limit of 16 GiB");
    assert_eq!(refused(&idx(&[most; 3], 64)), huge);
    assert!(refused(&idx(&[40, 8, 8], 2560)[..9]).starts_with("x.idx has no complete IDX header"));
    assert_eq!(refused(&idx(&[64], 64)), "x.idx is of shape [64]");
    assert_eq!(refused(&idx(&[0, 8, 8], 0)), "x.idx is of shape [0, 8, 8]");

    fs::write(&path, idx(&[40, 8, 8], 2560)).unwrap();
    train(folder.path(), "tiny.toml --data x.idx --set data.holdout=0");
}

#[test]
fn idx_labels_of_another_count_and_gzip_that_is_cut_short() {
    let folder = workplace();
    fs::write(folder.path().join("x-images-idx3-ubyte"), idx(&[40, 8, 8], 2560)).unwrap();
    fs::write(folder.path().join("x-labels-idx1-ubyte"), idx(&[39], 39)).unwrap();
    let (error, hint) = refused(folder.path(), "x-images-idx3-ubyte");
    assert_eq!(error, "x-images-idx3-ubyte holds 40 images, but x-labels-idx1-ubyte is of shape [39]");
    assert_eq!(hint, "give images and labels that belong together, or move the labels elsewhere");

    let whole = concat!(env!("CARGO_MANIFEST_DIR"), "/../steadygan-assets/fashion-mnist/t10k-images-idx3-ubyte.gz");
    fs::write(folder.path().join("cut-idx3-ubyte.gz"), &fs::read(whole).unwrap()[..1_000_000]).unwrap();
    let (error, hint) = refused(folder.path(), "cut-idx3-ubyte.gz");
    let start = "cut-idx3-ubyte.gz announces 7840000 bytes, but cannot be read beyond ";
    assert!(error.starts_with(start), "{error}");
    assert_eq!(hint, "the file may be cut short or damaged: fetch it or make it again");
}

#[test]
fn a_batch_larger_than_the_data() {
    let folder = workplace();
    let (error, hint) = steadygan(folder.path(), "train tiny.toml --batch 64 --set data.holdout=0").refused();
    assert_eq!(error, "`train.batch` is 64 but there are only 40 images to train on");
    assert_eq!(hint, "make the batch smaller (--batch 20) or add images");
    assert!(!folder.path().join("runs").exists());
}

#[test]
fn an_output_that_cannot_be_written() {
    let folder = workplace();
    fs::write(folder.path().join("file"), "").unwrap();
    let (error, hint) = steadygan(folder.path(), "train tiny.toml --out file").refused();
    assert!(error.starts_with("cannot create file: "), "{error}");
    assert_eq!(hint, "choose a folder that is there or can be made: --out DIR");
    let (error, _) = steadygan(folder.path(), "train tiny.toml --out file/below").refused();
    assert!(error.starts_with("cannot create file/below: "), "{error}");
    assert_eq!(entries(folder.path()), ["file", "pictures", "tiny.toml"]);
}

#[test]
fn a_hold_out_that_leaves_one_side_empty() {
    let folder = workplace();
    let (error, _) = steadygan(folder.path(), "train tiny.toml --set data.holdout=1e-9").refused();
    assert!(error.starts_with("none of the 40 images would be held out"), "{error}");
    let (error, _) = steadygan(folder.path(), "train tiny.toml --set data.holdout=0.9999999").refused();
    assert_eq!(error, "all of the 40 images would be held out, none trained on");
}

#[test]
fn sub_folders_are_classes() {
    let folder = workplace();
    fs::create_dir(folder.path().join("both")).unwrap();
    pictures(&folder.path().join("both"), "bag");
    pictures(&folder.path().join("both"), "shoe");
    let run = train(folder.path(), "tiny.toml --data both");
    assert_eq!(manifest(&run)["data"]["classes"], serde_json::json!(["bag", "shoe"]));
}
