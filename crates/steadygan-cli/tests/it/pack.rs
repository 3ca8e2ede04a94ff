//! `data pack`: written where it is said, opened like anything else, refused when stale.

use crate::command::{entries, steadygan, train};
use crate::doors::containers;
use crate::pictures::png;
use crate::run_files::manifest;
use std::fs;

#[test]
fn a_pack_lies_beside_its_images_and_says_where() {
    let folder = containers();
    fs::write(folder.path().join("set/cut.png"), &png(1)[..60]).unwrap();
    let answer = steadygan(folder.path(), "data pack set --recipe tiny.toml").done();
    let path = folder.path().canonicalize().unwrap().join("set-8px.pack.safetensors");
    assert_eq!(answer.stdout, format!("{}\n", path.display()));
    assert!(answer.stderr.starts_with("warning: skipped 1 unreadable of 41 images: cut.png "), "{answer:?}");
    let json = steadygan(folder.path(), "data pack set --recipe tiny.toml --out p --json --quiet").done();
    assert_eq!((json.json(), json.stderr.as_str()), (serde_json::json!({"pack": "p"}), ""));
    assert_eq!(
        fs::read(folder.path().join("p")).unwrap(),
        fs::read(&path).unwrap(),
        "a pack is a function of its source"
    );

    // What is known of the source is known of the pack.
    let run = train(folder.path(), "tiny.toml --data set-8px.pack.safetensors");
    let data = &manifest(&run)["data"];
    assert_eq!((&data["name"], &data["skipped"][0]["name"]), (&"set".into(), &"cut.png".into()));
    assert_eq!(data["classes"], manifest(&train(folder.path(), "tiny.toml --data set"))["data"]["classes"]);
}

#[test]
fn a_stale_pack_and_another_size_are_refused_with_the_command_to_give() {
    let folder = containers();
    steadygan(folder.path(), "data pack set --recipe tiny.toml --out p.safetensors").done();
    let (error, hint) = steadygan(folder.path(), "train tiny.toml --data p.safetensors --set data.size=16").refused();
    assert_eq!(error, "p.safetensors was packed for data.size = 8, not 16");
    assert_eq!(hint, "ask for --set data.size=8, or pack the source again: steadygan data pack set --set data.size=16");

    fs::write(folder.path().join("set/dog/new.png"), png(1)).unwrap();
    let (error, hint) = steadygan(folder.path(), "train tiny.toml --data p.safetensors").refused();
    assert_eq!(error, "p.safetensors is stale: set has changed since it was packed (40 files then, 41 now)");
    let command = hint.strip_prefix("pack it again: steadygan ").unwrap();
    assert_eq!(command, "data pack set --set data.size=8 --out p.safetensors");
    assert!(!entries(folder.path()).contains(&"runs".to_owned()));
    steadygan(folder.path(), command).done();
    train(folder.path(), "tiny.toml --data p.safetensors");
}

#[test]
fn a_run_from_a_pack_resumes_from_it_only() {
    let folder = containers();
    steadygan(folder.path(), "data pack set.zip --recipe tiny.toml --out p.safetensors").done();
    let run = train(folder.path(), "tiny.toml --data p.safetensors");
    let resume = format!("resume {} --images 128", run.strip_prefix(folder.path()).unwrap().display());
    steadygan(folder.path(), "data pack set.npy --recipe tiny.toml --out p.safetensors").done();
    // The same pixels without classes are other data.
    let (error, _) = steadygan(folder.path(), &resume).refused();
    assert_eq!(error, "the images of `p.safetensors` are not those that the run was trained on");
    steadygan(folder.path(), "data pack set.tar --recipe tiny.toml --out p.safetensors").done();
    steadygan(folder.path(), &resume).done();
}

#[test]
fn what_needs_no_pack_or_cannot_be_one() {
    let folder = containers();
    let (error, hint) = steadygan(folder.path(), "data pack embedded").refused();
    assert_eq!(error, "embedded needs no pack: it opens at once");
    assert_eq!(hint, "give a folder or a file of images");
    let (error, hint) = steadygan(folder.path(), "data pack set --out set").refused();
    assert!(error.starts_with("cannot write set: "), "{error}");
    assert_eq!(hint, "choose a file that can be written: --out FILE");
    let run = train(folder.path(), "tiny.toml --data set");
    fs::copy(run.join("checkpoints/latest/state.safetensors"), folder.path().join("state.safetensors")).unwrap();
    let (error, hint) = steadygan(folder.path(), "train tiny.toml --data state.safetensors").refused();
    assert_eq!(
        error,
        "state.safetensors is no pack of images, or is damaged: its metadata has no key `steadygan-pack`"
    );
    assert_eq!(hint, "make a pack with: steadygan data pack PATH");
}
