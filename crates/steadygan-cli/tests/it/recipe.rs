//! The layers of recipes, and recipes that are refused.

use crate::command::{steadygan, steadygan_with, train};
use crate::pictures::workplace;
use std::fs;
use std::path::Path;

/// Asserts that `--set` with this assignment is refused and leaves nothing behind. Returns the error and the hint.
fn refused(folder: &Path, assignment: &str) -> (String, String) {
    let answer = steadygan_with(folder, &["train", "tiny.toml", "--set", assignment]).refused();
    assert!(!folder.join("runs").exists(), "no run folder: {answer:?}");
    answer
}

#[test]
fn typos_name_the_nearest_key() {
    let folder = workplace();
    for (typo, nearest) in [
        ("train.imagse=64", "train.images"),
        ("batch=4", "train.batch"),
        ("data.siez=8", "data.size"),
        ("modle.width=4", "model.width"),
        ("optimizer.generator.learning-rate=1", "optimizer.generator.lr"),
        ("heuristics.batchnorm=true", "heuristics.batch-norm"),
        ("heuristics.adam.beta=0.5", "heuristics.adam.beta1"),
    ] {
        let key = typo.split_once('=').unwrap().0;
        let (error, hint) = refused(folder.path(), typo);
        assert_eq!(error, format!("unknown key `{key}` (--set)"));
        assert_eq!(hint, format!("the nearest known key is `{nearest}`"));
    }
}

/// Each part of a dotted key was a nested table, so that 16,000 of them overflowed the stack.
#[test]
fn a_key_of_many_parts_is_refused() {
    let folder = workplace();
    let key = vec!["a"; 16_000].join(".");
    let (error, hint) = refused(folder.path(), &format!("{key}=1"));
    assert_eq!(error, format!("unknown key `{}…` (--set): it has 16000 parts", &key[..40]));
    assert_eq!(hint, "`steadygan train --dry-run` shows every key");
    for (name, text, command) in [
        ("recipe.toml", format!("\"{key}\" = 1"), "train recipe.toml"),
        ("plain.toml", format!("{key} = 1"), "train plain.toml"),
        ("set.toml", format!("[set]\n\"{key}\" = 1"), "study set.toml"),
        ("factors.toml", format!("[factors]\n\"{key}\" = [1, 2]"), "study factors.toml"),
        ("controls.toml", format!("[controls.x]\nof = []\nset.\"{key}\" = 1"), "study controls.toml"),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
        steadygan(folder.path(), command).refused();
    }
    assert!(!folder.path().join("runs").exists());
}

#[test]
fn values_of_the_wrong_type_name_key_and_value() {
    let folder = workplace();
    for (assignment, why) in [
        ("seed=-1", "invalid value: integer `-1`, expected u64"),
        ("seed=yes", "invalid type: string \"yes\", expected u64"),
        ("seed={a=1}", "invalid type: map, expected u64"),
        ("data.size=8.5", "invalid type: floating point `8.5`, expected usize"),
        ("data.channels=2", "channels are 1, 3 or \"auto\""),
        ("data.channels=-1", "channels are 1, 3 or \"auto\""),
        ("data.flip=1", "invalid type: integer `1`, expected a boolean"),
        ("data.background=[0, 0, 256]", "invalid value: integer `256`, expected u8"),
        ("data.source=3", "invalid type: integer `3`, expected a string"),
        ("train.images=many", "`many` is no number of images; write it like 50000, 50k or 1.5M"),
        ("train.images=0", "`0` is no number of images; write it like 50000, 50k or 1.5M"),
        ("train.images=-5", "neither a whole number nor a word"),
        ("train.stats-every=0", "`0` is no number of images; write it like 50000, 50k or 1.5M"),
        ("train.images=1.0000001k", "`1.0000001k` is no number of images; write it like 50000, 50k or 1.5M"),
        ("train.batch=", "invalid type: string \"\", expected usize"),
        ("heuristics.adam=3", "neither true, false nor a table of settings"),
        ("heuristics.adam=on", "neither true, false nor a table of settings"),
    ] {
        let key = assignment.split_once('=').unwrap().0;
        let (error, _) = refused(folder.path(), assignment);
        assert!(error.starts_with(&format!("`{key} = ")), "{error}");
        assert!(error.contains(&format!("(--set): {why}")), "{error}");
    }
    let (error, hint) = refused(folder.path(), "heuristics.adam.lr=fast");
    assert!(
        error.starts_with("`heuristics.adam` has a setting that does not fit: `fast` is neither a number"),
        "{error}"
    );
    assert_eq!(hint, "`steadygan heuristics adam` shows its settings");
    let (error, _) = refused(folder.path(), "heuristics.separate-batches.updates=three");
    assert!(error.starts_with("`heuristics.separate-batches` has a setting that does not fit: "), "{error}");
}

