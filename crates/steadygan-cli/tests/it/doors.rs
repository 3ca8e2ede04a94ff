//! The same images in every kind of container that can be read, and containers that are refused.

use crate::command::{entries, steadygan, train};
use crate::pictures::TINY;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use image::{ImageFormat, Rgb, RgbImage};
use rawzip::{CompressionMethod, ZipArchiveWriter};
use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;
use tempfile::TempDir;

/// Number of images in the set.
const COUNT: u8 = 40;

fn image(number: u8) -> RgbImage {
    RgbImage::from_fn(8, 8, |x, y| Rgb([(x * 30) as u8 ^ number, (y * 30) as u8, number * 6]))
}

/// The images' file names and contents, sorted by name.
pub(crate) fn files() -> Vec<(String, Vec<u8>)> {
    let png = |number| {
        let mut bytes = Cursor::new(Vec::new());
        image(number).write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    };
    let name = |number: u8| format!("{}/{number:02}.png", if number < 15 { "cat" } else { "dog" });
    (0..COUNT).map(|number| (name(number), png(number))).collect()
}

fn zipped(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    for (name, content) in files {
        let file = archive.new_file(rawzip::path::EntryPath::verbatim(name.as_bytes()));
        let (mut entry, config) = file.compression_method(CompressionMethod::DEFLATE).start().unwrap();
        let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::fast()));
        writer.write_all(content).unwrap();
        let (encoder, descriptor) = writer.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

fn tarred(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(content.len() as u64);
        header.set_cksum();
        archive.append(&header, &content[..]).unwrap();
    }
    archive.into_inner().unwrap()
}

fn gzipped(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// An array of `uint8` as NumPy's `.npy`, version 1.
fn npy(shape: &str, values: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}");
    // NumPy pads with spaces, so that magic and header take 128 bytes together.
    let header = format!("{header:<117}\n");
    [&b"\x93NUMPY\x01\x00"[..], &(header.len() as u16).to_le_bytes(), header.as_bytes(), values].concat()
}

fn array() -> Vec<u8> {
    let pixels: Vec<u8> = (0..COUNT).flat_map(|number| image(number).into_raw()).collect();
    npy(&format!("({COUNT}, 8, 8, 3)"), &pixels)
}

/// A folder with `tiny.toml` and the set in every container.
pub(crate) fn containers() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    write("tiny.toml", TINY.as_bytes());
    let mut files = files();
    for (name, content) in &files {
        write(&format!("set/{name}"), content);
    }
    // Archives hold the images in another order, which must not matter.
    files.reverse();
    files.swap(3, 20);
    write("set.zip", &zipped(&files));
    write("set.tar", &tarred(&files));
    write("set.tar.gz", &gzipped(&tarred(&files)));
    write("set.npy", &array());
    let labels: Vec<u8> = (0..COUNT).map(|number| u8::from(number >= 15)).collect();
    let labels = npy(&format!("({COUNT},)"), &labels);
    write("set.npz", &zipped(&[("y.npy".to_owned(), labels), ("x.npy".to_owned(), array())]));
    folder
}

/// A run's tensors (the checkpoint without its metadata, which names the source) and its sheets.
pub(crate) fn trained(run: &Path) -> (Vec<u8>, Vec<Vec<u8>>) {
    let checkpoint = fs::read(run.join("checkpoints/latest/state.safetensors")).unwrap();
    let end = 8 + u64::from_le_bytes(*checkpoint.first_chunk().unwrap()) as usize;
    let mut header: serde_json::Value = serde_json::from_slice(&checkpoint[8..end]).unwrap();
    header.as_object_mut().unwrap().remove("__metadata__").expect("metadata");
    let tensors = [header.to_string().as_bytes(), &checkpoint[end..]].concat();
    let sheets = entries(&run.join("fakes"));
    assert!(sheets.len() > 1, "{sheets:?}");
    let sheets = sheets.iter().map(|sheet| run.join("fakes").join(sheet)).chain([run.join("reals.png")]);
    (tensors, sheets.map(|sheet| fs::read(sheet).unwrap()).collect())
}

