use std::fs;

use image::{GrayImage, ImageFormat, Luma, RgbaImage};

use super::super::array::tests::npy;
use super::super::decode::tests::encode;
use super::super::testing::{folder, plan, png};
use super::*;

#[test]
fn everything_odd_is_named() {
    let folder = folder();
    let add = |name: &str, content: Vec<u8>| fs::write(folder.path().join(name), content).unwrap();
    add("bag/copy.png", png(4));
    add("bag/blank.gif", encode(RgbaImage::new(6, 2), ImageFormat::Gif));
    add("shoe/wide.bmp", encode(GrayImage::from_fn(9, 3, |x, y| Luma([(x * y) as u8])), ImageFormat::Bmp));
    add("shoe/deep.png", encode(image::DynamicImage::new_luma16(4, 4), ImageFormat::Png));
    add("shoe/cut.png", png(1)[..60].to_vec());
    add("shoe/text.jpg", b"no picture".to_vec());
    let plan = DataPlan { holdout: 0.4, ..plan(folder.path()) };
    let (inspection, dataset) = inspect(&plan).unwrap();
    assert_eq!(inspection.images, 12);
    let unreadable: Vec<&str> = inspection.unreadable.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(unreadable, ["shoe/cut.png", "shoe/text.jpg"]);
    let sizes: Vec<_> = inspection.sizes.iter().map(|size| (size.width, size.height, size.images)).collect();
    assert_eq!(sizes, [(4, 4, 10), (6, 2, 1), (9, 3, 1)]);
    let kinds: Vec<_> = inspection.channels.iter().map(|kind| (kind.kind.as_str(), kind.images)).collect();
    assert_eq!(kinds[0], ("colour", 10));
    assert!(kinds.contains(&("grey, 16 bits", 1)) && kinds.contains(&("colour with alpha", 1)), "{kinds:?}");
    assert_eq!(inspection.constant, ["bag/blank.gif", "shoe/deep.png"]);
    assert_eq!(inspection.duplicates, [["bag/copy.png", "shoe/5.png"]]);
    let classes: Vec<_> = inspection.classes.iter().map(|class| (class.name.as_str(), class.images)).collect();
    assert_eq!(classes, [("bag", 5), ("shoe", 7)]);
    assert_eq!((inspection.cropped, inspection.enlarged, inspection.shrunk), (2, 2, 0));
    let padded = inspect(&DataPlan { fit: Fit::Pad, ..plan.clone() }).unwrap().0;
    assert_eq!((padded.cropped, padded.padded, padded.enlarged, padded.shrunk), (0, 2, 0, 2));
    let stretched = inspect(&DataPlan { fit: Fit::Stretch, ..plan.clone() }).unwrap().0;
    assert_eq!((stretched.padded, stretched.stretched), (0, 2));
    let levels = (0..8).flat_map(super::super::testing::pixels);
    assert_eq!(inspection.levels.unwrap()[1], levels.max().unwrap());
    // Two unreadable images of fourteen are more than a tenth.
    let error = dataset.unwrap_err().to_string();
    assert!(error.starts_with("2 of 14 images in "), "{error}");
    fs::remove_file(folder.path().join("shoe/text.jpg")).unwrap();
    let dataset = inspect(&plan).unwrap().1.unwrap();
    assert_eq!(dataset, super::super::load(&plan).unwrap());
}

#[test]
fn arrays_have_numbers_for_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    let pixels = [vec![7; 25], (0..25).collect(), (0..25).collect()].concat();
    fs::write(&path, npy("|u1", "False", "(3, 5, 5)", &pixels)).unwrap();
    let (inspection, dataset) = inspect(&plan(&path)).unwrap();
    assert_eq!((inspection.constant, inspection.levels), (vec!["image 0".to_owned()], Some([0, 24])));
    assert_eq!(inspection.duplicates, [["image 1", "image 2"]]);
    assert_eq!(inspection.shrunk, 3);
    assert_eq!(dataset.unwrap().train.count(), 3);
}
