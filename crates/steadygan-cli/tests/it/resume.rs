//! A run of N images, resumed to 2N, equals a run of 2N images to the byte.

use crate::command::{DONE, INTERRUPTED, command, entries, steadygan, train};
use crate::pictures::workplace;
use crate::run_files::{assert_equal, manifest, result};
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Trains a run in stages that end at `stops`, and compares it with a run that was trained to the last stop at once.
fn in_stages(recipe: &str, stops: &[u64]) {
    let folder = workplace();
    let run = train(folder.path(), &format!("{recipe} --quiet --images {}", stops[0]));
    for images in &stops[1..] {
        let answer = steadygan(folder.path(), &format!("resume {} --quiet --images {images}", run.display())).done();
        assert_eq!(folder.path().join(answer.last_line()), run);
    }
    let at_once = train(folder.path(), &format!("{recipe} --quiet --images {}", stops[stops.len() - 1]));
    assert_equal(&run, &at_once);
    assert_eq!(manifest(&run)["outcome"], manifest(&at_once)["outcome"]);
}

#[test]
fn at_multiples_of_the_cadence() {
    in_stages("tiny.toml", &[32, 64]);
}

/// 20 is no multiple of the cadence 16, 30 is no multiple of the batch, and the end at 52 is off every cadence too.
#[test]
fn between_them() {
    in_stages("tiny.toml", &[20, 30, 52]);
}

/// Stats, sheets and checkpoints have different cadences, none a multiple of another.
#[test]
fn with_cadences_that_do_not_meet() {
    let cadences = "--set train.stats-every=12 --set train.sheets-every=20 --set train.checkpoint-every=28";
    in_stages(&format!("tiny.toml --set data.flip=true {cadences}"), &[24, 44, 68]);
}

#[test]
fn in_colour_with_every_form_that_is_not_the_default() {
    let forms =
        "--set data.channels=3 --set heuristics.separate-batches.updates=two --set heuristics.noisy-labels.by=image";
    in_stages(&format!("tiny.toml {forms}"), &[20, 40]);
    in_stages("tiny.toml --set base=plain", &[20, 40]);
}

#[test]
fn a_finished_run_resumed_without_more_images_stays_as_it_is() {
    let folder = workplace();
    for images in [64, 36] {
        let run = train(folder.path(), &format!("tiny.toml --quiet --images {images}"));
        let before = result(&run);
        steadygan(folder.path(), &format!("resume {}", run.display())).done();
        assert_eq!(result(&run), before);
    }
}

/// A request for more images survives a kill: recipe.toml has it already, the checkpoint not yet.
#[test]
fn more_images_asked_of_a_run_that_was_killed_before_its_next_checkpoint() {
    let folder = workplace();
    let run = train(folder.path(), "tiny.toml --quiet --images 32");
    let recipe = fs::read_to_string(run.join("recipe.toml")).unwrap();
    fs::write(run.join("recipe.toml"), recipe.replace("images = 32", "images = 64")).unwrap();
    steadygan(folder.path(), &format!("resume {} --quiet", run.display())).done();
    assert_equal(&run, &train(folder.path(), "tiny.toml --quiet --images 64"));
}

/// The data's relative path counts from the folder in which the run was started, until a resume says where they are now.
#[test]
fn the_data_are_found_from_another_folder_and_after_a_move() {
    let folder = workplace();
    let elsewhere = folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let run = train(folder.path(), "tiny.toml --quiet --images 16");
    let name = run.strip_prefix(folder.path()).unwrap().display().to_string();
    steadygan(&elsewhere, &format!("resume ../{name} --quiet --images 32")).done();
    fs::rename(folder.path().join("pictures"), elsewhere.join("moved")).unwrap();
    steadygan(&elsewhere, &format!("resume ../{name} --quiet --images 48 --data moved")).done();
    steadygan(folder.path(), &format!("resume {name} --quiet --images 64")).done();
    fs::rename(elsewhere.join("moved"), folder.path().join("pictures")).unwrap();
    assert_equal(&run, &train(folder.path(), "tiny.toml --quiet --images 64"));
}

/// A damaged latest checkpoint is no end: the run goes on from the best one, and arrives at the same bits.
#[test]
fn a_run_goes_on_from_its_best_checkpoint() {
    let folder = workplace();
    let measured = "tiny.toml --quiet --set train.metric-every=16 --set train.metric-samples=8";
    let run = train(folder.path(), measured);
    let name = run.strip_prefix(folder.path()).unwrap().display().to_string();
    let latest = run.join("checkpoints/latest/state.safetensors");
    let whole = fs::read(&latest).unwrap();
    fs::write(&latest, &whole[..whole.len() / 2]).unwrap();
    let (_, hint) = steadygan(folder.path(), &format!("resume {name}")).refused();
    assert_eq!(hint, "use the run's other checkpoint if it has one (--checkpoint best or latest), or train again");
    steadygan(folder.path(), &format!("resume {name} --quiet --checkpoint best")).done();
    assert!(fs::read(&latest).unwrap() == whole);
    assert_equal(&run, &train(folder.path(), measured));
}

/// A killed trainer may have written these files and lines after its last checkpoint.
#[test]
fn what_lies_beyond_the_checkpoint_is_removed() {
    let folder = workplace();
    let run = train(folder.path(), "tiny.toml --quiet --images 32");
    let mut stats = fs::read_to_string(run.join("stats.jsonl")).unwrap();
    let last = stats.lines().last().unwrap().replace("\"images\":32", "\"images\":48");
    stats.push_str(&format!("{last}\n{}", &last[..20]));
    fs::write(run.join("stats.jsonl"), stats).unwrap();
    fs::write(run.join("fakes/000000048.png"), "half a pic").unwrap();
    fs::write(run.join("checkpoints/latest/.state.safetensors.4711-0.tmp"), "half a sta").unwrap();
    steadygan(folder.path(), &format!("resume {} --quiet --images 64", run.display())).done();
    assert_equal(&run, &train(folder.path(), "tiny.toml --quiet --images 64"));
}

/// Waits until the run has written its first line of stats.
fn wait_for_stats(run: &Path) {
    let started = Instant::now();
    while fs::metadata(run.join("stats.jsonl")).map_or(0, |file| file.len()) == 0 {
        assert!(started.elapsed() < Duration::from_secs(20), "no line of stats");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_finishes_the_step_saves_and_can_be_resumed() {
    let folder = workplace();
    let long = "tiny.toml --images 4000 --set train.checkpoint-every=100k --set train.sheets-every=100k";
    let arguments = format!("train {long}");
    let child =
        command(folder.path(), arguments.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let name = "runs/00001-pictures-hacks";
    let run = folder.path().join(name);
    wait_for_stats(&run);
    let kill = format!("kill -INT {}", child.id());
    assert!(std::process::Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!((output.status.code(), stdout), (Some(INTERRUPTED), format!("{name}\n")), "{stderr}");
    assert!(stderr.ends_with(&format!(" images\nnext: steadygan resume {name}\n")), "{stderr}");
    let outcome = &manifest(&run)["outcome"];
    assert_eq!(outcome["state"], "stopped");
    assert!((16..4000).contains(&outcome["images"].as_u64().unwrap()), "{outcome}");
    assert!(!entries(&run).iter().any(|name| name.ends_with(".tmp")));

    assert_eq!(steadygan(folder.path(), &format!("resume {name} --quiet")).code, DONE);
    assert_equal(&run, &train(folder.path(), &format!("{long} --quiet")));
}