#[test]
fn every_container_of_the_same_images_trains_to_the_same_bits() {
    let folder = containers();
    let from = |source: &str| trained(&train(folder.path(), &format!("tiny.toml --data {source}")));
    let expected = from("set");
    for source in ["set.zip", "set.tar", "set.tar.gz", "set.npz", "set.npy"] {
        assert!(from(source) == expected, "{source}");
    }
    steadygan(folder.path(), "data pack set --recipe tiny.toml --out set.pack.safetensors").done();
    assert!(from("set.pack.safetensors") == expected, "pack");
    // Other images train to other bits.
    fs::remove_file(folder.path().join("set/cat/00.png")).unwrap();
    assert!(from("set") != expected);
}

/// Asserts that `train`, `data inspect` and `data pack` refuse a container with this name and content, with the same
/// error, and write nothing. Returns the error and the hint.
fn refused(name: &str, content: &[u8]) -> (String, String) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("inner");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("tiny.toml"), TINY).unwrap();
    fs::write(folder.join(name), content).unwrap();
    let answer = steadygan(&folder, &format!("train tiny.toml --data {name}")).refused();
    assert_eq!(steadygan(&folder, &format!("data inspect {name} --set data.size=8")).refused(), answer);
    assert_eq!(steadygan(&folder, &format!("data pack {name} --set data.size=8")).refused(), answer);
    let mut left = vec![name.to_owned(), "tiny.toml".to_owned()];
    left.sort();
    assert_eq!((entries(&folder), entries(place.path())), (left, vec!["inner".to_owned()]));
    answer
}

#[test]
fn archives_that_lead_outside_or_burst_are_refused() {
    let evil = |name: &str| [files(), vec![(name.to_owned(), b"evil".to_vec())]].concat();
    let remake = "make the archive again from inside the folder of images";
    for (name, why) in [("../evil.png", "names a path outside of itself"), ("/tmp/evil.png", "names an absolute path")]
    {
        let zip = refused("a.zip", &zipped(&evil(name)));
        assert_eq!(zip, (format!("a.zip {why}: {name:?}"), remake.to_owned()));
        let tar = refused("a.tar.gz", &gzipped(&tarred(&evil(name))));
        assert_eq!(tar, (format!("a.tar.gz {why}: {name:?}"), remake.to_owned()));
    }
    let (error, hint) = refused("a.zip", &zipped(&evil("more/inner.tar")));
    assert_eq!(error, "a.zip holds another archive: \"more/inner.tar\"");
    assert_eq!(hint, "unpack it and give the inner archive or the folder");
    let bomb = [("zeros.png".to_owned(), vec![0; 65 << 20])];
    let limit = "unpacks to more than 64 MiB, 100 times its size or more than any archive may";
    let trusted = "if it can be trusted, unpack it and give the folder";
    assert_eq!(refused("a.zip", &zipped(&bomb)), (format!("a.zip {limit}"), trusted.to_owned()));
    assert_eq!(refused("a.tgz", &gzipped(&tarred(&bomb))), (format!("a.tgz {limit}"), trusted.to_owned()));
    assert_eq!(refused("a.npz", &zipped(&bomb)), (format!("a.npz {limit}"), trusted.to_owned()));
}

#[test]
fn archives_and_arrays_that_are_damaged_are_refused() {
    let damaged = "the file may be cut short or damaged: fetch it or make it again";
    let zip = zipped(&files());
    let (error, hint) = refused("a.zip", &zip[..zip.len() - 22]);
    assert_eq!(
        (error.as_str(), hint.as_str()),
        ("a.zip cannot be read as a ZIP archive: missing end of central directory", damaged)
    );
    let tar = gzipped(&tarred(&files()));
    let (error, hint) = refused("a.tar.gz", &tar[..tar.len() - 9]);
    assert!(error.starts_with("a.tar.gz cannot be read as a tar archive: "), "{error}");
    assert_eq!(hint, damaged);
    let (error, hint) = refused("a.npy", &array()[..5000]);
    assert_eq!(error, "a.npy announces the shape [40, 8, 8, 3], 7680 bytes, but holds 4872");
    assert_eq!(hint, damaged);
    let mut floats = array();
    let at = floats.windows(3).position(|three| three == b"|u1").unwrap();
    floats[at..at + 3].copy_from_slice(b"<f4");
    let (error, hint) = refused("a.npy", &floats);
    assert!(error.starts_with("a.npy holds values of type \"<f4\" from "), "{error}");
    assert!(error.ends_with(", not uint8 (\"|u1\")"), "{error}");
    // Bytes read as floats are in no range that images have, so the hint scales by what the array holds.
    assert!(hint.contains("x.min()") && hint.ends_with("astype(np.uint8)"), "{hint}");
}
