//! Images from a trained generator.

use crate::data::npy;
use crate::device::device;
use crate::error::{Error, Result};
use crate::nn::{Network, Pass};
use crate::plan::Plan;
use crate::report::sheet::{encode_png, picture};
use crate::rng;
use crate::run::trained_generator;
use crate::train::encode_sheet;
use burn::prelude::*;
use std::path::{Path, PathBuf};
use steadygan_run::{Which, write_atomically, write_atomically_with};

/// Latents of one forward pass: memory does not grow with the number of images asked for.
const CHUNK: usize = 64;

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
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("png") => Self::Sheet(path.into()),
            Some("npy") => Self::Array(path.into()),
            _ => Self::Folder(path.into()),
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
    let latents = latents.values(&plan)?;
    let count = latents.len() / plan.model.latent;
    refuse_destination(destination, count)?;
    match destination {
        Destination::Sheet(path) => {
            let shape = [count, plan.model.channels, plan.model.size, plan.model.size];
            let values = sample(&generator, &latents, &device);
            write_atomically(path, &encode_sheet(&pixels(&plan, &values), shape)?)?;
        }
        Destination::Array(path) => {
            let shape = [count, plan.model.channels, plan.model.size, plan.model.size];
            let values = sample(&generator, &latents, &device);
            write_atomically_with(path, |mut out| npy::write_f32(&mut out, &shape, &values))?;
        }
        Destination::Folder(path) => write_folder(path, &generator, &latents, &plan, &device)?,
    }
    Ok(())
}

impl Latents {
    fn values(&self, plan: &Plan) -> Result<Vec<f32>> {
        match self {
            Self::File(path) => npy::read_latents(path, plan.model.latent),
            Self::Drawn { count, seed } if (1..=MAX_COUNT).contains(count) => {
                let mut stream = rng::stream(*seed, "generate", 0);
                Ok(plan.model.latent_distribution.sample(*count, plan.model.latent, &mut stream))
            }
            Self::Drawn { count, .. } => {
                let message = format!("--count {count} is not in 1..={MAX_COUNT}");
                Err(Error::recipe(message, "make more images in several calls with other seeds"))
            }
        }
    }
}

fn refuse_destination(destination: &Destination, count: usize) -> Result<()> {
    match destination {
        Destination::Sheet(_) if count > MAX_SHEET => Err(Error::recipe(
            format!("a sheet holds at most {MAX_SHEET} images, not {count}"),
            "write a folder (--out DIR) or an array (--out FILE.npy)",
        )),
        Destination::Folder(path) if path.exists() => Err(Error::recipe(
            format!("{} is there already", path.display()),
            "name a folder that does not exist, so that nothing is overwritten",
        )),
        _ => Ok(()),
    }
}

/// The folder appears under its name only when it is whole.
fn write_folder(path: &Path, generator: &Network, latents: &[f32], plan: &Plan, device: &Device) -> Result<()> {
    let model = &plan.model;
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let shape = [model.channels, model.size, model.size];
    for (chunk, latents) in latents.chunks(CHUNK * model.latent).enumerate() {
        let bytes = pixels(plan, &sample(generator, latents, device));
        for (index, image) in bytes.chunks_exact(shape.iter().product()).enumerate() {
            let name = format!("{:06}.png", chunk * CHUNK + index);
            write_atomically(&partial.join(name), &encode_png(&picture(image, shape))?)?;
        }
    }
    let hint = "choose another folder with --out DIR";
    std::fs::rename(&partial, path).map_err(|error| Error::io(format!("cannot make {}", path.display()), &error, hint))
}

fn pixels(plan: &Plan, values: &[f32]) -> Vec<u8> {
    values.iter().map(|&value| plan.model.range.unscale(value)).collect()
}

/// The generator's images for `latents` (one after the other), as values `[n, c, h, w]` in its own
/// range. Evaluation mode: an image depends on its latent alone, not on its neighbours.
pub fn sample(generator: &Network, latents: &[f32], device: &Device) -> Vec<f32> {
    let [length, ..] = generator.input();
    let mut values = Vec::new();
    for chunk in latents.chunks(CHUNK * length) {
        let count = chunk.len() / length;
        let data = TensorData::new(chunk.to_vec(), [count, length, 1, 1]);
        let images = generator.forward(Tensor::from_data(data, device), &mut Pass::Evaluate);
        values.extend(images.into_data().iter::<f32>());
    }
    values
}
