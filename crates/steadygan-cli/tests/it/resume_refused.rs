//! Requests to resume that are refused.

use crate::command::{command, entries, steadygan, train};
use crate::pictures::{png, workplace};
use crate::run_files::result;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

#[test]
fn folders_that_are_no_runs() {
    let folder = workplace();
    let (error, hint) = steadygan(folder.path(), "resume pictures").refused();
    assert_eq!(error, "pictures is not a run directory");
    let no_run = "name a run's folder, such as runs/00001-fashion-hacks; `steadygan train` starts a new one";
    assert_eq!(hint, no_run);
    let (error, hint) = steadygan(folder.path(), "resume nowhere").refused();
    assert_eq!((error.as_str(), hint.as_str()), ("cannot open nowhere: no such file or directory", no_run));
    assert_eq!(entries(folder.path()), ["pictures", "tiny.toml"]);
}

#[test]
fn anything_but_more_images() {
    let folder = workplace();
    let run = folder.path().join("run");
    fs::rename(train(folder.path(), "tiny.toml --quiet"), &run).unwrap();
    let before = result(&run);
    let refused = |arguments: &str| steadygan(folder.path(), &format!("resume run {arguments}")).refused();
    let (error, hint) = refused("--images 32");
    assert_eq!(error, "32 images are fewer than the run has planned (64) or shown (64)");
    assert_eq!(hint, "images count from the run's beginning: ask for more with --images N");

    let (error, hint) = refused("--checkpoint best");
    assert_eq!(error, "run has no best checkpoint");
    assert_eq!(hint, "it is kept from the first measurement on (train.metric-every): use --checkpoint latest");

    let recipe = fs::read_to_string(run.join("recipe.toml")).unwrap();
    let edited = recipe.replace("width = 4", "width = 8").replace("batch = 4", "batch = 8");
    fs::write(run.join("recipe.toml"), format!("seed = 9\n{edited}")).unwrap();
    let (error, hint) = refused("");
    assert_eq!(error, "the run's recipe.toml was changed since it started: model.width, seed, train.batch");
    assert!(hint.starts_with("put it back, or start a new run with `steadygan train`"), "{hint}");
    fs::write(run.join("recipe.toml"), recipe).unwrap();
    assert_eq!(result(&run), before, "a refusal changes nothing");
}

#[test]
fn other_images_than_it_was_trained_on() {
    let folder = workplace();
    let run = folder.path().join("run");
    fs::rename(train(folder.path(), "tiny.toml --quiet"), &run).unwrap();
    let before = result(&run);
    fs::write(folder.path().join("pictures/07.png"), png(99)).unwrap();
    let (error, hint) = steadygan(folder.path(), "resume run --images 128").refused();
    assert_eq!(error, "the images of `pictures` are not those that the run was trained on");
    assert!(hint.starts_with("put the old images back"), "{hint}");
    fs::rename(folder.path().join("pictures"), folder.path().join("elsewhere")).unwrap();
    let (error, hint) = steadygan(folder.path(), "resume run --images 128").refused();
    assert_eq!(error, "there is no file or folder \"pictures\"");
    assert!(hint.starts_with("put the old images back, say where they are now (--data PATH)"), "{hint}");
    let (error, _) = steadygan(folder.path(), "resume run --images 128 --data elsewhere").refused();
    assert_eq!(
        error,
        format!(
            "the images of `{}` are not those that the run was trained on",
            folder.path().join("elsewhere").display()
        )
    );
    assert_eq!(result(&run), before, "a refusal changes nothing");
}

/// A run is resumed on the device that it was trained on, unless another one is named. A run that another version wrote
/// is refused.
#[test]
fn a_run_of_another_device_or_version() {
    let folder = workplace();
    let run = folder.path().join("run");
    fs::rename(train(folder.path(), "tiny.toml --quiet"), &run).unwrap();
    let manifest = fs::read_to_string(run.join("manifest.json")).unwrap();
    let edit = |from: &str, to: &str| {
        assert!(manifest.contains(from), "{manifest}");
        fs::write(run.join("manifest.json"), manifest.replace(from, to)).unwrap();
    };
    edit("\"device\": \"cpu\"", "\"device\": \"tpu\"");
    assert_eq!(steadygan(folder.path(), "resume run").refused().0, "there is no device `tpu`");
    steadygan(folder.path(), "resume run --quiet --device cpu").done();
    steadygan(folder.path(), "resume run --quiet").done();
    edit("\"format_version\": 1", "\"format_version\": 7");
    let (error, hint) = steadygan(folder.path(), "resume run").refused();
    assert_eq!(error, "run/manifest.json has format version 7, this program reads 1");
    assert_eq!(hint, "use the program that wrote it");
}

#[test]
fn a_run_that_is_being_trained() {
    let folder = workplace();
    let mut child = command(folder.path(), ["train", "tiny.toml", "--images", "1M"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let checkpoint = folder.path().join("runs/00001-pictures-hacks/checkpoints/latest/state.safetensors");
    let started = Instant::now();
    while !checkpoint.exists() && started.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let (error, hint) = steadygan(folder.path(), "resume runs/00001-pictures-hacks").refused();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(error, "runs/00001-pictures-hacks is being trained by another process");
    assert_eq!(hint, "wait for the other process to end, or stop it with Ctrl-C");
}
