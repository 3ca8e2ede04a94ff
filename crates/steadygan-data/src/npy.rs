//! NumPy's `.npy`: reads latents, and writes images and numbers as `float32`.
//!
//! The format is NumPy's own, versions 1.0 to 3.0: a magic string, the header's length, a Python
//! dictionary, the values (<https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>).

use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use crate::error::{Error, Result};
use steadygan_run::open_named;

pub(super) const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// A longer header is refused, as NumPy itself does (`max_header_size`).
const MAX_HEADER_BYTES: usize = 10_000;
/// The header is padded so that the values begin at a multiple of this.
const ALIGNMENT: usize = 64;

/// A header's content: the type, whether the first dimension runs fastest, and the shape.
#[derive(Debug, PartialEq)]
pub(super) struct Header {
    pub(super) descr: String,
    pub(super) fortran_order: bool,
    pub(super) shape: Vec<usize>,
}

/// Reads latents from an array of N × `latent` finite `f32` or `f64` with N ≥ 1, or of N × `latent` × 1 × 1, as PyTorch's
/// DCGAN example and our ONNX take them; `f64` is rounded. The result holds them row by row.
///
/// # Errors
/// If the file is missing, damaged, cut short, of another type or width, or holds a value that is not finite. The
/// message says what was found, the hint what is needed.
pub fn read_latents(path: &Path, latent: usize) -> Result<Vec<f32>> {
    let name = path.display();
    let needed = format!("give an array of float32 or float64 of shape (N, {latent}) or (N, {latent}, 1, 1)");
    let refused = |why: String| Error::data(format!("{name} {why}"), needed.as_str());
    let file = open_named(path).map_err(|cause| Error::io(format!("cannot open {name}"), &cause, needed.as_str()))?;
    let unreadable = |cause: io::Error| refused(format!("cannot be read: {cause}"));
    let length = file.metadata().map_err(unreadable)?.len();
    let mut source = BufReader::new(file);
    let (header, header_bytes) = read_header(&mut source).map_err(refused)?;
    let (kind, number_bytes) = match header.descr.as_str() {
        "<f4" => ("float32", size_of::<f32>()),
        "<f8" => ("float64", size_of::<f64>()),
        other => return Err(refused(format!("holds values of type {other:?}, not float32 (\"<f4\")"))),
    };
    let ([rows, width] | [rows, width, 1, 1]) = header.shape[..] else {
        return Err(refused(format!("is of shape {:?}", header.shape)));
    };
    if width != latent || rows == 0 {
        return Err(refused(format!("holds {rows} latents of {width} numbers, where each needs {latent}")));
    }
    let announced = (rows as u64).checked_mul(width as u64).and_then(|values| values.checked_mul(number_bytes as u64));
    let held = length.saturating_sub(header_bytes as u64);
    if announced != Some(held) {
        return Err(refused(format!("announces {rows} × {width} {kind}, but holds {held} bytes of values")));
    }
    let mut bytes = Vec::new();
    source.take(held).read_to_end(&mut bytes).map_err(unreadable)?;
    let mut values: Vec<f32> = match number_bytes {
        4 => bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect(),
        _ => {
            let values: Vec<f64> = bytes.as_chunks().0.iter().map(|eight| f64::from_le_bytes(*eight)).collect();
            if let Some(value) = values.iter().find(|value| value.is_finite() && !(**value as f32).is_finite()) {
                return Err(refused(format!("holds {value:e}, which is too large for a float32")));
            }
            values.into_iter().map(|value| value as f32).collect()
        }
    };
    if header.fortran_order {
        let by_column = values;
        let row = |row: usize| (0..width).map(move |column| column * rows + row);
        values = (0..rows).flat_map(row).map(|at| by_column[at]).collect();
    }
    if let Some(at) = values.iter().position(|value| !value.is_finite()) {
        return Err(refused(format!("holds {} in row {}, column {}", values[at], at / width, at % width)));
    }
    Ok(values)
}

