//! Output for people: progress, messages and errors go to stderr, answers to stdout.

use crate::arguments::Stop;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use steadygan::Result;
use steadygan::metrics::modes::Modes;
use steadygan::pictures::DynamicImage;
use steadygan::train::{Distance, Observer, State, StepStats};
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

/// Prints an answer on stdout, ended by exactly one line break. A closed pipe is ignored: the reader wants no more.
pub(crate) fn answer(text: &str) {
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end_matches('\n'));
}

/// A finding as lines of text: what was found, what it means, what may help.
pub(crate) fn told(finding: &Finding) -> String {
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
enum Shown {
    /// Nothing: `--quiet`.
    Nothing,
    /// A status line that is redrawn.
    Bar,
    /// A line of text with each sheet, for a log.
    Lines,
    /// A JSON object for each line of stats, measurement and finding.
    Json,
}

/// A flag that Ctrl-C sets. A second Ctrl-C ends the program at once.
pub(crate) fn interrupted() -> Arc<AtomicBool> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    // Setting a handler only fails if there is one already, and each command sets only one.
    let _ = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(steadygan_run::EXIT_INTERRUPTED.into());
        }
    });
    interrupted
}

/// Shows the progress of training, and stops it at Ctrl-C.
pub(crate) struct Console {
    bar: ProgressBar,
    from: u64,
    shown_images: u64,
    until: u64,
    interrupted: Arc<AtomicBool>,
    shown: Shown,
    /// The latest line of stats.
    numbers: String,
    modes: Option<Modes>,
    distance: Option<Measured>,
}

/// The distances measured since this process began to train.
#[derive(Debug, Clone, PartialEq)]
struct Measured {
    latest: Distance,
    /// The value before the latest.
    before: Option<f64>,
    best: Distance,
    /// The count of real images at which the best was measured.
    best_at: u64,
}

impl Measured {
    fn with(earlier: Option<Self>, latest: &Distance, images: u64) -> Self {
        let before = earlier.as_ref().map(|earlier| earlier.latest.distance.value);
        let best = earlier.filter(|earlier| earlier.best.distance.value <= latest.distance.value);
        let (best, best_at) = best.map_or((latest.clone(), images), |earlier| (earlier.best, earlier.best_at));
        Self { latest: latest.clone(), before, best, best_at }
    }

    /// The latest distance and its trend. A change within its standard deviation is no trend.
    fn shown(&self) -> String {
        let Distance { distance, .. } = &self.latest;
        let trend = match self.before.map(|before| distance.value - before) {
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
        let shown = match (quiet, json, std::io::stderr().is_terminal()) {
            (true, ..) => Shown::Nothing,
            (_, true, _) => Shown::Json,
            (.., true) => Shown::Bar,
            (.., false) => Shown::Lines,
        };
        let target = if shown == Shown::Bar { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
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
            shown_images: from,
            until: u64::MAX,
            interrupted: interrupted(),
            shown,
            numbers: String::new(),
            modes: None,
            distance: None,
        }
    }

    /// Makes training stop also as the options `--until` and `--attended` say.
    pub(crate) fn stopped_by(self, stop: Stop) -> Self {
        if stop.attended {
            let flag = Arc::clone(&self.interrupted);
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
                flag.store(true, Ordering::Relaxed);
            });
        }
        Self { until: stop.until.map_or(u64::MAX, |count| count.0), ..self }
    }

    /// How the latest generated points are spread over the modes of the mixture, if they were measured.
    pub(crate) fn modes(&self) -> Option<&Modes> {
        self.modes.as_ref()
    }

    /// The best distance since this process began to train, and the count of real images at which it was measured.
    pub(crate) fn best(&self) -> Option<(&Distance, u64)> {
        self.distance.as_ref().map(|measured| (&measured.best, measured.best_at))
    }

    fn show_numbers(&self) {
        let modes = self.modes.as_ref().map(|modes| format!("  {modes}")).unwrap_or_default();
        let distance = self.distance.as_ref().map(Measured::shown).unwrap_or_default();
        self.bar.set_message(format!("{}{modes}  {distance}", self.numbers));
    }

    /// Ends the status line.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Console {
    fn step(&mut self, images: u64) {
        self.shown_images = images;
        self.bar.set_position(images);
    }

    fn stats(&mut self, images: u64, means: &StepStats, diversity: f64, _signs: &Signs) -> Result<()> {
        self.numbers = format!(
            "loss D {:.2} G {:.2}  logit real {:+.1} fake {:+.1}  diversity {diversity:.2}",
            means.loss_d, means.loss_g, means.logit_real, means.logit_fake
        );
        self.show_numbers();
        if self.shown == Shown::Json {
            let mut line = serde_json::to_value(means).expect("numbers are JSON");
            line["images"] = images.into();
            line["diversity"] = diversity.into();
            say(&line.to_string());
        }
        Ok(())
    }

    fn finding(&mut self, finding: &Finding) -> Result<()> {
        match self.shown {
            Shown::Nothing => {}
            Shown::Json => say(&serde_json::to_string(finding).expect("a finding is JSON")),
            Shown::Bar | Shown::Lines => self.bar.suspend(|| say(&told(finding))),
        }
        Ok(())
    }

    fn modes(&mut self, images: u64, modes: &Modes) -> Result<()> {
        if self.shown == Shown::Json {
            say(&serde_json::to_string(&modes.line(images)).expect("numbers are JSON"));
        }
        self.modes = Some(modes.clone());
        self.show_numbers();
        Ok(())
    }

    fn distance(&mut self, state: &State, distance: &Distance) -> Result<()> {
        if self.shown == Shown::Json {
            // `best` is left out, because only metrics.jsonl knows the distances from before a resume.
            let mut line = serde_json::to_value(distance.line(state.images, false)).expect("numbers are JSON");
            line.as_object_mut().and_then(|line| line.remove("best"));
            say(&line.to_string());
        }
        self.distance = Some(Measured::with(self.distance.take(), distance, state.images));
        self.show_numbers();
        Ok(())
    }

    fn sheet(&mut self, images: u64, _fakes: &DynamicImage) -> Result<()> {
        // Nothing is measured yet at the sheet before the first step.
        if self.shown == Shown::Lines && images > self.from {
            let rate = (images - self.from) as f64 / self.bar.elapsed().as_secs_f64();
            say(format!("{images} images  {rate:.0}/s  {}", self.bar.message()).trim_end());
        }
        Ok(())
    }

    fn wants_stop(&self) -> bool {
        self.shown_images >= self.until || self.interrupted.load(Ordering::Relaxed)
    }
}
