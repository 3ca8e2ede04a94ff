//! Images: single ones, in archives and in packs.

use crate::Reader;
use crate::frame::Frame;
use crate::reader::PLAIN;
use std::path::Path;
use steadygan::data::{self, DataPlan, Fit};
use steadygan::{Error, Result};

/// The size that images are given. Some seeds have it and others have not, so that both ways are taken.
const SIZE: usize = 8;

const IMAGES: Reader = Reader { read: load, ..PLAIN };

pub(crate) const PACK: Reader =
    Reader { name: "pack", file: "images.pack.safetensors", frame: Frame::SafeTensors, own: own_packs, ..IMAGES };

/// One image in a folder, recognised by its content.
pub(crate) const IMAGE: Reader = Reader {
    name: "image",
    file: "images/image.png",
    frame: Frame::Png,
    read: |path| load(path.parent().expect("its folder")),
    ..IMAGES
};

pub(crate) const ZIP: Reader = Reader { name: "zip", file: "images.zip", frame: Frame::Zip, ..IMAGES };

pub(crate) const TAR: Reader = Reader { name: "tar", file: "images.tar", frame: Frame::Tar, ..IMAGES };

pub(crate) const TAR_GZ: Reader = Reader { name: "tar-gz", file: "images.tar.gz", frame: Frame::Gzip, ..IMAGES };

/// Loads the images of a source, and if they are images describes them as `data inspect` does.
pub(crate) fn load(source: &Path) -> Result<()> {
    let plan = DataPlan {
        source: source.display().to_string(),
        size: SIZE,
        channels: None,
        holdout: 0.0,
        background: [255; 3],
        fit: Fit::Crop,
        flip: false,
    };
    let loaded = data::load(&plan)?;
    assert!(loaded.train.count() > 0 && loaded.holdout.count() == 0);
    let numbers: Vec<usize> = (0..loaded.train.count()).collect();
    let classes = loaded.train.classes(&numbers);
    assert!(loaded.class_names.is_empty() || classes.iter().all(|class| *class < loaded.class_names.len()));
    let (inspection, _) = data::inspect(&plan)?;
    assert_eq!(inspection.images, loaded.train.count());
    Ok(())
}

/// Packs of small arrays, with classes and without.
fn own_packs() -> Result<Vec<Vec<u8>>> {
    let folder = tempfile::tempdir().map_err(|error| Error::io("no folder", &error, "make room"))?;
    let mut packs = Vec::new();
    for (source, seed) in [
        ("images.npy", &include_bytes!("../../corpus/npy/grey.npy")[..]),
        ("classes.npz", include_bytes!("../../corpus/npz/classes.npz")),
    ] {
        let (source, path) = (folder.path().join(source), folder.path().join("p.pack.safetensors"));
        let failed = |error: std::io::Error| Error::io("no pack", &error, "make room");
        std::fs::write(&source, seed).map_err(failed)?;
        let (source, channels) = (source.display().to_string(), None);
        let plan =
            DataPlan { source, size: SIZE, channels, holdout: 0.0, background: [255; 3], fit: Fit::Crop, flip: false };
        data::pack(&plan, Some(&path))?;
        packs.push(std::fs::read(&path).map_err(failed)?);
        std::fs::remove_file(&path).map_err(failed)?;
    }
    Ok(packs)
}
