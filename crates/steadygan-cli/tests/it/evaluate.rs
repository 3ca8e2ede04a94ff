//! `steadygan evaluate` on tiny runs and folders.

use crate::command::{Answer, command, steadygan, train};
use crate::pictures::{pictures, workplace};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The tiny run with more images held out, because an evaluation needs more than the few of its recipe.
const TINY: &str = "tiny.toml --quiet --images 16 --set data.holdout=0.6";

/// Runs `evaluate` with its cache in `folder`.
fn evaluate(folder: &Path, arguments: &str) -> Answer {
    let words = ["evaluate"].into_iter().chain(arguments.split_whitespace());
    let output = command(folder, words).env("XDG_CACHE_HOME", folder.join("cache")).output().unwrap();
    Answer::of(output)
}

fn metric<'a>(evaluation: &'a Value, name: &str) -> &'a Value {
    let metrics = evaluation["metrics"].as_array().unwrap();
    metrics.iter().find(|metric| metric["metric"] == name).unwrap_or_else(|| panic!("no {name}: {evaluation}"))
}

#[test]
fn the_same_images_are_precise_recalled_and_covered() {
    let folder = workplace();
    let answer = evaluate(folder.path(), "pictures --against pictures --json").done();
    let found = answer.json();
    for name in ["precision", "recall", "coverage"] {
        assert_eq!(found[name], 1.0, "{found}");
        assert!(found["floor"][name].is_number());
    }
    assert!(found["density"].as_f64().unwrap() > 0.5);
    assert_eq!(found["frechet-distance"].as_f64().map(|value| value.abs() < 1e-3), Some(true), "{found}");
    let precision = metric(&found, "precision");
    assert_eq!(
        (&precision["samples"], &precision["reals"], &precision["floor_samples"]),
        (&40.into(), &40.into(), &20.into())
    );
    assert_eq!(precision["name"], "precision-k5-efficientnet-lite0");
    let same = "40 of the 40 fakes are reals, pixel by pixel: a generator is not measured by them";
    assert_eq!(found["caveats"], serde_json::json!([same]));
    assert_eq!(precision["caveat"], same);
    let few = "of fewer than 2000 images it is mostly bias: use the kernel distance";
    assert_eq!(metric(&found, "frechet-distance")["caveat"], format!("{few}; {same}"));
    // MS-SSIM needs more than 8 pixels, and the other two need a run's training set.
    let skipped: Vec<&str> =
        found["skipped"].as_array().unwrap().iter().map(|it| it["metric"].as_str().unwrap()).collect();
    assert_eq!(skipped, ["ms-ssim", "memorisation", "overfit-gap"]);
    assert_eq!(fs::read_dir(folder.path().join("cache/steadygan/features")).unwrap().count(), 1);
    let again = evaluate(folder.path(), "pictures --against pictures --json").done();
    assert_eq!(again.stdout, answer.stdout, "cached features change nothing");
}

#[test]
fn a_run_is_compared_with_its_held_out_images_and_keeps_the_table() {
    let folder = workplace();
    pictures(folder.path(), "more");
    let run = train(folder.path(), &format!("{TINY} --set train.batch=4"));
    let name = run.strip_prefix(folder.path()).unwrap().display().to_string();
    let refused = evaluate(folder.path(), &format!("{name} --metrics precision"));
    let (error, hint) = refused.refused();
    assert!(error.contains("are too few: metrics need 24 of each"), "{error}");
    assert!(hint.contains("--against DATA"), "{hint}");
    let answer = evaluate(
        folder.path(),
        &format!("{name} --against more --samples 30 --metrics precision,recall,memorisation,overfit-gap"),
    )
    .done();
    assert!(
        answer.stdout.contains("precision-k5-efficientnet-lite0") && answer.stdout.contains("30/30/15"),
        "{answer:?}"
    );
    let written: Value = serde_json::from_str(&fs::read_to_string(run.join("evaluation.json")).unwrap()).unwrap();
    let names: Vec<&str> =
        written["metrics"].as_array().unwrap().iter().map(|it| it["metric"].as_str().unwrap()).collect();
    assert_eq!(names, ["precision", "recall", "memorisation", "overfit-gap"]);
    assert_eq!(
        (&written["images"], &written["checkpoint"], &written["against"]),
        (&16.into(), &"latest".into(), &"more".into())
    );
}

