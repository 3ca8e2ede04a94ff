//! The readers, and the files that they start from.

use crate::frame::Frame;
use crate::readers::{arrays, images, labels, networks, recipes, runs, studies};
use std::fs;
use std::path::{Path, PathBuf};
use steadygan::Result;

/// One kind of file and the code that reads it.
#[derive(Debug)]
pub struct Reader {
    /// The reader's name, which is also that of its folder in the corpus.
    pub name: &'static str,
    /// The name of the file that it reads, which may lie in a folder.
    pub file: &'static str,
    /// Whether the file is text.
    pub text: bool,
    /// What lengths and checksums the file has.
    pub frame: Frame,
    /// Files that lie beside the one that is changed, by name.
    pub beside: &'static [(&'static str, &'static [u8])],
    /// Files of this program's own formats, made anew each time, so that they are never of an older version.
    pub own: fn() -> Result<Vec<Vec<u8>>>,
    /// Parts of what is said of faults that are known and are those of a library.
    pub known: &'static [&'static str],
    /// Reads the file at the path, and does with it what the program would do.
    pub read: fn(&Path) -> Result<()>,
}

/// Every reader.
pub const READERS: &[Reader] = &[
    recipes::RECIPE,
    recipes::ASSIGNMENT,
    studies::STUDY,
    studies::RECORD,
    runs::PLAN,
    runs::CHECKPOINT,
    images::PACK,
    images::IMAGE,
    images::ZIP,
    images::TAR,
    images::TAR_GZ,
    arrays::NPY,
    arrays::NPZ,
    arrays::IDX,
    arrays::IDX_LABELS,
    arrays::CIFAR,
    arrays::DIGITS,
    labels::STYLEGAN,
    labels::JSON_LINES,
    labels::CSV,
    labels::WEB_DATASET,
    arrays::LATENTS,
    networks::PTH,
    networks::SAFETENSORS,
    networks::EXPORT,
    networks::ONNX,
    networks::DESCRIPTION,
];

impl Reader {
    /// The reader with this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        READERS.iter().find(|reader| reader.name == name)
    }

    /// The folder of the corpus.
    pub fn corpus(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(self.name)
    }

    /// The files to start from: those of the corpus in the order of their names, and the program's own.
    ///
    /// # Errors
    ///
    /// The corpus cannot be read, or the program cannot make its own files.
    pub fn seeds(&self) -> Result<Vec<Vec<u8>>, String> {
        let failed = |error: std::io::Error| format!("error: {} cannot be read: {error}", self.corpus().display());
        let mut paths = Vec::new();
        if self.corpus().is_dir() {
            for entry in fs::read_dir(self.corpus()).map_err(failed)? {
                paths.push(entry.map_err(failed)?.path());
            }
        }
        paths.sort();
        let mut seeds = paths.iter().map(fs::read).collect::<Result<Vec<_>, _>>().map_err(failed)?;
        seeds.extend((self.own)().map_err(|error| format!("error: {error}"))?);
        if seeds.is_empty() { Err(format!("error: {} has no files", self.corpus().display())) } else { Ok(seeds) }
    }

    /// Whether a fault is known.
    pub fn is_known(&self, fault: &str) -> bool {
        self.known.iter().any(|known| fault.contains(known))
    }

    /// Writes the files that lie beside into a folder, and returns the path at which the reader reads.
    ///
    /// # Errors
    ///
    /// The folder cannot be written.
    pub fn prepare(&self, folder: &Path) -> Result<PathBuf, String> {
        let path = folder.join(self.file);
        let write = || {
            fs::create_dir_all(path.parent().expect("the folder itself"))?;
            self.beside.iter().try_for_each(|(name, bytes)| fs::write(folder.join(name), bytes))
        };
        write().map_err(|error| format!("error: {} cannot be written: {error}", folder.display()))?;
        Ok(path)
    }
}

/// A reader of files that are no text and have no parts, from which the others are made.
pub(crate) const PLAIN: Reader = Reader {
    name: "",
    file: "",
    text: false,
    frame: Frame::None,
    beside: &[],
    own: || Ok(Vec::new()),
    known: &[],
    read: |_| Ok(()),
};
