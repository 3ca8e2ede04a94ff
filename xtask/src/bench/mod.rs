//! `cargo xtask bench`: measures our speed and our peers' speed, on the same work and in turns.

mod bench_process;
mod comparison;
pub(crate) mod costs;
mod machine;
mod measure;
mod programs;
mod record;
mod rows;

use machine::Machine;
use programs::Programs;
use record::Record;
use rows::Row;
use std::path::{Path, PathBuf};

/// The options of `cargo xtask bench`.
#[derive(Debug)]
struct Options {
    python: PathBuf,
    rounds: usize,
    rows: Vec<&'static Row>,
    /// `benchmarks/DATE-speed` if it is not given.
    out: Option<PathBuf>,
}

const DEFAULT_ROUNDS: usize = 3;

impl Options {
    fn parse(arguments: &[&str]) -> Result<Self, String> {
        let (mut python, mut rounds, mut out) = (PathBuf::from("python3"), DEFAULT_ROUNDS, None);
        let mut names = Vec::new();
        for pair in arguments.chunks(2) {
            match *pair {
                ["--python", path] => python = path.into(),
                ["--rounds", count] => {
                    let above_zero = |rounds: &usize| *rounds > 0;
                    let wrong =
                        || format!("error: --rounds {count} is no number above 0\nhint: --rounds {DEFAULT_ROUNDS}");
                    rounds = count.parse().ok().filter(above_zero).ok_or_else(wrong)?;
                }
                ["--only", name] => names.push(name),
                ["--out", folder] => out = Some(folder.into()),
                _ => {
                    let hint = "bench takes --python PATH, --rounds N, --only ROW (also several) and --out DIR";
                    return Err(format!("error: this is not understood: {}\nhint: {hint}", pair.join(" ")));
                }
            }
        }
        Ok(Self { python, rounds, rows: rows::named(&names)?, out })
    }

    /// The command as a record shows it.
    fn shown(arguments: &[&str]) -> String {
        let kept = arguments.chunks(2).filter(|pair| !matches!(pair[0], "--python" | "--out"));
        let kept: Vec<&str> = kept.flatten().copied().collect();
        ["cargo xtask bench --python PYTHON", &kept.join(" ")].join(" ").trim_end().to_owned()
    }
}

/// Measures the rows and writes the record after each, so that nothing is lost if a later one fails.
///
/// # Errors
///
/// An option is wrong, a peer's environment is not there, the record is there already, or a program fails.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<(), String> {
    let Options { python, rounds, rows, out } = Options::parse(arguments)?;
    let date = machine::today();
    let folder = out.unwrap_or_else(|| root.join("benchmarks").join(format!("{date}-speed")));
    if folder.exists() {
        let hint = "records are kept as they are: choose another folder with --out DIR, or remove it";
        return Err(format!("error: {} is there already\nhint: {hint}", folder.display()));
    }
    let programs = Programs::new(root, python)?;
    let mut packages: Vec<&str> = rows.iter().flat_map(|row| row.work.packages()).copied().collect();
    packages.sort_unstable();
    packages.dedup();
    let versions = if packages.is_empty() { Default::default() } else { programs.versions(&packages)? };
    let mut record = Record {
        date,
        machine: Machine::of(&programs, versions)?,
        command: Options::shown(arguments),
        rounds,
        asked: rows.iter().map(|row| row.name).collect(),
        rows: Vec::new(),
    };
    for row in rows {
        record.rows.push(measure::measure(row, &programs, rounds)?);
        record.write(&folder)?;
    }
    println!("{}", folder.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_have_defaults() {
        let options = Options::parse(&[]).expect("nothing is needed");
        assert_eq!((options.rounds, options.rows.len()), (3, rows::ROWS.len()));
        let options = Options::parse(&["--only", "start", "--rounds", "1", "--out", "here"]).expect("options");
        assert_eq!((options.rounds, options.rows.len()), (1, 1));
        assert_eq!(options.out, Some(PathBuf::from("here")));
    }

    #[test]
    fn wrong_options_are_errors_with_hints() {
        for (arguments, says) in [
            (&["--rounds", "0"][..], "--rounds 0 is no number above 0"),
            (&["--rounds", "few"], "--rounds few"),
            (&["--rounds"], "not understood: --rounds"),
            (&["--fast", "1"], "not understood: --fast 1"),
            (&["--only", "speed"], "no row `speed`"),
        ] {
            let error = Options::parse(arguments).expect_err("a wrong option");
            assert!(error.contains(says) && error.contains("\nhint: "), "{error}");
        }
    }

    #[test]
    fn a_record_shows_no_paths_of_the_machine() {
        let arguments = ["--python", "/home/me/python", "--only", "start", "--out", "/tmp/here", "--rounds", "2"];
        assert_eq!(Options::shown(&arguments), "cargo xtask bench --python PYTHON --only start --rounds 2");
        assert_eq!(Options::shown(&[]), "cargo xtask bench --python PYTHON");
    }
}