/// A value never comes without its caveat: reals that a run was trained on, and reals that are smaller than the fakes.
#[test]
fn what_makes_a_comparison_unfair_is_said() {
    let folder = workplace();
    let run = train(folder.path(), &format!("{TINY} --set train.batch=4"));
    let name = run.strip_prefix(folder.path()).unwrap().display().to_string();
    let caveats = |arguments: &str| {
        let found = evaluate(folder.path(), &format!("{arguments} --metrics diversity --json")).done().json();
        let caveats: Vec<String> = serde_json::from_value(found["caveats"].clone()).unwrap();
        let row = &found["metrics"][0]["caveat"];
        assert_eq!(row.as_str().unwrap_or_default(), caveats.join("; "));
        caveats
    };
    let trained = caveats(&format!("{name} --against pictures"));
    assert_eq!(trained.len(), 1, "{trained:?}");
    let counted = trained[0].strip_prefix("the run was trained on ").unwrap();
    assert!(counted.ends_with(" of the 40 reals: images that it has not seen would be further off"), "{trained:?}");
    let written: Value = serde_json::from_str(&fs::read_to_string(run.join("evaluation.json")).unwrap()).unwrap();
    assert_eq!(written["caveats"][0], trained[0]);
    let table = evaluate(folder.path(), &format!("{name} --against pictures --metrics diversity")).done().stdout;
    assert!(table.ends_with(&format!("\nall metrics: {}\n", trained[0])), "{table}");

    fs::rename(folder.path().join("pictures"), folder.path().join("moved")).unwrap();
    assert_eq!(caveats(&format!("{name} --against moved")), trained, "the same images in another place");
    let large = folder.path().join("large");
    fs::create_dir(&large).unwrap();
    for number in 0..40 {
        let level = image::Luma([number * 6]);
        image::GrayImage::from_pixel(12, 12, level).save(large.join(format!("{number}.png"))).unwrap();
    }
    let enlarged = "40 of the 40 images of moved were enlarged to 12 pixels: the blur counts as a difference";
    assert_eq!(caveats("large --against moved"), [enlarged]);
    let unknown = caveats(&format!("{name} --against large"));
    assert!(
        unknown[0].starts_with("it is not known whether the run was trained on some of these reals"),
        "{unknown:?}"
    );
}

#[test]
fn what_cannot_be_evaluated_says_what_to_do() {
    let folder = workplace();
    fs::create_dir(folder.path().join("empty")).unwrap();
    for (arguments, error, hint) in [
        ("pictures", "pictures is no run, so that it has no reals of its own", "--against DATA"),
        ("pictures --against ring", "ring is a mixture of points of the plane, not images", "a folder of that name"),
        ("pictures --against empty", "", ""),
        ("none --against pictures", "there is no file or folder", ""),
        (
            "pictures --against pictures --metrics precission",
            "there is no metric `precission`",
            "the nearest one is `precision`",
        ),
        ("pictures --against pictures --metrics memorisation", "pictures is no run", ""),
        (
            "pictures --against pictures --metrics fid",
            "there is no metric `fid`",
            "the nearest one is `frechet-distance`",
        ),
        ("pictures --against pictures --size 0", "--size 0 is not in 2..=4096", "--size 64"),
        ("pictures --against pictures --samples 5", "are too few: metrics need 24 of each", "compare more"),
        (
            "pictures --against pictures --network nothing.onnx",
            "cannot read the feature network nothing.onnx",
            "name an ONNX file",
        ),
        ("pictures --against pictures --network efficientnet", "there is no feature network", "the nearest one is"),
    ] {
        let (found, hinted) = evaluate(folder.path(), arguments).refused();
        assert!(found.contains(error), "{arguments}: {found}");
        assert!(hinted.contains(hint), "{arguments}: {hinted}");
    }
}

#[test]
fn points_have_their_modes_counted() {
    let folder = workplace();
    let run =
        train(folder.path(), "tiny.toml --data ring --set model.family=mlp --set model.latent=2 --quiet --images 16");
    let found = evaluate(folder.path(), &format!("{} --json", run.display())).done().json();
    assert_eq!(found["floor"]["modes"], 8.0);
    assert_eq!(metric(&found, "modes")["samples"], 2500);
    let (error, _) = evaluate(folder.path(), &format!("{} --against pictures", run.display())).refused();
    assert_eq!(error, "the run makes points, which are not compared with pictures");
}

/// 200 digits that the embedded classifier was not trained on.
const DIGITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../steadygan-assets/tests/digits/t10k-images-idx3-ubyte.gz");