/// Writes an array of `float32` piece by piece, the last dimension of `shape` running fastest.
///
/// # Errors
/// If writing to `out` fails.
///
/// # Panics
/// If the pieces together do not hold exactly as many values as `shape` needs.
pub fn write_f32(out: &mut impl Write, shape: &[usize], pieces: impl IntoIterator<Item = Vec<f32>>) -> io::Result<()> {
    write_header(out, shape)?;
    let mut count = 0;
    for piece in pieces {
        let bytes: Vec<u8> = piece.iter().flat_map(|value| value.to_le_bytes()).collect();
        out.write_all(&bytes)?;
        count += piece.len();
    }
    assert_eq!(shape.iter().product::<usize>(), count, "shape {shape:?}");
    Ok(())
}

fn write_header(out: &mut impl Write, shape: &[usize]) -> io::Result<()> {
    let lengths = match shape {
        [length] => format!("{length},"),
        lengths => lengths.iter().map(usize::to_string).collect::<Vec<_>>().join(", "),
    };
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({lengths}), }}");
    let before = MAGIC.len() + 4;
    let total = (before + header.len() + 1).next_multiple_of(ALIGNMENT);
    header.push_str(&" ".repeat(total - before - header.len() - 1));
    header.push('\n');
    let length = u16::try_from(header.len()).map_err(io::Error::other)?;
    out.write_all(MAGIC)?;
    out.write_all(&[1, 0])?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(header.as_bytes())
}

/// Reads the header; also returns the offset in bytes at which the values begin. The error is the end of a sentence
/// that begins with the file's name.
pub(super) fn read_header(source: &mut impl Read) -> Result<(Header, usize), String> {
    let short = |cause: io::Error| format!("is not a complete .npy file: {cause}");
    let mut magic = [0; 8];
    source.read_exact(&mut magic).map_err(short)?;
    if !magic.starts_with(MAGIC) {
        return Err("is not a .npy file by its content".to_owned());
    }
    let length_bytes = match magic[6] {
        1 => 2,
        2 | 3 => 4,
        version => return Err(format!("is of .npy version {version}, not 1 to 3")),
    };
    let mut length = [0; 4];
    source.read_exact(&mut length[..length_bytes]).map_err(short)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_HEADER_BYTES {
        return Err(format!("has a header of {length} bytes, more than the limit of {MAX_HEADER_BYTES}"));
    }
    let mut text = vec![0; length];
    source.read_exact(&mut text).map_err(short)?;
    let header = std::str::from_utf8(&text)
        .ok()
        .and_then(parse_header)
        .ok_or_else(|| "has a header of another form than that of a plain array".to_owned())?;
    Ok((header, magic.len() + length_bytes + length))
}

/// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }` with the keys in any order.
fn parse_header(text: &str) -> Option<Header> {
    let mut rest = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
    let (mut descr, mut fortran_order, mut shape) = (None, None, None);
    while !rest.is_empty() {
        let (key, after_key) = quoted(rest)?;
        let value = after_key.trim_start().strip_prefix(':')?.trim_start();
        rest = match key {
            "descr" => {
                let (text, after) = quoted(value)?;
                descr = Some(text.to_owned());
                after
            }
            "fortran_order" => {
                let end = value.find([',', ' ']).unwrap_or(value.len());
                fortran_order = match &value[..end] {
                    "True" => Some(true),
                    "False" => Some(false),
                    _ => return None,
                };
                &value[end..]
            }
            "shape" => {
                let (lengths, after) = value.strip_prefix('(')?.split_once(')')?;
                let lengths = lengths.split(',').map(str::trim);
                let lengths = lengths.filter(|length| !length.is_empty());
                shape = Some(lengths.map(|length| length.parse().ok()).collect::<Option<_>>()?);
                after
            }
            _ => return None,
        };
        rest = rest.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    Some(Header { descr: descr?, fortran_order: fortran_order?, shape: shape? })
}

/// Splits off the quoted text at the start; returns it and the rest.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    text[1..].split_once(quote)
}

#[cfg(test)]
mod tests;
