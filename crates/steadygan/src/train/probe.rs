//! The sheet: fakes from fixed latents during training, and the measurements on them.

use super::signs::OfReals;
use super::{Observer, State};
use crate::data::{Dataset, Mixture, Samples, first_training_samples};
use crate::error::Result;
use crate::metrics::energy::energy_distance;
use crate::metrics::mean_pairwise_distance;
use crate::metrics::modes::Modes;
use crate::nn::Network;
use crate::pictures::{SCATTER_POINTS, picture_of_fakes};
use crate::plan::Plan;
use crate::rng;
use burn::prelude::Device;

/// The number of fakes, and of reals, on which diversity is measured: about two thousand pairs.
const DIVERSITY_SAMPLES: usize = 64;

/// The fixed latents, and the reals that their fakes are compared with.
pub(super) struct Probe<'a> {
    pub(super) plan: &'a Plan,
    pub(super) data: &'a Dataset,
    pub(super) device: Device,
    pub(super) latents: Vec<f32>,
    /// The class of each column, if the networks are conditional.
    classes: Vec<usize>,
    reals: Samples,
    /// The first of the reals, with which fakes are compared. `real_distance` is the mean distance between them.
    compared: Samples,
    pub(super) real_distance: f64,
    pub(super) of_reals: OfReals,
    /// The mixture that the reals were drawn from, if they are points.
    mixture: Option<Mixture>,
}

impl<'a> Probe<'a> {
    pub(super) fn new(plan: &'a Plan, data: &'a Dataset, device: &Device) -> Self {
        let count = match data.train {
            Samples::Images(_) => plan.train.sheet,
            Samples::Points(_) => SCATTER_POINTS,
        };
        let mut stream = rng::stream(plan.seed, "sheet", 0);
        let latents = plan.model.latent_distribution.sample(count, plan.model.latent, &mut stream);
        let compared = first_training_samples(&data.train, plan.seed, count.min(DIVERSITY_SAMPLES));
        Self {
            plan,
            data,
            device: device.clone().inner(),
            latents,
            classes: plan.model.classes_in_columns(),
            reals: first_training_samples(&data.train, plan.seed, count),
            real_distance: mean_pairwise_distance(&compared),
            of_reals: OfReals::new(plan, data, &compared),
            compared,
            mixture: Mixture::named(&plan.data.source),
        }
    }

    /// The number of fixed latents.
    pub(super) fn count(&self) -> usize {
        self.latents.len() / self.plan.model.latent
    }

    /// The reals with which the fakes from the first fixed latents are compared, one real for each fake.
    pub(super) fn compared(&self) -> &Samples {
        &self.compared
    }

    /// A generator's fakes from the first `count` fixed latents (all latents if there are fewer), in the networks'
    /// range.
    pub(super) fn values(&self, generator: &Network, count: usize) -> Vec<f32> {
        let model = &self.plan.model;
        let noise = model.noise_in_sampling.then(|| rng::stream(self.plan.seed, "sheet/noise", 0));
        let count = count.min(self.count());
        generator.sample_classes(&self.latents[..count * model.latent], &self.classes(count), noise, &self.device)
    }

    /// The classes of the first `count` fakes; none if the networks are unconditional.
    pub(super) fn classes(&self, count: usize) -> Vec<usize> {
        self.classes.iter().copied().cycle().take(count).collect()
    }

    /// The state's fakes from the first `count` fixed latents.
    fn fakes(&self, state: &State, count: usize) -> Samples {
        self.reals.from_values(&self.values(state.shown_generator(), count), self.plan.model.range)
    }

    /// The mean distance between fakes, divided by the mean distance between reals.
    pub(super) fn diversity(&self, values: &[f32]) -> f64 {
        mean_pairwise_distance(&self.compared.from_values(values, self.plan.model.range)) / self.real_distance
    }

    /// Passes the sheet to the observer and, for a mixture, counts modes. Modes are not counted before the first step,
    /// because a run that is killed and resumed there draws this sheet twice and would write the line of modes twice.
    pub(super) fn show(&self, state: &State, observer: &mut dyn Observer) -> Result<()> {
        let fakes = self.fakes(state, self.count());
        if let (Some(mixture), true) = (&self.mixture, state.images > 0) {
            let modes = Modes::of_points(&mixture.centers, mixture.sigma, fakes.points());
            let modes = modes.against(fakes.points(), self.reals.points());
            observer.modes(state.images, &modes)?;
        }
        observer.sheet(state.images, &picture_of_fakes(&fakes, &self.reals, self.classes.len()))
    }
}

