//! Bad arguments, and how answers and messages are split between stdout and stderr.

use crate::command::{Answer, INPUT, command, entries, steadygan, steadygan_with};
use crate::pictures::workplace;
use std::fs::File;
use std::process::Stdio;

#[test]
fn arguments_that_are_not_understood() {
    let folder = workplace();
    let usage = "steadygan --help lists the commands; steadygan COMMAND --help their options";
    let refused = |arguments: &str| steadygan(folder.path(), arguments).refused();
    let said = |error: &str, hint: &str| (error.to_owned(), hint.to_owned());
    assert_eq!(refused("trian"), said("unrecognized subcommand 'trian'", "a similar subcommand exists: 'train'"));
    let similar = "a similar argument exists: '--images'";
    assert_eq!(refused("train --image 3"), said("unexpected argument '--image' found", similar));
    assert_eq!(refused("resume"), said("the following required arguments were not provided: <RUN>", usage));
    let number = "invalid value 'x' for '--batch <N>': it is no whole number from 0 on";
    assert_eq!(refused("train --batch x"), said(number, usage));
    let large = "invalid value '99999999999999999999' for '--threads <N>': it is too large";
    assert_eq!(refused("--threads 99999999999999999999").0, large);
    assert_eq!(
        refused("dashboard --port -1").0,
        "invalid value '-1' for '--port <N>': it is no whole number from 0 on"
    );
    for negative in ["train --batch -3", "train --seed -3", "--threads -3", "generate runs/1 --count -3"] {
        let flag = negative.split(' ').rev().nth(1).unwrap();
        let error = refused(negative).0;
        assert!(error.starts_with(&format!("invalid value '-3' for '{flag} <N>': ")), "{error}");
    }
    let count = "invalid value 'x' for '--images <N>': `x` is no number of images; write it like 50000, 50k or 1.5M";
    assert_eq!(refused("train --images x"), said(count, usage));
    assert_eq!(refused("resume runs/1 --images x"), said(count, usage));
    let seed =
        "invalid value '9223372036854775808' for '--seed <N>': 9223372036854775808 is not in 0..=9223372036854775807";
    assert_eq!(refused("train --seed 9223372036854775808"), said(seed, usage));
    let both = "the argument '--count <N>' cannot be used with '--latents <FILE.npy>'";
    assert_eq!(refused("generate runs/1 --count 3 --latents z.npy"), said(both, usage));
    assert_eq!(refused("generate runs/1 --checkpoint first").0, "there is no checkpoint `first`");
    assert!(!folder.path().join("runs").exists());
}

#[test]
fn threads_out_of_range() {
    let folder = workplace();
    for threads in ["0", "1025"] {
        let (error, _) = steadygan(folder.path(), &format!("train tiny.toml --threads {threads}")).refused();
        assert_eq!(error, format!("--threads {threads} is not in 1..=1024"));
    }
    assert!(!folder.path().join("runs").exists());
}

#[test]
fn devices_that_are_not_there() {
    let folder = workplace();
    for arguments in ["train tiny.toml", "train tiny.toml --dry-run", "resume runs/1", "generate runs/1"] {
        for device in ["tpu", "cpu:1", "cuda:x", "wgpu:-1", ""] {
            let mut all: Vec<&str> = arguments.split(' ').collect();
            all.extend(["--device", device]);
            let (error, hint) = steadygan_with(folder.path(), &all).refused();
            assert_eq!(error, format!("there is no device `{device}`"));
            assert_eq!(hint, "use cpu, wgpu, cuda or cuda:INDEX");
        }
    }
    assert!(!folder.path().join("runs").exists());
}

#[cfg(not(feature = "cuda"))]
#[test]
fn a_device_that_was_not_built_in() {
    let folder = workplace();
    for device in ["cuda", "cuda:1"] {
        let (error, hint) = steadygan(folder.path(), &format!("train tiny.toml --device {device}")).refused();
        assert_eq!(error, "this program was built without cuda");
        assert_eq!(hint, "build it in: cargo build --release --features cuda");
    }
    assert!(!folder.path().join("runs").exists());
}

