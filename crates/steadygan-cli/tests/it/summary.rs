//! `summary`, `--dry-run` and `heuristics`.

use crate::command::steadygan;
use crate::pictures::workplace;
use std::path::Path;

const PYTORCH_DCGAN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../recipes/pytorch-dcgan.toml");

/// The number of trainable parameters of each network in a JSON summary.
fn trainable(tables: &serde_json::Value) -> Vec<u64> {
    let tables = tables.as_array().expect("two tables").iter();
    let of_rows =
        |rows: &serde_json::Value| rows.as_array().unwrap().iter().map(|row| row["trainable"].as_u64().unwrap()).sum();
    tables.map(|table| of_rows(&table["rows"])).collect()
}

/// PyTorch's numbers of parameters for its DCGAN example.
#[test]
fn pytorchs_example_has_pytorchs_parameters_and_needs_no_images() {
    let folder = workplace();
    let json = steadygan(folder.path(), &format!("summary {PYTORCH_DCGAN} --data nowhere --json")).done().json();
    assert_eq!(trainable(&json), [3_576_704, 2_765_568]);
    let text = steadygan(folder.path(), &format!("summary {PYTORCH_DCGAN}")).done().stdout;
    let totals: Vec<_> = text.lines().filter(|line| line.trim_start().starts_with("total")).collect();
    assert_eq!(totals.len(), 2);
    assert!(totals[0].contains("3,576,704") && totals[1].contains("2,765,568"), "{text}");
}

#[test]
fn channels_that_nobody_said_come_from_the_images() {
    let folder = workplace();
    let json = steadygan(folder.path(), "summary tiny.toml --json").done().json();
    assert_eq!(json[1]["input"], serde_json::json!([1, 8, 8]));
    let (error, _) = steadygan(folder.path(), "summary tiny.toml --data nowhere").refused();
    assert_eq!(error, "there is no file or folder \"nowhere\"");
}

#[test]
fn a_dry_run_says_everything_and_leaves_nothing() {
    let folder = workplace();
    let text = steadygan(folder.path(), "train tiny.toml --dry-run").done().stdout;
    for part in ["train.batch = 4  (tiny.toml)", "64 images shown in 16 steps of 4", "generator", "discriminator"] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    assert!(text.lines().last().unwrap().starts_with("memory: about "), "{text}");
    let json = steadygan(folder.path(), "train tiny.toml --dry-run --json").done().json();
    assert_eq!(json["plan"]["train"]["images"], 64);
    assert_eq!(json["plan"]["origins"]["train.batch"], "tiny.toml");
    assert!(json["memory_bytes"].as_u64().unwrap() > 10_000);
    assert_eq!(trainable(&json["networks"]).len(), 2);
    assert!(!folder.path().join("runs").exists());
}

/// The limit is that of the shell: 700,000 KiB of addresses. A failed allocation would end the program by a signal.
#[cfg(target_os = "linux")]
#[test]
fn a_run_that_does_not_fit_into_memory_is_refused_before_it_begins() {
    let folder = workplace();
    let program = crate::command::command(folder.path(), [""; 0]);
    let script = format!(
        "ulimit -v 700000; exec '{}' --quiet --threads 1 train tiny.toml --set data.size=128 --set model.width=64 --batch 36",
        program.get_program().to_str().unwrap()
    );
    let output = std::process::Command::new("sh").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
    let (error, hint) = crate::command::Answer::of(output).refused();
    assert!(error.starts_with("training takes about "), "{error}");
    assert!(error.ends_with("the limit on this process's addresses (ulimit -v) is 683 MiB"), "{error}");
    assert!(hint.starts_with("a smaller train.batch, model.width or data.size takes less"), "{hint}");
    assert!(!folder.path().join("runs").exists());
}

/// Values that planning changes are shown as planned, with their origin.
#[test]
fn a_dry_run_shows_the_plan_not_the_recipe() {
    let folder = workplace();
    let set = "--images 50 --set train.stats-every=7 --set optimizer.discriminator.lr=4e-4";
    let json = steadygan(folder.path(), &format!("train tiny.toml {set} --dry-run --json")).done().json();
    let text = steadygan(folder.path(), &format!("train tiny.toml {set} --dry-run")).done().stdout;
    for (key, value, origin) in [
        ("data.channels", "1", "default: \"auto\", what the images have"),
        ("train.images", "52", "--images: 50, rounded up to whole batches"),
        ("train.stats-every", "8", "--set: 7, rounded up to whole batches"),
        ("train.checkpoint-every", "16", "tiny.toml"),
        ("optimizer.generator.lr", "0.0002", "heuristics.adam"),
        ("optimizer.discriminator.lr", "0.0004", "--set"),
        ("optimizer.discriminator.beta1", "0.5", "heuristics.adam"),
    ] {
        assert!(text.lines().any(|line| line == format!("{key} = {value}  ({origin})")), "no {key} {value}: {text}");
        assert_eq!(json["plan"]["origins"][key], origin);
    }
    let plain = steadygan(folder.path(), "train tiny.toml --set base=plain --dry-run").done().stdout;
    assert!(plain.contains("optimizer.generator.lr = 0.001  (Adam's usual)\n"), "{plain}");
}

#[test]
fn the_heuristics_are_listed_and_each_is_explained() {
    let text = steadygan(Path::new("."), "heuristics").done().stdout;
    assert_eq!(text.lines().count(), steadygan::heuristics::names().count());
    let json = steadygan(Path::new("."), "heuristics --json").done().json();
    for (at, name) in steadygan::heuristics::names().enumerate() {
        assert!(text.lines().nth(at).unwrap().starts_with(name), "{text}");
        assert_eq!(json[at]["name"], name);
        let card = steadygan(Path::new("."), &format!("heuristics {name}")).done().stdout;
        assert!(card.starts_with(name), "{card}");
        assert!(card.lines().last().unwrap().trim().starts_with(&format!("recipe      {name} = ")), "{card}");
    }
    let (error, hint) = steadygan(Path::new("."), "heuristics batchnorm").refused();
    assert_eq!(error, "there is no heuristic `batchnorm`");
    assert_eq!(hint, "the nearest is `batch-norm`; `steadygan heuristics` lists all");
}
