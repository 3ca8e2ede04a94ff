//! Runs with `class-conditioning`. The classes are the folders of the pictures.

use crate::command::{steadygan, train};
use crate::latents;
use crate::pictures::{TINY, pictures, workplace};
use crate::run_files::assert_equal;
use std::fs;
use tempfile::TempDir;

const TOLD: &str = "tiny.toml --quiet --with class-conditioning";

/// A workplace whose pictures are in the folders `bag` and `shoe`.
fn two_classes() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("pictures")).unwrap();
    for class in ["bag", "shoe"] {
        pictures(folder.path(), &format!("pictures/{class}"));
    }
    fs::write(folder.path().join("tiny.toml"), TINY).unwrap();
    folder
}

#[test]
fn a_class_is_asked_for_by_name_or_number() {
    let folder = two_classes();
    fs::rename(train(folder.path(), TOLD), folder.path().join("run")).unwrap();
    let made = |arguments: &str, out: &str| {
        steadygan(folder.path(), &format!("generate run --count 4 {arguments} --out {out}")).done();
        latents::read(&folder.path().join(out)).1
    };
    let (bags, shoes, both) = (made("--class bag", "a.npy"), made("--class 1", "b.npy"), made("", "c.npy"));
    assert_eq!(bags, made("--class 0", "d.npy"));
    assert_ne!(bags, shoes);
    let image = |values: &[f32], at: usize| values[64 * at..][..64].to_vec();
    let in_turn: Vec<f32> = (0..4).flat_map(|at| image(if at % 2 == 0 { &bags } else { &shoes }, at)).collect();
    assert_eq!(both, in_turn, "the same latents, classes in turn");
    // Two columns of enlarged images, 64 pixels wide and two pixels apart.
    let sheet = image::open(folder.path().join("run/fakes/000000064.png")).unwrap();
    assert_eq!((sheet.width(), sheet.height()), (2 * 66 - 2, 2 * 66 - 2));
    for arguments in ["--interpolate --out walk.gif", "--interpolate --class shoe --out walk.png"] {
        steadygan(folder.path(), &format!("generate run --count 3 {arguments}")).done();
    }
    let refused = |class: &str| steadygan(folder.path(), &format!("generate run --class {class}")).refused();
    let (error, hint) = refused("shoo");
    assert_eq!(error, "the run knows no class \"shoo\"");
    assert_eq!(hint, "the nearest is \"shoe\"; classes are numbered from 0 to 1");
    assert_eq!(refused("2").0, "the run knows no class \"2\"");
    steadygan(folder.path(), "export run").done();
    steadygan(folder.path(), "train tiny.toml --quiet --with class-conditioning --init run/export").done();
}

#[test]
fn a_run_of_classes_resumes_exactly() {
    let folder = two_classes();
    let straight = train(folder.path(), &format!("{TOLD} --images 64"));
    let stopped = train(folder.path(), &format!("{TOLD} --images 32"));
    steadygan(folder.path(), &format!("resume {} --quiet --images 64", stopped.display())).done();
    assert_equal(&straight, &stopped);
}

#[test]
fn without_classes_there_are_none_to_be_told_of() {
    let folder = workplace();
    let (error, hint) = steadygan(folder.path(), &format!("train {TOLD}")).refused();
    assert_eq!(error, "`class-conditioning` needs images of 2 to 1000 classes, but those of `pictures` have 0");
    assert_eq!(hint, "put the images of each class into a folder of its own, or --without class-conditioning");
    fs::rename(train(folder.path(), "tiny.toml --quiet"), folder.path().join("run")).unwrap();
    let (error, hint) = steadygan(folder.path(), "generate run --class 0").refused();
    assert_eq!(error, "the run knows no class \"0\"");
    assert_eq!(hint, "a run knows classes if it was trained --with class-conditioning");
}
