//! The distance from the reals that is measured during training, on few samples.

use super::State;
use crate::data::{Dataset, Images, Samples, first_training_samples};
use crate::error::{Error, Result};
use crate::metrics::subsamples::two_disjoint;
use crate::metrics::{Estimate, FeatureNetwork, Features, frechet, frechet_distance, kernel, kernel_distance};
use crate::plan::{MetricKind, MetricPlan, Plan};
use crate::rng;
use burn::prelude::Device;
use std::cell::OnceCell;
use std::fmt;
use steadygan_run::DistanceLine;

/// How far some fakes are from some reals.
#[derive(Debug, Clone, PartialEq)]
pub struct Distance {
    /// The metric and its network.
    pub metric: String,
    /// The distance of fakes from reals.
    pub distance: Estimate,
    /// The distance between two disjoint halves of the reals.
    pub floor: Estimate,
    /// Fakes that were measured.
    pub fakes: u64,
    /// Reals that they were compared with.
    pub reals: u64,
}

impl Distance {
    /// The line of `metrics.jsonl` after `images` images; `best` says whether the distance is the lowest so far.
    pub fn line(&self, images: u64, best: bool) -> DistanceLine {
        DistanceLine {
            images,
            metric: self.metric.clone(),
            value: self.distance.value,
            deviation: self.distance.deviation,
            floor: self.floor.value,
            floor_deviation: self.floor.deviation,
            fakes: self.fakes,
            reals: self.reals,
            best,
        }
    }
}

impl fmt::Display for Distance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { metric, distance, floor, .. } = self;
        write!(f, "{metric} {:.4} ± {:.4} (reals {:.4})", distance.value, distance.deviation, floor.value)
    }
}

/// The distance of an untrained generator's fakes from the reals, with the plan's metric; nothing if the plan has none.
///
/// # Errors
///
/// As for a measurement in training: the feature network is not the plan's, or its features are not finite.
pub fn untrained_distance(plan: &Plan, data: &Dataset, device: &Device) -> Result<Option<Distance>> {
    let Some(compared) = Compared::new(plan, data, device) else { return Ok(None) };
    compared.measure(&State::new(plan, Vec::new(), device)).map(Some)
}

/// The reals that fakes are compared with: as many as there are fakes, or all if there are fewer. They are held-out
/// reals if there are enough of those, otherwise training images. Reals and latents are the same each time, so that
/// values differ only by what the generator has learnt.
pub(super) struct Compared<'a> {
    plan: &'a Plan,
    metric: &'a MetricPlan,
    device: Device,
    reals: Images,
    prepared: OnceCell<Prepared>,
}

/// Made by the first measurement and kept for the later ones.
struct Prepared {
    network: FeatureNetwork,
    reals: Features,
    floor: Estimate,
}

impl<'a> Compared<'a> {
    /// Nothing if the plan has no metric, or there are too few reals for a floor.
    pub(super) fn new(plan: &'a Plan, data: &Dataset, device: &Device) -> Option<Self> {
        let metric = plan.metric.as_ref()?;
        let samples = if data.holdout.count() >= metric.samples { &data.holdout } else { &data.train };
        let Samples::Images(reals) = first_training_samples(samples, plan.seed, metric.samples) else { return None };
        let enough = reals.count() >= kernel::MIN_WITH_FLOOR;
        enough.then(|| Self { plan, metric, device: device.clone().inner(), reals, prepared: OnceCell::new() })
    }

    /// Whether a measurement is due.
    pub(super) fn is_due(&self, images: u64) -> bool {
        images.is_multiple_of(self.metric.every)
    }

    /// The distance of the state's fakes from the reals.
    ///
    /// # Errors
    ///
    /// The feature network is not the plan's, or its features are not finite.
    pub(super) fn measure(&self, state: &State) -> Result<Distance> {
        let Prepared { network, reals, floor } = match self.prepared.get() {
            Some(prepared) => prepared,
            None => {
                let prepared = self.prepare()?;
                self.prepared.get_or_init(|| prepared)
            }
        };
        let fakes = network.features(&self.fakes(state))?;
        Ok(Distance {
            metric: match self.metric.kind {
                MetricKind::KernelDistance => kernel::name(network),
                MetricKind::FrechetDistance => frechet::name(network),
            },
            distance: self.between(&fakes, reals)?,
            floor: *floor,
            fakes: fakes.count() as u64,
            reals: reals.count() as u64,
        })
    }

    fn between(&self, a: &Features, b: &Features) -> Result<Estimate> {
        match self.metric.kind {
            MetricKind::KernelDistance => kernel_distance(a, b, self.plan.seed),
            MetricKind::FrechetDistance => frechet_distance(a, b, self.plan.seed),
        }
    }

    fn prepare(&self) -> Result<Prepared> {
        let network = FeatureNetwork::named(&self.metric.network)?;
        if network.sha256() != self.metric.sha256 {
            let message =
                format!("the feature network {} is not the one that the run was planned with", self.metric.network);
            return Err(Error::checkpoint(message, "put the old file back, or start a new run"));
        }
        let reals = network.features(&self.reals)?;
        let [a, b] = two_disjoint(reals.count(), reals.count() / 2, self.plan.seed);
        let floor = self.between(&reals.select(&a), &reals.select(&b))?;
        Ok(Prepared { network, reals, floor })
    }

    fn fakes(&self, state: &State) -> Images {
        let (model, seed) = (&self.plan.model, self.plan.seed);
        let latents =
            model.latent_distribution.sample(self.metric.samples, model.latent, &mut rng::stream(seed, "metric", 0));
        let noise = model.noise_in_sampling.then(|| rng::stream(seed, "metric/noise", 0));
        let classes = model.draw_classes(self.metric.samples, &mut rng::stream(seed, "metric/classes", 0));
        let values = state.shown_generator().sample_classes(&latents, &classes, noise, &self.device);
        let pixels = values.into_iter().map(|value| model.range.unscale(value)).collect();
        Images { channels: self.reals.channels, size: self.reals.size, pixels, classes: None }
    }
}
