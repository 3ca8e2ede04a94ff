//! A run that is killed at any moment and resumed ends with the same bytes as an undisturbed run.

use crate::command::{DONE, command, steadygan, train};
use crate::pictures::workplace;
use crate::run_files::differing;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A run long enough that twenty kills hit different moments, with a checkpoint every second step.
const LONG: &str = "train.images=2000 train.checkpoint-every=8 train.stats-every=8 train.sheets-every=24";

fn arguments(threads: usize) -> String {
    let set: Vec<String> = LONG.split(' ').map(|set| format!("--set {set}")).collect();
    format!("tiny.toml --quiet --threads {threads} {}", set.join(" "))
}

/// A number in [0, 1) that differs from call to call and from one test run to the next.
fn random(call: usize) -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    (f64::from(now) / 1e9 * 997.0 + call as f64 * 0.618_033_988_75).fract()
}

/// Starts the program and kills it after `after`, unless it has ended by then. Returns whether it was killed.
fn killed(folder: &Path, arguments: &str, after: Duration) -> bool {
    let mut child = command(folder, arguments.split(' ')).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap().code().is_none()
}

/// Kills `kills` runs at random moments, and every second one also while it is resumed. Compares the end of each with
/// that of an undisturbed run.
fn kill_at_random(threads: usize, kills: usize) {
    let folder = workplace();
    let arguments = arguments(threads);
    let started = Instant::now();
    let undisturbed = train(folder.path(), &arguments);
    let whole = started.elapsed();
    let mut hits = 0;
    for attempt in 0.. {
        assert!(attempt < 4 * kills, "only {hits} of {attempt} kills came before the end");
        let out = format!("kill{attempt}");
        let after = whole.mul_f64(random(attempt));
        if !killed(folder.path(), &format!("train {arguments} --out {out}"), after) {
            continue;
        }
        hits += 1;
        let name = format!("{out}/00001-pictures-hacks");
        let run = folder.path().join(&name);
        let mut story = format!("killed after {after:?} of {whole:?}");
        // A run killed before plan.json was written has trained nothing and cannot be resumed, so a new run is trained.
        let whole_again = if !run.join("plan.json").exists() {
            train(folder.path(), &format!("{arguments} --out {out}"))
        } else {
            let resume = format!("resume {name} --quiet --threads {threads}");
            if hits % 2 == 1 {
                let after = whole.mul_f64(random(attempt + kills));
                killed(folder.path(), &resume, after);
                story += &format!(", its resume after {after:?}");
            }
            let answer = steadygan(folder.path(), &resume);
            assert_eq!(answer.code, DONE, "{story}: {answer:#?}");
            run
        };
        let differ = differing(&undisturbed, &whole_again);
        assert!(differ.is_empty(), "{story}: these differ: {differ:?}");
        fs::remove_dir_all(folder.path().join(out)).unwrap();
        if hits == kills {
            println!("{kills} runs of {whole:?} at {threads} threads were killed, {} ended before", attempt + 1 - hits);
            return;
        }
    }
}

#[test]
fn three_kills_at_random_moments() {
    kill_at_random(2, 3);
}

#[test]
#[ignore = "a minute: cargo test --release -p steadygan-cli -- --ignored twenty"]
fn twenty_kills_at_one_thread() {
    kill_at_random(1, 20);
}

#[test]
#[ignore = "a minute: cargo test --release -p steadygan-cli -- --ignored twenty"]
fn twenty_kills_at_two_threads() {
    kill_at_random(2, 20);
}
