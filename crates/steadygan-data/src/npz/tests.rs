use super::super::array::tests::{in_order, npy};
use super::super::load;
use super::super::testing::{folder, loaded, plan, refused};
use super::super::zip::tests::{File, zip};

fn images() -> Vec<u8> {
    npy("|u1", "False", "(8, 4, 4, 3)", &in_order())
}

fn npz(arrays: &[(&str, &[u8])]) -> Vec<u8> {
    zip(&arrays.iter().map(|(key, array)| File::new(&format!("{key}.npy"), array)).collect::<Vec<_>>())
}

#[test]
fn images_and_classes_are_those_of_the_folder() {
    let folder = folder();
    let from_folder = load(&plan(folder.path())).unwrap();
    let labels: Vec<u8> = [0_i64, 0, 0, 1, 1, 1, 1, 1].iter().flat_map(|label| label.to_le_bytes()).collect();
    let labels = npy("<i8", "False", "(8,)", &labels);
    let data = loaded("a.npz", &npz(&[("y", &labels), ("x", &images())])).unwrap();
    assert_eq!((&data.train, &data.fingerprint), (&from_folder.train, &from_folder.fingerprint));
    assert_eq!(data.class_names, ["0", "1"]);
    // Big-endian and negative labels in a column; then the keys of Keras, and of np.savez(file, images).
    let labels: Vec<u8> =
        [-7_i16, -7, -7, 300, 300, 300, 300, 300].iter().flat_map(|label| label.to_be_bytes()).collect();
    let labels = npy(">i2", "False", "(8, 1)", &labels);
    let test = npy("|u1", "False", "(1, 8, 8)", &[0; 64]);
    let keras = loaded("a.npz", &npz(&[("x_test", &test), ("x_train", &images()), ("y_train", &labels)])).unwrap();
    assert_eq!(
        (keras.images().classes, keras.class_names),
        (from_folder.images().classes, vec!["-7".to_owned(), "300".to_owned()])
    );
    assert_eq!(keras.warnings.len(), 1);
    let unused = " holds more than the images that are used: x_test";
    assert!(keras.warnings[0].ends_with(unused), "{:?}", keras.warnings);
    let labels = npy("|u1", "False", "(8,)", &[0, 0, 0, 1, 1, 1, 1, 1]);
    for keys in [["images", "labels"], ["arr_0", "labels"], ["train_images", "train_labels"]] {
        let data = loaded("a.npz", &npz(&[(keys[0], &images()), (keys[1], &labels)])).unwrap();
        assert_eq!((data.fingerprint, data.warnings.len()), (from_folder.fingerprint.clone(), 0), "{keys:?}");
    }
    let unnamed = loaded("a.npz", &npz(&[("arr_0", &images())])).unwrap();
    assert_eq!((unnamed.images().pixels, unnamed.images().classes), (from_folder.images().pixels, None));
}

#[test]
fn what_is_missing_or_does_not_belong_is_said() {
    let one = npy("|u1", "False", "(1, 8, 8)", &[0; 64]);
    let (error, hint) = refused("a.npz", &npz(&[("faces", &one), ("names", &one)]));
    assert_eq!(error, "a.npz holds no array of images; it holds: faces, names");
    assert_eq!(hint, "call it x: np.savez(file, x=images, y=classes)");
    let with = |labels: Vec<u8>| refused("a.npz", &npz(&[("x", &images()), ("y", &labels)]));
    let (error, hint) = with(npy("|u1", "False", "(7,)", &[0; 7]));
    assert!(error.starts_with("y.npy in "), "{error}");
    assert!(error.ends_with("a.npz is of shape [7], but there are 8 images"), "{error}");
    assert_eq!(hint, "give one class an image");
    let (error, hint) = with(npy("<f4", "False", "(8,)", &[0; 32]));
    assert!(error.ends_with("a.npz holds values of type \"<f4\", not whole numbers"), "{error}");
    assert_eq!(hint, "number the classes: y.astype(np.int64)");
    let hint = |descr: &str, shape: &str, content: &[u8]| with(npy(descr, "False", shape, content)).1;
    let halves: Vec<u8> = [0.5_f32; 8].iter().flat_map(|value| value.to_le_bytes()).collect();
    assert_eq!(hint("|b1", "(8,)", &[1; 8]), "number the classes: y.astype(np.int64)");
    for (descr, content) in [("<f4", &halves[..]), ("<U3", &[0; 96]), ("|S2", &[65; 16]), ("|O", &[0; 9])] {
        assert_eq!(hint(descr, "(8,)", content), "number the classes: np.unique(y, return_inverse=True)[1]");
    }
    let one_hot: Vec<u8> = (0..8).flat_map(|image| [u8::from(image < 3), u8::from(image >= 3)]).collect();
    assert_eq!(hint("|u1", "(8, 2)", &one_hot), "number the classes: y.argmax(axis=1)");
    assert_eq!(hint("|u1", "(8, 2)", &[1; 16]), "give one class an image");
    assert!(with(npy("<i8", "False", "(8,)", &[0; 63])).0.ends_with("a.npz holds 63 bytes, not 64"));
    let long = with(npy("<i8", "False", "(8,)", &[0; 80])).0;
    assert!(long.ends_with("a.npz holds at least 65 bytes, not 64"), "{long}");
    for (descr, label) in [("<u8", (1_u64 << 63).to_le_bytes()), (">u8", (1_u64 << 63).to_be_bytes())] {
        let (error, hint) = with(npy(descr, "False", "(8,)", &label.repeat(8)));
        assert!(error.ends_with("a.npz holds a number above 9223372036854775807"), "{error}");
        assert_eq!(hint, "number the classes from 0");
    }
    let short = npy("|u1", "False", "(9, 4, 4, 3)", &in_order());
    let error = refused("a.npz", &npz(&[("x", &short)])).0;
    assert!(error.ends_with("announces the shape [9, 4, 4, 3], 432 bytes, but holds 384"), "{error}");
    let floats = npy("<f8", "False", "(1, 8, 8)", &[0; 512]);
    assert!(refused("a.npz", &npz(&[("x", &floats)])).0.ends_with("not uint8 (\"|u1\")"));
}

#[test]
fn an_archive_that_is_cut_or_bursts_is_refused() {
    let whole = npz(&[("x", &images())]);
    for cut in 0..whole.len() {
        assert!(loaded("a.npz", &whole[..cut]).is_err(), "cut at {cut}");
    }
    let zeros = vec![0; 65 << 20];
    let bomb = npz(&[("x", &npy("|u1", "False", "(65, 1024, 1024)", &zeros))]);
    assert!(refused("a.npz", &bomb).0.starts_with("a.npz unpacks to more than 64 MiB"));
}
