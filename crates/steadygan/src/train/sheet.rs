//! The fixed latents whose images are shown as training goes on.

use super::{Observer, State};
use crate::data::{Dataset, first_shown};
use crate::error::Result;
use crate::metrics::mean_pairwise_distance;
use crate::plan::Plan;
use crate::rng;
use burn::prelude::Device;

/// Images that diversity is judged on, of fakes and of reals: about two thousand pairs.
const DIVERSITY_IMAGES: usize = 64;

/// The fixed latents, and the spread of reals to compare their images' with.
pub(super) struct Sheet<'a> {
    plan: &'a Plan,
    device: Device,
    latents: Vec<f32>,
    real_distance: f64,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(plan: &'a Plan, data: &Dataset, device: &Device) -> Self {
        let mut stream = rng::stream(plan.seed, "sheet", 0);
        let latents = plan.model.latent_distribution.sample(plan.train.sheet, plan.model.latent, &mut stream);
        let reals = first_shown(&data.train, plan.seed, plan.train.sheet.min(DIVERSITY_IMAGES));
        let real_distance = mean_pairwise_distance(&reals, plan.model.image_len());
        Self { plan, device: device.clone().inner(), latents, real_distance }
    }

    /// The images of the first `count` fixed latents.
    fn fakes(&self, state: &State, count: usize) -> Vec<u8> {
        let model = &self.plan.model;
        let values = state.shown_generator().sample(&self.latents[..count * model.latent], &self.device);
        values.into_iter().map(|value| model.range.unscale(value)).collect()
    }

    /// The fakes' mean distance from each other, as a share of the reals'.
    pub(super) fn diversity(&self, state: &State) -> f64 {
        let fakes = self.fakes(state, self.plan.train.sheet.min(DIVERSITY_IMAGES));
        mean_pairwise_distance(&fakes, self.plan.model.image_len()) / self.real_distance
    }

    pub(super) fn show(&self, state: &State, observer: &mut dyn Observer) -> Result<()> {
        let model = &self.plan.model;
        let shape = [self.plan.train.sheet, model.channels, model.size, model.size];
        observer.sheet(state.images, &self.fakes(state, shape[0]), shape)
    }
}
