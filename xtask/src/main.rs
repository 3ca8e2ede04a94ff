//! The project's own tasks: `cargo xtask` lists them.

mod bench;
mod boundaries;
mod cargo;
mod docs;
mod planted;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask TASK

  docs          write docs/heuristics.md, docs/findings.md and the README's table of heuristics from the cards
  docs --check  fail if these files differ from what the cards say
  boundaries    check what the crates must not depend on and must not do
  planted [--set tuning|held-out-6 [--keep FOLDER | --diagnose FOLDER] | --best]
                train the runs with planted failures and record what the doctor finds first; or keep the lines that it
                would read, or have it read kept lines; or record which checkpoint decaying runs keep
  costs [--rounds N] [--only HEURISTIC]…
                measure what each heuristic costs in time and memory, and write the table from which the cards take it
  bench [--python PATH] [--rounds N] [--only ROW]… [--out DIR]
                measure our speed in turns with PyTorch's and Keras', and write a record into DIR (benchmarks/DATE-speed)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the repository");
    let done = match arguments[..] {
        ["docs"] => docs::write(root),
        ["docs", "--check"] => docs::check(root),
        ["bench", ref options @ ..] => bench::run(root, options),
        ["planted", ref options @ ..] => planted::run(root, options),
        ["costs", ref options @ ..] => bench::costs::run(root, options),
        ["boundaries"] => boundaries::check(root),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
