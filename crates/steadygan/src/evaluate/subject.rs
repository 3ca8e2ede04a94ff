//! The inputs of an evaluation: fakes, reals and, for a run, its training images and its discriminator.

use super::caveats::{self, Side};
use super::own_images::own_images;
use super::{DEFAULT_SAMPLES, FeatureCache, Request, points};
use crate::data::{self, DataPlan, Fit, Images, Origins, Samples, is_stacked, require_images};
use crate::device::device;
use crate::error::{Error, Result};
use crate::metrics::subsamples::{draw, two_disjoint};
use crate::metrics::{FeatureNetwork, Features, modes, pixel_rows, prdc};
use crate::nn::Network;
use crate::plan::{ModelPlan, Plan};
use crate::rng;
use crate::run::{checkpoint_of, checkpoint_state};
use burn::prelude::Device;
use std::borrow::Cow;
use std::cell::OnceCell;
use steadygan_run::{CheckpointKind, RunDirectory};

/// The fewest fakes and the fewest reals. Half of the reals, one side of the floor, must suffice for precision and
/// recall, which need more samples than all other metrics.
const MIN_IMAGES: usize = 2 * prdc::MIN_SAMPLES;

/// How many fakes are generated at a time.
const PIECE: usize = 1_000;

/// The inputs of an evaluation.
pub(super) struct Subject {
    pub(super) fakes: Images,
    pub(super) reals: Images,
    /// The name of the reals in messages.
    pub(super) against: String,
    /// Whether the reals are stacked digits.
    pub(super) stacked: bool,
    /// What to know before any metric is used.
    pub(super) caveats: Vec<String>,
    pub(super) seed: u64,
    /// The numbers of two disjoint sets of reals, each as large as the fakes or half the reals, whichever is less.
    pub(super) floor: [Vec<usize>; 2],
    pub(super) run: Option<RunInputs>,
    /// Why metrics that need a run's own images cannot be measured.
    pub(super) why_no_run_inputs: String,
    network: String,
    cache: Option<FeatureCache>,
    features: OnceCell<FeaturesOfBoth>,
    rows: OnceCell<[Features; 2]>,
}

/// The inputs that only a run has.
pub(super) struct RunInputs {
    pub(super) images: u64,
    pub(super) checkpoint: CheckpointKind,
    pub(super) model: ModelPlan,
    pub(super) discriminator: Network,
    pub(super) device: Device,
    /// The training images and the held-out images; empty if the data is gone or has changed.
    pub(super) train: Images,
    pub(super) holdout: Images,
}

/// Features of fakes and reals in one network.
pub(super) struct FeaturesOfBoth {
    pub(super) network: FeatureNetwork,
    pub(super) fakes: Features,
    pub(super) reals: Features,
}

impl Subject {
    pub(super) fn of(request: &Request, run: Option<&RunDirectory>) -> Result<Self> {
        match run {
            Some(run) => Self::from_run(request, run),
            None => Self::from_images(request),
        }
    }

    fn from_run(request: &Request, run: &RunDirectory) -> Result<Self> {
        let device = device(&request.device)?.inner();
        let checkpoint = checkpoint_of(run, request.checkpoint)?;
        let plan = checkpoint.provenance().plan.clone();
        let own = own_images(&plan, run, request, &checkpoint.provenance().data_fingerprint);
        let (reals, against, origins) = match (&request.against, &own) {
            (Some(source), _) => {
                // The reals are fitted as the run's own images are.
                let own = DataPlan { size: plan.model.size, channels: Some(plan.model.channels), ..plan.data.clone() };
                let (reals, origins) = load_all(&all_of(source, own))?;
                (Cow::Owned(reals), source.clone(), Some(origins))
            }
            // Counting modes compares no images, so a large sample matters more than a held-out one.
            (None, Ok(own)) if only_modes(request) => {
                (Cow::Borrowed(&own.train), format!("the images of {} trained on", plan.data.source), None)
            }
            (None, Ok(own)) => {
                (Cow::Borrowed(&own.holdout), format!("the images of {} held out", plan.data.source), None)
            }
            (None, Err(error)) => return Err(error.clone()),
        };
        let source = request.against.as_ref().unwrap_or(&plan.data.source).clone();
        let state = checkpoint_state(&checkpoint, &device)?;
        let count = request.samples.unwrap_or(default_samples(request).min(reals.count()));
        check_counts(count, reals.count(), &against)?;
        let fakes = fakes(&plan, state.shown_generator(), count, request.seed, &device);
        let chosen = chosen_reals(request, &reals);
        let compared = [
            Side { name: "the training set", images: &fakes, origins: own.as_ref().ok().map(|own| own.origins) },
            Side { name: &against, images: &chosen, origins },
        ];
        let mut caveats = caveats::of_run(&compared, &own, request.against.is_some());
        caveats.extend(caveats::copies(&fakes, &reals));
        let why_no_run_inputs = match &own {
            Ok(_) => "too few images were held out (data.holdout)".to_owned(),
            Err(error) => error.to_string(),
        };
        let [train, holdout] =
            own.map_or_else(|_| [empty_like(&chosen), empty_like(&chosen)], |own| [own.train, own.holdout]);
        let run_inputs = RunInputs {
            images: state.images,
            checkpoint: request.checkpoint,
            model: plan.model,
            discriminator: state.discriminator,
            device,
            train,
            holdout,
        };
        Ok(Self::new(request, fakes, chosen, [against, source], caveats, (Some(run_inputs), why_no_run_inputs)))
    }

