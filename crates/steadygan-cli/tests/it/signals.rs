//! Signals that were ignored when the program started, as `nohup` and a shell's background jobs ask for.

use crate::command::{INTERRUPTED, command};
use crate::pictures::workplace;
use crate::run_files::manifest;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn send(signal: &str, child: &Child) {
    let kill = format!("kill -{signal} {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(60), "never {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn stats(run: &Path) -> u64 {
    fs::metadata(run.join("stats.jsonl")).map_or(0, |file| file.len())
}

/// The shell's `trap ''` ignores signals as `nohup` does; `exec` hands that on to the program.
#[test]
fn an_ignored_signal_stays_ignored_and_the_others_stop_the_run() {
    let folder = workplace();
    let program = command(folder.path(), [""; 0]);
    let script = format!(
        "trap '' HUP INT; exec '{}' train tiny.toml --quiet --images 1M --set train.sheets-every=100k",
        program.get_program().to_str().unwrap()
    );
    let mut child = Command::new("sh")
        .args(["-c", &script])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let run = folder.path().join("runs/00001-pictures-hacks");
    wait_until("trained", || stats(&run) > 0);
    for signal in ["HUP", "INT", "HUP"] {
        send(signal, &child);
        let before = stats(&run);
        wait_until("trained on", || stats(&run) > before);
        assert!(child.try_wait().unwrap().is_none(), "SIG{signal} ended it");
    }
    send("TERM", &child);
    assert_eq!(child.wait().unwrap().code(), Some(INTERRUPTED));
    assert_eq!(manifest(&run)["outcome"]["state"], "stopped");
}

/// A terminal that is closed stops a run that did not ask to be spared.
#[test]
fn a_hangup_saves_and_stops() {
    let folder = workplace();
    let arguments = "train tiny.toml --quiet --images 1M --set train.sheets-every=100k";
    let mut child = command(folder.path(), arguments.split(' ')).stdout(Stdio::null()).spawn().unwrap();
    let run = folder.path().join("runs/00001-pictures-hacks");
    wait_until("trained", || stats(&run) > 0);
    send("HUP", &child);
    assert_eq!(child.wait().unwrap().code(), Some(INTERRUPTED));
    assert_eq!(manifest(&run)["outcome"]["state"], "stopped");
}
