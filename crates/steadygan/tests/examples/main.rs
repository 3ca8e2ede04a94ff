//! Compares the output of the examples with the committed output, which holds the figures of the heuristics'
//! definitions.
//!
//! `cargo test` builds the examples before it runs tests, unless the command line selects a target.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use steadygan::heuristics;

/// The path of a file beside this one.
fn committed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/examples").join(name)
}

/// The output of an example.
fn printed(name: &str) -> String {
    let tests = std::env::current_exe().expect("the test's own path");
    let profile = tests.ancestors().nth(2).expect("target/PROFILE/deps/TEST");
    let program = profile.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let output = Command::new(&program).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}; run a whole `cargo test`", program.display()));
    assert!(output.status.success(), "{name}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// The examples' names, in order.
fn examples() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let files = fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path());
    let mut names: Vec<_> = files.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn each_is_named_as_a_heuristic_and_those_of_hacks_have_one() {
    let mut hacks = steadygan::heuristics::recipe();
    hacks.lay_text("base = 'hacks'", "test").expect("a recipe");
    let named = |name: &str| name.replace('-', "_");
    assert_eq!(hacks.heuristics().len(), 11);
    for name in hacks.heuristics().into_keys() {
        assert!(examples().contains(&named(&name)), "{name} has no example");
    }
    for example in examples() {
        assert!(heuristics::names().any(|name| named(name) == example), "{example} is no heuristic's name");
    }
}

#[test]
fn each_prints_what_is_committed() {
    for name in examples() {
        let expected = fs::read_to_string(committed(&format!("{name}.txt"))).expect("a committed text");
        let printed = printed(&name);
        assert_eq!(printed, expected, "if the change is wanted, put this into tests/examples/{name}.txt:\n{printed}");
    }
}