    fn from_images(request: &Request) -> Result<Self> {
        let against = request.against.clone().unwrap_or_default();
        require_images(&request.of)?;
        let size = match request.size {
            Some(size) => size,
            None => own_size(&request.of)?,
        };
        let [fakes, reals] = [&request.of, &against].map(|source| load_all(&in_full(source, size)));
        let ((mut fakes, fakes_origins), (mut reals, reals_origins)) = (fakes?, reals?);
        if fakes.channels != reals.channels {
            [fakes, reals] = [fakes, reals].map(in_colour);
        }
        check_counts(fakes.count(), reals.count(), &against)?;
        let count = request.samples.unwrap_or(default_samples(request).min(reals.count())).min(fakes.count());
        check_counts(count, reals.count(), &against)?;
        let fakes = fakes.select(&draw(fakes.count(), count, "evaluate/fakes", request.seed));
        let sides = [
            Side { name: &request.of, images: &fakes, origins: Some(fakes_origins) },
            Side { name: &against, images: &reals, origins: Some(reals_origins) },
        ];
        let mut caveats = Vec::from_iter(caveats::copies(&fakes, &reals));
        caveats.extend(sides.iter().filter_map(caveats::enlarged));
        caveats.extend(caveats::jpeg(&sides[0], &sides[1]));
        let why_no_run_inputs = format!("{} is no run", request.of);
        let reals = chosen_reals(request, &reals);
        Ok(Self::new(request, fakes, reals, [against.clone(), against], caveats, (None, why_no_run_inputs)))
    }

    /// `against` has the name of the reals in messages, and their source; `run` has what only a run has, and why some of it
    /// cannot be measured.
    fn new(
        request: &Request,
        fakes: Images,
        reals: Images,
        against: [String; 2],
        caveats: Vec<String>,
        run: (Option<RunInputs>, String),
    ) -> Self {
        let ([against, source], (run, why_no_run_inputs)) = (against, run);
        let each = fakes.count().min(reals.count() / 2);
        Self {
            floor: two_disjoint(reals.count(), each, request.seed),
            fakes,
            reals,
            stacked: is_stacked(&source),
            against,
            caveats,
            seed: request.seed,
            run,
            why_no_run_inputs,
            network: request.network.clone(),
            cache: request.cache.as_deref().map(FeatureCache::new),
            features: OnceCell::new(),
            rows: OnceCell::new(),
        }
    }

    /// The features of fakes and reals, computed at the first call.
    pub(super) fn features(&self) -> Result<&FeaturesOfBoth> {
        if let Some(features) = self.features.get() {
            return Ok(features);
        }
        let network = FeatureNetwork::named(&self.network)?;
        let reals = match &self.cache {
            Some(cache) => cache.features(&network, &self.reals)?,
            None => network.features(&self.reals)?,
        };
        let fakes = network.features(&self.fakes)?;
        Ok(self.features.get_or_init(|| FeaturesOfBoth { network, fakes, reals }))
    }

    /// Fakes and reals as rows of pixels, computed at the first call.
    pub(super) fn rows(&self) -> Result<&[Features; 2]> {
        if let Some(rows) = self.rows.get() {
            return Ok(rows);
        }
        let rows = [pixel_rows(&self.fakes)?, pixel_rows(&self.reals)?];
        Ok(self.rows.get_or_init(|| rows))
    }