#[test]
fn the_run_is_the_last_line_on_stdout() {
    let folder = workplace();
    let answer = steadygan(folder.path(), "train tiny.toml").done();
    assert_eq!(answer.stdout, "runs/00001-pictures-hacks\n");
    let answer = steadygan(folder.path(), "train tiny.toml --json --out elsewhere").done();
    assert_eq!(answer.stdout, "{\"run\":\"elsewhere/00001-pictures-hacks\"}\n");
    let lines = answer.stderr.lines().filter(|line| line.contains("\"loss_d\""));
    let images: Vec<_> =
        lines.map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["images"].clone()).collect();
    assert_eq!(images, [16, 32, 48, 64]);
    let answer = steadygan(folder.path(), "train tiny.toml --quiet").done();
    assert_eq!((answer.stdout.as_str(), answer.stderr.as_str()), ("runs/00002-pictures-hacks\n", ""));
    let answer = steadygan(folder.path(), "train tiny.toml --quiet --json").done();
    assert_eq!((answer.stdout.as_str(), answer.stderr.as_str()), ("{\"run\":\"runs/00003-pictures-hacks\"}\n", ""));
}

#[test]
fn a_log_has_a_line_with_each_sheet() {
    let folder = workplace();
    let cadences = "--set train.stats-every=8 --set train.sheets-every=24";
    let answer = steadygan(folder.path(), &format!("train tiny.toml {cadences}")).done();
    let lines: Vec<_> = answer.stderr.lines().filter(|line| line.contains("/s  ")).collect();
    let images: Vec<_> = lines.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(images, ["24", "48", "64"], "{answer:#?}");
    for part in ["loss D ", " G ", "logit real ", " fake ", "diversity "] {
        assert!(lines.iter().all(|line| line.contains(part)), "{answer:#?}");
    }
}

/// The reader of the output may close the pipe early. Training goes on to its end.
#[test]
fn an_answer_that_nobody_reads_is_an_error_after_the_work_is_done() {
    let folder = workplace();
    for arguments in ["heuristics", "train tiny.toml --dry-run", "train tiny.toml", "--help"] {
        let mut child =
            command(folder.path(), arguments.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop((child.stdout.take(), child.stderr.take()));
        assert_eq!(child.wait().unwrap().code(), Some(INPUT), "{arguments}");
    }
    let finished = std::fs::read_to_string(folder.path().join("runs/00001-pictures-hacks/manifest.json")).unwrap();
    assert!(finished.contains("\"state\": \"finished\""), "{finished}");
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_finds_no_space_is_an_error() {
    let folder = workplace();
    for arguments in ["summary tiny.toml --json", "heuristics", "--help", "data inspect pictures --json"] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let child = command(folder.path(), arguments.split(' ')).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
        let (error, hint) = Answer::of(child.wait_with_output().unwrap()).refused();
        assert_eq!(error, "cannot write the answer to standard output: no space left on device", "{arguments}");
        assert_eq!(hint, "look at where standard output goes; files that the command has written are whole");
    }
    assert_eq!(entries(folder.path()), ["inspected.png", "pictures", "tiny.toml"]);
}

/// The system may allow fewer threads than were asked for.
#[cfg(target_os = "linux")]
#[test]
fn threads_that_cannot_be_started() {
    let folder = workplace();
    // Each thread has a stack of 2 MiB of address space.
    let script = "ulimit -v 400000 2>/dev/null; exec \"$0\" --threads 1000 heuristics";
    let mut shell = std::process::Command::new("sh");
    shell.current_dir(folder.path()).args(["-c", script, env!("CARGO_BIN_EXE_steadygan")]);
    let (error, hint) = Answer::of(shell.output().unwrap()).refused();
    assert!(error.starts_with("cannot start 1000 threads: "), "{error}");
    assert!(hint.contains("--threads 1"), "{hint}");
}
