use super::*;

/// Reads a .npy of version 1 with this dictionary and content as latents of width 3.
fn read(dictionary: &str, content: &[u8]) -> Result<Vec<f32>> {
    let length = (dictionary.len() as u16).to_le_bytes();
    let file = [&b"\x93NUMPY\x01\x00"[..], &length, dictionary.as_bytes(), content].concat();
    read_bytes(&file)
}

fn read_bytes(file: &[u8]) -> Result<Vec<f32>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("z.npy");
    std::fs::write(&path, file).unwrap();
    read_latents(&path, 3)
}

/// The error message without the file's name.
fn refusal(dictionary: &str, content: &[u8]) -> String {
    let error = read(dictionary, content).unwrap_err();
    assert_eq!(error.hint(), "give an array of float32 or float64 of shape (N, 3) or (N, 3, 1, 1)");
    error.to_string().split_once("z.npy ").unwrap().1.to_owned()
}

const SIX: [f32; 6] = [0.0, 1.5, -2.0, 3.0, f32::MIN_POSITIVE, 5.0];

#[test]
fn what_is_written_is_read() {
    let mut file = Vec::new();
    write_f32(&mut file, &[2, 3], SIX.chunks(4).map(<[f32]>::to_vec)).unwrap();
    assert_eq!(file.len(), 128 + 24);
    let header = b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } ";
    assert!(file.starts_with(header));
    assert_eq!(file[127], b'\n');
    assert_eq!(read_bytes(&file).unwrap(), SIX);
    for cut in 0..file.len() {
        assert!(read_bytes(&file[..cut]).is_err(), "cut at {cut}");
    }
    let mut bytes = Vec::new();
    write_f32(&mut bytes, &[1], [vec![1.0]]).unwrap();
    assert!(bytes[10..].starts_with(b"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }"));
    assert!(bytes.ends_with(b"\n\x00\x00\x80\x3f"));
}

#[test]
fn columns_first_is_turned_into_rows_first() {
    let bytes: Vec<u8> = SIX.iter().flat_map(|value| value.to_le_bytes()).collect();
    let dictionary = "{\"shape\":(2,3),'fortran_order':True,'descr':'<f4'}";
    let [a, d, b, e, c, f] = SIX;
    assert_eq!(read(dictionary, &bytes).unwrap(), [a, b, c, d, e, f]);
}

/// What NumPy draws by default is float64, and our ONNX takes (N, latent, 1, 1).
#[test]
fn doubles_and_the_shape_of_the_onnx_are_read_too() {
    let singles: Vec<u8> = SIX.iter().flat_map(|value| value.to_le_bytes()).collect();
    let array = |descr, shape| format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    assert_eq!(read(&array("<f4", "(2, 3, 1, 1)"), &singles).unwrap(), SIX);
    let doubles: Vec<u8> = SIX.iter().flat_map(|value| f64::from(*value).to_le_bytes()).collect();
    for shape in ["(2, 3)", "(2, 3, 1, 1)"] {
        assert_eq!(read(&array("<f8", shape), &doubles).unwrap(), SIX);
    }
    // A third has no exact form: the nearest float32 is taken. 1e39 is above the largest one.
    let of = |value: f64| [value; 3].map(f64::to_le_bytes).concat();
    assert_eq!(read(&array("<f8", "(1, 3)"), &of(1.0 / 3.0)).unwrap(), [1.0f32 / 3.0; 3]);
    assert_eq!(refusal(&array("<f8", "(1, 3)"), &of(1e39)), "holds 1e39, which is too large for a float32");
    assert_eq!(refusal(&array("<f8", "(1, 3)"), &of(f64::INFINITY)), "holds inf in row 0, column 0");
}

#[test]
fn a_refusal_names_what_was_found() {
    let array = |descr, shape| format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n");
    let f32s = |shape| array("'<f4'", shape);
    assert_eq!(refusal(&array("'>f4'", "(2, 3)"), &[0; 24]), "holds values of type \">f4\", not float32 (\"<f4\")");
    assert_eq!(refusal(&array("'<f8'", "(2, 3)"), &[0; 24]), "announces 2 × 3 float64, but holds 24 bytes of values");
    assert_eq!(refusal(&f32s("(2, 3, 1, 2)"), &[0; 48]), "is of shape [2, 3, 1, 2]");
    assert_eq!(refusal(&f32s("(6,)"), &[0; 24]), "is of shape [6]");
    assert_eq!(refusal(&f32s("(3, 2)"), &[0; 24]), "holds 3 latents of 2 numbers, where each needs 3");
    assert_eq!(refusal(&f32s("(0, 3)"), &[]), "holds 0 latents of 3 numbers, where each needs 3");
    assert_eq!(refusal(&f32s("(2, 3)"), &[0; 23]), "announces 2 × 3 float32, but holds 23 bytes of values");
    let huge = f32s("(6148914691236517206, 3)");
    assert_eq!(refusal(&huge, &[0; 24]), "announces 6148914691236517206 × 3 float32, but holds 24 bytes of values");
    let mut content = [0; 24];
    content[16..20].copy_from_slice(&f32::NAN.to_le_bytes());
    assert_eq!(refusal(&f32s("(2, 3)"), &content), "holds NaN in row 1, column 1");
    let structured = array("[('a', '<f4')]", "(2,)");
    assert_eq!(refusal(&structured, &[]), "has a header of another form than that of a plain array");
}