    /// The images of the two disjoint sets of reals.
    pub(super) fn floor_images(&self) -> [Images; 2] {
        [0, 1].map(|side| self.reals.select(&self.floor[side]))
    }
}

/// Whether the only requested metric is `modes`.
fn only_modes(request: &Request) -> bool {
    request.metrics == [points::MODES]
}

/// The default limit on fakes and on reals when the caller gives no count.
fn default_samples(request: &Request) -> usize {
    if only_modes(request) { modes::IMAGES } else { DEFAULT_SAMPLES }
}

/// Draws the reals to compare with from all reals.
fn chosen_reals(request: &Request, all: &Images) -> Images {
    let most = request.samples.unwrap_or(default_samples(request));
    all.select(&draw(all.count(), most.min(all.count()), "evaluate/reals", request.seed))
}

/// A plan that loads all images of a source at this size, as a recipe that says nothing else does.
fn in_full(source: &str, size: usize) -> DataPlan {
    let (channels, background, fit) = (None, [255; 3], Fit::Crop);
    DataPlan { source: source.into(), size, channels, holdout: 0.0, background, fit, flip: false }
}

/// A plan that loads all images of a source, and otherwise is this plan.
fn all_of(source: &str, like: DataPlan) -> DataPlan {
    DataPlan { source: source.into(), holdout: 0.0, flip: false, ..like }
}

/// Loads all images of a plan's source, and what they were.
fn load_all(plan: &DataPlan) -> Result<(Images, Origins)> {
    require_images(&plan.source)?;
    let (data, origins) = data::load_with_origins(plan).map_err(in_words_of_evaluate)?;
    match data.train {
        Samples::Images(images) => Ok((images, origins)),
        Samples::Points(_) => Err(Error::data(format!("{} are points", plan.source), "name images")),
    }
}

/// The same error with a hint that names no recipe keys, which an evaluation does not take.
fn in_words_of_evaluate(error: Error) -> Error {
    if error.hint().contains("data.") {
        return error.with_hint(
            "name other images, or compare them at another size (--size PIXELS, for images that no run made)",
        );
    }
    error
}

/// The size of a source's images; an error unless all are square and of the same size.
fn own_size(source: &str) -> Result<usize> {
    // Inspection reports the original sizes, so the plan's size of 8 pixels does not matter.
    let (inspection, _) = data::inspect(&in_full(source, 8))?;
    match inspection.sizes[..] {
        [ref only] if only.width == only.height => Ok(only.width as usize),
        _ => {
            let message = format!("the images of {source} have {} sizes, or are not square", inspection.sizes.len());
            Err(Error::data(message, "say at which size they are compared, in pixels: --size 64"))
        }
    }
}

fn check_counts(fakes: usize, reals: usize, against: &str) -> Result<()> {
    if fakes.min(reals) >= MIN_IMAGES {
        return Ok(());
    }
    let message =
        format!("{fakes} images and {reals} reals ({against}) are too few: metrics need {MIN_IMAGES} of each");
    Err(Error::data(message, "compare more: more images, --samples N, or other reals with --against DATA"))
}

/// Generates images with a run's generator, from latents drawn as in training, or truncated if the plan says so.
fn fakes(plan: &Plan, generator: &Network, count: usize, seed: u64, device: &Device) -> Images {
    let model = &plan.model;
    let mut stream = rng::stream(seed, "evaluate", 0);
    let mut pixels = Vec::with_capacity(count * model.image_len());
    for (piece, first) in (0..count).step_by(PIECE).enumerate() {
        let size = PIECE.min(count - first);
        let latents = model.latent_distribution.draw(size, model.latent, model.truncation, &mut stream);
        let noise = model.noise_in_sampling.then(|| rng::stream(seed, "evaluate/noise", piece as u64));
        let classes = model.draw_classes(size, &mut rng::stream(seed, "evaluate/classes", piece as u64));
        let values = generator.sample_classes(&latents, &classes, noise, device);
        pixels.extend(values.into_iter().map(|value| model.range.unscale(value)));
    }
    Images { channels: model.channels, size: model.size, pixels, classes: None }
}

fn empty_like(like: &Images) -> Images {
    like.select(&[])
}

/// Repeats a grey channel three times; colour images stay as they are.
fn in_colour(images: Images) -> Images {
    if images.channels == 3 {
        return images;
    }
    let planes = images.pixels.chunks_exact(images.size * images.size);
    let pixels = planes.flat_map(|plane| plane.repeat(3)).collect();
    Images { channels: 3, pixels, ..images }
}
