//! The command line.

use clap::{Args, Parser, Subcommand};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
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
    #[arg(long, global = true, value_name = "N", allow_negative_numbers = true)]
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
        let threads = self.threads.unwrap_or(0);
        // rayon takes zero as one thread for each core.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).use_current_thread();
        let sound = self.threads != Some(0) && threads <= 1024 && pool.build_global().is_ok();
        let hint = "leave it out for one thread a core";
        if sound { Ok(()) } else { Err(Error::recipe(format!("--threads {threads} is not in 1..=1024"), hint)) }
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

/// The largest seed, because TOML's integers have 64 bits with a sign.
const MAX_SEED: u64 = i64::MAX as u64;

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
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    batch: Option<u64>,
    /// Seed of every random stream
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(..=MAX_SEED))]
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
        let unknown = || Error::recipe(format!("there is no checkpoint `{}`", self.word), "use best or latest");
        self.word.parse().map_err(|_| unknown())
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
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) samples: Option<usize>,
    /// Pixels on a side at which images are compared (default: their own, if they have one size)
    #[arg(long, value_name = "PIXELS", allow_negative_numbers = true)]
    pub(crate) size: Option<usize>,
    /// The feature network: efficientnet-lite0, digits, fashion, or an ONNX file with NAME.toml beside it
    #[arg(long, value_name = "NETWORK", default_value = steadygan::metrics::network::DEFAULT_NETWORK)]
    pub(crate) network: String,
    /// Seed of latents and subsamples
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 0)]
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
    #[arg(long, value_name = "N")]
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
    #[arg(long, value_name = "N", allow_negative_numbers = true, conflicts_with = "latents")]
    count: Option<usize>,
    /// Seed of the latents
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 0, conflicts_with = "latents")]
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
    /// A sheet or, of points, a scatter plot (.png), an animation (.gif), an array (.npy) or a folder of images
    #[arg(long, value_name = "PATH", default_value = "generated.png")]
    pub(crate) out: PathBuf,
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
}

#[derive(Debug, Args)]
pub(crate) struct Pack {
    #[command(flatten)]
    pub(crate) source: Source,
    /// The pack's file (default: beside the images, NAME-SIZEpx.pack.safetensors)
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}
