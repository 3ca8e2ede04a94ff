//! Output for people: progress, messages and errors go to stderr, answers to stdout.

use crate::signals::stop_flag;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use steadygan::data::{Dataset, UnreadableImage};
use steadygan::metrics::modes::Modes;
use steadygan::pictures::DynamicImage;
use steadygan::train::{Distance, Observer, State, StepStats};
use steadygan::{Error, Result};
use steadygan_run::{Finding, Severity, Signs};

/// Prints one line `error:` and one line `hint:`. Line breaks within the texts, such as in a file's name, become
/// spaces.
pub(crate) fn error(message: &str, hint: &str) {
    let line = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    say(&format!("error: {}\nhint: {}", line(message), line(hint)));
}

/// Prints a message on stderr. A closed stderr is ignored, because it is no reason to stop.
pub(crate) fn say(message: &str) {
    let _ = writeln!(std::io::stderr(), "{message}");
}

/// Prints an answer on stdout, ended by exactly one line break. An answer that is lost is an error, because a script
/// would take what it got for the whole.
pub(crate) fn answer(text: &str) -> Result<()> {
    // In one piece, so that a reader such as `head` has been handed all of a short answer when it closes the pipe.
    let text = format!("{}\n", text.trim_end_matches('\n'));
    let mut stdout = std::io::stdout();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(|error| {
        let hint = "look at where standard output goes; files that the command has written are whole";
        Error::io("cannot write the answer to standard output", &error, hint)
    })
}

/// Prints the last line on stdout: a path, or as JSON an object that holds it.
pub(crate) fn answer_path(what: &str, path: &Path, json: bool) -> Result<()> {
    let path = path.display().to_string();
    answer(&if json { serde_json::json!({ what: path }).to_string() } else { path })
}

/// Warns of skipped images, all of which the manifest lists, and prints the source's own warnings.
pub(crate) fn warn_of_data(data: &Dataset) {
    warn_of_skipped(&data.skipped, data.train.count() + data.holdout.count());
    warn(&data.warnings);
}

/// Prints warnings, such as those about the source of the data.
pub(crate) fn warn(warnings: &[String]) {
    warnings.iter().for_each(|warning| say(&format!("warning: {warning}")));
}

/// Warns of skipped images in one line; `read` images could be read.
pub(crate) fn warn_of_skipped(skipped: &[UnreadableImage], read: usize) {
    if !skipped.is_empty() {
        let named = shortened(skipped.iter().map(|file| format!("{} {}", file.name, file.why)), "; ");
        say(&format!("warning: skipped {} unreadable of {} images: {named}", skipped.len(), skipped.len() + read));
    }
}

/// The first three texts of a list, and the number of further ones.
pub(crate) fn shortened(texts: impl ExactSizeIterator<Item = String>, between: &str) -> String {
    const NAMED: usize = 3;
    let more = texts.len().saturating_sub(NAMED);
    let named = texts.take(NAMED).collect::<Vec<_>>().join(between);
    if more > 0 { format!("{named}{between}and {more} more") } else { named }
}

/// A finding as lines of text: what was found, what it means, what may help.
pub(crate) fn finding_text(finding: &Finding) -> String {
    let Finding { images, finding: name, severity, says, means, advice, .. } = finding;
    if *severity == Severity::Over {
        return format!("{images} images: {name} is over");
    }
    let mut text = format!("{images} images: {severity}: {name}: {says}\n  {means}");
    for steadygan_run::Advice { action, recipe } in advice {
        let between = if recipe.is_empty() { "" } else { ": " };
        text += &format!("\n  try {recipe}{between}{action}");
    }
    text
}

/// The kind of output while training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Output {
    /// Nothing: `--quiet`.
    Nothing,
    /// A status line that is redrawn.
    Bar,
    /// A line of text with each sheet, for a log.
    Lines,
    /// A JSON object for each line of stats, measurement and finding.
    Json,
}

/// Shows the progress of training, and stops it at Ctrl-C.
pub(crate) struct Console {
    bar: ProgressBar,
    from: u64,
    images: u64,
    until: u64,
    interrupted: Arc<AtomicBool>,
    output: Output,
    latest_stats: String,
    modes: Option<Modes>,
    distances: Option<DistanceHistory>,
}

/// The distances measured since this process began to train.
#[derive(Debug, Clone, PartialEq)]
struct DistanceHistory {
    latest: Distance,
    previous: Option<f64>,
    best: Distance,
    /// The count of real images at which the best was measured.
    best_at: u64,
}

impl DistanceHistory {
    fn with(earlier: Option<Self>, latest: &Distance, images: u64) -> Self {
        let previous = earlier.as_ref().map(|earlier| earlier.latest.distance.value);
        let best = earlier.filter(|earlier| earlier.best.distance.value <= latest.distance.value);
        let (best, best_at) = best.map_or((latest.clone(), images), |earlier| (earlier.best, earlier.best_at));
        Self { latest: latest.clone(), previous, best, best_at }
    }

