//! Measures with short runs how long a study's runs will take, before it is planned.

use super::execute::{RunsByRecipe, Trainer, Watch, execute};
use super::plan::StudyPlan;
use super::question::{Question, StudySize};
use super::recipes::Job;
use std::fs;
use std::time::Instant;
use steadygan::{Error, Result};
use steadygan_run::{Stats, StudyDirectory, read_lines_if_any};

/// Rounds of the first short run. Its speed decides how many rounds the others need for accurate times.
const FIRST_ROUNDS: u64 = 16;

/// Seconds that a short run of the all-on corner should train.
const TIMED_S: f64 = 1.5;
/// The most rounds of a short run.
const MAX_ROUNDS: u64 = 4096;

/// Lines of stats in a short run. The rounds before the first line are not timed, because memory and caches are cold.
const LINES: u64 = 4;

/// Numbers of fakes in the two timed measurements. The difference of their times is the cost of the additional
/// features; the rest is the cost of starting, which includes loading the network.
const FAKES_PER_MEASUREMENT: [u64; 2] = [64, 256];

/// The cost of runs in seconds, on one thread each and with as many at once as there are cores.
#[derive(Debug, Clone, PartialEq)]
pub struct Costs {
    /// Seconds of training for one real image, for each row.
    pub image_s: Vec<f64>,
    /// Seconds of training for one real image at the all-on corner.
    pub all_on_s: f64,
    /// Seconds that a run takes before and after training, such as for reading images and writing files.
    pub start_s: f64,
    /// Seconds for computing the features of one image.
    pub features_s: f64,
}

/// Trains the all-on corner, and the corner with each other level of each factor, for a few rounds. The cost of a row
/// is then the corner's cost plus the sum of what its levels add. Returns `None` if the study is to stop.
///
/// # Errors
///
/// Those of [`execute`], or a short run diverged before its speed could be measured.
pub fn calibrate(
    question: &Question,
    study: &StudyDirectory,
    at_once: usize,
    trainer: &Trainer,
    watch: &mut dyn Watch,
) -> Result<Option<Costs>> {
    let folder = StudyDirectory::new(study.calibration());
    remove(&folder)?;
    let short = ShortRuns::of(question, &folder, FIRST_ROUNDS)?;
    let corner = short.corner("first", None)?;
    if !execute(&folder, std::slice::from_ref(&corner), 1, None, trainer, watch)? {
        return Ok(None);
    }
    let round_s = short.image_s(&corner)? * question.common_round() as f64;
    let rounds = ((TIMED_S / round_s) as u64).clamp(FIRST_ROUNDS, MAX_ROUNDS).next_multiple_of(LINES);
    let costs = measure_costs(question, &ShortRuns::of(question, &folder, rounds)?, at_once, trainer, watch)?;
    remove(&folder)?;
    Ok(costs)
}

fn measure_costs(
    question: &Question,
    short: &ShortRuns,
    at_once: usize,
    trainer: &Trainer,
    watch: &mut dyn Watch,
) -> Result<Option<Costs>> {
    let (corner, others) = (short.corner("all-on", None)?, short.others()?);
    let jobs: Vec<Job> = others.iter().map(|(_, _, job)| job.clone()).chain([corner.clone()]).collect();
    if !execute(short.folder, &jobs, at_once, None, trainer, watch)? {
        return Ok(None);
    }
    let all_on_s = short.image_s(&corner)?;
    let mut added: Vec<Vec<f64>> = short.plan.factors.iter().map(|factor| vec![0.0; factor.levels.len()]).collect();
    for (factor, level, job) in &others {
        added[*factor][*level] = short.image_s(job)? - all_on_s;
    }
    let of_row = |row: &Vec<usize>| {
        let added: f64 = row.iter().enumerate().map(|(factor, level)| added[factor][*level]).sum();
        (all_on_s + added).max(all_on_s / LEAST_OF_ALL_ON)
    };
    let image_s = short.plan.rows.iter().map(of_row).collect();
    let trained_s = all_on_s * short.plan.images as f64;
    let mut start_s = short.whole_s("again", None, trainer)? - trained_s;
    let mut features_s = 0.0;
    if question.has_features() {
        let [few_s, many_s] = [
            short.whole_s("few", Some(FAKES_PER_MEASUREMENT[0]), trainer)?,
            short.whole_s("many", Some(FAKES_PER_MEASUREMENT[1]), trainer)?,
        ];
        // Twice the number of fakes, because as many reals are measured.
        features_s = ((many_s - few_s) / (2 * (FAKES_PER_MEASUREMENT[1] - FAKES_PER_MEASUREMENT[0])) as f64).max(0.0);
        start_s = few_s - trained_s - (2 * FAKES_PER_MEASUREMENT[0]) as f64 * features_s;
    }
    Ok(Some(Costs { image_s, all_on_s, start_s: start_s.max(0.0), features_s }))
}

