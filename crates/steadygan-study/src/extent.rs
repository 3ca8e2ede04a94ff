//! The extent of a study that fits a budget: seeds, images, measurements per run and fakes per measurement.

use super::analyse::{Noise, detectable};
use super::asked::{Budget, Seeds};
use super::calibrate::Costs;
use super::design::{Design, KEPT_OF, Rung};
use super::question::{Measured, Question};
use super::record::StudyPlan;
use super::search::COMBINATIONS;
use std::time::Duration;
use steadygan::{Error, Result};

/// Number of fresh seeds (unused by the study's own runs) on which the recommended recipe is compared with others.
pub const FRESH_SEEDS: u64 = 3;

/// The most recipes that are compared on fresh seeds: the recommended one, the base recipe, all on and all off.
const CONFIRMED: f64 = 4.0;

/// The share of the cores' time that runs use. The rest is lost because cores wait at the end of each pass.
const USED: f64 = 0.94;

/// The share of a run's time that its measurements may take.
const MEASURING: f64 = 0.25;

/// The choices for the number of fakes in a measurement, the best first. Fewer than 64 say little
/// (benchmarks/2026-11-24-features).
const SAMPLES: [u64; 6] = [512, 384, 256, 192, 128, 64];
/// The choices for the number of measurements in a run, the best first.
const TIMES: [u64; 2] = [4, 2];

/// The fewest rounds between two measurements: in fewer rounds a GAN learns nothing.
const LEAST_ROUNDS: u64 = 16;

/// The noise to expect before a study has measured its own: the spread between seeds of one recipe's log distance.
/// Measured on the embedded images, in runs of 23,296 real images, over the rows that never failed
/// (benchmarks/2026-11-24-study).
pub const EXPECTED_NOISE: Noise = Noise { deviation: 0.37, freedom: 18.0 };

impl Question {
    /// The extent if it needs no calibration: the study gives `images`, and gives `seeds` or leaves them to the
    /// default. `None` if a budget has to decide.
    pub fn fixed_extent(&self) -> Option<Measured> {
        let images = self.asked().images?;
        if self.asked().budget.is_some() && self.asked().seeds.is_none() {
            return None;
        }
        Some(self.of_images(images.0))
    }

    fn of_images(&self, images: u64) -> Measured {
        match self.asked().design {
            Design::Search => self.of_search(images, SAMPLES[0]),
            design => self.measured(self.seeds(design.usual_seeds()), images, TIMES[0], SAMPLES[0]),
        }
    }

