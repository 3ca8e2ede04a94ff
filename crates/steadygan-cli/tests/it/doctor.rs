//! The doctor's findings, while a run trains and afterwards.

use crate::command::{DIVERGED, steadygan, train};
use crate::pictures::workplace;
use crate::run_files::{assert_equal, manifest};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn findings(run: &Path) -> Vec<Value> {
    let text = fs::read_to_string(run.join("findings.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Makes a data set of constant images, each of a single grey level.
fn blank(folder: &Path) {
    let blank = folder.join("blank");
    fs::create_dir(&blank).unwrap();
    for level in 0..40u8 {
        image::GrayImage::from_pixel(8, 8, image::Luma([level * 6])).save(blank.join(format!("{level}.png"))).unwrap();
    }
}

#[test]
fn few_images_are_told_before_training_and_in_the_report() {
    let folder = workplace();
    let answer = steadygan(folder.path(), "train tiny.toml").done();
    assert!(answer.stderr.contains("0 images: warning: few-images: There are "), "{answer:#?}");
    assert!(answer.stderr.contains("\n  try --with "), "{answer:#?}");
    let run = folder.path().join(answer.last_line());
    let found = findings(&run);
    let few = found.iter().find(|found| found["finding"] == "few-images").unwrap();
    assert_eq!((&few["images"], &few["severity"]), (&0.into(), &"warning".into()));
    let report = steadygan(folder.path(), &format!("report {}", answer.last_line())).done().stdout;
    assert!(report.contains(": finished after ") && report.contains("warning: few-images: There are "), "{report}");
    assert!(report.contains("\nstill there at the end, warning: ") && report.contains(", few-images"), "{report}");
    let json = steadygan(folder.path(), &format!("report {} --json", answer.last_line())).done().stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["findings"].as_array().unwrap().len(), found.len());
    assert_eq!(json["outcome"]["state"], "finished");
    assert!(json["open"].as_array().unwrap().contains(&serde_json::json!(["few-images", "warning"])));
    let quiet = steadygan(folder.path(), "train tiny.toml --quiet").done();
    assert_eq!(quiet.stderr, "");
}

#[test]
fn a_severe_finding_halts_a_run_if_the_recipe_says_so() {
    let folder = workplace();
    blank(folder.path());
    let recipe = "train tiny.toml --data blank --set data.size=8";
    assert_eq!(steadygan(folder.path(), recipe).code, 0, "by default the finding does not stop the run");
    let answer = steadygan(folder.path(), &format!("{recipe} --set train.on-severe=stop"));
    assert_eq!(answer.code, DIVERGED, "{answer:#?}");
    assert!(answer.stderr.contains("halted after 0 images: constant-images is severe"), "{answer:#?}");
    let run = folder.path().join(answer.last_line());
    assert_eq!(manifest(&run)["outcome"]["state"], "halted");
    assert_eq!(manifest(&run)["outcome"]["finding"], "constant-images");
    // The same finding does not halt the run a second time: it trains to its end.
    assert_eq!(steadygan(folder.path(), &format!("resume {} --quiet", answer.last_line())).code, 0);
    assert_eq!(manifest(&run)["outcome"]["state"], "finished");
    let answer = steadygan(folder.path(), &format!("{recipe} --set train.on-severe=rollback"));
    assert_eq!(answer.code, DIVERGED, "{answer:#?}");
    assert!(answer.stderr.contains("there is no best checkpoint to roll back to"), "{answer:#?}");
}

/// A resumed run has the same findings as a run that never stopped, even if a killed process left a torn line in the
/// file.
#[test]
fn findings_are_resumed_to_the_byte() {
    let folder = workplace();
    let wild =
        "tiny.toml --quiet --set optimizer.generator.lr=3.0 --set train.stats-every=4 --set train.checkpoint-every=4";
    let straight = train(folder.path(), &format!("{wild} --images 800"));
    assert!(findings(&straight).len() > 2, "something was found while training");
    let run = train(folder.path(), &format!("{wild} --images 600"));
    fs::write(run.join("findings.jsonl"), "{\"images\":0,\"torn").unwrap();
    steadygan(folder.path(), &format!("resume {} --quiet --images 800", run.display())).done();
    assert_equal(&run, &straight);
}

#[test]
fn what_is_looked_for_is_listed() {
    let all = steadygan(Path::new("."), "findings").done().stdout;
    assert!(all.contains("mode-collapse\n  Fakes of different latents"), "{all}");
    let (error, hint) = steadygan(Path::new("."), "findings collapse").refused();
    assert_eq!((error.as_str(), hint.as_str()), ("there is no finding `collapse`", "`steadygan findings` lists all"));
    let (error, _) = steadygan(Path::new("."), "report nowhere").refused();
    assert!(error.contains("nowhere"), "{error}");
}
