//! The size of a study that fits a budget.

use super::analyse::detectable;
use super::asked::{Budget, Seeds};
use super::calibrate::Costs;
use super::design::{Design, REDUCTION_FACTOR, SearchStage};
use super::noise::Noise;
use super::plan::StudyPlan;
use super::question::{Question, StudySize};
use super::search::COMBINATIONS;
use std::time::Duration;
use steadygan::{Error, Result};

/// Number of fresh seeds (unused by the study's own runs) on which the recommended recipe is compared with others.
pub const FRESH_SEEDS: u64 = 3;

/// The most recipes that are compared on fresh seeds: the recommended one, the base recipe, all on and all off.
const MAX_CONFIRMED_RECIPES: f64 = 4.0;

/// The share of the cores' time that runs use. The rest is lost because cores wait at the end of each pass.
const CORE_USE: f64 = 0.94;

/// The share of a run's time that its measurements may take.
const MEASURING_SHARE: f64 = 0.25;

/// The choices, the best first. Fewer than 64 fakes say little (benchmarks/2026-11-24-features).
const FAKES_PER_MEASUREMENT: [u64; 6] = [512, 384, 256, 192, 128, 64];
/// The choices, the best first.
const MEASUREMENTS_PER_RUN: [u64; 2] = [4, 2];

/// The fewest rounds between two measurements: in fewer rounds a GAN learns nothing.
const LEAST_ROUNDS: u64 = 16;

/// The noise to expect before a study has measured its own: the spread between seeds of one recipe's log distance.
/// Measured on the embedded images, in runs of 23,296 real images, over the rows that never failed
/// (benchmarks/2026-11-24-study).
pub const EXPECTED_NOISE: Noise = Noise { deviation: 0.37, freedom: 18.0 };

impl Question {
    /// The size if it needs no calibration: the study gives `images`, and gives `seeds` or leaves them to the
    /// default. `None` if a budget has to decide.
    pub fn fixed_size(&self) -> Option<StudySize> {
        let images = self.asked().images?;
        if self.asked().budget.is_some() && self.asked().seeds.is_none() {
            return None;
        }
        Some(self.size_for_images(images.0))
    }

    fn size_for_images(&self, images: u64) -> StudySize {
        match self.asked().design {
            Design::Search => self.search_size(images, FAKES_PER_MEASUREMENT[0]),
            design => {
                self.size(self.seeds(design.usual_seeds()), images, MEASUREMENTS_PER_RUN[0], FAKES_PER_MEASUREMENT[0])
            }
        }
    }

    /// A size without calibration: what the study gives, and the base recipe's count of images if it gives none.
    pub fn size_as_asked(&self) -> StudySize {
        let images = self.asked().images.map_or(self.base().train.images, |images| images.0);
        self.size_for_images(images)
    }

    /// The seeds that the study gives, or else `usual` seeds that count up from the base recipe's.
    fn seeds(&self, usual: u64) -> Vec<u64> {
        let first = self.base().seed;
        match &self.asked().seeds {
            Some(Seeds::List(list)) => list.clone(),
            Some(Seeds::Count(count)) => (first..first.saturating_add(*count)).collect(),
            None => (first..first + usual).collect(),
        }
    }

    /// The size of a search: one seed, and a measurement whenever a run has seen a multiple of the first stage's
    /// images, so that every stage ends with one.
    fn search_size(&self, images: u64, fakes_per_measurement: u64) -> StudySize {
        let stages = SearchStage::schedule(COMBINATIONS, 1).len() as u32 - 1;
        let seeds = vec![self.seeds(1)[0]];
        self.size(seeds, images, REDUCTION_FACTOR.pow(stages), fakes_per_measurement)
    }

    /// A size with `images` rounded down so that a run has whole rounds, at least one, before each of its measurements.
    fn size(&self, seeds: Vec<u64>, images: u64, measurements_per_run: u64, fakes_per_measurement: u64) -> StudySize {
        let part = measurements_per_run * self.common_round();
        let images_per_run = (images / part).max(1) * part;
        StudySize { seeds, images_per_run, measurements_per_run, fakes_per_measurement }
    }

    /// The size that fits into what is left of the budget after `spent`, at these costs.
    ///
    /// # Errors
    ///
    /// The budget is too short for the smallest size.
    pub fn size_within(&self, budget: Budget, spent: Duration, costs: &Costs, at_once: usize) -> Result<StudySize> {
        if self.asked().design == Design::Search {
            return self.search_within(budget, spent, costs, at_once);
        }
        let left_s = budget.seconds as f64 - spent.as_secs_f64();
        let core_s = CORE_USE * at_once as f64 * left_s;
        let rows = costs.image_s.len() as f64;
        let fresh_runs = MAX_CONFIRMED_RECIPES * FRESH_SEEDS as f64;
        if let (Some(images), None) = (self.asked().images, &self.asked().seeds) {
            return self.seeds_within(images.0, budget, core_s, costs, at_once);
        }
        let seeds = self.seeds(self.asked().design.usual_seeds());
        let runs = rows * seeds.len() as f64 + fresh_runs;
        let image_s = seeds.len() as f64 * costs.image_s.iter().sum::<f64>() + fresh_runs * costs.all_on_s;
        let fits = |(measurements, fakes): (u64, u64)| {
            let features = (measurements + 1) * fakes;
            let features_s = features as f64 * costs.features_s;
            let images = (core_s - runs * (costs.start_s + features_s)) / image_s;
            let few = features_s > MEASURING_SHARE * core_s / runs
                && (measurements, fakes) != (MEASUREMENTS_PER_RUN[1], FAKES_PER_MEASUREMENT[5]);
            (!few).then(|| (images.max(0.0) as u64, measurements, fakes))
        };
        let ways = MEASUREMENTS_PER_RUN
            .into_iter()
            .flat_map(|measurements| FAKES_PER_MEASUREMENT.map(|fakes| (measurements, fakes)));
        let (images, measurements, fakes) =
            ways.into_iter().find_map(fits).expect("the last choice is always accepted");
        let least = measurements * LEAST_ROUNDS * self.common_round();
        let least_s =
            runs * (costs.start_s + ((measurements + 1) * fakes) as f64 * costs.features_s) + image_s * least as f64;
        if images < least {
            let needed = spent.as_secs_f64() + least_s / (CORE_USE * at_once as f64);
            return Err(impossible(budget, runs, least, needed));
        }
        Ok(self.size(seeds, images, measurements, fakes))
    }

