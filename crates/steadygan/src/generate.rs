//! Images from a trained generator.

mod source;

use crate::data::npy;
use crate::device::device;
use crate::error::{Error, Result};
use crate::files::{ending, require_ending, require_free};
use crate::names::nearest;
use crate::nn::{ModelPlan, SAMPLE_CHUNK};
use crate::pictures::animation::{FRAME_MS, write_gif};
use crate::pictures::picture_of_fakes;
use crate::pictures::sheet::{encode_png, frame, picture, sheet, square_columns};
use crate::rng;
use crate::run::require_outside_data;
use source::Source;
use std::path::{Path, PathBuf};
use steadygan_run::{CheckpointKind, RunDirectory, RunError, StagedFolder, write_atomically, write_atomically_with};

/// The most images on a sheet: 32 rows of 32.
const MAX_SHEET: usize = 1024;

/// The most images in one call: a million of the largest images take 200 GB.
const MAX_COUNT: usize = 1_000_000;

/// A run's folder, an export's folder in it, and a file of that.
const RUN_ABOVE_EXPORT: usize = 3;

/// The most frames in an animation: nearly seven minutes.
const MAX_FRAMES: usize = 10_000;

/// Steps of a walk from one latent to the next on a sheet, where each such walk has its own row.
const SHEET_STEPS: usize = 8;

/// Steps of a walk from one latent to the next in other destinations; in an animation it takes about a second.
const FRAME_STEPS: usize = 24;

/// Which images to generate, and where to write them.
#[derive(Debug, Clone)]
pub struct Request {
    /// A run's folder, an export's, or its file generator.safetensors.
    pub run: PathBuf,
    /// Which of the run's checkpoints to use.
    pub checkpoint: CheckpointKind,
    /// The latents.
    pub latents: Latents,
    /// The class of the images, by its name or its number from 0. `None` takes all classes in turn, so that each class
    /// has a column of a sheet; on a walk, the class changes at each latent.
    pub class: Option<String>,
    /// Whether to walk through the latents in their order and back to the first, instead of making one image of each.
    /// [`LatentDistribution::interpolate`](crate::latent::LatentDistribution::interpolate) defines the path between two
    /// latents.
    ///
    /// On a sheet, each walk from one latent to the next is a row of 8 steps with both ends. Elsewhere each walk has 24
    /// images without its end, where the next walk starts; so the images can be played in a loop.
    pub interpolate: bool,
    /// Where to write the images.
    pub destination: Destination,
    /// Whether a file at the destination may be replaced. A folder never is.
    pub overwrite: bool,
    /// The device's name, as for [`device`].
    pub device: String,
}

/// The latents to make images of.
#[derive(Debug, Clone)]
pub enum Latents {
    /// Drawn as in training, or truncated if the plan says so. The same seed gives the same latents.
    Random {
        /// How many latents.
        count: usize,
        /// The seed.
        seed: u64,
    },
    /// Read from a .npy file: float32 or float64, (N, latent) or (N, latent, 1, 1).
    File(PathBuf),
}

/// Where to write the images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// A sheet as one PNG file; for points, a scatter plot over the reals.
    Sheet(PathBuf),
    /// A walk as a GIF file that loops for ever.
    Animation(PathBuf),
    /// An array of float32 (N, channels, height, width) in the generator's own range; for points, (N, 2, 1, 1).
    Array(PathBuf),
    /// A new folder with one PNG file for each image.
    Folder(PathBuf),
}

impl Destination {
    /// Chooses by the name's ending: .png is a sheet, .gif an animation, .npy an array. A name without an ending, or
    /// one that a separator follows, is a folder.
    ///
    /// # Errors
    ///
    /// The name has another ending.
    pub fn of(path: &Path) -> Result<Self> {
        let is_folder =
            path.as_os_str().as_encoded_bytes().last().is_some_and(|byte| std::path::is_separator(char::from(*byte)));
        if is_folder {
            return Ok(Self::Folder(path.into()));
        }
        let hint = "write a sheet (--out FILE.png), a walk (--out FILE.gif), an array (--out FILE.npy) or images into a \
                    new folder (--out DIR/)";
        require_ending(path, &["png", "gif", "npy", ""], hint)?;
        Ok(match ending(path).as_str() {
            "png" => Self::Sheet(path.into()),
            "gif" => Self::Animation(path.into()),
            "npy" => Self::Array(path.into()),
            _ => Self::Folder(path.into()),
        })
    }

    /// Returns an error if something is there that would be replaced, unless it is a file that may be.
    fn require_free(&self, overwrite: bool) -> Result<()> {
        match self {
            Self::Sheet(path) | Self::Animation(path) | Self::Array(path) => require_free(path, overwrite),
            Self::Folder(path) if path.exists() || path.file_name().is_none() => Err(Error::recipe(
                format!("{} is there already", path.display()),
                "name a folder that does not exist, so that nothing is overwritten",
            )),
            Self::Folder(_) => Ok(()),
        }
    }

