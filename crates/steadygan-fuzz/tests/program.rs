//! The program: the table that it prints, and that it refuses what it does not know.

use std::process::{Command, Output};

fn program(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_steadygan-fuzz")).args(arguments).output().expect("the program runs")
}

#[test]
fn a_reader_s_cases_are_counted_and_can_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let keep = folder.path().to_str().unwrap();
    let counts = || {
        let output = program(&["latents", "--cases", "500", "--seed", "3", "--keep", keep]);
        let table = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{table} {}", String::from_utf8_lossy(&output.stderr));
        let row: Vec<String> = table.lines().nth(1).expect("a row").split_whitespace().map(str::to_owned).collect();
        row[..4].to_vec()
    };
    let first = counts();
    assert_eq!(first[..2], ["latents", "500"]);
    assert_eq!(counts(), first);
}

#[test]
fn files_are_replayed() {
    let seed = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/latents/two.npy");
    let output = program(&["replay", "latents", seed]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{seed}: Accepted\n"));
    assert!(!program(&["replay", "letters", seed]).status.success());
    assert!(!program(&["--minutes", "1"]).status.success());
}