    /// The size with this count of images and as many seeds as fit into `core_s` seconds of cores' time.
    fn seeds_within(
        &self,
        images: u64,
        budget: Budget,
        core_s: f64,
        costs: &Costs,
        at_once: usize,
    ) -> Result<StudySize> {
        let size = self.size(Vec::new(), images, MEASUREMENTS_PER_RUN[0], FAKES_PER_MEASUREMENT[0]);
        let run_s = |image_s: f64| costs.run_s(&size, image_s);
        let per_seed_s: f64 = costs.image_s.iter().map(|image_s| run_s(*image_s)).sum();
        let fresh_s = MAX_CONFIRMED_RECIPES * FRESH_SEEDS as f64 * run_s(costs.all_on_s);
        let seeds = ((core_s - fresh_s) / per_seed_s).floor();
        let least = self.asked().design.minimal_seeds() as f64;
        if seeds < least {
            let needed = (per_seed_s * least + fresh_s) / (CORE_USE * at_once as f64);
            return Err(impossible(budget, costs.image_s.len() as f64 * least, size.images_per_run, needed));
        }
        Ok(StudySize { seeds: self.seeds(seeds as u64), ..size })
    }

    /// The size of a search within the budget: how many images its last combination can be trained on.
    fn search_within(&self, budget: Budget, spent: Duration, costs: &Costs, at_once: usize) -> Result<StudySize> {
        let core_s = CORE_USE * at_once as f64 * (budget.seconds as f64 - spent.as_secs_f64());
        let stages = SearchStage::schedule(COMBINATIONS, REDUCTION_FACTOR.pow(16));
        let starts: usize = stages.iter().map(|stage| stage.combinations).sum();
        // Images of all stages together, as a multiple of the last stage's images.
        let shown = SearchStage::cost(&stages) as f64 / REDUCTION_FACTOR.pow(16) as f64;
        let fresh_runs = MAX_CONFIRMED_RECIPES * FRESH_SEEDS as f64;
        let fakes = FAKES_PER_MEASUREMENT[2];
        let image_s = (shown + fresh_runs) * costs.image_s.iter().sum::<f64>() / costs.image_s.len() as f64;
        let measurements =
            (shown + fresh_runs) * self.search_size(1, fakes).measurements_per_run as f64 + starts as f64 + fresh_runs;
        let fixed_s = (starts as f64 + fresh_runs) * costs.start_s + measurements * fakes as f64 * costs.features_s;
        let images = (core_s - fixed_s) / image_s;
        let size = self.search_size(images.max(0.0) as u64, fakes);
        let least = size.measurements_per_run * self.common_round();
        if images < least as f64 {
            let needed = spent.as_secs_f64() + (fixed_s + image_s * least as f64) / (CORE_USE * at_once as f64);
            return Err(impossible(budget, starts as f64, least, needed));
        }
        Ok(size)
    }
}

fn impossible(budget: Budget, runs: f64, images: u64, needed_s: f64) -> Error {
    let message = format!(
        "a budget of {} is too short: {runs:.0} runs of {images} images take about {}",
        duration_in_words(budget.seconds as f64),
        duration_in_words(needed_s)
    );
    // 10% more than needed, because calibrations differ by a few percent.
    let minutes = (1.1 * needed_s / 60.0).ceil();
    Error::recipe(message, format!("--budget {minutes}m, fewer factors, or a smaller model ([set] model.width)"))
}

/// A length of time in words: `40 s`, `1.7 min`, `12 min`, `3.5 h`.
pub fn duration_in_words(seconds: f64) -> String {
    match seconds {
        short if short < 100.0 => format!("{short:.0} s"),
        few if few < 600.0 => format!("{:.1} min", few / 60.0),
        middling if middling < 6000.0 => format!("{:.0} min", middling / 60.0),
        long => format!("{:.1} h", long / 3600.0),
    }
}

impl Costs {
    /// Seconds that one run takes if an image costs `image_s` seconds.
    fn run_s(&self, size: &StudySize, image_s: f64) -> f64 {
        let features = (size.measurements_per_run + 1) * size.fakes_per_measurement;
        self.start_s + size.images_per_run as f64 * image_s + features as f64 * self.features_s
    }

    /// Seconds that all the plan's runs and the confirmation runs take, `at_once` at a time.
    pub fn whole_s(&self, size: &StudySize, at_once: usize) -> f64 {
        let rows_s: f64 = self.image_s.iter().map(|image_s| self.run_s(size, *image_s)).sum();
        let fresh_s = MAX_CONFIRMED_RECIPES * FRESH_SEEDS as f64 * self.run_s(size, self.all_on_s);
        (rows_s * size.seeds.len() as f64 + fresh_s) / (CORE_USE * at_once as f64)
    }
}

impl StudyPlan {
    /// The same plan with the noise that is expected and the smallest effect that can then be detected.
    pub fn expecting(mut self, noise: Noise) -> Self {
        self.detectable = (self.design != Design::Search).then(|| detectable(&self, noise));
        self.noise = Some(noise);
        self
    }
}
