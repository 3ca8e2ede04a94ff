//! Images from a trained generator.

use crate::data::npy;
use crate::device::device;
use crate::error::{Error, Result};
use crate::nn::SAMPLE_CHUNK;
use crate::plan::Plan;
use crate::report::sheet::{encode_png, encode_sheet, picture};
use crate::rng;
use crate::run::trained_generator;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use steadygan_run::{Which, write_atomically, write_atomically_with};

/// The most images on a sheet: 32 rows of 32.
const MAX_SHEET: usize = 1024;

/// The most images of one call: a million of the largest fill 200 GB.
const MAX_COUNT: usize = 1_000_000;

/// The latents to make images of.
#[derive(Debug, Clone)]
pub enum Latents {
    /// Drawn as in training: the same seed gives the same latents.
    Drawn {
        /// How many.
        count: usize,
        /// The seed.
        seed: u64,
    },
    /// Read from a .npy file: float32, (N, latent).
    File(PathBuf),
}

/// Where images go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// A sheet as one PNG file.
    Sheet(PathBuf),
    /// An array of float32 (N, channels, height, width) in the generator's own range.
    Array(PathBuf),
    /// A new folder of PNG files, one an image.
    Folder(PathBuf),
}

impl Destination {
    /// By the name's ending: .png is a sheet, .npy an array, anything else a folder.
    pub fn of(path: &Path) -> Self {
        let ending = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
        match ending.as_deref() {
            Some("png") => Self::Sheet(path.into()),
            Some("npy") => Self::Array(path.into()),
            _ => Self::Folder(path.into()),
        }
    }

    /// An error if `count` images cannot go there.
    fn check(&self, count: usize) -> Result<()> {
        match self {
            Self::Sheet(_) if count > MAX_SHEET => Err(Error::recipe(
                format!("a sheet holds at most {MAX_SHEET} images, not {count}"),
                "write a folder (--out DIR) or an array (--out FILE.npy)",
            )),
            Self::Folder(path) if path.exists() || path.file_name().is_none() => Err(Error::recipe(
                format!("{} is there already", path.display()),
                "name a folder that does not exist, so that nothing is overwritten",
            )),
            _ => Ok(()),
        }
    }
}

/// Writes images of a run's generator.
///
/// # Errors
///
/// The run has no such checkpoint, the latents do not fit, or the destination cannot be written.
pub fn generate(run: &Path, which: Which, latents: &Latents, destination: &Destination, on: &str) -> Result<()> {
    let device = device(on)?.inner();
    let (generator, plan) = trained_generator(run, which, &device)?;
    let Pieces { count, latents } = latents.pieces(&plan)?;
    destination.check(count)?;
    let shape = [count, plan.model.channels, plan.model.size, plan.model.size];
    let images = latents.map(|latents| generator.sample(&latents, &device));
    match destination {
        Destination::Sheet(path) => {
            let bytes: Vec<u8> = images.flat_map(|values| pixels(&plan, &values)).collect();
            write_atomically(path, &encode_sheet(&bytes, shape)?)?;
        }
        Destination::Array(path) => write_atomically_with(path, |mut out| npy::write_f32(&mut out, &shape, images))?,
        Destination::Folder(path) => {
            let folder = StagedFolder::beside(path)?;
            let shape = [plan.model.channels, plan.model.size, plan.model.size];
            let mut number = 0;
            for values in images {
                for image in pixels(&plan, &values).chunks_exact(shape.iter().product()) {
                    folder.write(&format!("{number:06}.png"), &encode_png(&picture(image, shape))?)?;
                    number += 1;
                }
            }
            folder.rename_to(path)?;
        }
    }
    Ok(())
}

/// `count` latents, in pieces of at most [`SAMPLE_CHUNK`].
struct Pieces {
    count: usize,
    latents: Box<dyn Iterator<Item = Vec<f32>>>,
}

impl Latents {
    fn pieces(&self, plan: &Plan) -> Result<Pieces> {
        let (length, distribution) = (plan.model.latent, plan.model.latent_distribution);
        match *self {
            Self::File(ref path) => {
                let values = npy::read_latents(path, length)?;
                let count = values.len() / length;
                let piece = move |at| values[at * length..count.min(at + SAMPLE_CHUNK) * length].to_vec();
                Ok(Pieces { count, latents: Box::new((0..count).step_by(SAMPLE_CHUNK).map(piece)) })
            }
            Self::Drawn { count, seed } if (1..=MAX_COUNT).contains(&count) => {
                let mut stream = rng::stream(seed, "generate", 0);
                let piece = move |at| distribution.sample(SAMPLE_CHUNK.min(count - at), length, &mut stream);
                Ok(Pieces { count, latents: Box::new((0..count).step_by(SAMPLE_CHUNK).map(piece)) })
            }
            Self::Drawn { count, .. } => {
                let message = format!("--count {count} is not in 1..={MAX_COUNT}");
                Err(Error::recipe(message, "ask for at least one image; for very many use several seeds"))
            }
        }
    }
}

/// A folder that appears under its name only when it is whole, and leaves nothing behind otherwise.
struct StagedFolder {
    path: PathBuf,
}

impl StagedFolder {
    /// An empty hidden folder beside the one that it is to become.
    fn beside(path: &Path) -> Result<Self> {
        let mut name = OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(format!(".{}.partial", std::process::id()));
        let staged = Self { path: path.with_file_name(name) };
        std::fs::create_dir_all(&staged.path).map_err(|error| refused(path, &error))?;
        Ok(staged)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.path.join(name);
        std::fs::write(&path, bytes).map_err(|error| refused(&path, &error))
    }

    fn rename_to(self, path: &Path) -> Result<()> {
        std::fs::rename(&self.path, path).map_err(|error| refused(path, &error))
    }
}

impl Drop for StagedFolder {
    fn drop(&mut self) {
        // After the renaming there is nothing here, and the removal fails.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

fn refused(path: &Path, error: &std::io::Error) -> Error {
    Error::io(format!("cannot write {}", path.display()), error, "choose another folder with --out DIR")
}

fn pixels(plan: &Plan, values: &[f32]) -> Vec<u8> {
    values.iter().map(|&value| plan.model.range.unscale(value)).collect()
}
