//! The observer that writes a run directory.

use super::events::EventFile;
use super::{Distance, Observer, Provenance, State, StepStats, save_checkpoint};
use crate::error::{Error, Result};
use crate::metrics::modes::Modes;
use crate::pictures::DynamicImage;
use crate::pictures::sheet::encode_captioned_png;
use serde::Serialize;
use std::time::Instant;
use steadygan_run::{
    CheckpointKind, DistanceLine, Finding, HeldFolder, JsonLines, Manifest, RunDirectory, Signs, Stats, StatsLine,
    append_text, read_last_lines, read_lines_if_any, write_atomically,
};

/// Writes stats, findings, metrics, sheets and checkpoints. Of what is due at the same images, lines are written first
/// and the checkpoint last, because the checkpoint's rename commits them.
#[derive(Debug)]
pub struct Recorder {
    run: RunDirectory,
    /// The run's folder as it was at the start.
    held: HeldFolder,
    provenance: Provenance,
    stats: JsonLines<StatsLine>,
    findings: JsonLines<Finding>,
    clock: Clock,
    /// The lines and sheets for TensorBoard, if the run has a folder for it.
    events: Option<EventFile>,
    /// The lowest distance so far.
    lowest: f64,
}

/// Bytes at the end of the file of stats that are read to find the last line; several lines fit.
const LAST_BYTES: u64 = 1 << 16;

/// Training time over all resumes, and the time and images of the last line.
#[derive(Debug)]
struct Clock {
    started: Instant,
    before_s: f64,
    last_time_s: f64,
    last_images: u64,
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "times are reported, never trained on")]
    fn start(before_s: f64, images: u64) -> Self {
        Self { started: Instant::now(), before_s, last_time_s: before_s, last_images: images }
    }

    /// The time of a line at `images`, and the images per second since the last line.
    fn lap(&mut self, images: u64) -> (f64, f64) {
        let time_s = self.before_s + self.started.elapsed().as_secs_f64();
        let rate = (images - self.last_images) as f64 / (time_s - self.last_time_s);
        (self.last_time_s, self.last_images) = (time_s, images);
        (time_s, rate)
    }
}

impl Recorder {
    /// A recorder that goes on where the directory's lines end, at `images` images shown.
    ///
    /// # Errors
    ///
    /// The directory cannot be written.
    pub fn new(run: RunDirectory, provenance: Provenance, images: u64) -> Result<Self> {
        let held = run.hold()?;
        let (stats, findings) = (JsonLines::append(&run.stats())?, JsonLines::append(&run.findings())?);
        let last = read_last_lines::<Stats>(&run.stats(), LAST_BYTES)?.records;
        let before_s = last.last().map_or(0.0, |line| line.time_s);
        let folder = run.tensorboard();
        let events = if folder.is_dir() { Some(EventFile::new(&folder, images, &provenance.recipe)?) } else { None };
        let lowest = lowest_distance(&run)?;
        Ok(Self { run, held, provenance, stats, findings, clock: Clock::start(before_s, images), events, lowest })
    }

    /// Writes a file of the run directory by its path.
    ///
    /// # Errors
    ///
    /// The run's folder was moved or removed, before or while the file is written: without this check, writing would
    /// make a second folder in its place. Else those of `write`.
    fn in_place<T, E: Into<Error>>(&self, write: impl FnOnce(&RunDirectory) -> Result<T, E>) -> Result<T> {
        self.held.check()?;
        write(&self.run).or_else(|refused| self.held.check().map_err(Error::from).and(Err(refused.into())))
    }