    /// Returns an error if pictures would lie among the images that a generator was trained on, and so become data.
    /// `generator` is the path of its run, or of an export; one outside of its run's folder does not know its images.
    fn require_outside_data(&self, generator: &Path) -> Result<()> {
        let (Self::Sheet(path) | Self::Animation(path) | Self::Folder(path)) = self else { return Ok(()) };
        let generator = generator.canonicalize().unwrap_or_else(|_| generator.to_owned());
        let run = generator.ancestors().take(RUN_ABOVE_EXPORT).find_map(|folder| RunDirectory::open(folder).ok());
        run.map_or(Ok(()), |run| require_outside_data(&run, path))
    }

    /// An error if the destination cannot hold the generator's samples, or if `count` is too large.
    fn check(&self, count: usize, model: &ModelPlan) -> Result<()> {
        let points = model.makes_points();
        match self {
            Self::Animation(_) | Self::Folder(_) if points => Err(Error::recipe(
                "the run makes points, which cannot be drawn as single images",
                "write a scatter plot (--out FILE.png) or an array (--out FILE.npy)",
            )),
            Self::Sheet(_) if count > MAX_SHEET && !points => Err(Error::recipe(
                format!("a sheet holds at most {MAX_SHEET} images, not {count}"),
                "write a folder (--out DIR) or an array (--out FILE.npy)",
            )),
            Self::Animation(_) if count > MAX_FRAMES => Err(Error::recipe(
                format!("an animation holds at most {MAX_FRAMES} images, not {count}"),
                format!("walk through at most {} latents", MAX_FRAMES / FRAME_STEPS),
            )),
            _ => Ok(()),
        }
    }

    /// The number of steps of a walk from one latent to the next, and how many images of it are written.
    fn steps(&self) -> (usize, usize) {
        match self {
            Self::Sheet(_) => (SHEET_STEPS, SHEET_STEPS + 1),
            _ => (FRAME_STEPS, FRAME_STEPS),
        }
    }
}

/// Generates images with the generator of a run or an export and writes them.
///
/// # Errors
///
/// There is no such run, checkpoint or export, the latents do not fit, or the destination cannot be written.
pub fn generate(request: &Request) -> Result<()> {
    let Request { destination, interpolate, .. } = request;
    if !interpolate && matches!(destination, Destination::Animation(_)) {
        let hint = "add --interpolate, or write a sheet (--out FILE.png)";
        return Err(Error::recipe("a GIF shows a walk between latents", hint));
    }
    destination.require_free(request.overwrite)?;
    let device = device(&request.device)?.inner();
    let Source { generator, model, plan } = Source::open(&request.run, request.checkpoint, &device)?;
    let classes = classes(request.class.as_deref(), &model)?;
    let mut chunks = request.latents.chunks(&model)?;
    if *interpolate {
        chunks = chunks.closed_walk(&model, destination)?;
    }
    let LatentChunks { count, latents } = chunks;
    destination.check(count, &model)?;
    destination.require_outside_data(&request.run)?;
    let reals = match destination {
        Destination::Sheet(_) if model.makes_points() => Some(source::reals(plan.as_ref())?),
        _ => None,
    };
    let image = [model.channels, model.size, model.size];
    let seed = request.latents.seed();
    let noise = |chunk| model.noise_in_sampling.then(|| rng::stream(seed, "generate/noise", chunk));
    // On a walk, all images from one latent to the next have the same class.
    let images_per_class = if *interpolate { destination.steps().1 } else { 1 };
    let images = latents.zip(0..).map(|(latents, chunk)| {
        let first = chunk as usize * SAMPLE_CHUNK;
        let class = |at: usize| classes[(first + at) / images_per_class % classes.len()];
        let count = if classes.is_empty() { 0 } else { latents.len() / model.latent };
        generator.sample_classes(&latents, &Vec::from_iter((0..count).map(class)), noise(chunk), &device)
    });
    let range = model.range;
    let in_pixels = |values: Vec<f32>| values.into_iter().map(|value| range.unscale(value)).collect::<Vec<u8>>();
    match destination {
        Destination::Array(path) => {
            let shape = [&[count][..], &image].concat();
            write_atomically_with(path, |mut out| npy::write_f32(&mut out, &shape, images))?;
        }
        Destination::Sheet(path) => {
            let columns = match classes.len() {
                _ if *interpolate => destination.steps().1,
                0 | 1 => square_columns(count),
                classes => classes,
            };
            let picture = match reals {
                Some(reals) => {
                    let values: Vec<f32> = images.flatten().collect();
                    picture_of_fakes(&reals.from_values(&values, range), &reals, 0)
                }
                None => {
                    let pixels: Vec<u8> = images.flat_map(in_pixels).collect();
                    sheet(&pixels, [count, image[0], image[1], image[2]], columns)
                }
            };
            write_atomically(path, &encode_png(&picture)?)?;
        }
        Destination::Animation(path) => {
            let frames = split_images(images.map(in_pixels), image).map(|bytes| (frame(&bytes, image), FRAME_MS));
            write_atomically_with(path, |out| write_gif(out, frames))?;
        }
        Destination::Folder(path) => write_folder(path, split_images(images.map(in_pixels), image), image)?,
    }
    Ok(())
}

