use super::super::testing::{folder, loaded, pixels, plan, refused};
use super::super::{Images, load};

/// A `.npy` of version 1.
pub(in super::super) fn npy(descr: &str, fortran: &str, shape: &str, content: &[u8]) -> Vec<u8> {
    let dictionary = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
    [&b"\x93NUMPY\x01\x00"[..], &(dictionary.len() as u16).to_le_bytes(), dictionary.as_bytes(), content].concat()
}

fn u8s(shape: &str, content: &[u8]) -> Vec<u8> {
    npy("|u1", "False", shape, content)
}

/// The images of [`folder`] in the order of their names, interleaved.
pub(in super::super) fn in_order() -> Vec<u8> {
    [2, 1, 0, 7, 6, 5, 4, 3].into_iter().flat_map(pixels).collect()
}

#[test]
fn an_array_is_the_folder_without_classes() {
    let folder = folder();
    let from_folder = load(&plan(folder.path())).unwrap();
    let data = loaded("a.npy", &u8s("(8, 4, 4, 3)", &in_order())).unwrap();
    assert_eq!(data.images(), Images { classes: None, ..from_folder.images() });
    assert_eq!((data.name.as_str(), data.class_names.len()), ("a", 0));
}

#[test]
fn grey_alpha_and_other_shapes() {
    let levels: Vec<u8> = (0..50).collect();
    let grey = loaded("by-content", &u8s("(2, 5, 5)", &levels)).unwrap();
    assert_eq!((grey.images().channels, grey.train.count()), (1, 2));
    let same = loaded("a.npy", &u8s("(2, 5, 5, 1)", &levels)).unwrap();
    assert_eq!(same.train, grey.train);
    let clear: Vec<u8> = [9, 9, 9, 0].repeat(16);
    let white = loaded("a.npy", &u8s("(1, 4, 4, 4)", &clear)).unwrap().images();
    assert_eq!((white.channels, white.pixels), (1, vec![255; 16]));
}

#[test]
fn wrong_types_orders_and_shapes_name_the_remedy() {
    let refused = |descr: &str, fortran: &str, shape: &str| refused("a.npy", &npy(descr, fortran, shape, &[0; 48]));
    let (error, hint) = refused("<f4", "False", "(1, 2, 6)");
    assert_eq!(error, "a.npy holds values of type \"<f4\" from 0 to 0, not uint8 (\"|u1\")");
    assert_eq!(hint, "images in [0, 1] become bytes by (255 * x).round().astype(np.uint8)");
    let wide: Vec<u8> = [-7_i64, 300].iter().flat_map(|level| level.to_le_bytes()).collect();
    let (error, hint) = super::super::testing::refused("a.npy", &npy("<i8", "False", "(1, 1, 2)", &wide));
    assert_eq!(error, "a.npy holds values of type \"<i8\" from -7 to 300, not uint8 (\"|u1\")");
    assert!(hint.starts_with("if -7 is black and 300 white, values become bytes by "), "{hint}");
    assert_eq!(refused("|O", "False", "(1,)").0, "a.npy holds values of type \"|O\", not uint8 (\"|u1\")");
    let fortran = ("a.npy is in Fortran order".to_owned(), "save np.ascontiguousarray(x)".to_owned());
    assert_eq!(refused("|u1", "True", "(1, 4, 4, 3)"), fortran);
    let (error, hint) = refused("|u1", "False", "(1, 3, 4, 8)");
    assert_eq!(error, "a.npy is of shape [1, 3, 4, 8], channels first");
    assert_eq!(hint, "give N × H × W × C: x.transpose(0, 2, 3, 1)");
    // One image without a count, a flat array, no image, five channels, no dimension, height 0.
    for shape in ["(4, 4, 3)", "(48,)", "(0, 4, 4, 3)", "(1, 4, 4, 5)", "()", "(1, 0, 8)"] {
        let (error, hint) = refused("|u1", "False", shape);
        assert!(error.starts_with("a.npy is of shape ["), "{error}");
        assert_eq!(hint, "give N × H × W, or N × H × W × C with C from 1 to 4, of at least one image");
    }
    let (error, _) = refused("|u1", "False", "(1, 10000, 10000)");
    assert_eq!(error, "a.npy holds images of 10000 × 10000 pixels, more than the limit of 64 megapixels");
}

#[test]
fn a_header_is_not_believed() {
    let error = |shape: &str, held: usize| refused("a.npy", &u8s(shape, &vec![1; held])).0;
    assert_eq!(error("(2, 5, 5)", 49), "a.npy announces the shape [2, 5, 5], 50 bytes, but holds 49");
    assert_eq!(error("(2, 5, 5)", 60), "a.npy announces the shape [2, 5, 5], 50 bytes, but holds at least 51");
    assert!(error("(18446744073709551615, 5, 5)", 60).ends_with("but holds 60"));
    assert!(error("(1000000, 8000, 8000)", 60).ends_with("but holds 60"));
    assert!(error("(1, 18446744073709551615, 8)", 60).ends_with("more than the limit of 64 megapixels"));
    let whole = u8s("(2, 5, 5)", &[7; 50]);
    for cut in 0..whole.len() {
        assert!(loaded("a.npy", &whole[..cut]).is_err(), "cut at {cut}");
    }
    assert_eq!(refused("a.npy", b"PK").0.split(": ").next().unwrap(), "a.npy is not a complete .npy file");
}