/// The energy distance of an untrained generator's points from the reals, and the root mean square energy distance
/// between two samples of the mixture itself. `None` if the plan's data are images.
pub fn untrained_energy(plan: &Plan, data: &Dataset, device: &Device) -> Option<[f64; 2]> {
    let mixture = Mixture::named(&plan.data.source)?;
    let probe = Probe::new(plan, data, device);
    let fakes = probe.fakes(&State::new(plan, Vec::new(), device), probe.count());
    let sample = |side: u64| mixture.draw(SCATTER_POINTS, &mut rng::stream(plan.seed, "energy", side));
    let squares = (0..FLOORS).map(|pair| energy_distance(&sample(2 * pair), &sample(2 * pair + 1)).powi(2));
    let floor = (squares.sum::<f64>() / FLOORS as f64).sqrt();
    Some([energy_distance(fakes.points(), probe.reals.points()), floor])
}

/// Pairs of samples for the floor: the energy distance of the mixture from itself.
const FLOORS: u64 = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::load;
    use crate::nn::{Builder, ConvSpec, Init, Initializer};
    use crate::pictures::DynamicImage;

    /// Records the sheets and the counts of modes.
    #[derive(Default)]
    struct Seen {
        modes: Vec<(u64, Modes)>,
        sheets: Vec<(u64, DynamicImage)>,
    }

    impl Observer for Seen {
        fn modes(&mut self, images: u64, modes: &Modes) -> Result<()> {
            self.modes.push((images, modes.clone()));
            Ok(())
        }
        fn sheet(&mut self, images: u64, fakes: &DynamicImage) -> Result<()> {
            self.sheets.push((images, fakes.clone()));
            Ok(())
        }
    }

    /// The smallest plan, changed to points, and its state with a linear generator of points.
    fn plan_of_points(source: &str) -> (Plan, State, Device) {
        let device = Device::flex().autodiff();
        let mut recipe = crate::heuristics::recipe();
        recipe.lay_text("data.size = 8\nmodel.latent = 3\n", "test").unwrap();
        let mut plan = crate::decide::decide(&recipe, 1).unwrap();
        let mut state = State::new(&plan, Vec::new(), &device);
        (plan.data.source, plan.data.size, plan.data.channels) = (source.to_owned(), 1, Some(2));
        (plan.model.size, plan.model.channels) = (1, 2);
        let init = Initializer { init: Init::FanInUniform, seed: 0, network: "test".into(), device: device.clone() };
        state.generator = Builder::new([3, 1, 1], init).conv(ConvSpec::valid(3, 2, 1, true)).build();
        (plan, state, device)
    }

    #[test]
    fn a_mixture_s_modes_are_counted_on_2500_fixed_latents() {
        let (plan, mut state, device) = plan_of_points("grid");
        let data = load(&plan.data).unwrap();
        let probe = Probe::new(&plan, &data, &device);
        let mut observed = Seen::default();
        for images in [0, 8, 16] {
            state.images = images;
            probe.show(&state, &mut observed).unwrap();
        }
        let mut stream = rng::stream(plan.seed, "sheet", 0);
        let latents = plan.model.latent_distribution.sample(2_500, 3, &mut stream);
        let fakes = data.train.from_values(&state.generator.sample(&latents, None, &device), plan.model.range);
        let grid = Mixture::grid();
        let reals = first_training_samples(&data.train, plan.seed, 2_500);
        let modes = Modes::of_points(&grid.centers, grid.sigma, fakes.points()).against(fakes.points(), reals.points());
        assert_eq!(observed.modes, [(8, modes.clone()), (16, modes.clone())], "none before the first step");
        assert_eq!(modes.samples, 2_500);
        let picture = picture_of_fakes(&fakes, &reals, 0);
        assert_eq!(observed.sheets, [0, 8, 16].map(|images| (images, picture.clone())));
        let of_first_64 = |samples: &Samples| mean_pairwise_distance(&samples.gather(&Vec::from_iter(0..64), None));
        let diversity =
            of_first_64(&fakes) / mean_pairwise_distance(&first_training_samples(&data.train, plan.seed, 64));
        assert_eq!(probe.diversity(&probe.values(&state.generator, 64)), diversity);
        assert!(diversity > 0.0);
    }
}
