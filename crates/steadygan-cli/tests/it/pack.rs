//! `data pack`: where packs are written, that they train like their source, and that stale ones are refused.

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

    // The pack keeps what is known about the source: its name, skipped files and classes.
    let run = train(folder.path(), "tiny.toml --data set-8px.pack.safetensors");
    let data = &manifest(&run)["data"];
    assert_eq!((&data["name"], &data["skipped"][0]["name"]), (&"set".into(), &"cut.png".into()));
    assert_eq!(data["classes"], manifest(&train(folder.path(), "tiny.toml --data set"))["data"]["classes"]);
}

#[test]
fn packs_of_other_sources_and_plans_are_not_replaced_unless_named() {
    let folder = containers();
    let pack = |arguments: &str| steadygan(folder.path(), &format!("data pack {arguments} --recipe tiny.toml"));
    let written = ["set", "set.zip", "set.tar.gz", "set.npy"].map(|source| pack(source).done().stdout);
    assert!(written[1].ends_with("/set.zip-8px.pack.safetensors\n"), "{written:?}");
    for at in 1..written.len() {
        assert!(!written[..at].contains(&written[at]), "{written:?}");
    }
    let path = written[0].trim_end();
    let before = fs::read(path).unwrap();
    let black = "set --set data.background=[0,0,0]";
    let (error, hint) = pack(black).refused();
    assert_eq!(error, format!("{path} is there already and is the pack for another data.background"));
    assert_eq!(hint, "name a new file with --out, so that nothing is overwritten");
    assert_eq!(fs::read(path).unwrap(), before);
    pack("set").done();
    pack(&format!("{black} --out {path}")).done();
    assert_eq!(pack("set").refused().0, error);
}

#[test]
fn a_pack_whose_source_is_far_away_is_used_and_said() {
    let folder = containers();
    let (far, home) = (folder.path().join("packs/mine"), folder.path().join("home"));
    fs::create_dir_all(&home).unwrap();
    steadygan(folder.path(), "data pack set --recipe tiny.toml --out packs/mine/p").done();
    let set = folder.path().join("set").canonicalize().unwrap();
    let warning = format!(
        "warning: whether ../packs/mine/p is stale was not checked: its source {} lies neither near it nor below the \
         current folder\n",
        set.display()
    );
    fs::remove_dir_all(set.join("cat")).unwrap();
    assert_eq!(steadygan(&home, "data inspect ../packs/mine/p --set data.size=8").done().stderr, warning);
    let train = steadygan(&home, "train ../tiny.toml --data ../packs/mine/p").done();
    assert!(train.stderr.starts_with(&warning), "{train:?}");
    // The pack is seen to be stale from a current folder above pack and source, and when the pack lies near its source.
    assert!(steadygan(folder.path(), "train tiny.toml --data packs/mine/p").refused().0.contains(" is stale: "));
    fs::rename(far.join("p"), folder.path().join("p")).unwrap();
    assert!(steadygan(&home, "train ../tiny.toml --data ../p").refused().0.contains(" is stale: "));
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
    assert_eq!(error, "p.safetensors is stale: set has changed since it was packed (40 files then, more now)");
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
    // The .npy file has the same pixels but no classes, so it counts as other data.
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
