//! Plays runs of the corpus of planted failures.
//!
//! `cargo bench -p steadygan --bench planted -- list tuning|scored` lists the names of a half, a line each; `… -- play HALF NUMBER [LINES]`
//! plays the run of that number and answers with a line of JSON, writing its lines of stats into the file LINES if that is named.
//! `cargo xtask planted` does all of it. `RAYON_NUM_THREADS` sets the threads.

#[path = "../tests/planted/corpus.rs"]
mod corpus;
#[path = "../tests/planted/plants.rs"]
mod plants;
#[path = "../tests/planted/play.rs"]
mod play;
#[path = "../tests/planted/sources.rs"]
mod sources;

use corpus::Half;
use std::process::ExitCode;

/// As in the program: every operator allocates its output.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    rayon::ThreadPoolBuilder::new().use_current_thread().build_global().expect("the pool is built once");
    // Cargo adds a flag of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["list", half] => list(half),
        ["play", half, number] => play_one(half, number, None),
        ["play", half, number, lines] => play_one(half, number, Some(lines)),
        // `cargo test --benches` runs it without arguments.
        _ => Some(()),
    };
    if done.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn list(half: &str) -> Option<()> {
    half_named(half)?.cases().iter().for_each(|case| println!("{}", case.name()));
    Some(())
}

fn play_one(half: &str, number: &str, lines: Option<&str>) -> Option<()> {
    let cases = half_named(half)?.cases();
    let (played, stats) = match play::play(cases.get(number.parse::<usize>().ok()?)?) {
        Ok(played) => played,
        Err(error) => {
            eprintln!("error: {error}\nhint: {}", error.hint());
            return None;
        }
    };
    println!("{}", serde_json::to_string(&played).expect("plain data"));
    if let Some(path) = lines {
        let text: Vec<String> = stats.iter().map(|line| serde_json::to_string(line).expect("plain data")).collect();
        std::fs::write(path, text.join("\n") + "\n").ok()?;
    }
    Some(())
}

fn half_named(name: &str) -> Option<Half> {
    match name {
        "tuning" => Some(Half::Tuning),
        "scored" => Some(Half::Scored),
        _ => None,
    }
}
