//! Checkpoints that are damaged or that another run or version wrote.

use crate::command::{entries, steadygan, train};
use crate::pictures::workplace;
use crate::run_files::{checkpoint, result};
use std::fs;
use std::path::{Path, PathBuf};

/// Replaces the run's checkpoint by `bytes`, and asserts that `generate` and `resume` refuse it with the same error and
/// write nothing. Returns the error.
fn refused(folder: &Path, run: &Path, bytes: &[u8]) -> String {
    fs::write(run.join("checkpoints/latest/state.safetensors"), bytes).unwrap();
    let before = (entries(folder), entries(run), fs::read(run.join("stats.jsonl")).unwrap());
    let (generated, _) = steadygan(folder, "generate run").refused();
    let (resumed, _) = steadygan(folder, "resume run --images 128").refused();
    assert_eq!(generated, resumed);
    assert_eq!(before, (entries(folder), entries(run), fs::read(run.join("stats.jsonl")).unwrap()));
    generated
}

fn trained(folder: &Path) -> (PathBuf, Vec<u8>) {
    let run = folder.join("run");
    fs::rename(train(folder, "tiny.toml --quiet"), &run).unwrap();
    let bytes = checkpoint(&run);
    (run, bytes)
}

const DAMAGED: &str = "run/checkpoints/latest/state.safetensors is no checkpoint of steadygan, or is damaged: ";

#[test]
fn damaged_checkpoints() {
    let folder = workplace();
    let (run, sound) = trained(folder.path());
    let damaged = |bytes: &[u8]| {
        let error = refused(folder.path(), &run, bytes);
        assert!(error.starts_with(DAMAGED), "{error}");
        error
    };
    damaged(&[]);
    damaged(&[0; 100]);
    damaged(&[0xFF; 100]);
    for length in [4, 8, 100, sound.len() / 2, sound.len() - 1] {
        damaged(&sound[..length]);
    }
    let header = 8 + u64::from_le_bytes(sound[..8].try_into().unwrap()) as usize;
    for at in [0, 7, 8, 20, header / 2, header, header + 3, (header + sound.len()) / 2, sound.len() - 1] {
        let mut flipped = sound.clone();
        flipped[at] ^= 0x10;
        let error = damaged(&flipped);
        if at >= header {
            assert!(error.ends_with("its content does not have the digest that it was written with"), "{error}");
        }
    }
    fs::write(run.join("checkpoints/latest/state.safetensors"), sound).unwrap();
    steadygan(folder.path(), "resume run --images 128").done();
}

#[test]
fn foreign_checkpoints() {
    let folder = workplace();
    let (run, sound) = trained(folder.path());
    let json = br#"{"weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let mut foreign = (json.len() as u64).to_le_bytes().to_vec();
    foreign.extend(json);
    foreign.extend([0; 4]);
    let error = refused(folder.path(), &run, &foreign);
    assert_eq!(error, format!("{DAMAGED}its metadata has no key `steadygan`"));

    let version = br#"{\"format_version\":"#;
    let at = sound.windows(version.len()).position(|window| window == version).expect("a version") + version.len();
    let mut later = sound;
    assert_eq!(later[at], b'3');
    later[at] = b'7';
    let error = refused(folder.path(), &run, &later);
    assert_eq!(error, "run/checkpoints/latest/state.safetensors has format version 7, this program reads 3");
}

/// The checkpoint of a run with other networks is sound, but is refused here.
#[test]
fn the_checkpoint_of_another_run() {
    let folder = workplace();
    let (run, _) = trained(folder.path());
    let other = train(folder.path(), "tiny.toml --quiet --set model.width=8");
    fs::write(run.join("checkpoints/latest/state.safetensors"), checkpoint(&other)).unwrap();
    let (error, _) = steadygan(folder.path(), "resume run").refused();
    assert_eq!(error, "the run's recipe.toml was changed since it started: model.width");
}

/// plan.json is not trusted: its values are checked like those of a recipe.
#[test]
fn impossible_plans_of_runs_without_a_checkpoint() {
    let folder = workplace();
    let (run, _) = trained(folder.path());
    let before = result(&run);
    fs::remove_file(run.join("checkpoints/latest/state.safetensors")).unwrap();
    let sound = fs::read_to_string(run.join("plan.json")).unwrap();
    let refused = |plan: &str| {
        fs::write(run.join("plan.json"), plan).unwrap();
        steadygan(folder.path(), "resume run").refused().0
    };
    let error = refused(&sound.replace("\"width\": 4", "\"width\": 1000000000"));
    assert_eq!(error, "run/plan.json is damaged: `model.width` is 1000000000 but must be in 1..=1024");
    let error = refused(&sound.replace("\"batch\": 4", "\"batch\": 0"));
    assert_eq!(error, "run/plan.json is damaged: `train.batch` is 0 but must be in 2..=4096");
    // Settings and counts that would be refused in a recipe.
    let plan: serde_json::Value = serde_json::from_str(&sound).unwrap();
    for (pointer, value, wanted) in [
        ("/heuristics/noisy-labels/probability", "2.0", "`heuristics.noisy-labels.probability` is 2 "),
        ("/heuristics/label-smoothing/real", "[1.2, 0.7]", "`heuristics.label-smoothing.real` is [1.2, 0.7] "),
        ("/heuristics/gaussian-init/deviation", "1e300", "`heuristics.gaussian-init.deviation` is 1"),
        ("/model/init/deviation", "1e300", "`heuristics.gaussian-init.deviation` is 1"),
        ("/model/init/deviation", "-0.02", "`heuristics.gaussian-init.deviation` is -0.02 "),
        ("/model/generator/slope", "1.0", "`heuristics.leaky-relu.slope` is 1 "),
        ("/data/holdout", "1.0", "`data.holdout` is 1 "),
        ("/train/images", "0", "`train.images` is 0 "),
        ("/train/images", "63", "`train.images` is 63 "),
        ("/train/stats_every", "0", "`train.stats-every` is 0 "),
        ("/train/sheets_every", "6", "`train.sheets-every` is 6 "),
        ("/train/checkpoint_every", "0", "`train.checkpoint-every` is 0 "),
    ] {
        let mut plan = plan.clone();
        *plan.pointer_mut(pointer).expect("a value of the plan") = serde_json::from_str(value).unwrap();
        let error = refused(&plan.to_string());
        assert!(error.starts_with(&format!("run/plan.json is damaged: {wanted}")), "{error}");
        assert!(error.contains(" but must be "), "{error}");
    }
    assert!(refused(&sound[..sound.len() / 2]).starts_with("run/plan.json is damaged: EOF"));
    assert!(refused("").starts_with("run/plan.json is damaged: EOF"));
    fs::write(run.join("plan.json"), sound).unwrap();
    steadygan(folder.path(), "resume run").done();
    assert_eq!(result(&run), before, "a run without a checkpoint starts again from its plan");
}