#[test]
fn impossible_numbers_name_key_value_and_range() {
    let folder = workplace();
    for (assignment, wanted) in [
        ("data.holdout=1.0", "in [0, 1)"),
        ("data.holdout=-0.1", "in [0, 1)"),
        ("data.holdout=nan", "in [0, 1)"),
        ("model.width=0", "in 1..=1024"),
        ("model.width=1000000000", "in 1..=1024"),
        ("model.latent=0", "in 1..=4096"),
        ("model.latent=4097", "in 1..=4096"),
        ("train.batch=0", "in 2..=4096"),
        ("train.batch=1", "in 2..=4096"),
        ("train.batch=5000", "in 2..=4096"),
        ("train.sheet=0", "in 1..=1024"),
        ("train.sheet=2000", "in 1..=1024"),
        ("optimizer.generator.lr=0", "a positive number"),
        ("optimizer.generator.lr=-1.0", "a positive number"),
        ("optimizer.generator.lr=inf", "a positive number"),
        ("optimizer.generator.lr=1e39", "a positive number"),
        ("optimizer.discriminator.beta1=1.0", "in [0, 1)"),
        ("optimizer.discriminator.beta2=-0.5", "in [0, 1)"),
        ("optimizer.discriminator.beta2=0.9999999999", "in [0, 1)"),
        ("optimizer.discriminator.epsilon=0.0", "a positive number"),
        ("heuristics.leaky-relu.slope=1.5", "in [0, 1)"),
        ("heuristics.leaky-relu.slope=0.9999999999", "in [0, 1)"),
        ("heuristics.gaussian-init.deviation=0.0", "a positive number of 32 bits"),
        ("heuristics.gaussian-init.deviation=1e-50", "a positive number of 32 bits"),
        ("heuristics.gaussian-init.deviation=1e300", "a positive number of 32 bits"),
        ("heuristics.noisy-labels.probability=1.1", "in [0, 1]"),
        ("heuristics.noisy-labels.probability=nan", "in [0, 1]"),
        ("heuristics.label-smoothing.real=[1.2, 0.7]", "a range in [-1, 2], low end first"),
        ("heuristics.label-smoothing.fake=5.0", "a range in [-1, 2], low end first"),
    ] {
        let key = assignment.split_once('=').unwrap().0;
        let (error, hint) = refused(folder.path(), assignment);
        assert!(error.starts_with(&format!("`{key}` is ")), "{error}");
        assert!(error.contains(&format!(" but must be {wanted}")), "{error}");
        assert_eq!(hint, format!("set it with --set {key}=VALUE or in the recipe"));
    }
}

#[test]
fn networks_that_no_memory_holds_are_refused_by_arithmetic() {
    let folder = workplace();
    let huge = "summary --set model.width=1024 --set data.size=128 --set data.channels=1";
    let (error, _) = steadygan(folder.path(), huge).refused();
    assert!(error.starts_with("`model.width` is 1024 but must be smaller: the networks would have "), "{error}");
}

#[test]
fn a_size_without_that_form_names_the_nearest_two() {
    let folder = workplace();
    for (size, nearest) in [("50", "48 and 56"), ("33", "32 and 40"), ("1000000000", "128"), ("0", "8")] {
        let (error, hint) = refused(folder.path(), &format!("data.size={size}"));
        assert_eq!(error, format!("`data.size` is {size} but must be s·2^k with s in 4..=7, at most 128"));
        assert!(hint.starts_with(&format!("the nearest are {nearest}: ")) || nearest.len() < 4, "{hint}");
        assert!(hint.contains(nearest), "{hint}");
    }
    // The recipe is checked before any image is read.
    let missing = "train tiny.toml --data nowhere --set data.size=50";
    assert!(steadygan(folder.path(), missing).refused().0.starts_with("`data.size` is 50"));
}

#[test]
fn presets_and_heuristics_that_do_not_exist() {
    let folder = workplace();
    let (error, hint) = refused(folder.path(), "base=hack");
    assert_eq!(error, "`base = \"hack\"` (--set) is no preset");
    assert_eq!(hint, "the presets are plain, dcgan, hacks, modern");
    for flag in ["--with", "--without"] {
        let (error, hint) = steadygan(folder.path(), &format!("train tiny.toml {flag} label-smooting")).refused();
        assert_eq!(error, "there is no heuristic `label-smooting`");
        assert_eq!(hint, "the nearest is `label-smoothing`; `steadygan heuristics` lists all");
    }
}

