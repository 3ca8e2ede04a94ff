//! The programs of both sides, and how they are started.

use super::bench_process::Launch;
use super::rows::{Model, Threads};
use crate::cargo;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the peers' scripts are; its README.md says how to make their environment.
const PEERS: &str = "benchmarks/peers";

pub(super) struct Programs<'a> {
    pub(super) root: &'a Path,
    pub(super) python: PathBuf,
    /// For logs, runs, and what torch.compile compiled.
    pub(super) scratch: PathBuf,
    /// The number of processors.
    pub(super) processors: usize,
}

/// The kernels' example: what layers it has, and the instruction set that it chose.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Kernels {
    pub(super) instruction_set: String,
    pub(super) layers: Vec<Layer>,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct Layer {
    pub(super) name: String,
}

impl<'a> Programs<'a> {
    /// # Errors
    ///
    /// The folder for logs cannot be made.
    pub(super) fn new(root: &'a Path, python: PathBuf) -> Result<Self, String> {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let scratch = target.join("bench");
        let made = fs::create_dir_all(&scratch);
        made.map_err(|error| format!("error: {} cannot be made: {error}", scratch.display()))?;
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self { root, python, scratch, processors })
    }

    /// The versions of Python and of these packages.
    ///
    /// # Errors
    ///
    /// Python cannot be run or lacks one of them.
    pub(super) fn versions(&self, packages: &[&str]) -> Result<BTreeMap<String, String>, String> {
        let hint = format!("{PEERS}/README.md says how to make an environment; then --python PATH of its Python");
        let mut command = Command::new(&self.python);
        command.arg(self.root.join(PEERS).join("versions.py")).args(packages);
        let answer = cargo::output_of(&mut command).map_err(|error| format!("{error}\nhint: {hint}"))?;
        let versions: BTreeMap<String, Option<String>> =
            serde_json::from_str(&answer).map_err(|error| format!("error: versions.py did not answer: {error}"))?;
        let missing: Vec<&str> =
            versions.iter().filter(|(_, version)| version.is_none()).map(|(name, _)| name.as_str()).collect();
        if !missing.is_empty() {
            let lacks = format!("error: {} lacks the packages {}", self.python.display(), missing.join(", "));
            return Err(format!("{lacks}\nhint: {hint}, or choose other rows with --only"));
        }
        Ok(versions.into_iter().filter_map(|(name, version)| Some((name, version?))).collect())
    }

    /// The library's benchmark `steps`: `train` or `sample`.
    pub(super) fn ours(&self, work: &str, model: &Model, threads: Threads) -> Result<Launch, String> {
        let mut command = Command::new(self.steps()?);
        command.args([work, "-"]).args(model.keys());
        let shown = format!("cargo bench -p steadygan --bench steps -- {work} - {}", model.keys().join(" "));
        Ok(self.launch(super::comparison::OURS, command, &shown, threads))
    }

    /// The library's benchmark `steps` as a file.
    pub(super) fn steps(&self) -> Result<PathBuf, String> {
        cargo::executable(self.root, &["bench", "--no-run", "--package", "steadygan", "--bench", "steps"])
    }

    /// Training of the embedded recipe, changed by these keys, in the benchmark `steps`.
    pub(super) fn embedded(&self, steps: &Path, keys: &[String]) -> Launch {
        let mut command = Command::new(steps);
        command.args(["embedded", "-"]).args(keys);
        let shown = format!("cargo bench -p steadygan --bench steps -- embedded - {}", keys.join(" "));
        self.launch(super::comparison::OURS, command, &shown, Threads::All)
    }

    /// The kernels' example `layers`, which runs single operators.
    pub(super) fn our_operators(&self) -> Result<Launch, String> {
        let mut command = Command::new(self.layers()?);
        command.arg("turns");
        let shown = "cargo run --release -p steadygan-kernels --example layers turns";
        Ok(self.launch(super::comparison::OURS, command, shown, Threads::All))
    }

    fn layers(&self) -> Result<PathBuf, String> {
        cargo::executable(self.root, &["build", "--release", "--package", "steadygan-kernels", "--example", "layers"])
    }

    /// The kernels' layers, which are also written for the peers to read.
    pub(super) fn kernels(&self) -> Result<Kernels, String> {
        let list = cargo::output_of(Command::new(self.layers()?).arg("list"))?;
        let written = fs::write(self.layers_file(), &list);
        written.map_err(|error| format!("error: the list of layers cannot be written: {error}"))?;
        serde_json::from_str(&list).map_err(|error| format!("error: the example `layers` lists no layers: {error}"))
    }

    fn layers_file(&self) -> PathBuf {
        self.scratch.join("layers.json")
    }

    /// The program as a user builds it.
    pub(super) fn steadygan(&self) -> Result<PathBuf, String> {
        cargo::program(self.root, "steadygan-cli")
    }

    /// A peer that trains or samples: a script and its arguments.
    pub(super) fn peer(&self, name: &str, script: &str, arguments: &[String], threads: Threads) -> Launch {
        let count = self.count(threads).to_string();
        let mut command = Command::new(&self.python);
        command.arg(self.root.join(PEERS).join(script)).args(arguments).args(["--threads", &count]);
        let shown = format!("PYTHON {PEERS}/{script} {} --threads {count}", arguments.join(" "));
        self.launch(name, command, &shown, threads)
    }

    /// A peer that runs single operators in a layout.
    pub(super) fn peer_operators(&self, layout: &str) -> Launch {
        let list = self.layers_file().display().to_string();
        let mut launch =
            self.peer(layout, "pytorch_operators.py", &[list.clone(), "--layout".into(), layout.into()], Threads::All);
        launch.shown = launch.shown.replace(&list, "layers.json");
        launch
    }

    fn count(&self, threads: Threads) -> usize {
        match threads {
            Threads::All => self.processors,
            Threads::One => 1,
        }
    }

    fn launch(&self, name: &str, mut command: Command, shown: &str, threads: Threads) -> Launch {
        let count = self.count(threads);
        let variable = if name == super::comparison::OURS { "RAYON_NUM_THREADS" } else { "OMP_NUM_THREADS" };
        command.env(variable, count.to_string()).env("PYTHONDONTWRITEBYTECODE", "1");
        // torch.compile does not compile again in the next run what it compiled once, and runs no process of its own
        // while another program has a turn.
        command.env("TORCHINDUCTOR_CACHE_DIR", self.scratch.join("torchinductor"));
        command.env("TORCHINDUCTOR_COMPILE_THREADS", "1");
        Launch { name: name.to_owned(), command, shown: format!("{variable}={count} {shown}") }
    }
}
