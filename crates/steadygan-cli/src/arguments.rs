//! The command line.

use clap::{Args, Parser, Subcommand};
use std::net::IpAddr;
use std::num::{IntErrorKind, ParseIntError};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use steadygan::recipe::{Count, EMBEDDED, LayeredRecipe};
use steadygan::run::Machine;
use steadygan::{Error, Result};
use steadygan_run::CheckpointKind;
use steadygan_study::Budget;

/// Train GANs that stay stable: every stabilising heuristic a switch.
///
/// Without a command: train the embedded recipe on the embedded Fashion-MNIST images.
#[derive(Debug, Parser)]
#[command(name = "steadygan", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Threads of the CPU kernels (default: one a core); results do not depend on it
    #[arg(long, global = true, value_name = "N", allow_negative_numbers = true, value_parser = whole::<usize>)]
    threads: Option<usize>,
    /// Answer in JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Only errors and the answer
    #[arg(long, global = true)]
    pub(crate) quiet: bool,
}

impl Options {
    /// Starts the threads of the whole program. The calling thread is one of them, so that it works itself instead of
    /// waking another thread and waiting for it, which would happen a hundred times in a training step.
    pub(crate) fn apply(&self) -> Result<()> {
        if let Some(threads) = self.threads.filter(|threads| !THREADS.contains(threads)) {
            let message = format!("--threads {threads} is not in {}..={}", THREADS.start(), THREADS.end());
            return Err(Error::recipe(message, "leave it out for one thread a core"));
        }
        // rayon takes zero as one thread for each core.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads.unwrap_or(0)).use_current_thread();
        pool.build_global().map_err(|error| {
            let count =
                self.threads.map_or_else(|| "a thread for each core".to_owned(), |count| format!("{count} threads"));
            let hint = "the system allows no more (ulimit -u, a container's limit): ask for fewer, such as --threads 1";
            let why = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            Error::io(format!("cannot start {count}"), &std::io::Error::other(why), hint)
        })
    }

    /// The number of threads that were started.
    pub(crate) fn threads(&self) -> usize {
        rayon::current_num_threads()
    }

    /// The device with this name, and the number of threads.
    pub(crate) fn machine(&self, device: &Device) -> Result<Machine> {
        Machine::new(&device.name, self.threads())
    }
}

/// How many threads can be asked for.
const THREADS: std::ops::RangeInclusive<usize> = 1..=1024;

/// Parses a whole number. Its error is the end of a sentence that begins with the value.
fn whole<N: FromStr<Err = ParseIntError>>(text: &str) -> Result<N, String> {
    text.parse().map_err(|error: ParseIntError| match error.kind() {
        IntErrorKind::PosOverflow => "it is too large".to_owned(),
        _ => "it is no whole number from 0 on".to_owned(),
    })
}

/// Parses a seed of a recipe, which is an integer of TOML: 64 bits with a sign.
fn seed(text: &str) -> Result<u64, String> {
    whole(text).and_then(|seed: u64| match i64::try_from(seed) {
        Ok(_) => Ok(seed),
        Err(_) => Err(format!("{seed} is not in 0..={}", i64::MAX)),
    })
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train a GAN on images
    Train(Box<Train>),
    /// Go on with a run, to the bit as if it had never stopped
    Resume(Resume),
    /// Make images with a run's generator
    Generate(Generate),
    /// Measure how good a run's fakes are, or any images, beside what reals get
    Evaluate(Evaluate),
    /// Find out which heuristics matter on this data: a designed experiment, and the recipe that it recommends
    Study(Study),
    /// Tell how a run or a study went, and write a page that shows it
    Report(Report),
    /// Write a run's networks for PyTorch and ONNX
    Export(Export),
    /// Show a recipe's networks, layer by layer
    Summary(Recipe),
    /// Look at images, or decode them once for all runs
    Data {
        #[command(subcommand)]
        command: DataCommand,
    },
    /// Show runs in a browser, live
    Dashboard(Dashboard),
    /// Draw images for the dashboard, as it asks
    #[command(hide = true)]
    SampleWorker(SampleWorker),
    /// Show what the doctor looks for, or one of its findings
    Findings {
        /// A finding's name
        name: Option<String>,
    },
    /// Show the heuristics, or one of them
    Heuristics {
        /// A heuristic's name
        name: Option<String>,
    },
}

