//! Measures how good a run's fakes, or images from elsewhere, are: metrics with floors and intervals.
//!
//! Fakes and reals are compared at the fakes' size, and in equal numbers unless the caller gives a count. Each value
//! comes with its interval and its floor, the value that reals get in the fakes' place
//! ([`subsamples`](crate::metrics::subsamples)).

mod cache;
mod catalogue;
mod caveats;
mod digits;
mod logits;
mod own_images;
mod points;
mod rows;
mod subject;

use crate::error::{Error, Result};
use std::path::PathBuf;
use steadygan_run::{CheckpointKind, Evaluation, RunDirectory};

pub use cache::FeatureCache;
pub use catalogue::{names, parse_names};
use subject::Subject;

/// The default limit on fakes and on reals. Published distances use 10,000 to 50,000 images.
pub const DEFAULT_SAMPLES: usize = 10_000;

/// What to evaluate, and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// A run's folder, or images: anything that `data.source` takes.
    pub of: String,
    /// The reals: anything that `data.source` takes. By default a run's own held-out images.
    pub against: Option<String>,
    /// The metrics' names; if empty, all metrics that apply to the fakes.
    pub metrics: Vec<String>,
    /// The number of fakes and the limit on reals. By default 10,000 (26,000 if only modes are counted), but no more
    /// than there are reals.
    pub samples: Option<usize>,
    /// The size in pixels at which images from a source are compared; by default their own size, if all have the same.
    pub size: Option<usize>,
    /// Which of the run's checkpoints to evaluate.
    pub checkpoint: CheckpointKind,
    /// The feature network: see [`FeatureNetwork::named`](crate::metrics::FeatureNetwork::named).
    pub network: String,
    /// The seed of latents and of all other random draws.
    pub seed: u64,
    /// The folder that caches features of reals, if any.
    pub cache: Option<PathBuf>,
    /// The device's name, as for [`device`](crate::device::device).
    pub device: String,
}

/// Measures the metrics; for a run, also writes its `evaluation.json`.
///
/// # Errors
///
/// The images do not exist or are too few, or a metric that the caller named cannot be measured.
pub fn evaluate(request: &Request) -> Result<Evaluation> {
    check_size(request.size)?;
    let run = open_run(request)?;
    let evaluation = match (&run, points::mixture(run.as_ref())?) {
        (Some(run), Some(mixture)) => points::evaluate(request, run, &mixture)?,
        _ => catalogue::measure(request, &Subject::of(request, run.as_ref())?)?,
    };
    if let Some(run) = run {
        evaluation.save(&run.evaluation())?;
    }
    Ok(evaluation)
}

/// The sizes at which images can be compared, in pixels.
const SIZES: std::ops::RangeInclusive<usize> = 2..=4096;

fn check_size(size: Option<usize>) -> Result<()> {
    match size.filter(|size| !SIZES.contains(size)) {
        None => Ok(()),
        Some(size) => {
            let message = format!("--size {size} is not in {}..={}", SIZES.start(), SIZES.end());
            Err(Error::recipe(message, "leave it out to compare at the images' own size, or say --size 64"))
        }
    }
}

/// Opens the run, if `of` is one; an error if it is not and no reals are named.
fn open_run(request: &Request) -> Result<Option<RunDirectory>> {
    match RunDirectory::open(request.of.as_ref()) {
        Ok(run) => return Ok(Some(run)),
        Err(error) if error.is_irregular() => return Err(error.into()),
        Err(_) => {}
    }
    if request.against.is_some() {
        return Ok(None);
    }
    let hint = "name the real images: --against DATA, anything that data.source takes";
    Err(Error::recipe(format!("{} is no run, so that it has no reals of its own", request.of), hint))
}
