//! Measures rows. Whichever program has a turn is alone on the machine.

use super::bench_process::{BenchProcess, Launch};
use super::comparison::{Comparison, OURS, Turn, mean, median};
use super::programs::Programs;
use super::rows::{Model, Peer, Row, Threads, USUAL_SAMPLING, USUAL_TRAINING, Work};
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Turns of an operator in a round. A turn is a single call.
const OPERATOR_TURNS: usize = 3;
const PASSES: [&str; 3] = ["forward", "input-gradient", "weight-gradient"];

/// Names of turns without a peer.
pub(super) const END_TO_END: &str = "end to end";
pub(super) const START: &str = "start";

/// How often to look for the file that shows that a run has begun.
const LOOK: Duration = Duration::from_millis(1);

/// A row with what was measured.
#[derive(Debug, Serialize)]
pub(super) struct Measured {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    #[serde(skip)]
    pub(super) table: Table,
    pub(super) commands: Vec<String>,
    #[serde(rename = "contests")]
    pub(super) comparisons: Vec<Comparison>,
}

/// The table of a record that a row belongs to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Table {
    /// Networks, with the name of the peer that is PyTorch's usual script; `None` if the peers are not PyTorch's.
    Networks(Option<&'static str>),
    Operators,
    EndToEnd,
    Start,
}

/// # Errors
///
/// A program of either side cannot be built or fails, or the two sides train different networks.
pub(super) fn measure(row: &'static Row, programs: &Programs, rounds: usize) -> Result<Measured, String> {
    let (table, (commands, comparisons)) = match &row.work {
        Work::Train { model, threads, peer, steps } => {
            let ours = programs.ours("train", model, *threads)?;
            let (usual, peers) = match peer {
                Peer::PyTorch(modes) => (Some(USUAL_TRAINING), pytorch(programs, "train", model, modes, *threads)),
                Peer::Keras => (None, vec![programs.peer("keras", "keras_tensorflow.py", &model.options(), *threads)]),
            };
            (Table::Networks(usual), race(row, programs, (ours, peers), [1, *steps], rounds)?)
        }
        Work::Sample { model, modes, images } => {
            let ours = programs.ours("sample", model, Threads::All)?;
            let peers = pytorch(programs, "sample", model, modes, Threads::All);
            let measured = race(row, programs, (ours, peers), [model.batch, *images], rounds)?;
            (Table::Networks(Some(USUAL_SAMPLING)), measured)
        }
        Work::Operators => (Table::Operators, operators(row, programs, rounds)?),
        Work::EndToEnd { model, images, bare_steps } => {
            (Table::EndToEnd, end_to_end(row, programs, model, [*images, *bare_steps], rounds)?)
        }
        Work::Start { runs } => (Table::Start, starts(row, programs, runs, rounds)?),
    };
    Ok(Measured { name: row.name, title: row.title, table, commands, comparisons })
}

/// Commands as the record shows them, and what was measured.
type Turns = (Vec<String>, Vec<Comparison>);

fn pytorch(programs: &Programs, work: &str, model: &Model, modes: &[&str], threads: Threads) -> Vec<Launch> {
    let peer = |mode: &&str| {
        let arguments = [vec![work.to_owned()], model.options(), vec!["--mode".into(), (*mode).into()]].concat();
        programs.peer(mode, "pytorch.py", &arguments, threads)
    };
    modes.iter().map(peer).collect()
}

/// In every round each peer has its turn right after one of ours. The first of `counts` is the size of the warm-up.
fn race(
    row: &Row,
    programs: &Programs,
    (ours, peers): (Launch, Vec<Launch>),
    counts: [usize; 2],
    rounds: usize,
) -> Result<Turns, String> {
    let [warm_up, question] = counts.map(|count| count.to_string());
    let commands = std::iter::once(&ours).chain(&peers).map(|launch| launch.shown.clone()).collect();
    let mut ours = BenchProcess::start(ours, &programs.scratch)?;
    let parameters = ours.ask(&warm_up)?.parameters;
    let mut ready = Vec::new();
    for launch in peers {
        let name = launch.name.clone();
        progress(row, &format!("starting {name}"));
        let mut peer = BenchProcess::start(launch, &programs.scratch)?;
        let theirs = peer.ask(&warm_up)?.parameters;
        if theirs != parameters {
            let networks = format!("ours have {parameters:?} parameters and theirs {theirs:?}");
            return Err(format!("error: {name} does not train the same networks: {networks}"));
        }
        ready.push(peer);
    }
    let mut comparison = Comparison { title: row.title.into(), turns: Vec::new() };
    for round in 1..=rounds {
        for peer in &mut ready {
            comparison.turns.push(ours.turn(round, &question)?);
            comparison.turns.push(peer.turn(round, &question)?);
        }
        print_round(row, &comparison, round, rounds, median);
    }
    Ok((commands, vec![comparison]))
}

/// Each layer and pass by itself, every one after all the others, so that caches are as cold as in a training step.
fn operators(row: &Row, programs: &Programs, rounds: usize) -> Result<Turns, String> {
    let layers = programs.kernels()?.layers;
    let launches =
        [programs.our_operators()?, programs.peer_operators("nchw"), programs.peer_operators("channels-last")];
    let commands = launches.iter().map(|launch| launch.shown.clone()).collect();
    let [ours, nchw, channels_last] = launches.map(|launch| BenchProcess::start(launch, &programs.scratch));
    let (mut ours, mut peers) = (ours?, [nchw?, channels_last?]);
    let mut comparisons = Vec::new();
    for layer in &layers {
        for pass in PASSES {
            comparisons
                .push(Comparison { title: format!("{}, {}", layer.name, pass.replace('-', " ")), turns: Vec::new() });
        }
    }
    // Round 0 warms up.
    for round in 0..=rounds * OPERATOR_TURNS {
        for (at, comparison) in comparisons.iter_mut().enumerate() {
            let question = format!("{} {}", at / PASSES.len(), PASSES[at % PASSES.len()]);
            for peer in &mut peers {
                let turns = [ours.turn(round, &question)?, peer.turn(round, &question)?];
                comparison.turns.extend(turns.into_iter().filter(|turn| turn.round > 0));
            }
        }
        progress(row, &format!("round {round}/{}", rounds * OPERATOR_TURNS));
    }
    Ok((commands, comparisons))
}

