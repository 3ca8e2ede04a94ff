use std::fs;
use std::io::Write;

use super::super::array::tests::npy;
use super::super::testing::{plan, png, refused};
use super::super::{Dataset, load};
use super::*;

/// A record whose planes are 1, 2 and 3 levels above `level`.
fn record(class: u8, level: u8) -> Vec<u8> {
    let planes = (1..=3).flat_map(|plane| [level + plane; SIZE * SIZE]);
    [class].into_iter().chain(planes).collect()
}

fn read(path: &Path) -> Dataset {
    load(&DataPlan { size: SIZE, ..plan(path) }).unwrap()
}

/// The first level and the class of each image.
fn seen(data: &Dataset) -> Vec<(u8, &str)> {
    let images = data.images();
    let classes = images.classes.as_ref().unwrap();
    let class = |index: usize| data.class_names[classes[index] as usize].as_str();
    (0..images.count()).map(|index| (images.image(index)[0], class(index))).collect()
}

#[test]
fn batch_folder_and_archive() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join(FOLDER);
    fs::create_dir(&inner).unwrap();
    let (first, second) = ([record(9, 10), record(0, 20)].concat(), record(3, 30));
    fs::write(inner.join("data_batch_2.bin"), &second).unwrap();
    fs::write(inner.join("data_batch_1.bin"), &first).unwrap();
    fs::write(inner.join("test_batch.bin"), record(5, 40)).unwrap();

    let one = read(&inner.join("data_batch_1.bin"));
    assert_eq!(seen(&one), [(11, "truck"), (21, "airplane")]);
    assert_eq!((one.images().channels, one.class_names.len()), (3, 10));
    assert_eq!(one.images().image(0), [[11; 1024], [12; 1024], [13; 1024]].concat());
    let all = [(11, "truck"), (21, "airplane"), (31, "cat")];
    assert_eq!(seen(&read(&inner)), all);
    // A folder around the archive's folder is read as that folder, unless it holds another source.
    fs::write(folder.path().join("notes.txt"), "ten classes").unwrap();
    fs::write(folder.path().join(".thumbnail.png"), png(1)).unwrap();
    assert_eq!(seen(&read(folder.path())), all);
    let beside = folder.path().join("mine.png");
    fs::write(&beside, png(1)).unwrap();
    let data = read(folder.path());
    assert_eq!((data.train.count(), data.class_names.len()), (1, 0), "only the image is read, as in any folder");
    fs::remove_file(&beside).unwrap();
    for other in ["more", "a.npy"] {
        let other = folder.path().join(other);
        if other.extension().is_some() {
            fs::write(&other, npy("|u1", "False", "(1, 8, 8)", &[0; 64]))
        } else {
            fs::create_dir(&other)
        }
        .unwrap();
        let error = load(&plan(folder.path())).unwrap_err().to_string();
        assert!(error.ends_with(" holds no images"), "{error}");
        if other.is_dir() { fs::remove_dir(&other) } else { fs::remove_file(&other) }.unwrap();
    }
    assert_eq!(seen(&read(&inner.join("test_batch.bin"))), [(41, "dog")]);

    let mut archive = tar::Builder::new(Vec::new());
    archive.append_dir(FOLDER, &inner).unwrap();
    for name in ["data_batch_2.bin", "test_batch.bin", "data_batch_1.bin"] {
        archive.append_path_with_name(inner.join(name), format!("{FOLDER}/{name}")).unwrap();
    }
    let path = folder.path().join("cifar-10-binary.tar.gz");
    let mut encoder = flate2::write::GzEncoder::new(fs::File::create(&path).unwrap(), flate2::Compression::fast());
    encoder.write_all(&archive.into_inner().unwrap()).unwrap();
    encoder.finish().unwrap();
    assert_eq!(seen(&read(&path)), all);
}

#[test]
fn what_is_no_batch_is_refused() {
    let hint = "give a batch of CIFAR-10's binary version (not CIFAR-100's, not the Python version)";
    let cut = &record(1, 1)[..3000];
    let expected = "x.bin holds 3000 bytes, no whole number of records of 3073";
    assert_eq!(refused("x.bin", cut), (expected.to_owned(), hint.to_owned()));
    assert_eq!(refused("x.bin", &[]).0, "x.bin holds 0 bytes, no whole number of records of 3073");
    let classes = [record(1, 1), record(10, 1)].concat();
    assert_eq!(refused("x.bin", &classes).0, "x.bin gives image 1 the class 10, where there are 10");
}
