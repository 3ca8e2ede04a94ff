//! Exports of a run's networks, and runs that start from them.

use crate::command::{entries, steadygan, steadygan_with, train};
use crate::latents;
use crate::pictures::workplace;
use crate::run_files::{assert_equal, result};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A workplace with a trained and exported run called `run`.
fn exported() -> TempDir {
    let folder = workplace();
    fs::rename(train(folder.path(), "tiny.toml --quiet"), folder.path().join("run")).unwrap();
    let answer = steadygan(folder.path(), "export run").done();
    assert_eq!((answer.stdout.as_str(), answer.stderr.as_str()), ("run/export\n", ""));
    folder
}

fn read(folder: &Path, name: &str) -> Vec<u8> {
    fs::read(folder.join(name)).unwrap()
}

/// The JSON header of a SafeTensors file, which follows its length.
fn header(bytes: &[u8]) -> serde_json::Value {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    serde_json::from_slice(&bytes[8..8 + length]).unwrap()
}

#[test]
fn an_export_is_three_files_that_say_what_they_are() {
    let folder = exported();
    let export = folder.path().join("run/export");
    let files = ["discriminator.safetensors", "generator.onnx", "generator.safetensors"];
    assert_eq!(entries(&export), files);
    let plan: serde_json::Value = serde_json::from_slice(&read(folder.path(), "run/plan.json")).unwrap();
    for role in ["generator", "discriminator"] {
        let header = header(&read(&export, &format!("{role}.safetensors")));
        let said: serde_json::Value =
            serde_json::from_str(header["__metadata__"]["steadygan"].as_str().unwrap()).unwrap();
        let expected = serde_json::json!({
            "format_version": 1, "role": role, "average": false, "images": 64, "model": plan["model"]
        });
        assert_eq!(said, expected);
        assert_eq!(header["main.0.weight"]["dtype"], "F32");
    }
    let before = files.map(|file| read(&export, file));
    let again = steadygan(folder.path(), "export run --json --checkpoint latest").done();
    assert_eq!(again.stdout, "{\"export\":\"run/export\"}\n");
    assert_eq!(files.map(|file| read(&export, file)), before, "equal states are equal bytes");
    steadygan(folder.path(), "resume run --quiet --images 128").done();
    assert_eq!(files.map(|file| read(&export, file)), before, "training leaves it alone");
}

/// The export of a run with an average makes the images that `generate` and the sheets show; the trained weights have
/// another name. Dropout that acts in sampling is in no ONNX.
#[test]
fn an_export_holds_the_generator_that_is_shown() {
    let folder = workplace();
    let z = latents::numbers(5 * 6);
    latents::write(&folder.path().join("z.npy"), 6, &z);
    let drawn = |of: &str| {
        steadygan(folder.path(), &format!("generate {of} --latents z.npy --out x.npy --overwrite")).done();
        read(folder.path(), "x.npy")
    };
    fs::rename(train(folder.path(), "tiny.toml --quiet --with ema"), folder.path().join("run")).unwrap();
    let answer = steadygan(folder.path(), "export run --out new/place").done();
    assert_eq!(answer.stdout, "new/place\n");
    let files = ["discriminator.safetensors", "generator-raw.safetensors", "generator.onnx", "generator.safetensors"];
    assert_eq!(entries(&folder.path().join("new/place")), files);
    assert!(!folder.path().join("run/export").exists());
    let shown = drawn("run");
    assert_eq!(drawn("new/place"), shown);
    assert_eq!(drawn("new/place/generator.safetensors"), shown);
    assert_ne!(drawn("new/place/generator-raw.safetensors"), shown);

    let run = train(folder.path(), "tiny.toml --quiet --images 16 --with dropout");
    let (error, hint) = steadygan(folder.path(), &format!("export {} --out noisy", run.display())).refused();
    assert!(error.starts_with("the layer Dropout 0.5 (`main."), "{error}");
    assert!(error.ends_with(" draws random numbers when images are made, which is not written as ONNX"), "{error}");
    assert_eq!(hint, "use generator.safetensors in the same folder");
    assert_eq!(entries(&folder.path().join("noisy")), ["discriminator.safetensors", "generator.safetensors"]);
    assert_eq!(drawn("noisy"), drawn(&run.display().to_string()));
}