    /// Writes a line of stats and returns it.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn record(&mut self, images: u64, means: &StepStats, diversity: f64, signs: &Signs) -> Result<StatsLine> {
        let (time_s, images_per_s) = self.clock.lap(images);
        let stats = Stats {
            images,
            time_s,
            images_per_s,
            loss_d: means.loss_d,
            loss_g: means.loss_g,
            penalty: means.penalty,
            logit_real: means.logit_real,
            logit_fake: means.logit_fake,
            grad_norm_d: means.grad_norm_d,
            grad_norm_g: means.grad_norm_g,
            diversity,
        };
        let line = StatsLine { stats, signs: *signs };
        self.stats.write(&line)?;
        if let Some(events) = &mut self.events {
            events.scalars(images, &line)?;
        }
        self.log(&format!(
            "{images} images: loss_d {:.4} loss_g {:.4} logit_real {:+.3} logit_fake {:+.3} diversity {diversity:.3}",
            means.loss_d, means.loss_g, means.logit_real, means.logit_fake
        ))?;
        Ok(line)
    }

    /// Writes a line of metrics. The file is opened for each line, so that a run that measures nothing has no such
    /// file.
    fn measured<T: Serialize>(&mut self, images: u64, line: &T) -> Result<()> {
        let mut lines = self.in_place(|run| JsonLines::append(&run.metrics()))?;
        lines.write(line)?;
        lines.sync()?;
        if let Some(events) = &mut self.events {
            events.scalars(images, line)?;
        }
        Ok(())
    }

    /// Appends a line to log.txt.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn log(&self, line: &str) -> Result<()> {
        self.in_place(|run| append_text(&run.log(), &format!("{line}\n")))
    }

    /// Writes the manifest.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn manifest(&self, manifest: &Manifest) -> Result<()> {
        self.in_place(|run| manifest.save(&run.manifest()))
    }
}

/// The lowest distance in a run's lines of metrics, which a resume has already cut back; infinite if there are none.
fn lowest_distance(run: &RunDirectory) -> Result<f64> {
    let lines: Vec<DistanceLine> = read_lines_if_any(&run.metrics())?;
    Ok(lines.iter().map(|line| line.value).fold(f64::INFINITY, f64::min))
}

impl Observer for Recorder {
    fn stats(&mut self, images: u64, means: &StepStats, diversity: f64, signs: &Signs) -> Result<()> {
        self.record(images, means, diversity, signs).map(drop)
    }

    fn finding(&mut self, finding: &Finding) -> Result<()> {
        self.findings.write(finding)?;
        self.log(&format!("{} images: {} {}: {}", finding.images, finding.severity, finding.finding, finding.says))
    }

    fn modes(&mut self, images: u64, modes: &Modes) -> Result<()> {
        self.measured(images, &modes.line(images))?;
        self.log(&format!("{images} images: {modes}, reverse KL {:.3}", modes.reverse_kl()))
    }

    fn distance(&mut self, state: &State, distance: &Distance) -> Result<()> {
        let value = distance.distance.value;
        let best = value < self.lowest;
        self.measured(state.images, &distance.line(state.images, best))?;
        self.lowest = self.lowest.min(value);
        if best {
            let bytes = save_checkpoint(state, &self.provenance);
            self.in_place(|run| write_atomically(&run.checkpoint(CheckpointKind::Best), &bytes))?;
        }
        let verdict = if best { ", the best so far" } else { "" };
        self.log(&format!("{} images: {distance}{verdict}", state.images))
    }

    fn sheet(&mut self, images: u64, fakes: &DynamicImage) -> Result<()> {
        let caption = format!("fakes after {images} images, seed {}", self.provenance.plan.seed);
        let png = encode_captioned_png(fakes, &caption)?;
        if let Some(events) = &mut self.events {
            events.picture(images, fakes, &png)?;
        }
        let path = |run: &RunDirectory| if images == 0 { run.fakes_init() } else { run.fakes(images) };
        self.in_place(|run| write_atomically(&path(run), &png))
    }

    fn checkpoint(&mut self, state: &State) -> Result<()> {
        self.stats.sync()?;
        self.findings.sync()?;
        let bytes = save_checkpoint(state, &self.provenance);
        self.in_place(|run| write_atomically(&run.checkpoint(CheckpointKind::Latest), &bytes))
    }
}