/// A row costs at least 1 / this of the all-on corner's cost, because the sum of what single levels save may exceed
/// what they save together.
const LEAST_OF_ALL_ON: f64 = 4.0;

fn remove(folder: &StudyDirectory) -> Result<()> {
    match fs::remove_dir_all(folder.path()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            let what = format!("cannot remove {}", folder.path().display());
            Err(Error::io(what, &error, "remove it yourself, or choose another folder: --out DIR"))
        }
        _ => Ok(()),
    }
}

fn set_train(plan: &mut StudyPlan, key: &str, value: impl Into<toml::Value>) {
    if let Some(toml::Value::Table(train)) = plan.every_run.get_mut("train") {
        train.insert(key.into(), value.into());
    }
}

/// Makes short runs and reads their times.
struct ShortRuns<'a> {
    plan: StudyPlan,
    folder: &'a StudyDirectory,
}

/// A factor, one of its levels, and the short run with this level in which all other factors are on.
type OtherLevel = (usize, usize, Job);

impl<'a> ShortRuns<'a> {
    fn of(question: &Question, folder: &'a StudyDirectory, rounds: u64) -> Result<Self> {
        let images = rounds * question.common_round();
        let seeds = vec![question.base().seed];
        let mut plan = question.draft(StudySize {
            seeds,
            images_per_run: images,
            measurements_per_run: 1,
            fakes_per_measurement: FAKES_PER_MEASUREMENT[0],
        })?;
        set_train(&mut plan, "stats-every", (images / LINES) as i64);
        set_train(&mut plan, "metric-every", "off");
        Ok(Self { plan, folder })
    }

    fn job(&self, name: String, levels: &Vec<usize>) -> Result<Job> {
        Ok(Job { name, recipe: self.plan.of_levels(levels, self.plan.seeds[0])?.to_toml() })
    }

    /// The run of the all-on corner. It is measured at its end on `fakes` fakes, or not at all.
    fn corner(&self, name: &str, fakes: Option<u64>) -> Result<Job> {
        let mut plan = self.plan.clone();
        if let Some(fakes) = fakes {
            set_train(&mut plan, "metric-every", self.plan.images as i64);
            set_train(&mut plan, "metric-samples", fakes as i64);
        }
        ShortRuns { plan, folder: self.folder }.job(name.to_owned(), &self.plan.corners()[0])
    }

    fn others(&self) -> Result<Vec<OtherLevel>> {
        let [all_on, ..] = self.plan.corners();
        let mut others = Vec::new();
        for (number, factor) in self.plan.factors.iter().enumerate() {
            for level in (0..factor.levels.len()).filter(|level| *level != factor.on) {
                let mut levels = all_on.clone();
                levels[number] = level;
                others.push((number, level, self.job(format!("{}-{level}", factor.name), &levels)?));
            }
        }
        Ok(others)
    }

    /// Seconds of training for one real image, from the first to the last line of stats.
    fn image_s(&self, job: &Job) -> Result<f64> {
        let runs = RunsByRecipe::of(&self.folder.runs())?;
        let lines: Vec<Stats> = match runs.run(job) {
            Some(run) => read_lines_if_any(&run.stats())?,
            None => Vec::new(),
        };
        let timed = lines.first().zip(lines.last()).filter(|(first, last)| last.images > first.images);
        timed.map(|(first, last)| (last.time_s - first.time_s) / (last.images - first.images) as f64).ok_or_else(|| {
            let message =
                format!("the run {} of the calibration went wrong within {} images", job.name, self.plan.images);
            Error::recipe(message, "give images and seeds instead of a budget: a failure is an answer, too")
        })
    }

    /// Seconds that a whole process takes to run the all-on corner.
    #[expect(clippy::disallowed_methods, reason = "costs are measured, never trained on")]
    fn whole_s(&self, name: &str, fakes: Option<u64>, trainer: &Trainer) -> Result<f64> {
        let job = self.corner(name, fakes)?;
        // In a folder of its own, because a run that has ended would not be trained again.
        let folder = StudyDirectory::new(self.folder.path().join(name));
        let started = Instant::now();
        execute(&folder, &[job], 1, None, trainer, &mut SilentWatch)?;
        Ok(started.elapsed().as_secs_f64())
    }
}

/// Ignores progress and never stops.
struct SilentWatch;

impl Watch for SilentWatch {
    fn ended(&mut self, _runs: usize, _of: usize) {}

    fn wants_stop(&self) -> bool {
        false
    }
}
