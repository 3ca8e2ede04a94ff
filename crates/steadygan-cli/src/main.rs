//! The program `steadygan`: arguments, console output and exit codes. Everything about GANs is in the library.

mod arguments;
mod commands;
mod console;
mod dashboard;
mod data;
mod evaluate;
mod export;
mod report;
mod sample_worker;
mod signals;
mod study;
mod study_table;
mod usage;

use arguments::{Arguments, Command};
use clap::Parser;
use std::process::ExitCode;

/// Every tensor operation allocates its output. This allocator keeps freed pages, so that the system need not clear new
/// ones each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The exit code for errors in the user's input, bad arguments included.
const EXIT_INPUT: u8 = 1;

/// The exit code for a fault of the program.
const EXIT_UNEXPECTED: u8 = 2;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        let hint = "please report this with the command that you gave; a run goes on with `steadygan resume`";
        console::error(&format!("unexpected: {panic}"), hint);
    }));
    std::panic::catch_unwind(run).unwrap_or(ExitCode::from(EXIT_UNEXPECTED))
}

fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let command = arguments.command.unwrap_or_else(|| Command::Train(Box::default()));
    let options = arguments.options;
    if command.ends_when_interrupted() {
        signals::end_when_interrupted();
    }
    signals::report_large_files();
    let done = options.apply().and_then(|()| match command {
        Command::Train(arguments) => commands::train(&arguments, &options),
        Command::Resume(arguments) => commands::resume(&arguments, &options),
        Command::Generate(arguments) => commands::generate(&arguments, &options),
        Command::Evaluate(arguments) => evaluate::evaluate(&arguments, &options),
        Command::Study(arguments) => study::study(&arguments, &options),
        Command::Report(arguments) => report::report(&arguments, &options),
        Command::Export(arguments) => export::export(&arguments, &options),
        Command::Summary(recipe) => commands::summary(&recipe, &options),
        Command::Data { command } => data::data(&command, &options),
        Command::Dashboard(arguments) => dashboard::dashboard(&arguments, &options),
        Command::SampleWorker(arguments) => sample_worker::sample_worker(&arguments),
        Command::Findings { name } => report::findings(name.as_deref(), &options),
        Command::Heuristics { name } => commands::heuristics(name.as_deref(), &options),
    });
    done.unwrap_or_else(|error| failed(&error))
}

fn failed(error: &steadygan::Error) -> ExitCode {
    console::error(&error.to_string(), error.hint());
    ExitCode::from(EXIT_INPUT)
}

/// Prints clap's result: help and version as answers, anything else as an error.
fn usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        let (message, hint) = usage::message_and_hint(error);
        console::error(&message, &hint);
        return ExitCode::from(EXIT_INPUT);
    }
    console::answer(&error.to_string()).map_or_else(|error| failed(&error), |()| ExitCode::SUCCESS)
}
