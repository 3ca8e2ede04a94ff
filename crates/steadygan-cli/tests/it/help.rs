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
            let text = text.split("\nMetrics: ").next().expect("a text has a first part");
            format!("$ steadygan {}\n{text}\n", format!("{command} --help").trim_start())
        })
        .collect();
    assert_eq!(shown, HELP, "if the change is wanted, put this text into help.txt:\n{shown}");
    let text = steadygan(Path::new("."), "evaluate --help").done().stdout;
    let (_, names) = text.split_once("\nMetrics: ").expect("the names of metrics");
    let names: Vec<&str> = names.split_whitespace().map(|name| name.trim_end_matches(',')).collect();
    assert_eq!(names, steadygan::evaluate::names().collect::<Vec<_>>());
    assert_eq!(
        steadygan(Path::new("."), "--version").done().stdout,
        concat!("steadygan ", env!("CARGO_PKG_VERSION"), "\n")
    );
}
