//! Latents in NumPy's file format.

use std::fs;
use std::path::Path;

/// Writes an array of float32 of shape (rows, width) as `.npy`, version 1.0.
pub(crate) fn write(path: &Path, width: usize, values: &[f32]) {
    let rows = values.len() / width;
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {width}), }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    fs::write(path, bytes).expect("a file");
}

/// `count` numbers in [−2, 2], each different from its neighbours.
pub(crate) fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|at| ((at * 37 + 11) % 101) as f32 / 25.0 - 2.0).collect()
}

/// Reads shape and values of a float32 array from a `.npy` file that the program wrote.
pub(crate) fn read(path: &Path) -> (String, Vec<f32>) {
    let bytes = fs::read(path).expect("a file");
    let header_end = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..header_end]).expect("ASCII");
    let shape = header.split_once('(').and_then(|(_, rest)| rest.split_once(')')).expect("a shape").0;
    let values = bytes[header_end..].as_chunks().0.iter().map(|four| f32::from_le_bytes(*four));
    (shape.to_owned(), values.collect())
}
