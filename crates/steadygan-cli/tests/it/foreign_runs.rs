//! Run folders from somebody else: links, FIFOs and devices in the place of files and folders.

use crate::command::{Answer, DONE, INPUT, command, steadygan, train};
use crate::pictures::workplace;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const HINT: &str = "put the file or folder itself there: in the folder of a run or a study no link is followed, and \
                    nothing but regular files is read";

/// Runs the program, which must end by itself: opening a FIFO would wait for ever.
fn ends(folder: &Path, arguments: &str) -> Answer {
    let mut child =
        command(folder, arguments.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
            panic!("`{arguments}` hangs");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Answer::of(child.wait_with_output().unwrap())
}

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// A finished run in the folder `run`.
fn finished() -> (tempfile::TempDir, PathBuf) {
    let folder = workplace();
    let run = folder.path().join("run");
    fs::rename(train(folder.path(), "tiny.toml --quiet"), &run).unwrap();
    (folder, run)
}

/// The smallest input that failed: a linked `fakes`, whose sheets beyond the checkpoint were deleted.
#[test]
fn nothing_is_deleted_or_written_through_a_linked_folder() {
    for name in ["fakes", "checkpoints", "tensorboard"] {
        let (folder, run) = finished();
        let victim = folder.path().join("victim");
        fs::create_dir(&victim).unwrap();
        fs::write(victim.join("000000999.png"), "mine").unwrap();
        let _ = fs::remove_dir_all(run.join(name));
        symlink(&victim, run.join(name)).unwrap();
        for verb in ["resume run --images 128", "generate run --out x.png", "report run", "export run", "evaluate run"]
        {
            let (error, hint) = ends(folder.path(), verb).refused();
            assert_eq!(error, format!("cannot open run/{name}: it is a link, not a folder"), "{verb}");
            assert_eq!(hint, HINT);
        }
        assert_eq!(fs::read_to_string(victim.join("000000999.png")).unwrap(), "mine");
        assert_eq!(fs::read_dir(&victim).unwrap().count(), 1);
    }
}

#[test]
fn no_verb_waits_for_a_fifo_or_reads_a_device() {
    let verbs = ["resume run --images 128", "report run", "generate run --out x.png"];
    for (name, opened) in [
        (".lock", &verbs[..1]),
        ("manifest.json", &verbs[..2]),
        ("stats.jsonl", &verbs[..2]),
        ("metrics.jsonl", &verbs[..2]),
        ("recipe.toml", &verbs[..1]),
        ("log.txt", &verbs[..1]),
        ("findings.jsonl", &verbs[..2]),
        ("checkpoints/latest/state.safetensors", &verbs[..]),
    ] {
        for device in [None, Some("/dev/zero")] {
            let (folder, run) = finished();
            let path = run.join(name);
            let _ = fs::remove_file(&path);
            match device {
                None => fifo(&path),
                Some(device) => symlink(device, &path).unwrap(),
            }
            for verb in verbs {
                let answer = ends(folder.path(), verb);
                let is_opened = opened.contains(&verb) && !(verb == "report run" && name.starts_with("checkpoints"));
                assert_eq!(answer.code, if is_opened { INPUT } else { DONE }, "{name} {verb} {answer:#?}");
                if is_opened {
                    assert!(answer.stderr.contains(&format!("run/{name}: it is a ")), "{name} {verb} {answer:#?}");
                    assert!(answer.stderr.contains(HINT), "{answer:#?}");
                }
            }
        }
    }
}

#[test]
fn a_run_that_is_moved_while_it_trains_ends_with_an_error_and_goes_on_where_it_is() {
    let folder = workplace();
    let arguments = "train tiny.toml --images 1M --set train.stats-every=4 --set train.checkpoint-every=4";
    let child =
        command(folder.path(), arguments.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let run = folder.path().join("runs/00001-pictures-hacks");
    let started = Instant::now();
    while !run.join("checkpoints/latest/state.safetensors").exists() {
        assert!(started.elapsed() < Duration::from_secs(60), "no checkpoint");
        std::thread::sleep(Duration::from_millis(5));
    }
    fs::rename(&run, folder.path().join("moved")).unwrap();
    let answer = Answer::of(child.wait_with_output().unwrap());
    assert_eq!((answer.code, answer.stdout.as_str()), (INPUT, ""), "{answer:#?}");
    let expected = "error: runs/00001-pictures-hacks was moved or removed while it was trained\n\
                    hint: put it back, or go on where it is now: `steadygan resume RUN` continues from its last checkpoint\n";
    assert!(answer.stderr.ends_with(expected), "{answer:#?}");
    assert_eq!(fs::read_dir(folder.path().join("runs")).unwrap().count(), 0);
    let resumed = steadygan(folder.path(), "resume moved --until 4");
    assert!(resumed.stderr.contains("stopped at "), "{resumed:#?}");
}