    /// The latest distance and its trend. A change within its standard deviation is no trend.
    fn latest_with_trend(&self) -> String {
        let Distance { distance, .. } = &self.latest;
        let trend = match self.previous.map(|previous| distance.value - previous) {
            Some(change) if change < -distance.deviation => ", falling",
            Some(change) if change > distance.deviation => ", rising",
            _ => "",
        };
        format!("{}{trend}", self.latest)
    }
}

impl Console {
    /// A console for training from `from` to `to` images: a status line on a terminal, a line now and then elsewhere.
    pub(crate) fn new(from: u64, to: u64, quiet: bool, json: bool) -> Self {
        let output = match (quiet, json, std::io::stderr().is_terminal()) {
            (true, ..) => Output::Nothing,
            (_, true, _) => Output::Json,
            (.., true) => Output::Bar,
            (.., false) => Output::Lines,
        };
        let target = if output == Output::Bar { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style = "{bar:24} {human_pos}/{human_len} images  {per_sec}  {eta_precise} left  {msg}";
        let style = ProgressStyle::with_template(style).expect("the template is sound");
        let per_sec = |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
            let _ = write!(out, "{:.0}/s", state.per_sec());
        };
        let bar = ProgressBar::with_draw_target(Some(to), target).with_position(from);
        bar.set_style(style.with_key("per_sec", per_sec));
        bar.reset_eta();
        Self {
            bar,
            from,
            images: from,
            until: u64::MAX,
            interrupted: stop_flag(),
            output,
            latest_stats: String::new(),
            modes: None,
            distances: None,
        }
    }

    /// Makes training stop also at `until` real images, and if it is `attended` at the end of standard input.
    pub(crate) fn stopped_by(self, until: Option<u64>, attended: bool) -> Self {
        if attended {
            let flag = Arc::clone(&self.interrupted);
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
                flag.store(true, Ordering::Relaxed);
            });
        }
        Self { until: until.unwrap_or(u64::MAX), ..self }
    }

    /// How the latest generated points are spread over the modes of the mixture, if they were measured.
    pub(crate) fn modes(&self) -> Option<&Modes> {
        self.modes.as_ref()
    }

    /// The best distance since this process began to train, and the count of real images at which it was measured.
    pub(crate) fn best(&self) -> Option<(&Distance, u64)> {
        self.distances.as_ref().map(|distances| (&distances.best, distances.best_at))
    }

    fn update_bar(&self) {
        let modes = self.modes.as_ref().map(|modes| format!("  {modes}")).unwrap_or_default();
        let distance = self.distances.as_ref().map(DistanceHistory::latest_with_trend).unwrap_or_default();
        self.bar.set_message(format!("{}{modes}  {distance}", self.latest_stats));
    }

    /// Ends the status line.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Console {
    fn step(&mut self, images: u64) {
        self.images = images;
        self.bar.set_position(images);
    }

    fn stats(&mut self, images: u64, means: &StepStats, diversity: f64, _signs: &Signs) -> Result<()> {
        self.latest_stats = format!(
            "loss D {:.2} G {:.2}  logit real {:+.1} fake {:+.1}  diversity {diversity:.2}",
            means.loss_d, means.loss_g, means.logit_real, means.logit_fake
        );
        self.update_bar();
        if self.output == Output::Json {
            let mut line = serde_json::to_value(means).expect("numbers are JSON");
            line["images"] = images.into();
            line["diversity"] = diversity.into();
            say(&line.to_string());
        }
        Ok(())
    }

    fn finding(&mut self, finding: &Finding) -> Result<()> {
        match self.output {
            Output::Nothing => {}
            Output::Json => say(&serde_json::to_string(finding).expect("a finding is JSON")),
            Output::Bar | Output::Lines => self.bar.suspend(|| say(&finding_text(finding))),
        }
        Ok(())
    }

    fn modes(&mut self, images: u64, modes: &Modes) -> Result<()> {
        if self.output == Output::Json {
            say(&serde_json::to_string(&modes.line(images)).expect("numbers are JSON"));
        }
        self.modes = Some(modes.clone());
        self.update_bar();
        Ok(())
    }

    fn distance(&mut self, state: &State, distance: &Distance) -> Result<()> {
        if self.output == Output::Json {
            // `best` is left out, because only metrics.jsonl knows the distances from before a resume.
            let mut line = serde_json::to_value(distance.line(state.images, false)).expect("numbers are JSON");
            line.as_object_mut().and_then(|line| line.remove("best"));
            say(&line.to_string());
        }
        self.distances = Some(DistanceHistory::with(self.distances.take(), distance, state.images));
        self.update_bar();
        Ok(())
    }

    fn sheet(&mut self, images: u64, _fakes: &DynamicImage) -> Result<()> {
        // Nothing is measured yet at the sheet before the first step.
        if self.output == Output::Lines && images > self.from {
            let rate = (images - self.from) as f64 / self.bar.elapsed().as_secs_f64();
            say(format!("{images} images  {rate:.0}/s  {}", self.bar.message()).trim_end());
        }
        Ok(())
    }

    fn wants_stop(&self) -> bool {
        self.images >= self.until || self.interrupted.load(Ordering::Relaxed)
    }
}