    /// An extent without calibration: what the study gives, and the base recipe's count of images if it gives none.
    pub fn extent_as_asked(&self) -> Measured {
        let images = self.asked().images.map_or(self.base().train.images, |images| images.0);
        self.of_images(images)
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

    /// The extent of a search: one seed, and a measurement whenever a run has seen a multiple of the first stage's
    /// images, so that every stage ends with one.
    fn of_search(&self, images: u64, samples: u64) -> Measured {
        let stages = Rung::schedule(COMBINATIONS, 1).len() as u32 - 1;
        let seeds = vec![self.seeds(1)[0]];
        self.measured(seeds, images, KEPT_OF.pow(stages), samples)
    }

    /// An extent with `images` rounded down so that each of its `measured` parts has whole rounds, at least one.
    fn measured(&self, seeds: Vec<u64>, images: u64, measured: u64, samples: u64) -> Measured {
        let part = measured * self.round();
        Measured { seeds, images: (images / part).max(1) * part, measured, samples }
    }

    /// The extent that fits into what is left of the budget after `spent`, at these costs.
    ///
    /// # Errors
    ///
    /// The budget is too short for the smallest extent.
    pub fn extent_within(&self, budget: Budget, spent: Duration, costs: &Costs, at_once: usize) -> Result<Measured> {
        if self.asked().design == Design::Search {
            return self.search_within(budget, spent, costs, at_once);
        }
        let left_s = budget.seconds as f64 - spent.as_secs_f64();
        let core_s = USED * at_once as f64 * left_s;
        let rows = costs.image_s.len() as f64;
        let fresh = CONFIRMED * FRESH_SEEDS as f64;
        if let (Some(images), None) = (self.asked().images, &self.asked().seeds) {
            return self.seeds_within(images.0, budget, core_s, costs, at_once);
        }
        let seeds = self.seeds(self.asked().design.usual_seeds());
        let runs = rows * seeds.len() as f64 + fresh;
        let image_s = seeds.len() as f64 * costs.image_s.iter().sum::<f64>() + fresh * costs.all_on_s;
        let fits = |(measured, samples): (u64, u64)| {
            let features = (measured + 1) * samples;
            let features_s = features as f64 * costs.features_s;
            let images = (core_s - runs * (costs.start_s + features_s)) / image_s;
            let few = features_s > MEASURING * core_s / runs && (measured, samples) != (TIMES[1], SAMPLES[5]);
            (!few).then(|| (images.max(0.0) as u64, measured, samples))
        };
        let ways = TIMES.into_iter().flat_map(|times| SAMPLES.map(|samples| (times, samples)));
        let (images, measured, samples) = ways.into_iter().find_map(fits).expect("the last choice is always accepted");
        let least = measured * LEAST_ROUNDS * self.round();
        let least_s =
            runs * (costs.start_s + ((measured + 1) * samples) as f64 * costs.features_s) + image_s * least as f64;
        if images < least {
            let needed = spent.as_secs_f64() + least_s / (USED * at_once as f64);
            return Err(impossible(budget, runs, least, needed));
        }
        Ok(self.measured(seeds, images, measured, samples))
    }

    /// The extent with this count of images and as many seeds as fit into `core_s` seconds of cores' time.
    fn seeds_within(
        &self,
        images: u64,
        budget: Budget,
        core_s: f64,
        costs: &Costs,
        at_once: usize,
    ) -> Result<Measured> {
        let measured = self.measured(Vec::new(), images, TIMES[0], SAMPLES[0]);
        let run_s = |image_s: f64| costs.run_s(&measured, image_s);
        let per_seed_s: f64 = costs.image_s.iter().map(|image_s| run_s(*image_s)).sum();
        let fresh_s = CONFIRMED * FRESH_SEEDS as f64 * run_s(costs.all_on_s);
        let seeds = ((core_s - fresh_s) / per_seed_s).floor();
        let least = self.asked().design.minimal_seeds() as f64;
        if seeds < least {
            let needed = (per_seed_s * least + fresh_s) / (USED * at_once as f64);
            return Err(impossible(budget, costs.image_s.len() as f64 * least, measured.images, needed));
        }
        Ok(Measured { seeds: self.seeds(seeds as u64), ..measured })
    }

    /// The extent of a search within the budget: how many images its last combination can be trained on.
    fn search_within(&self, budget: Budget, spent: Duration, costs: &Costs, at_once: usize) -> Result<Measured> {
        let core_s = USED * at_once as f64 * (budget.seconds as f64 - spent.as_secs_f64());
        let stages = Rung::schedule(COMBINATIONS, KEPT_OF.pow(16));
        let starts: usize = stages.iter().map(|rung| rung.combinations).sum();
        // Images of all stages together, as a multiple of the last stage's images.
        let shown = Rung::cost(&stages) as f64 / KEPT_OF.pow(16) as f64;
        let fresh = CONFIRMED * FRESH_SEEDS as f64;
        let samples = SAMPLES[2];
        let image_s = (shown + fresh) * costs.image_s.iter().sum::<f64>() / costs.image_s.len() as f64;
        let measured = (shown + fresh) * self.of_search(1, samples).measured as f64 + starts as f64 + fresh;
        let fixed_s = (starts as f64 + fresh) * costs.start_s + measured * samples as f64 * costs.features_s;
        let images = (core_s - fixed_s) / image_s;
        let found = self.of_search(images.max(0.0) as u64, samples);
        let least = found.measured * self.round();
        if images < least as f64 {
            let needed = spent.as_secs_f64() + (fixed_s + image_s * least as f64) / (USED * at_once as f64);
            return Err(impossible(budget, starts as f64, least, needed));
        }
        Ok(found)
    }
}

fn impossible(budget: Budget, runs: f64, images: u64, needed_s: f64) -> Error {
    let message = format!(
        "a budget of {} is too short: {runs:.0} runs of {images} images take about {}",
        in_words(budget.seconds as f64),
        in_words(needed_s)
    );
    // 10% more than needed, because calibrations differ by a few percent.
    let minutes = (1.1 * needed_s / 60.0).ceil();
    Error::recipe(message, format!("--budget {minutes}m, fewer factors, or a smaller model ([set] model.width)"))
}

/// A length of time in words: `40 s`, `1.7 min`, `12 min`, `3.5 h`.
pub fn in_words(seconds: f64) -> String {
    match seconds {
        short if short < 100.0 => format!("{short:.0} s"),
        few if few < 600.0 => format!("{:.1} min", few / 60.0),
        middling if middling < 6000.0 => format!("{:.0} min", middling / 60.0),
        long => format!("{:.1} h", long / 3600.0),
    }
}

impl Costs {
    /// Seconds that one run takes if an image costs `image_s` seconds.
    fn run_s(&self, extent: &Measured, image_s: f64) -> f64 {
        let features = (extent.measured + 1) * extent.samples;
        self.start_s + extent.images as f64 * image_s + features as f64 * self.features_s
    }

    /// Seconds that all the plan's runs and the confirmation runs take, `at_once` at a time.
    pub fn whole_s(&self, extent: &Measured, at_once: usize) -> f64 {
        let rows: f64 = self.image_s.iter().map(|image_s| self.run_s(extent, *image_s)).sum();
        let fresh = CONFIRMED * FRESH_SEEDS as f64 * self.run_s(extent, self.all_on_s);
        (rows * extent.seeds.len() as f64 + fresh) / (USED * at_once as f64)
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