impl Command {
    /// Whether the command ends at Ctrl-C wherever it is. The others save what they have, or hold nothing.
    pub(crate) fn ends_when_interrupted(&self) -> bool {
        match self {
            Self::Generate(_) | Self::Evaluate(_) | Self::Report(_) | Self::Export(_) | Self::Data { .. } => true,
            Self::Train(_) | Self::Resume(_) | Self::Study(_) => false,
            Self::Summary(_) | Self::Dashboard(_) | Self::SampleWorker(_) => false,
            Self::Findings { .. } | Self::Heuristics { .. } => false,
        }
    }
}

/// A recipe and the options that change it.
#[derive(Debug, Args, Default)]
pub(crate) struct Recipe {
    /// A recipe file (default: the embedded one)
    #[arg(value_name = "RECIPE")]
    file: Option<PathBuf>,
    /// Images: a folder, an archive, a file of arrays, a pack, or `embedded`; points: `ring` or `grid`
    #[arg(long, value_name = "PATH")]
    data: Option<String>,
    /// Weights to start from: an export or a PyTorch state dict (may be repeated)
    #[arg(long, value_name = "EXPORT")]
    init: Vec<String>,
    /// Real images to show in all, such as 50000 or 50k
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    images: Option<Count>,
    /// Real images of a step
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>)]
    batch: Option<u64>,
    /// Seed of every random stream
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = seed)]
    seed: Option<u64>,
    /// Any recipe key; the value is TOML, a bare word is a string
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Turn a heuristic on
    #[arg(long, value_name = "HEURISTIC")]
    with: Vec<String>,
    /// Turn a heuristic off
    #[arg(long, value_name = "HEURISTIC")]
    without: Vec<String>,
}

impl Recipe {
    /// A recipe on other data than its own.
    pub(crate) fn on(data: &str, file: Option<&Path>, set: &[String]) -> Self {
        Self { file: file.map(Path::to_owned), data: Some(data.into()), set: set.into(), ..Self::default() }
    }