#[test]
fn what_images_cannot_be_made_with() {
    let folder = exported();
    let refused = |of: &str| steadygan(folder.path(), &format!("generate {of} --count 2")).refused();
    let (error, hint) = refused("run/export/discriminator.safetensors");
    assert_eq!(error, "run/export/discriminator.safetensors holds a discriminator, not a generator");
    assert_eq!(hint, "`steadygan export RUN` writes generator.safetensors, which images can be made with");
    let (error, hint) = refused("run/checkpoints/latest/state.safetensors");
    assert_eq!(error, "run/checkpoints/latest/state.safetensors is a run's checkpoint, not an export");
    assert_eq!(hint, "`steadygan export RUN` writes the weights of a run's networks");
    let (error, hint) = refused("run/export --checkpoint best");
    assert_eq!(error, "run/export is an export, which has no best checkpoint");
    assert_eq!(hint, "leave out --checkpoint, or name the run's folder");
    assert_eq!(refused("run/export/generator.onnx").0, "run/export/generator.onnx is not a run directory");
    // Its own names and values, but not what it is.
    let bytes = read(folder.path(), "run/export/generator.safetensors");
    let at = bytes.windows(9).position(|bytes| bytes == b"steadygan").unwrap();
    let mut foreign = bytes.clone();
    foreign[at..at + 9].copy_from_slice(b"elsewhere");
    fs::write(folder.path().join("foreign.safetensors"), foreign).unwrap();
    let (error, hint) = refused("foreign.safetensors");
    assert_eq!(error, "foreign.safetensors does not say what network its weights are of");
    assert!(hint.starts_with("`steadygan train --init FILE` starts a run from such weights; "), "{hint}");
    // An export of before exports said whether they hold the average.
    let at = bytes.windows(9).position(|bytes| bytes == br#"\"average"#).unwrap();
    let mut earlier = bytes;
    earlier[at + 2] = b'A';
    fs::write(folder.path().join("earlier.safetensors"), earlier).unwrap();
    let error = refused("earlier.safetensors").0;
    assert!(error.contains("was exported by another version of this program: missing field `average`"), "{error}");
}

#[test]
fn what_cannot_be_exported() {
    let folder = exported();
    let refused = |arguments: &str| steadygan(folder.path(), arguments).refused();
    assert_eq!(refused("export pictures").0, "pictures is not a run directory");
    assert_eq!(refused("export run --checkpoint best").0, "run has no best checkpoint");
    assert_eq!(refused("export run --checkpoint first").0, "there is no checkpoint `first`");
    fs::write(folder.path().join("run/checkpoints/latest/state.safetensors"), "no").unwrap();
    assert!(refused("export run").0.contains("is no checkpoint of steadygan, or is damaged"));
}

/// The new run's first sheet equals the old run's last sheet, because both show the same latents and the same
/// generator.
#[test]
fn a_run_starts_from_an_export() {
    let folder = exported();
    let train = |arguments: &str| train(folder.path(), &format!("tiny.toml --quiet --images 32 {arguments}"));
    let both = train("--init run/export");
    let pixels = |path: &Path| image::open(path).unwrap();
    assert_eq!(pixels(&both.join("fakes_init.png")), pixels(&folder.path().join("run/fakes/000000064.png")));
    let files = "--init run/export/discriminator.safetensors --init run/export/generator.safetensors";
    assert_eq!(checkpoint(&train(files)), checkpoint(&both), "folder or files");
    let key = steadygan_with(
        folder.path(),
        &["train", "tiny.toml", "--quiet", "--images", "32", "--set", "model.weights=run/export"],
    );
    assert_eq!(checkpoint(&folder.path().join(key.done().last_line())), checkpoint(&both), "flag or key");
    let one = train("--init run/export/generator.safetensors");
    assert_eq!(read(&one, "fakes_init.png"), read(&both, "fakes_init.png"));
    assert_ne!(checkpoint(&one), checkpoint(&both), "the other network starts anew");
    let plan: serde_json::Value = serde_json::from_slice(&read(&one, "plan.json")).unwrap();
    let weights = plan["initial_weights"].as_object().unwrap();
    assert_eq!(weights.keys().collect::<Vec<_>>(), ["generator"]);
    assert_eq!(weights["generator"]["path"], "run/export/generator.safetensors");
    assert_eq!(weights["generator"]["sha256"].as_str().map(str::len), Some(64));
}

/// All tensors of the latest checkpoint, without its metadata, which says where the weights came from.
fn checkpoint(run: &Path) -> Vec<f32> {
    crate::run_files::tensors(&crate::run_files::checkpoint(run))
}

/// Once the run has a checkpoint, resuming does not need the export's files.
#[test]
fn a_run_from_an_export_resumes_exactly_without_it() {
    let folder = exported();
    let straight = train(folder.path(), "tiny.toml --quiet --init run/export --images 64");
    let stopped = train(folder.path(), "tiny.toml --quiet --init run/export --images 32");
    fs::remove_dir_all(folder.path().join("run/export")).unwrap();
    steadygan(folder.path(), &format!("resume {} --quiet --images 64", stopped.display())).done();
    assert_equal(&straight, &stopped);
}

/// A run that was killed before its first checkpoint starts again from its plan, which names the weights' digest.
#[test]
fn a_run_killed_before_its_first_checkpoint_needs_the_same_weights() {
    let folder = exported();
    let run = train(folder.path(), "tiny.toml --quiet --init run/export");
    let before = result(&run);
    fs::remove_dir_all(run.join("checkpoints")).unwrap();
    steadygan(folder.path(), &format!("resume {} --quiet", run.display())).done();
    assert_eq!(result(&run), before);
    fs::remove_dir_all(run.join("checkpoints")).unwrap();
    steadygan(folder.path(), "resume run --quiet --images 128").done();
    steadygan(folder.path(), "export run").done();
    let (error, hint) = steadygan(folder.path(), &format!("resume {}", run.display())).refused();
    assert_eq!(error, "run/export/generator.safetensors holds other weights than the run was planned with");
    let put_back = "put the old file back (a relative path counts from the folder that training was started in), or ";
    assert_eq!(hint, format!("{put_back}start a new run with `steadygan train`"));
    fs::remove_dir_all(folder.path().join("run/export")).unwrap();
    let (error, same_hint) = steadygan(folder.path(), &format!("resume {}", run.display())).refused();
    assert!(error.starts_with("cannot read the file of weights run/export/generator.safetensors: "), "{error}");
    assert_eq!(same_hint, hint);
}

#[test]
fn weights_that_cannot_be_started_from() {
    let folder = exported();
    let before = entries(&folder.path().join("runs"));
    let refused = |init: &str| steadygan(folder.path(), &format!("train tiny.toml --init {init}")).refused();
    let (error, hint) = refused("run/export --set model.width=8");
    let other = "run/export/generator.safetensors is of another network: its `main.0.weight` has shape [6, 4, 4, 4] instead of ";
    assert_eq!(error, format!("{other}[6, 8, 4, 4]"));
    assert!(hint.ends_with("`steadygan summary` shows the recipe's networks"), "{hint}");
    assert_eq!(refused("run/export --without batch-norm").0.split(": ").nth(1), Some("it has no `main.0.bias`"));
    assert_eq!(refused("run").0, "run holds no export");
    assert_eq!(
        refused("run/checkpoints/latest/state.safetensors").0,
        "run/checkpoints/latest/state.safetensors is a run's checkpoint, not an export"
    );
    assert!(refused("nowhere.pth").0.starts_with("cannot read the file of weights nowhere.pth: "));
    assert!(refused("tiny.toml").0.starts_with("tiny.toml is no file of weights, or is damaged: "));
    let twice = "--init run/export/generator.safetensors";
    assert!(refused(&format!("run/export {twice}")).0.ends_with(" are both of a generator"));
    let set = |value: &str| {
        steadygan_with(folder.path(), &["train", "tiny.toml", "--set", &format!("model.weights={value}")])
    };
    assert_eq!(set("3").refused().0, "`model.weights = 3` (--set): neither a path nor a list of paths");
    let cut = read(folder.path(), "run/export/generator.safetensors");
    fs::write(folder.path().join("cut.safetensors"), &cut[..cut.len() - 1]).unwrap();
    assert!(refused("cut.safetensors").0.starts_with("cut.safetensors is no file of weights, or is damaged: "));
    // The weights are checked before any image is read, and also by `summary`.
    assert!(refused("nowhere.pth --data nowhere").0.starts_with("cannot read the file of weights nowhere.pth: "));
    let summary = steadygan(folder.path(), "summary tiny.toml --init run/export --set model.width=8");
    assert!(summary.refused().0.starts_with("run/export/generator.safetensors is of another network: "));
    assert_eq!(entries(&folder.path().join("runs")), before);
}
