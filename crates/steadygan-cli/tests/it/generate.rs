//! Images from a trained run.

use crate::command::{INTERRUPTED, command, entries, steadygan, train};
use crate::latents;
use crate::pictures::workplace;
use image::codecs::gif::GifDecoder;
use image::{AnimationDecoder, DynamicImage, GrayImage};
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const LATENT: usize = 6;
const PIXELS: usize = 8 * 8;

/// A workplace with a trained run called `run`.
fn trained() -> TempDir {
    let folder = workplace();
    let run = train(folder.path(), "tiny.toml --quiet");
    fs::rename(run, folder.path().join("run")).unwrap();
    folder
}

fn made(folder: &Path, arguments: &str, out: &str) -> PathBuf {
    let answer = steadygan(folder, &format!("generate run {arguments} --out {out}")).done();
    assert_eq!((answer.stdout, answer.stderr), (format!("{out}\n"), String::new()));
    folder.join(out)
}

fn grey(path: &Path) -> GrayImage {
    image::load_from_memory(&fs::read(path).unwrap()).unwrap().into_luma8()
}

#[test]
fn sheet_array_and_folder_show_the_same_images() {
    let folder = trained();
    let count = 70;
    let arguments = format!("--count {count} --seed 5");
    let (shape, values) = latents::read(&made(folder.path(), &arguments, "a.npy"));
    assert_eq!(shape, "70, 1, 8, 8");
    // The recipe scales images: (x − 127.5) / 127.5.
    let bytes: Vec<u8> = values.iter().map(|value| (value * 127.5 + 127.5).round() as u8).collect();

    let images = made(folder.path(), &arguments, "images");
    let names: Vec<String> = (0..count).map(|number| format!("{number:06}.png")).collect();
    assert_eq!(entries(&images), names);
    for (name, bytes) in names.iter().zip(bytes.chunks(PIXELS)) {
        assert_eq!(grey(&images.join(name)).as_raw(), bytes, "{name}");
    }
    // Each row of the sheet has nine tiles, each enlarged eight times, two pixels apart.
    let sheet = grey(&made(folder.path(), &arguments, "sheet.png"));
    assert_eq!(sheet.dimensions(), (9 * 66 - 2, 8 * 66 - 2));
    for (at, &byte) in bytes.iter().enumerate() {
        let (tile, y, x) = (at / PIXELS, at % PIXELS / 8, at % 8);
        let left_top = ((tile % 9 * 66 + 8 * x) as u32, (tile / 9 * 66 + 8 * y) as u32);
        assert_eq!(sheet.get_pixel(left_top.0, left_top.1).0, [byte], "image {tile}");
    }
    assert_eq!(entries(folder.path()), ["a.npy", "images", "pictures", "run", "runs", "sheet.png", "tiny.toml"]);
}

#[test]
fn a_seed_repeats_its_images_and_their_number_changes_none() {
    let folder = trained();
    let read = |arguments: &str, out: &str| latents::read(&made(folder.path(), arguments, out)).1;
    let three = read("--count 3 --seed 1", "a.npy");
    assert_eq!(three, read("--count 3 --seed 1 --threads 1", "b.npy"));
    assert_ne!(three, read("--count 3 --seed 2", "c.npy"));
    assert_eq!(three, read("--count 65 --seed 1", "d.npy")[..3 * PIXELS]);
    let json = steadygan(folder.path(), "generate run --json").done();
    assert_eq!(json.stdout, "{\"images\":\"generated.png\"}\n");
}

#[test]
fn an_image_does_not_depend_on_its_batch() {
    let folder = trained();
    let many = latents::numbers(70 * LATENT);
    latents::write(&folder.path().join("many.npy"), LATENT, &many);
    let together = latents::read(&made(folder.path(), "--latents many.npy", "together.npy")).1;
    for row in [0, 1, 63, 64, 69] {
        latents::write(&folder.path().join("one.npy"), LATENT, &many[row * LATENT..][..LATENT]);
        let alone = latents::read(&made(folder.path(), "--latents one.npy --overwrite", "alone.npy")).1;
        assert_eq!(alone, together[row * PIXELS..][..PIXELS], "row {row}");
    }
}

/// Each walk between two latents has 24 images and begins with the image of a latent, to the bit. The last walk leads
/// back to the first latent.
#[test]
fn a_walk_goes_through_its_latents_and_back() {
    let folder = trained();
    let read = |arguments: &str, out: &str| latents::read(&made(folder.path(), arguments, out));
    let ends = read("--count 3 --seed 4", "ends.npy").1;
    let (shape, walk) = read("--count 3 --seed 4 --interpolate", "walk.npy");
    assert_eq!(shape, "72, 1, 8, 8");
    for (end, image) in ends.chunks(PIXELS).enumerate() {
        assert_eq!(&walk[24 * end * PIXELS..][..PIXELS], image, "latent {end}");
    }
    let mut images = walk.chunks(PIXELS).chain([&walk[..PIXELS]]);
    assert!(images.clone().zip(images.by_ref().skip(1)).all(|(one, next)| one != next));

    // Latents from a file: a quarter turn from (2, 0, …) to (0, 2, …), half way at (√2, √2, …), and back the same way.
    let turn = [[2.0, 0.0], [0.0, 2.0]].map(|[x, y]| [x, y, 0.0, 0.0, 0.0, 0.0]).concat();
    latents::write(&folder.path().join("turn.npy"), LATENT, &turn);
    let half_way = [2f32.sqrt(), 2f32.sqrt(), 0.0, 0.0, 0.0, 0.0];
    latents::write(&folder.path().join("half.npy"), LATENT, &half_way);
    let turn = read("--latents turn.npy --interpolate", "there_and_back.npy").1;
    let half_way = read("--latents half.npy", "half_way.npy").1;
    for at in [12, 36] {
        let distances = turn[at * PIXELS..][..PIXELS].iter().zip(&half_way).map(|(a, b)| (a - b).abs());
        assert!(distances.fold(0.0, f32::max) < 1e-6);
    }
}

