//! Arrays of images, and latents.

use super::images::load;
use crate::Reader;
use crate::frame::Frame;
use crate::reader::PLAIN;
use std::path::Path;
use steadygan::Result;
use steadygan::data::npy::read_latents;

const ARRAY: Reader = Reader { read: load, ..PLAIN };

pub(crate) const NPY: Reader = Reader { name: "npy", file: "images.npy", frame: Frame::Npy, ..ARRAY };

pub(crate) const NPZ: Reader = Reader { name: "npz", file: "images.npz", frame: Frame::Zip, ..ARRAY };

pub(crate) const IDX: Reader = Reader { name: "idx", file: "case-images-idx3-ubyte.gz", frame: Frame::Gzip, ..ARRAY };

/// The labels of four images of 2 × 3 pixels.
pub(crate) const IDX_LABELS: Reader = Reader {
    name: "idx-labels",
    file: "case-labels-idx1-ubyte",
    beside: &[("case-images-idx3-ubyte", b"\0\0\x08\x03\0\0\0\x04\0\0\0\x02\0\0\0\x03abcdefghijklmnopqrstuvwx")],
    read: |path| load(&path.with_file_name("case-images-idx3-ubyte")),
    ..ARRAY
};

pub(crate) const CIFAR: Reader = Reader { name: "cifar", file: "data_batch_1.bin", ..ARRAY };

/// One digit; the files of the other nine hold no images.
pub(crate) const DIGITS: Reader = Reader {
    name: "digits",
    file: "digits/3.json",
    text: true,
    beside: &[
        ("digits/0.json", NO_DIGITS),
        ("digits/1.json", NO_DIGITS),
        ("digits/2.json", NO_DIGITS),
        ("digits/4.json", NO_DIGITS),
        ("digits/5.json", NO_DIGITS),
        ("digits/6.json", NO_DIGITS),
        ("digits/7.json", NO_DIGITS),
        ("digits/8.json", NO_DIGITS),
        ("digits/9.json", NO_DIGITS),
    ],
    read: |path| load(path.parent().expect("its folder")),
    ..ARRAY
};

const NO_DIGITS: &[u8] = b"{\"data\":[]}";

pub(crate) const LATENTS: Reader =
    Reader { name: "latents", file: "latents.npy", frame: Frame::Npy, read: latents, ..ARRAY };

/// Latents of a network that takes three numbers.
fn latents(path: &Path) -> Result<()> {
    const LATENT: usize = 3;
    let values = read_latents(path, LATENT)?;
    assert!(!values.is_empty() && values.len().is_multiple_of(LATENT) && values.iter().all(|value| value.is_finite()));
    Ok(())
}
