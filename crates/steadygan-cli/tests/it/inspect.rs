//! `data inspect`: its table, its JSON and its sheet.

use crate::command::{INPUT, entries, steadygan};
use crate::doors::containers;
use crate::pictures::png;
use std::fs;

#[test]
fn a_table_for_people() {
    let folder = containers();
    let set = folder.path().join("set");
    fs::write(set.join("dog/cut.png"), &png(1)[..60]).unwrap();
    fs::write(set.join("dog/grey.png"), png(1)).unwrap();
    fs::copy(set.join("cat/03.png"), set.join("dog/copy.png")).unwrap();
    let answer =
        steadygan(folder.path(), "data inspect set --recipe tiny.toml --set data.size=10 --out sheet.png").done();
    assert_eq!(answer.stderr, "");
    let lines: Vec<&str> = answer.stdout.lines().collect();
    assert_eq!(lines[0], "source      set: a folder of images (PNG, JPEG, WebP, BMP, GIF, TIFF, PNM)");
    assert_eq!(lines[1..4], ["images      42", "sizes       8×8 (42)", "channels    colour (41), grey (1)"]);
    assert_eq!(lines[5..7], ["constant    0", "duplicates  1: cat/03.png = dog/copy.png"]);
    assert_eq!(lines[7..9], ["classes     2: cat (15), dog (27)", "unreadable  1"]);
    assert!(lines[9].starts_with("            dog/cut.png cannot be decoded: "), "{}", lines[9]);
    assert!(lines[10].starts_with("recipe      10×10 pixels, colour: "), "{}", lines[10]);
    assert_eq!(lines[11], "            0 cropped to the centre square, 0 made smaller, 42 made larger");
    assert_eq!(lines[12..], ["sheet       sheet.png"]);
    let sheet = image::open(folder.path().join("sheet.png")).unwrap();
    // About 38 images are trained on. The sheet shows them in seven columns, each enlarged seven times.
    assert_eq!(sheet.width(), 7 * 70 + 6 * 2);
}

#[test]
fn a_sheet_neither_lies_among_the_images_nor_overwrites_a_file() {
    let folder = containers();
    let set = folder.path().join("set");
    let before = entries(&set);
    for (place, arguments) in [
        (set.as_path(), "."),
        (&set, "../set"),
        (folder.path(), "set --out set/cat/sheet.png"),
        (folder.path(), "set --out set/new/folder/sheet.png"),
        (folder.path(), "."),
    ] {
        let (error, hint) = steadygan(place, &format!("data inspect {arguments}")).refused();
        assert!(error.starts_with("the sheet ") && error.ends_with(" would lie among the images"), "{error}");
        assert_eq!(hint, "name a file outside of their folder: --out FILE.png");
    }
    assert_eq!((entries(&set), entries(&set.join("cat")).len()), (before, 15));
    let inspect = |out: &str| steadygan(&set, &format!("data inspect . --set data.size=8 --out {out}"));
    assert!(inspect("../inspected.png").done().stdout.contains("images      40\n"));
    inspect("../inspected.png").done();
    inspect("../new/sheet.png").done();
    let (error, hint) = inspect("../tiny.toml").refused();
    assert_eq!(error, "the output cannot be called `../tiny.toml`");
    assert_eq!(hint, "a sheet's name ends in .png: --out FILE.png");
    std::fs::write(folder.path().join("keep.png"), "mine").unwrap();
    let (error, hint) = inspect("../keep.png").refused();
    assert_eq!(error, "../keep.png is there already");
    assert_eq!(hint, "name a new file with --out, or replace this one with --overwrite");
    inspect("../keep.png --overwrite").done();
    assert_eq!(inspect("../new/sheet.png").refused().0, "../new/sheet.png is there already");
    assert_eq!(fs::read_to_string(folder.path().join("tiny.toml")).unwrap(), crate::pictures::TINY);
}

#[test]
fn an_object_for_programs_and_a_recipe_that_does_not_fit() {
    let folder = containers();
    let inspected =
        |arguments: &str| steadygan(folder.path(), &format!("data inspect {arguments} --json")).done().json();
    let found = inspected("set.npz --recipe tiny.toml");
    assert_eq!((&found["images"], &found["sheet"]), (&40.into(), &"inspected.png".into()));
    assert_eq!(found["classes"], serde_json::json!([{"name": "0", "images": 15}, {"name": "1", "images": 25}]));
    assert_eq!((&found["recipe"]["size"], &found["recipe"]["channels"]), (&8.into(), &3.into()));
    let sides = [&found["recipe"]["train"], &found["recipe"]["holdout"]].map(|side| side.as_u64().unwrap());
    assert_eq!(sides[0] + sides[1], 40);
    assert_eq!(found["recipe"]["fingerprint"], inspected("set.zip --recipe tiny.toml")["recipe"]["fingerprint"]);
    assert_eq!((&found["cropped"], &found["shrunk"], &found["enlarged"]), (&0.into(), &0.into(), &0.into()));

    fs::remove_file(folder.path().join("inspected.png")).unwrap();
    let found = inspected("set.tar --recipe tiny.toml --set train.batch=64 --out other.png");
    let error = found["recipe"]["error"].as_str().unwrap();
    assert!(error.starts_with("`train.batch` is 64 but there are only "), "{error}");
    assert!(found["recipe"]["hint"].as_str().unwrap().starts_with("make the batch smaller"));
    fs::create_dir(folder.path().join("equal")).unwrap();
    for name in ["a", "b"] {
        fs::write(folder.path().join(format!("equal/{name}.png")), png(1)).unwrap();
    }
    // The images are the reason: the answer is whole, and the exit code says it, too.
    let answer = steadygan(folder.path(), "data inspect equal --recipe tiny.toml --out none.png --json");
    let found = answer.json();
    assert_eq!(answer.code, INPUT, "{answer:?}");
    assert!(answer.stderr.starts_with("error: all 2 images are equal, so none can be held out\nhint: "), "{answer:?}");
    assert_eq!(found["recipe"]["error"], "all 2 images are equal, so none can be held out");
    assert_eq!((found["sheet"].is_null(), &found["images"]), (true, &2.into()));
    let left = entries(folder.path());
    assert!(left.contains(&"other.png".to_owned()) && !left.contains(&"none.png".to_owned()), "{left:?}");

    let (error, _) = steadygan(folder.path(), "data inspect set --set data.size=30").refused();
    assert_eq!(error, "`data.size` is 30 but must be s·2^k with s in 4..=7, at most 128");
    let (error, _) = steadygan(folder.path(), "data inspect").refused();
    assert!(error.contains("required arguments were not provided"), "{error}");
}