#[test]
fn stacked_digits_have_their_modes_counted() {
    let folder = workplace();
    let run = train(folder.path(), &format!("tiny.toml --data stacked-mnist:{DIGITS} --quiet --images 16"));
    let rows = |arguments: &str| {
        let found = evaluate(folder.path(), &format!("{arguments} --samples 40 --json")).done().json();
        let names: Vec<&str> =
            found["metrics"].as_array().unwrap().iter().map(|row| row["metric"].as_str().unwrap()).collect();
        assert_eq!(names, ["modes", "confident", "reverse-kl"]);
        let modes = metric(&found, "modes").clone();
        assert_eq!(
            (&modes["name"], &modes["samples"], &modes["floor_samples"]),
            (&"modes-digits".into(), &40.into(), &40.into())
        );
        assert_eq!(modes["caveat"], "published counts are of 26000 images: --metrics modes");
        found
    };
    let of_run = rows(&format!("{} --metrics modes", run.display()));
    assert!(of_run["against"].as_str().unwrap().ends_with("trained on"), "{of_run}");
    // The pictures look much alike and have three equal channels, so they capture fewer modes than the reals.
    let of_images = rows(&format!("pictures --against stacked-mnist:{DIGITS} --metrics modes"));
    assert!(of_images["modes"].as_f64() < of_images["floor"]["modes"].as_f64(), "{of_images}");
    let (error, _) = evaluate(folder.path(), "pictures --against pictures --metrics modes").refused();
    assert_eq!(error, "the modes of pictures are not known");
}

/// Measures the kernel distance while training, and checks the best checkpoint, for a run at once and for a resumed
/// one.
#[test]
fn the_best_checkpoint_is_that_of_the_lowest_distance() {
    let folder = workplace();
    let measured = "tiny.toml --quiet --set train.metric-every=16 --set train.metric-samples=8";
    let at_once = train(folder.path(), &format!("{measured} --images 64"));
    let lines = fs::read_to_string(at_once.join("metrics.jsonl")).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| line["images"].as_u64().unwrap()).collect::<Vec<_>>(), [16, 32, 48, 64]);
    let mut lowest = f64::INFINITY;
    for line in &lines {
        let value = line["value"].as_f64().unwrap();
        assert_eq!(line["best"], value < lowest, "{line}");
        assert_eq!((&line["metric"], &line["fakes"]), (&"kd-efficientnet-lite0".into(), &8.into()));
        lowest = lowest.min(value);
    }
    let best = |run: &Path| fs::read(run.join("checkpoints/best/state.safetensors")).unwrap();
    let in_stages = train(folder.path(), &format!("{measured} --images 24"));
    steadygan(folder.path(), &format!("resume {} --quiet --images 64", in_stages.display())).done();
    assert_eq!(fs::read(in_stages.join("metrics.jsonl")).unwrap(), fs::read(at_once.join("metrics.jsonl")).unwrap());
    crate::run_files::assert_equal(&in_stages, &at_once);
    // The best checkpoint holds the state at the last line that says `best`.
    let at = lines.iter().rfind(|line| line["best"] == true).unwrap()["images"].as_u64().unwrap();
    let stopped = train(folder.path(), &format!("{measured} --images {at}"));
    let generated = |run: &Path, which: &str| {
        let out = folder.path().join(format!("{which}.npy"));
        let run = run.display();
        steadygan(folder.path(), &format!("generate {run} --count 4 --checkpoint {which} --out {}", out.display()))
            .done();
        fs::read(out).unwrap()
    };
    assert_eq!(generated(&at_once, "best"), generated(&stopped, "latest"));
    assert!(!best(&at_once).is_empty());
    // Where the latest checkpoint is damaged, the best one is gone on from, and ends at the same.
    let latest = in_stages.join("checkpoints/latest/state.safetensors");
    fs::write(&latest, "damaged").unwrap();
    let resume = |rest: &str| steadygan(folder.path(), &format!("resume {} --quiet {rest}", in_stages.display()));
    let (_, hint) = resume("").refused();
    assert_eq!(hint, "use the run's other checkpoint if it has one (--checkpoint best or latest), or train again");
    resume("--checkpoint best").done();
    crate::run_files::assert_equal(&in_stages, &at_once);
    // A best checkpoint beyond the lines would leave a hole in them.
    fs::write(in_stages.join("metrics.jsonl"), "").unwrap();
    let (error, hint) = resume("--checkpoint best").refused();
    assert!(error.ends_with("images, lies beyond its lines: it went on from an earlier one"), "{error}");
    assert_eq!(hint, "leave out --checkpoint: the best one is written again when training comes there");
}