    /// The recipe's layers, each overriding those before it: the file (or the embedded recipe), `--set`, the other
    /// flags.
    pub(crate) fn layered(&self) -> Result<LayeredRecipe> {
        let mut recipe = steadygan::heuristics::recipe();
        match &self.file {
            Some(file) => recipe.lay_file(file)?,
            None => recipe.lay_text(EMBEDDED, "embedded recipe")?,
        }
        for assignment in &self.set {
            recipe.lay_assignment(assignment, "--set")?;
        }
        if let Some(data) = &self.data {
            recipe.lay_value("data.source", data.as_str(), "--data")?;
        }
        if !self.init.is_empty() {
            recipe.lay_value("model.weights", self.init.clone(), "--init")?;
        }
        let images = self.images.map(|count| count.0);
        let numbers = [
            ("train.images", images, "--images"),
            ("train.batch", self.batch, "--batch"),
            ("seed", self.seed, "--seed"),
        ];
        for (key, value, flag) in numbers {
            if let Some(value) = value {
                recipe.lay_value(key, i64::try_from(value).unwrap_or(i64::MAX), flag)?;
            }
        }
        for (names, on, flag) in [(&self.with, true, "--with"), (&self.without, false, "--without")] {
            for name in names {
                steadygan::heuristics::card(name)?;
                recipe.lay_value(&format!("heuristics.{name}"), on, flag)?;
            }
        }
        Ok(recipe)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Train {
    #[command(flatten)]
    pub(crate) recipe: Recipe,
    /// Where the run's folder is made
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) device: Device,
    /// Write event files for TensorBoard, too
    #[arg(long)]
    pub(crate) tensorboard: bool,
    /// Show the plan, the networks and the memory they take, and train nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) stop: StopOptions,
}

impl Default for Train {
    fn default() -> Self {
        Self {
            recipe: Recipe::default(),
            out: "runs".into(),
            device: Device::default(),
            tensorboard: false,
            dry_run: false,
            stop: StopOptions::default(),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Device {
    /// Where to compute: cpu, or wgpu, cuda, wgpu:INDEX, cuda:INDEX if they were built in
    #[arg(long = "device", value_name = "DEVICE", default_value = "cpu")]
    pub(crate) name: String,
}

impl Default for Device {
    fn default() -> Self {
        Self { name: "cpu".into() }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Resume {
    /// A run's folder
    pub(crate) run: PathBuf,
    /// Real images to show in all, counted from the run's beginning
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) images: Option<Count>,
    /// Where the run's images are now, in any container (default: where it found them last)
    #[arg(long, value_name = "PATH")]
    pub(crate) data: Option<String>,
    /// Where to compute, as for train (default: where the run was last trained)
    #[arg(long, value_name = "DEVICE")]
    pub(crate) device: Option<String>,
    #[command(flatten)]
    pub(crate) checkpoint: Checkpoint,
    #[command(flatten)]
    pub(crate) stop: StopOptions,
}

/// Options that stop training as Ctrl-C does: after the current step, with the state saved.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct StopOptions {
    /// Stop after so many real images, as Ctrl-C would
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) until: Option<Count>,
    /// Stop when standard input ends: the program that started this one is gone
    #[arg(long, hide = true)]
    pub(crate) attended: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Study {
    /// What is asked: see docs/study.md (default: the eleven heuristics of the preset hacks, in a fold-over)
    #[arg(value_name = "STUDY.toml")]
    pub(crate) file: Option<PathBuf>,
    /// Images: a folder, an archive, a file of arrays, a pack, or `embedded`; points: `ring` or `grid`
    #[arg(long, value_name = "PATH")]
    pub(crate) data: Option<String>,
    /// How long all runs may take, such as 90s, 30m or 1.5h (default: what the file says, or 30m)
    #[arg(long, value_name = "TIME")]
    pub(crate) budget: Option<Budget>,
    /// The study's folder; the same command again goes on with what is there
    #[arg(long, value_name = "DIR", default_value = "study")]
    pub(crate) out: PathBuf,
    /// Write the recipes and print the command of each run; train nothing
    #[arg(long)]
    pub(crate) list: bool,
    /// Analyse the runs that have ended; train nothing
    #[arg(long, conflicts_with = "list")]
    pub(crate) collect: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// A run's folder, or a study's; the page is written into it as report.html
    #[arg(value_name = "RUN|STUDY")]
    pub(crate) run: PathBuf,
    /// Write a run's curves as curves.svg, too
    #[arg(long)]
    pub(crate) svg: bool,
    /// Write a run's sheets one after the other as progress.gif, too
    #[arg(long)]
    pub(crate) gif: bool,
    /// Write the page there instead, and curves and sheets beside it as FILE.svg and FILE.gif
    #[arg(long, value_name = "FILE.html")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) overwrite: Overwrite,
}

/// Allows an output to replace a file.
#[derive(Debug, Args)]
pub(crate) struct Overwrite {
    /// Replace a file that --out names
    #[arg(long)]
    overwrite: bool,
}

impl Overwrite {
    /// Whether `out` may be replaced: if that was asked, or if it has the name that the program itself chooses.
    pub(crate) fn allows(&self, out: &Path, own: &str) -> bool {
        self.overwrite || out.file_name() == Some(own.as_ref())
    }

    /// Whether a file that the user named may be replaced.
    pub(crate) fn is_asked(&self) -> bool {
        self.overwrite
    }
}

/// Selects one of a run's checkpoints.
#[derive(Debug, Args)]
pub(crate) struct Checkpoint {
    /// Which checkpoint: best or latest
    #[arg(long = "checkpoint", value_name = "WHICH", default_value = "latest")]
    word: String,
}

impl Checkpoint {
    pub(crate) fn kind(&self) -> Result<CheckpointKind> {
        let unknown = |_| Error::recipe(format!("there is no checkpoint `{}`", self.word), "use best or latest");
        self.word.parse().map_err(unknown)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// A run's folder
    pub(crate) run: PathBuf,
    /// Where the files go: a folder that is not there, is empty or holds an earlier export (default: export/ in the run)
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) checkpoint: Checkpoint,
}

#[derive(Debug, Args)]
#[command(after_help = metric_names())]
pub(crate) struct Evaluate {
    /// A run's folder, or images: a folder, an archive, a file of arrays, a pack
    #[arg(value_name = "RUN|IMAGES")]
    pub(crate) of: String,
    /// The reals: anything that `data.source` takes (default: a run's own held-out images)
    #[arg(long, value_name = "DATA")]
    pub(crate) against: Option<String>,
    /// Metrics between commas (default: all that apply); their names stand below
    #[arg(long, value_name = "LIST", default_value = "", hide_default_value = true)]
    pub(crate) metrics: String,
    /// Fakes, and at most as many reals [default: as many as there are reals, at most 10000]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub(crate) samples: Option<usize>,
    /// Pixels on a side at which images are compared (default: their own, if they have one size)
    #[arg(long, value_name = "PIXELS", allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub(crate) size: Option<usize>,
    /// The feature network: efficientnet-lite0, digits, fashion, or an ONNX file with NAME.toml beside it
    #[arg(long, value_name = "NETWORK", default_value = steadygan::metrics::network::DEFAULT_NETWORK)]
    pub(crate) network: String,
    /// Seed of latents and subsamples
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 0, value_parser = whole::<u64>)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) checkpoint: Checkpoint,
    #[command(flatten)]
    pub(crate) device: Device,
}

/// The end of the help of `evaluate`, which names every metric.
fn metric_names() -> String {
    let names: Vec<&str> = steadygan::evaluate::names().collect();
    format!("Metrics: {}", names.join(", "))
}

#[derive(Debug, Args)]
pub(crate) struct Dashboard {
    /// The folder that holds the runs
    #[arg(value_name = "DIR", default_value = "runs")]
    pub(crate) folder: PathBuf,
    /// The port; 0 is any that is free [default: 7070, or any that is free]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u16>)]
    pub(crate) port: Option<u16>,
    /// The address to serve at; other machines reach any but this one
    #[arg(long, value_name = "ADDR", default_value_t = IpAddr::from([127, 0, 0, 1]))]
    pub(crate) host: IpAddr,
}

#[derive(Debug, Args)]
pub(crate) struct SampleWorker {
    /// A run's folder
    pub(crate) run: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// A run's folder; or an export's, or generator.safetensors in it
    #[arg(value_name = "RUN|EXPORT")]
    pub(crate) run: PathBuf,
    /// Images to make, or latents to walk through [default: 64, or 8 with --interpolate]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<usize>, conflicts_with = "latents")]
    count: Option<usize>,
    /// Seed of the latents
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 0, value_parser = whole::<u64>, conflicts_with = "latents")]
    pub(crate) seed: u64,
    /// Latents to make images of: an array of float32 or float64 of shape (N, latent) or (N, latent, 1, 1)
    #[arg(long, value_name = "FILE.npy")]
    pub(crate) latents: Option<PathBuf>,
    /// The class to make, by its name or its number from 0 (default: all in turn, each in a column of a sheet)
    #[arg(long, value_name = "CLASS")]
    pub(crate) class: Option<String>,
    /// Walk through the latents and back to the first, on great circles (straight if they are uniform)
    #[arg(long)]
    pub(crate) interpolate: bool,
    /// A sheet or, of points, a scatter plot (.png), an animation (.gif), an array (.npy) or a new folder of images (a
    /// name without an ending, or one that ends in a slash)
    #[arg(long, value_name = "PATH", default_value = GENERATED_FILE)]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) overwrite: Overwrite,
    #[command(flatten)]
    pub(crate) checkpoint: Checkpoint,
    #[command(flatten)]
    pub(crate) device: Device,
}

