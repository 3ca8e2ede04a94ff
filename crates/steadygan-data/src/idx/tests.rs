use std::fs;
use std::io::Write;

use super::*;
use crate::load;
use crate::testing::plan;

fn idx(shape: &[u32], values: &[u8]) -> Vec<u8> {
    let lengths = shape.iter().flat_map(|length| length.to_be_bytes());
    let header = [0, 0, UNSIGNED_BYTE, shape.len() as u8];
    header.into_iter().chain(lengths).chain(values.iter().copied()).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn refusal(bytes: &[u8]) -> String {
    read(bytes, "a.idx").map(|array| array.shape).unwrap_err().to_string()
}

#[test]
fn images_and_their_labels_come_back_as_written() {
    let folder = tempfile::tempdir().unwrap();
    let pixels: Vec<u8> = (0..48).collect();
    let images = folder.path().join("toy-images-idx3-ubyte.gz");
    fs::write(&images, gzip(&idx(&[3, 4, 4], &pixels))).unwrap();
    let labels = folder.path().join("toy-labels-idx1-ubyte");
    fs::write(&labels, idx(&[3], &[7, 2, 7])).unwrap();
    let plan = plan(&images);
    let data = load(&plan).unwrap();
    assert_eq!(data.name, "toy-images-idx3-ubyte");
    assert_eq!((data.images().channels, data.images().pixels), (1, pixels));
    assert_eq!(data.images().classes, Some(vec![1, 0, 1]));
    assert_eq!(data.class_names, ["2", "7"]);

    fs::write(&labels, idx(&[2], &[7, 2])).unwrap();
    let error = load(&plan).unwrap_err().to_string();
    assert!(error.contains("holds 3 images, but ") && error.ends_with(" is of shape [2]"), "{error}");
    fs::remove_file(&labels).unwrap();
    assert_eq!(load(&plan).unwrap().images().classes, None);
}

#[test]
fn a_name_alone_makes_no_idx() {
    use super::super::{find_door, testing, zip::tests};
    let (name, png) = testing::files().remove(0);
    let data = testing::loaded("my-idx.zip", &tests::zip(&[tests::File::new(&name, &png)])).unwrap();
    assert_eq!(data.train.count(), 1);
    let folder = tempfile::tempdir().unwrap();
    for (name, recognised) in [("t10k-labels.idx1-ubyte.gz", true), ("a-idx3-ubyte", true), ("idx.txt", false)] {
        let path = folder.path().join(name);
        fs::write(&path, "no header").unwrap();
        assert_eq!(find_door(path.to_str().unwrap()).is_ok(), recognised, "{name}");
    }
}

#[test]
fn a_wrong_count_names_both_numbers() {
    let announced = "a.idx announces the shape [3, 2, 2], 12 bytes, but holds";
    assert_eq!(refusal(&idx(&[3, 2, 2], &[0; 11])), format!("{announced} 11"));
    assert_eq!(refusal(&idx(&[3, 2, 2], &[0; 20])), format!("{announced} at least 13"));
    assert_eq!(refusal(&gzip(&idx(&[3, 2, 2], &[0; 11]))), format!("{announced} 11"));
    // A bomb: 64 MiB of zeros behind a header that announces 12 bytes.
    assert_eq!(refusal(&gzip(&idx(&[3, 2, 2], &vec![0; 64 << 20]))), format!("{announced} at least 13"));
}

#[test]
fn a_file_cut_anywhere_is_an_error_never_a_panic() {
    let plain = idx(&[3, 2, 2], &[5; 12]);
    for whole in [plain.clone(), gzip(&plain)] {
        assert_eq!(read(&whole[..], "a.idx").unwrap().bytes, [5; 12]);
        for cut in 0..whole.len() {
            assert!(read(&whole[..cut], "a.idx").is_err(), "cut at {cut}");
        }
    }
}

#[test]
fn what_the_header_announces_is_not_believed() {
    let huge = refusal(&idx(&[u32::MAX, u32::MAX, u32::MAX], &[0; 4]));
    assert!(huge.ends_with("more than the limit of 16 GiB"), "{huge}");
    assert!(refusal(&idx(&[1 << 20, 1 << 7, 1 << 7], &[0; 4])).ends_with("but holds 4"));
    assert!(refusal(&[0, 0, 0x0D, 3, 0]).contains("begins with [00, 00, 0D, 03]"));
    let text = refusal(b"hello, world");
    assert!(text.contains("not with an IDX header of unsigned bytes"), "{text}");
    assert!(refusal(&[0, 0, 8, 255]).starts_with("a.idx has no complete IDX header"));
}

#[test]
fn mnist_s_folder_is_its_images_to_train_on() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: Vec<u8>| fs::write(folder.path().join(name), content).unwrap();
    write("t10k-images-idx3-ubyte", idx(&[1, 2, 2], &[9; 4]));
    write("train-images-idx3-ubyte.gz", gzip(&idx(&[2, 2, 2], &[1, 1, 1, 1, 2, 2, 2, 2])));
    write("train-labels-idx1-ubyte", idx(&[2], &[3, 8]));
    let data = load(&super::super::testing::plan(folder.path())).unwrap();
    assert_eq!((data.images().classes, data.class_names.join(" ").as_str()), (Some(vec![0, 1]), "3 8"));
}
