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
    assert_eq!(hint, "make the batch smaller (train.batch = 20) or add images");
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
fn a_hold_out_never_leaves_one_side_empty() {
    let folder = workplace();
    let run = train(folder.path(), "tiny.toml --set data.holdout=1e-9");
    assert_eq!(manifest(&run)["data"]["holdout"], 1);
    let (error, _) = steadygan(folder.path(), "train tiny.toml --set data.holdout=0.9999999").refused();
    assert_eq!(error, "`train.batch` is 4 but there are only 1 images to train on");
    fs::create_dir(folder.path().join("equal")).unwrap();
    for name in ["a", "b"] {
        fs::write(folder.path().join(format!("equal/{name}.png")), png(1)).unwrap();
    }
    let (error, hint) = steadygan(folder.path(), "train tiny.toml --data equal").refused();
    assert_eq!(error, "all 2 images are equal, so none can be held out");
    assert!(hint.ends_with("or set data.holdout to 0 to train on all of them"), "{hint}");
}

/// `cd pictures; steadygan train --data .` writes its run among the images.
#[test]
fn what_is_written_among_the_images_is_no_data() {
    let folder = workplace();
    let pictures = folder.path().join("pictures");
    let told = "train ../tiny.toml --data .";
    let run = pictures.join(steadygan(&pictures, told).done().last_line());
    let again = steadygan(&pictures, told).done();
    let warning = "warning: passed over runs/00001-pictures-hacks: what runs and studies write is no data\n";
    assert!(again.stderr.starts_with(warning), "{again:?}");
    let fingerprint = |run: &Path| manifest(run)["data"]["fingerprint"].clone();
    assert_eq!(fingerprint(&run), fingerprint(&pictures.join(again.last_line())));
    let run = run.strip_prefix(&pictures).unwrap().display().to_string();
    steadygan(&pictures, &format!("resume {run} --images 128")).done();
    for out in ["", "--out new/a.png", "--out folder"] {
        let (error, hint) = steadygan(&pictures, &format!("generate {run} {out}")).refused();
        assert!(error.ends_with(" would lie in ., where it would be data"), "{error}");
        assert_eq!(hint, "name a place outside of the folder of the images, or in the run's folder: --out PATH");
    }
    for out in ["../a.png", "runs/00001-pictures-hacks/a.png", "a.npy"] {
        steadygan(&pictures, &format!("generate {run} --out {out}")).done();
    }
    // From elsewhere the run knows where its images are.
    steadygan(folder.path(), &format!("generate pictures/{run} --out b.png")).done();
    let (error, _) = steadygan(folder.path(), &format!("generate pictures/{run} --out pictures/b.png")).refused();
    assert!(
        error.starts_with("pictures/b.png would lie in ") && error.ends_with(", where it would be data"),
        "{error}"
    );
    let (error, _) = steadygan(&pictures, &format!("train ../tiny.toml --data {run}")).refused();
    assert_eq!(error, format!("{run} is the folder of a run, whose pictures are no data"));
}

#[test]
fn images_in_the_place_of_a_recipe() {
    let folder = workplace();
    let (error, hint) = steadygan(folder.path(), "train pictures").refused();
    assert_eq!(
        (error.as_str(), hint.as_str()),
        (
            "pictures is a folder, not a recipe",
            "name a recipe file, such as recipes/pytorch-dcgan.toml; if it holds images: --data pictures"
        )
    );
    let (error, hint) = steadygan(folder.path(), "train pictures/00.png").refused();
    assert_eq!(error, "pictures/00.png is no text, so it is not a recipe");
    assert!(hint.ends_with("; if it holds images: --data pictures/00.png"), "{hint}");
    let (error, _) = steadygan(folder.path(), "train tiny.toml --data pictures/00.png").refused();
    assert_eq!(error, "pictures/00.png is one image");
}

/// Twelve classes of one image and one of two.
#[test]
fn each_class_keeps_an_image_to_train_on() {
    let folder = workplace();
    for number in 0..14 {
        let class = folder.path().join(format!("singles/{}", number.min(12)));
        fs::create_dir_all(&class).unwrap();
        fs::write(class.join(format!("{number}.png")), png(number)).unwrap();
    }
    let run = train(folder.path(), "tiny.toml --quiet --data singles --with class-conditioning --set data.holdout=0.5");
    assert_eq!((&manifest(&run)["data"]["images"], &manifest(&run)["data"]["holdout"]), (&13.into(), &1.into()));
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