impl Generate {
    /// How many latents to draw.
    pub(crate) fn count(&self) -> usize {
        self.count.unwrap_or(if self.interpolate { 8 } else { 64 })
    }
}

/// The default file of generated images. A file with this name is overwritten, whatever wrote it.
pub(crate) const GENERATED_FILE: &str = "generated.png";

/// The default file of the sheet. A file with this name is overwritten, whatever wrote it.
pub(crate) const SHEET_FILE: &str = "inspected.png";

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// Show what images there are, which of them are odd, and what a recipe makes of them
    Inspect(Inspect),
    /// Decode and resize images once, into a file that every run opens at once
    Pack(Pack),
}

/// Images, and the recipe that they are for.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// Anything that `data.source` takes
    path: String,
    /// A recipe file (default: the embedded one)
    #[arg(long, value_name = "RECIPE")]
    recipe: Option<PathBuf>,
    /// Any recipe key, such as data.size=64
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl Source {
    pub(crate) fn recipe(&self) -> Result<LayeredRecipe> {
        steadygan::data::require_images(&self.path)?;
        Recipe::on(&self.path, self.recipe.as_deref(), &self.set).layered()
    }
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    #[command(flatten)]
    pub(crate) source: Source,
    /// Where a sheet of 8 × 8 images goes, as they are trained on
    #[arg(long, value_name = "FILE.png", default_value = SHEET_FILE)]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) overwrite: Overwrite,
}

#[derive(Debug, Args)]
pub(crate) struct Pack {
    #[command(flatten)]
    pub(crate) source: Source,
    /// The pack's file, with the ending .safetensors or none; it replaces packs only (default: beside the images,
    /// NAME-SIZEpx.pack.safetensors)
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}
