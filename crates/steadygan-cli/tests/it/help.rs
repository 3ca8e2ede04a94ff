//! The flags are a contract: `--help` is compared with a committed text.

use crate::command::steadygan;
use std::path::Path;

/// Every command's help, one after the other.
const HELP: &str = include_str!("help.txt");

#[test]
fn the_flags_are_those_that_are_committed() {
    let commands = [
        "",
        "train",
        "resume",
        "generate",
        "evaluate",
        "study",
        "report",
        "export",
        "summary",
        "data",
        "data inspect",
        "data pack",
        "dashboard",
        "findings",
        "heuristics",
    ];
    let shown: String = commands
        .iter()
        .map(|command| {
            let text = steadygan(Path::new("."), &format!("{command} --help")).done().stdout;
            format!("$ steadygan {}\n{text}\n", format!("{command} --help").trim_start())
        })
        .collect();
    assert_eq!(shown, HELP, "if the change is wanted, put this text into help.txt:\n{shown}");
    assert_eq!(
        steadygan(Path::new("."), "--version").done().stdout,
        concat!("steadygan ", env!("CARGO_PKG_VERSION"), "\n")
    );
}
