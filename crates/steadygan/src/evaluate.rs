//! How good a run's fakes are, or anybody's images: metrics with floors and intervals.
//!
//! Fakes and reals are compared at one size, the fakes', and in equal numbers unless a count is asked for. Beside each value
//! stand the interval in which it lies and what reals get in the fakes' place ([`subsamples`](crate::metrics::subsamples)).

mod cache;
mod catalogue;
mod digits;
mod logits;
mod points;
mod rows;
mod subject;

use crate::error::{Error, Result};
use std::path::PathBuf;
use steadygan_run::{Evaluation, RunDirectory, Which};

pub use cache::FeatureCache;
pub use catalogue::{names, parse_names};
use subject::Subject;

/// The most images of each kind, unless more are asked for: what published distances take, give or take five.
pub const USUAL_SAMPLES: usize = 10_000;

/// What to evaluate, and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// A run's folder, or images: anything that `data.source` takes.
    pub of: String,
    /// The reals: anything that `data.source` takes. A run's own held-out images, if nothing is named.
    pub against: Option<String>,
    /// The metrics' names; all that there are for the fakes, if none is named.
    pub metrics: Vec<String>,
    /// Fakes, and at most as many reals: 10,000, or as many as there are reals; 26,000 if only modes are counted.
    pub samples: Option<usize>,
    /// Pixels on a side of images that come from a source; their own, if they have one size.
    pub size: Option<usize>,
    /// Which of a run's checkpoints.
    pub checkpoint: Which,
    /// The feature network: see [`FeatureNetwork::named`](crate::metrics::FeatureNetwork::named).
    pub network: String,
    /// The seed of latents and of everything else that is drawn.
    pub seed: u64,
    /// The folder in which features of reals are kept, if any.
    pub cache: Option<PathBuf>,
    /// The device's name, as for [`device`](crate::device::device).
    pub device: String,
}

/// Measures, and writes a run's `evaluation.json`.
///
/// # Errors
///
/// There are no such images, too few of them, or a metric that was named cannot be measured.
pub fn evaluate(request: &Request) -> Result<Evaluation> {
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

/// The run that was named, if it is one; images need something to be compared with.
fn open_run(request: &Request) -> Result<Option<RunDirectory>> {
    if let Ok(run) = RunDirectory::open(request.of.as_ref()) {
        return Ok(Some(run));
    }
    if request.against.is_some() {
        return Ok(None);
    }
    let hint = "name the real images: --against DATA, anything that data.source takes";
    Err(Error::recipe(format!("{} is no run, so that it has no reals of its own", request.of), hint))
}
