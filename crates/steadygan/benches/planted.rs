//! Plays runs of the corpus of planted failures.
//!
//! `cargo bench -p steadygan --bench planted -- list tuning|scored` lists the names of a half, a line each; `… -- play HALF NUMBER`
//! plays the run of that number and answers with a line of JSON; `… -- look HALF NUMBER FOLDER` trains it to its end and keeps all that
//! the doctor would see of it, and its last sheet, in the folder, without a word of the doctor; `… -- judge HALF NUMBER FOLDER` answers
//! by those lines as `play` does, without training; `… -- best HALF NUMBER FOLDER` trains it with the
//! kernel distance, in a run below the folder, and says which checkpoint was kept. `cargo xtask planted` plays a whole half.
//! `RAYON_NUM_THREADS` sets the threads.

#[path = "../tests/planted/bases.rs"]
mod bases;
#[path = "../tests/planted/best.rs"]
mod best;
#[path = "../tests/planted/canvas.rs"]
mod canvas;
#[path = "../tests/planted/corpus.rs"]
mod corpus;
#[path = "../tests/planted/fifth.rs"]
mod fifth;
#[path = "../tests/planted/figures.rs"]
mod figures;
#[path = "../tests/planted/fourth.rs"]
mod fourth;
#[path = "../tests/planted/kept.rs"]
mod kept;
#[path = "../tests/planted/objects.rs"]
mod objects;
#[path = "../tests/planted/patterns.rs"]
mod patterns;
#[path = "../tests/planted/plants.rs"]
mod plants;
#[path = "../tests/planted/play.rs"]
mod play;
#[path = "../tests/planted/scenes.rs"]
mod scenes;
#[path = "../tests/planted/scored.rs"]
mod scored;
#[path = "../tests/planted/sources.rs"]
mod sources;
#[path = "../tests/planted/things.rs"]
mod things;
#[path = "../tests/planted/third.rs"]
mod third;

use corpus::{Case, Half};
use serde::Serialize;
use std::path::Path;
use std::process::ExitCode;
use steadygan::Result;

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
        ["play", half, number] => play_one(half, number),
        ["judge", half, number, folder] => judge_one(half, number, Path::new(folder)),
        ["best", half, number, folder] => keep_best(half, number, Path::new(folder)),
        ["look", half, number, folder] => look_at(half, number, Path::new(folder)),
        // `cargo test --benches` runs it without arguments.
        _ => Some(()),
    };
    if done.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn list(half: &str) -> Option<()> {
    half_named(half)?.cases().iter().for_each(|case| println!("{}", case.name()));
    Some(())
}

fn play_one(half: &str, number: &str) -> Option<()> {
    answer(&told(play::play(&case(half, number)?))?)
}

fn judge_one(half: &str, number: &str, folder: &Path) -> Option<()> {
    let case = case(half, number)?;
    let lines = told(kept::read(folder, number, &case.name()))?;
    answer(&told(play::judge(&case, lines))?)
}

fn look_at(half: &str, number: &str, folder: &Path) -> Option<()> {
    let case = case(half, number)?;
    let looks = told(play::look(&case))?;
    kept::write(folder, number, case.name(), &looks.kept).ok()?;
    looks.sheet.map_or(Some(()), |sheet| sheet.save(folder.join(format!("{number}.png"))).ok())?;
    answer(&case.name())
}

fn keep_best(half: &str, number: &str, folder: &Path) -> Option<()> {
    answer(&told(best::kept(&case(half, number)?, folder))?)
}

fn answer(result: &impl Serialize) -> Option<()> {
    println!("{}", serde_json::to_string(result).expect("plain data"));
    Some(())
}

fn case(half: &str, number: &str) -> Option<Case> {
    half_named(half)?.cases().get(number.parse::<usize>().ok()?).copied()
}

fn told<T>(result: Result<T>) -> Option<T> {
    result.map_err(|error| eprintln!("error: {error}\nhint: {}", error.hint())).ok()
}

fn half_named(name: &str) -> Option<Half> {
    match name {
        "tuning" => Some(Half::Tuning),
        "scored" => Some(Half::Scored),
        _ => None,
    }
}