/// The whole command, from start to end, beside the loop alone: milliseconds a step.
fn end_to_end(
    row: &Row,
    programs: &Programs,
    model: &Model,
    [images, bare_steps]: [usize; 2],
    rounds: usize,
) -> Result<Turns, String> {
    let launch = programs.ours("train", model, Threads::All)?;
    let arguments = ["recipes/pytorch-dcgan.toml".to_owned(), format!("--images={images}")];
    let settings = model.keys().into_iter().map(|key| format!("--set={key}"));
    let arguments: Vec<String> = arguments.into_iter().chain(settings).collect();
    let commands = vec![launch.shown.clone(), format!("steadygan train {}", arguments.join(" "))];
    let program = programs.steadygan()?;
    let mut bare = BenchProcess::start(launch, &programs.scratch)?;
    bare.ask("1")?;
    let mut comparison = Comparison { title: row.title.into(), turns: Vec::new() };
    for round in 1..=rounds {
        comparison.turns.push(bare.turn(round, &bare_steps.to_string())?);
        let runs = fresh(&programs.scratch)?;
        let began = Instant::now();
        finish(begin(&program, programs.root, &arguments, &runs)?)?;
        let steps = images.div_ceil(model.batch);
        let time = began.elapsed().as_secs_f64() * 1e3 / steps as f64;
        comparison.turns.push(Turn { round, who: END_TO_END.into(), times_ms: vec![time], peak_bytes: None });
        print_round(row, &comparison, round, rounds, mean);
    }
    Ok((commands, vec![comparison]))
}

/// Measures from the start of the process until the state before the first step is saved, because saving it is the last
/// thing before that step.
fn starts(row: &Row, programs: &Programs, runs: &[&[&str]], rounds: usize) -> Result<Turns, String> {
    let shown =
        |arguments: &[&str]| ["steadygan", "train"].iter().chain(arguments).copied().collect::<Vec<_>>().join(" ");
    let mut comparisons: Vec<Comparison> = runs
        .iter()
        .map(|arguments| Comparison { title: format!("`{}`", shown(arguments)), turns: Vec::new() })
        .collect();
    let program = programs.steadygan()?;
    for round in 1..=rounds {
        for (arguments, comparison) in runs.iter().zip(&mut comparisons) {
            let runs = fresh(&programs.scratch)?;
            // One step, so that the run ends soon after.
            let arguments: Vec<String> = arguments.iter().copied().chain(["--images=64"]).map(String::from).collect();
            let began = Instant::now();
            let mut child = begin(&program, programs.root, &arguments, &runs)?;
            while !is_saved(&runs) && matches!(child.try_wait(), Ok(None)) {
                std::thread::sleep(LOOK);
            }
            let time = began.elapsed().as_secs_f64() * 1e3;
            finish(child)?;
            comparison.turns.push(Turn { round, who: START.into(), times_ms: vec![time], peak_bytes: None });
            progress(row, &format!("round {round}/{rounds}: {time:.0} ms, {}", comparison.title));
        }
    }
    Ok((runs.iter().map(|arguments| shown(arguments) + " --images=64").collect(), comparisons))
}

/// An empty folder for runs.
fn fresh(scratch: &Path) -> Result<PathBuf, String> {
    let runs = scratch.join("runs");
    if runs.exists() {
        let removed = fs::remove_dir_all(&runs);
        removed.map_err(|error| format!("error: {} cannot be emptied: {error}", runs.display()))?;
    }
    Ok(runs)
}

fn begin(program: &Path, root: &Path, arguments: &[String], runs: &Path) -> Result<Child, String> {
    let mut command = Command::new(program);
    command.arg("train").args(arguments).arg("--quiet").arg("--out").arg(runs);
    command
        .current_dir(root)
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| format!("error: `steadygan train` cannot be started: {error}"))
}

fn finish(mut child: Child) -> Result<(), String> {
    match child.wait() {
        Ok(status) if status.success() => Ok(()),
        ended => Err(format!("error: `steadygan train` failed: {ended:?}")),
    }
}

/// Whether the only run in a folder has a checkpoint.
fn is_saved(runs: &Path) -> bool {
    let run = fs::read_dir(runs).ok().and_then(|mut entries| entries.next()).and_then(Result::ok);
    run.is_some_and(|run| run.path().join("checkpoints/latest/state.safetensors").exists())
}

/// Prints what a round measured, for the person who waits.
fn print_round(row: &Row, comparison: &Comparison, round: usize, rounds: usize, centre: fn(&[f64]) -> f64) {
    let last = |figures: Vec<f64>| figures.last().copied().unwrap_or(f64::NAN);
    let mut line = format!("round {round}/{rounds}: ours {:.0} ms", median(&comparison.centres(OURS, centre)));
    for peer in comparison.peers() {
        let (time, ratio) = (last(comparison.centres(peer, centre)), last(comparison.ratios(peer, centre)));
        line += &format!(", {peer} {time:.0} ms ({ratio:.2})");
    }
    progress(row, &line);
}

fn progress(row: &Row, text: &str) {
    eprintln!("{:<18} {text}", row.name);
}