#[test]
fn files_that_are_no_recipes() {
    let folder = workplace();
    let path = folder.path().join("bad.toml");
    let refused = |content: &[u8]| {
        fs::write(&path, content).unwrap();
        steadygan(folder.path(), "train bad.toml").refused().0
    };
    let error = refused(b"seed = 1\n[train]\nimages = = 3\n");
    assert!(error.starts_with("bad.toml is not a recipe: line 3: "), "{error}");
    let error = refused(b"seed = 1\nseed = 2\n");
    assert!(error.starts_with("bad.toml is not a recipe: line 2: "), "{error}");
    assert_eq!(refused(b"[trian]\nbatch = 4\n"), "unknown key `trian.batch` (bad.toml)");
    assert_eq!(refused(b"[heuristcs]\n"), "unknown key `heuristcs` (bad.toml)");
    assert!(refused(&[0xFF, 0xFE, 0x00]).starts_with("bad.toml is no text, so it is not a recipe"));
    assert_eq!(refused(&[b' '; (1 << 20) + 1]), "bad.toml is too large for a recipe");
    assert!(steadygan(folder.path(), "train none.toml").refused().0.starts_with("cannot read the recipe none.toml: "));
    assert_eq!(steadygan(folder.path(), "train pictures").refused().0, "pictures is a folder, not a recipe");
    let (error, hint) = steadygan(folder.path(), "train tiny.toml --set train.batch").refused();
    assert_eq!(error, "`--set train.batch` has no value");
    assert_eq!(hint, "write it as --set KEY=VALUE, for example --set train.batch=32");
    assert!(!folder.path().join("runs").exists());
}

/// A key's value and origin, as `--dry-run` shows them.
fn spelled_out(folder: &Path, arguments: &str, key: &str) -> String {
    let answer = steadygan(folder, &format!("train {arguments} --dry-run")).done();
    let line = answer.stdout.lines().find_map(|line| line.strip_prefix(&format!("{key} = ")));
    line.unwrap_or_else(|| panic!("no {key}: {answer:#?}")).to_owned()
}

#[test]
fn each_layer_takes_precedence_over_the_one_below() {
    let folder = workplace();
    fs::write(
        folder.path().join("only-data.toml"),
        "data = { source = 'pictures', size = 8 }\ntrain = { batch = 4 }\n",
    )
    .unwrap();
    fs::write(
        folder.path().join("over.toml"),
        "base = 'plain'\nseed = 1\n[data]\nsource = 'pictures'\nsize = 8\n[train]\nbatch = 4\n",
    )
    .unwrap();
    let shown = |arguments: &str, key: &str| spelled_out(folder.path(), arguments, key);
    assert_eq!(shown("only-data.toml", "base"), "\"hacks\"  (default)");
    assert_eq!(shown("only-data.toml", "heuristics.adam"), "true  (base hacks)");
    assert_eq!(shown("over.toml", "heuristics.adam"), "false  (base plain)");
    assert_eq!(shown("over.toml", "seed"), "1  (over.toml)");
    assert_eq!(shown("over.toml --set seed=2", "seed"), "2  (--set)");
    assert_eq!(shown("over.toml --set seed=2 --set seed=3", "seed"), "3  (--set)");
    assert_eq!(shown("over.toml --seed 4 --set seed=2", "seed"), "4  (--seed)");
    assert_eq!(shown("over.toml --set base=dcgan", "heuristics.adam"), "true  (base dcgan)");
    assert_eq!(shown("over.toml --with adam", "heuristics.adam"), "true  (--with)");
    assert_eq!(shown("over.toml --set heuristics.adam.lr=1e-4", "heuristics.adam.lr"), "0.0001  (--set)");
    assert_eq!(shown("over.toml --set heuristics.adam.lr=1e-4", "heuristics.adam"), "true  (--set)");
    assert_eq!(
        shown("over.toml --set heuristics.adam.lr=1e-4 --without adam", "heuristics.adam"),
        "false  (--without)"
    );
}

/// Training a run's recipe.toml again gives the same recipe and the same plan, except for the origins of values.
#[test]
fn the_recipe_of_a_run_can_be_trained_again() {
    let folder = workplace();
    let run =
        train(folder.path(), "tiny.toml --set heuristics.label-smoothing.real=0.9 --without label-smoothing --seed 3");
    let recipe = run.join("recipe.toml");
    let again = train(folder.path(), &format!("{} --quiet", recipe.display()));
    assert_eq!(fs::read(&recipe).unwrap(), fs::read(again.join("recipe.toml")).unwrap());
    let plan = |run: &Path| {
        let mut plan: serde_json::Value = serde_json::from_slice(&fs::read(run.join("plan.json")).unwrap()).unwrap();
        plan.as_object_mut().unwrap().remove("origins");
        plan
    };
    assert_eq!(plan(&run), plan(&again));
}