/// The sheet has a row for each of three walks: nine tiles of 64 pixels, two pixels apart, with both ends of the walk.
#[test]
fn a_sheet_has_a_row_for_each_walk() {
    let folder = trained();
    let sheet = grey(&made(folder.path(), "--count 3 --interpolate", "walk.png"));
    assert_eq!(sheet.dimensions(), (9 * 66 - 2, 3 * 66 - 2));
    let tile = |row: u32, column: u32| image::imageops::crop_imm(&sheet, 66 * column, 66 * row, 64, 64).to_image();
    for row in 0..3 {
        assert_eq!(tile(row, 8), tile((row + 1) % 3, 0));
        assert_ne!(tile(row, 7), tile(row, 8));
    }
    let eight = grey(&made(folder.path(), "--interpolate", "eight.png"));
    assert_eq!(eight.dimensions(), (9 * 66 - 2, 8 * 66 - 2));
}

#[test]
fn an_animation_shows_the_same_images_enlarged() {
    let folder = trained();
    let images = made(folder.path(), "--count 2 --interpolate", "images");
    let gif = fs::read(made(folder.path(), "--count 2 --interpolate", "walk.gif")).unwrap();
    let frames = GifDecoder::new(Cursor::new(gif)).unwrap().into_frames().collect_frames().unwrap();
    assert_eq!((frames.len(), entries(&images).len()), (48, 48));
    for (name, frame) in entries(&images).iter().zip(frames) {
        let frame = DynamicImage::from(frame.into_buffer()).into_luma8();
        assert_eq!(frame.dimensions(), (128, 128));
        let image = grey(&images.join(name));
        assert!(frame.enumerate_pixels().all(|(x, y, pixel)| pixel == image.get_pixel(x / 16, y / 16)), "{name}");
    }
}

#[test]
fn walks_that_cannot_be() {
    let folder = trained();
    let refused = |arguments: &str| steadygan(folder.path(), &format!("generate run {arguments}")).refused();
    assert_eq!(refused("--interpolate --count 1").0, "a walk needs at least two latents");
    let (error, hint) = refused("--out walk.gif");
    assert_eq!(error, "a GIF shows a walk between latents");
    assert_eq!(hint, "add --interpolate, or write a sheet (--out FILE.png)");
    assert_eq!(refused("--interpolate --count 114").0, "a sheet holds at most 1024 images, not 1026");
    let (error, hint) = refused("--interpolate --count 417 --out walk.gif");
    assert_eq!(error, "an animation holds at most 10000 images, not 10008");
    assert_eq!(hint, "walk through at most 416 latents");
    let error = refused("--interpolate --count 1000000 --out images").0;
    assert_eq!(error, "a walk through 1000000 latents has more than 1000000 images");
    assert!(refused("--interpolate --out tiny.toml/walk.gif").0.starts_with("cannot "));
    assert_eq!(entries(folder.path()), ["pictures", "run", "runs", "tiny.toml"]);
}

#[test]
fn latents_that_do_not_fit() {
    let folder = trained();
    let path = folder.path().join("z.npy");
    let refused = || steadygan(folder.path(), "generate run --latents z.npy --out new/out.png").refused();
    let needed = "give an array of float32 or float64 of shape (N, 6) or (N, 6, 1, 1)";
    let mut values = latents::numbers(2 * LATENT);
    values[LATENT + 2] = f32::NAN;
    latents::write(&path, LATENT, &values);
    assert_eq!(refused(), ("z.npy holds NaN in row 1, column 2".into(), needed.into()));
    values[LATENT + 2] = f32::NEG_INFINITY;
    latents::write(&path, LATENT, &values);
    assert_eq!(refused().0, "z.npy holds -inf in row 1, column 2");
    latents::write(&path, 5, &latents::numbers(10));
    assert_eq!(refused().0, "z.npy holds 2 latents of 5 numbers, where each needs 6");
    latents::write(&path, LATENT, &[]);
    assert_eq!(refused().0, "z.npy holds 0 latents of 6 numbers, where each needs 6");
    latents::write(&path, LATENT, &latents::numbers(12));
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    assert_eq!(refused().0, "z.npy announces 2 × 6 float32, but holds 47 bytes of values");
    fs::write(&path, "1 2 3 4 5 6\n").unwrap();
    assert_eq!(refused().0, "z.npy is not a .npy file by its content");
    fs::remove_file(&path).unwrap();
    assert!(refused().0.starts_with("cannot open z.npy: "));
    assert_eq!(entries(folder.path()), ["pictures", "run", "runs", "tiny.toml"]);
}

