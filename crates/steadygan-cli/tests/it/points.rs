//! Runs on points of the plane.

use crate::command::{steadygan, train};
use crate::pictures::workplace;
use crate::run_files::{assert_equal, manifest};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The tiny run on the points of `ring`, a mixture of eight modes.
const RING: &str = "tiny.toml --data ring --set model.family=mlp --set model.latent=2 --quiet";

fn metrics(run: &Path) -> Vec<Value> {
    let text = fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn dimensions(png: &Path) -> (u32, u32) {
    image::image_dimensions(png).unwrap()
}

#[test]
fn modes_are_counted_and_pictures_are_scatter_plots() {
    let folder = workplace();
    let run = train(folder.path(), &format!("{RING} --images 40"));
    let lines = metrics(&run);
    assert_eq!(lines.iter().map(|line| line["images"].as_u64().unwrap()).collect::<Vec<_>>(), [16, 32, 40]);
    for line in &lines {
        assert_eq!((&line["of"], &line["samples"]), (&8.into(), &2500.into()));
        let captured = line["modes"].as_u64().unwrap();
        assert_eq!(captured == 0, line["high_quality"] == 0.0);
        assert_eq!(captured == 0, line["reverse_kl"].is_null());
    }
    for picture in ["reals.png", "fakes_init.png", "fakes/000000016.png", "fakes/000000040.png"] {
        assert_eq!(dimensions(&run.join(picture)), (512, 512), "{picture}");
    }
    let data = &manifest(&run)["data"];
    let expected = [("channels", 2), ("size", 1), ("images", 100_000), ("holdout", 10_000)];
    assert!(expected.iter().all(|(key, value)| data[key] == *value), "{data}");
}

/// 40 is off the cadence, so the resumed run must remove the line and picture that the first part wrote at its end.
#[test]
fn a_resumed_run_is_one_that_never_stopped() {
    let folder = workplace();
    let run = train(folder.path(), &format!("{RING} --images 40"));
    steadygan(folder.path(), &format!("resume {} --quiet --images 64", run.display())).done();
    assert_equal(&run, &train(folder.path(), &format!("{RING} --images 64")));
}

#[test]
fn points_are_generated_as_a_plot_or_an_array() {
    let folder = workplace();
    let run = train(folder.path(), &format!("{RING} --images 16"));
    let generate = |rest: &str| steadygan(folder.path(), &format!("generate {} {rest}", run.display()));
    generate("--count 1500 --out plot.png").done();
    assert_eq!(dimensions(&folder.path().join("plot.png")), (512, 512));
    generate("--count 5 --out points.npy").done();
    let array = fs::read(folder.path().join("points.npy")).unwrap();
    assert!(String::from_utf8_lossy(&array).contains("(5, 2, 1, 1)"));
    for rest in ["--out folder", "--interpolate --out walk.gif"] {
        let (error, hint) = generate(rest).refused();
        assert_eq!(error, "the run makes points, which cannot be drawn as single images");
        assert_eq!(hint, "write a scatter plot (--out FILE.png) or an array (--out FILE.npy)");
    }
}

#[test]
fn what_makes_images_makes_no_points() {
    let folder = workplace();
    let (error, _) = steadygan(folder.path(), "train tiny.toml --data grid --set model.family=dcgan").refused();
    assert!(error.starts_with("`model.family` is "), "{error}");
    let (error, _) = steadygan(folder.path(), &format!("train {RING} --set data.flip=true")).refused();
    assert_eq!(error, "data.flip mirrors images, and ring holds points");
    let keys = steadygan(folder.path(), &format!("train {RING} --dry-run")).done().stdout;
    for line in
        ["data.size = 1  (the size of ring's points)", "100000 points to train on and 10000 held out, of the plane"]
    {
        assert!(keys.lines().any(|shown| shown == line), "{keys}");
    }
    assert!(!keys.contains("Tanh") && !keys.contains("Sigmoid"), "points have no range: {keys}");
}