/// The classes that the images take in turn; empty if the generator is unconditional.
fn classes(asked: Option<&str>, model: &ModelPlan) -> Result<Vec<usize>> {
    let known = &model.classes;
    let Some(asked) = asked else { return Ok(model.classes_in_columns()) };
    let numbered = || asked.parse().ok().filter(|class| *class < known.len());
    let found = known.iter().position(|class| class.name == asked).or_else(numbered);
    let hint = match nearest(known.iter().map(|class| class.name.as_str()), asked) {
        None => "a run knows classes if it was trained --with class-conditioning".to_owned(),
        Some(nearest) => format!("the nearest is \"{nearest}\"; classes are numbered from 0 to {}", known.len() - 1),
    };
    found.map(|class| vec![class]).ok_or_else(|| Error::recipe(format!("the run knows no class \"{asked}\""), hint))
}

/// Splits chunks of several images into single images.
fn split_images(chunks: impl Iterator<Item = Vec<u8>>, image: [usize; 3]) -> impl Iterator<Item = Vec<u8>> {
    let length = image.iter().product();
    chunks.flat_map(move |bytes| bytes.chunks_exact(length).map(<[u8]>::to_vec).collect::<Vec<_>>())
}

fn write_folder(path: &Path, images: impl Iterator<Item = Vec<u8>>, shape: [usize; 3]) -> Result<()> {
    let refused = |error: RunError| Error::from(error).with_hint("choose another folder with --out DIR");
    let folder = StagedFolder::beside(path).map_err(refused)?;
    for (number, image) in images.enumerate() {
        folder.write(&format!("{number:06}.png"), &encode_png(&picture(&image, shape))?).map_err(refused)?;
    }
    folder.rename_to(path).map_err(refused)
}

/// `count` latents, in chunks of at most [`SAMPLE_CHUNK`].
struct LatentChunks {
    count: usize,
    latents: Box<dyn Iterator<Item = Vec<f32>>>,
}

impl Latents {
    /// The seed of the latents, also used for noise; 0 for latents from a file.
    fn seed(&self) -> u64 {
        match *self {
            Self::Random { seed, .. } => seed,
            Self::File(_) => 0,
        }
    }

    fn chunks(&self, model: &ModelPlan) -> Result<LatentChunks> {
        let (length, distribution) = (model.latent, model.latent_distribution);
        match *self {
            Self::File(ref path) => {
                let values = npy::read_latents(path, length)?;
                let count = values.len() / length;
                let chunk = move |at| values[at * length..count.min(at + SAMPLE_CHUNK) * length].to_vec();
                Ok(LatentChunks { count, latents: Box::new((0..count).step_by(SAMPLE_CHUNK).map(chunk)) })
            }
            Self::Random { count, seed } if (1..=MAX_COUNT).contains(&count) => {
                let mut stream = rng::stream(seed, "generate", 0);
                let truncation = model.truncation;
                let chunk = move |at| distribution.draw(SAMPLE_CHUNK.min(count - at), length, truncation, &mut stream);
                Ok(LatentChunks { count, latents: Box::new((0..count).step_by(SAMPLE_CHUNK).map(chunk)) })
            }
            Self::Random { count, .. } => {
                let message = format!("--count {count} is not in 1..={MAX_COUNT}");
                Err(Error::recipe(message, "ask for at least one image; for very many use several seeds"))
            }
        }
    }
}

impl LatentChunks {
    /// The points of a walk through these latents in their order and back to the first.
    fn closed_walk(self, model: &ModelPlan, destination: &Destination) -> Result<Self> {
        let (steps, shown) = destination.steps();
        let Self { count, latents } = self;
        if count < 2 {
            let hint = "walk through more: --count 8, or a file with several rows";
            return Err(Error::recipe("a walk needs at least two latents", hint));
        }
        let total = count.saturating_mul(shown);
        if total > MAX_COUNT {
            let message = format!("a walk through {count} latents has more than {MAX_COUNT} images");
            return Err(Error::recipe(message, "walk through fewer: --count 8, or a file with fewer rows"));
        }
        // Checked here too, before all latents are drawn, because there may be many.
        destination.check(total, model)?;
        let (length, distribution) = (model.latent, model.latent_distribution);
        let ends: Vec<f32> = latents.flatten().collect();
        let end = move |index: usize| ends[index % count * length..][..length].to_vec();
        let point = move |at: usize| {
            let (from, t) = (at / shown, (at % shown) as f64 / steps as f64);
            distribution.interpolate(&end(from), &end(from + 1), t)
        };
        let chunk = move |at: usize| (at..total.min(at + SAMPLE_CHUNK)).flat_map(&point).collect();
        Ok(Self { count: total, latents: Box::new((0..total).step_by(SAMPLE_CHUNK).map(chunk)) })
    }
}
