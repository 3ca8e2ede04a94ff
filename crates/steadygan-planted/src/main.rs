//! Runs one case of a test set of planted failures. `cargo xtask planted` runs whole sets.

use serde::Serialize;
use std::path::Path;
use std::process::ExitCode;
use steadygan_planted::{TestSet, best_checkpoint, diagnose, play, read_kept_lines, train_to_end, write_kept_lines};

const USAGE: &str = "\
usage: steadygan-planted COMMAND SET ... with SET `tuning` or `held-out-6`

  list SET                    print the names of the set's runs, a line each; a run's NUMBER is its line, from 0
  play SET NUMBER             train the run until the doctor makes a severe finding, and print the diagnosis as JSON
  keep SET NUMBER FOLDER      train the run to its end, and write the lines that the doctor would read, and the last
                              sheet of fakes, into FOLDER; no finding is printed
  diagnose SET NUMBER FOLDER  print the diagnosis by the lines in FOLDER, without training
  best SET NUMBER FOLDER      train the run with the kernel distance, and print which checkpoint it kept as its best;
                              the run directory is made in FOLDER

RAYON_NUM_THREADS sets the number of threads.";

/// The same allocator as in the program, because every operator allocates its output.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    rayon::ThreadPoolBuilder::new().use_current_thread().build_global().expect("the pool is built once");
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<(), String> {
    let [command, set, rest @ ..] = arguments else { return Err(USAGE.to_owned()) };
    let set = TestSet::named(set).ok_or_else(|| format!("error: there is no test set {set}\n{USAGE}"))?;
    let cases = set.cases();
    let case = |number: &str| {
        let case = number.parse::<usize>().ok().and_then(|number| cases.get(number));
        case.ok_or_else(|| format!("error: the set has the runs 0 to {}, not {number}", cases.len() - 1))
    };
    match (*command, rest) {
        ("list", []) => cases.iter().for_each(|case| println!("{}", case.name())),
        ("play", [number]) => print(&play(case(number)?).map_err(shown)?),
        ("keep", [number, folder]) => {
            let (case, folder) = (case(number)?, Path::new(folder));
            let trained = train_to_end(case).map_err(shown)?;
            let failed = |error: String| format!("error: {} cannot be written: {error}", folder.display());
            write_kept_lines(folder, number, case.name(), &trained.lines).map_err(|error| failed(error.to_string()))?;
            if let Some(sheet) = trained.sheet {
                sheet.save(folder.join(format!("{number}.png"))).map_err(|error| failed(error.to_string()))?;
            }
            print(&case.name());
        }
        ("diagnose", [number, folder]) => {
            let case = case(number)?;
            let lines = read_kept_lines(Path::new(folder), number, &case.name()).map_err(shown)?;
            print(&diagnose(case, lines).map_err(shown)?);
        }
        ("best", [number, folder]) => print(&best_checkpoint(case(number)?, Path::new(folder)).map_err(shown)?),
        _ => return Err(USAGE.to_owned()),
    }
    Ok(())
}

fn print(answer: &impl Serialize) {
    println!("{}", serde_json::to_string(answer).expect("answers are plain data"));
}

fn shown(error: steadygan::Error) -> String {
    format!("error: {error}\nhint: {}", error.hint())
}