#[test]
fn a_file_is_replaced_only_if_that_is_asked() {
    let folder = trained();
    let keep = folder.path().join("keep.png");
    fs::write(&keep, "mine").unwrap();
    let (error, hint) = steadygan(folder.path(), "generate run --out keep.png").refused();
    assert_eq!(error, "keep.png is there already");
    assert_eq!(hint, "name a new file with --out, or replace this one with --overwrite");
    assert_eq!(fs::read(&keep).unwrap(), b"mine");
    made(folder.path(), "--overwrite", "keep.png");
    assert_eq!(grey(&keep).dimensions().0, 8 * 66 - 2);
    // The name that the program chooses itself may always be replaced.
    steadygan(folder.path(), "generate run").done();
    steadygan(folder.path(), "generate run").done();
}

#[test]
fn an_ending_that_is_not_written_is_refused() {
    let folder = trained();
    for out in ["a.jpg", "a.webp", "a.tar.gz", "x.png.", "-"] {
        let (error, hint) = steadygan(folder.path(), &format!("generate run --out {out}")).refused();
        assert_eq!(error, format!("the output cannot be called `{out}`"));
        assert!(hint.contains("--out FILE.png") && hint.contains("--out DIR/"), "{hint}");
    }
    assert_eq!(entries(&made(folder.path(), "--count 1", "v1.2/")), ["000000.png"]);
}

/// Ctrl-C and a kill while images are written: nothing is left after the next command in that folder.
#[cfg(unix)]
#[test]
fn what_an_interrupted_command_was_writing_goes() {
    let folder = trained();
    let hidden = || entries(folder.path()).into_iter().filter(|name| name.starts_with('.')).collect::<Vec<_>>();
    for (signal, out) in [("INT", "part.npy"), ("INT", "part"), ("KILL", "part.npy"), ("KILL", "part")] {
        let arguments = format!("generate run --count 1000000 --out {out}");
        let mut child =
            command(folder.path(), arguments.split(' ')).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let started = Instant::now();
        let of_child = format!(".{}-", child.id());
        while !hidden().iter().any(|name| name.contains(&of_child)) {
            assert!(started.elapsed() < Duration::from_secs(20), "nothing is written");
            std::thread::sleep(Duration::from_millis(5));
        }
        let kill = format!("kill -{signal} {}", child.id());
        assert!(std::process::Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        let code = child.wait().unwrap().code();
        assert_eq!(code, (signal == "INT").then_some(INTERRUPTED), "{signal} {out}");
        let is_left = hidden().iter().any(|name| name.contains(&of_child));
        assert_eq!(is_left, signal == "KILL", "{signal} {out}");
    }
    assert_eq!(hidden().len(), 1, "the last command removed what the one before it had left");
    made(folder.path(), "--count 1", "next.npy");
    assert_eq!(entries(folder.path()), ["next.npy", "pictures", "run", "runs", "tiny.toml"]);
}

#[test]
fn counts_and_places_that_cannot_be() {
    let folder = trained();
    let refused = |arguments: &str| steadygan(folder.path(), &format!("generate {arguments}")).refused();
    assert_eq!(refused("run --count 0").0, "--count 0 is not in 1..=1000000");
    assert_eq!(refused("run --count 1000001").0, "--count 1000001 is not in 1..=1000000");
    let (error, hint) = refused("run --count 1025");
    assert_eq!(error, "a sheet holds at most 1024 images, not 1025");
    assert_eq!(hint, "write a folder (--out DIR) or an array (--out FILE.npy)");
    for there in ["pictures", "pictures/", "run/..", ".", "/"] {
        assert_eq!(refused(&format!("run --out {there}")).0, format!("{there} is there already"));
    }
    for below in ["tiny.toml/", "tiny.toml/a.png", "tiny.toml/a.npy", "tiny.toml/images"] {
        assert!(refused(&format!("run --out {below}")).0.starts_with("cannot "), "{below}");
    }
    fs::create_dir(folder.path().join("folder.png")).unwrap();
    assert_eq!(refused("run --out folder.png --overwrite").0, "folder.png is there already, and is no file");
    assert_eq!(refused("pictures").0, "pictures is not a run directory");
    assert!(refused("nowhere").0.starts_with("cannot open nowhere: "));
    let (error, hint) = refused("run --checkpoint best");
    assert_eq!(error, "run has no best checkpoint");
    assert_eq!(hint, "it is kept from the first measurement on (train.metric-every): use --checkpoint latest");
    assert_eq!(entries(folder.path()), ["folder.png", "pictures", "run", "runs", "tiny.toml"]);
    assert_eq!(entries(&folder.path().join("folder.png")), [] as [&str; 0]);
    made(folder.path(), "--count 2", "deep/er/images/");
    assert_eq!(entries(&folder.path().join("deep/er")), ["images"]);
}
