//! What became of a case.

use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use steadygan::{Error, Result};

/// What became of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was read.
    Accepted,
    /// It was refused with a message of this kind.
    Refused(String),
    /// The reader did what no reader may do.
    Fault(String),
}

/// Where and why a thread panicked last.
static PANIC: Mutex<String> = Mutex::new(String::new());

/// Keeps what panics say instead of printing it.
pub fn catch_panics() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!("{}:{}", crate_of(place.file()), place.line()));
        let why = panic.payload_as_str().unwrap_or_default();
        let mut said = PANIC.lock().unwrap_or_else(PoisonError::into_inner);
        *said = format!("panic at {}: {}", place.unwrap_or_default(), without_numbers(why));
    }));
}

/// A source file's path from its crate's folder on.
fn crate_of(file: &str) -> &str {
    let source = file.find("/src/").unwrap_or_default();
    // Cargo unpacks crates into registry/src/INDEX/.
    let source = file[source + 1..].find("/src/").map_or(source, |next| source + 1 + next);
    file[..source].rfind('/').map_or(file, |at| &file[at + 1..])
}

/// Reads a case that lies in a folder, and says what became of it.
pub fn outcome(read: impl FnOnce() -> Result<()>, folder: &Path) -> Outcome {
    match panic::catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(())) => Outcome::Accepted,
        Ok(Err(error)) => match bad_message(&error) {
            Some(why) => Outcome::Fault(format!("{why}: {}", kind(&error.to_string(), folder))),
            None => Outcome::Refused(kind(&error.to_string(), folder)),
        },
        Err(_) => Outcome::Fault(PANIC.lock().unwrap_or_else(PoisonError::into_inner).clone()),
    }
}

/// Why an error cannot be shown. Line breaks are no fault, because the program joins lines.
fn bad_message(error: &Error) -> Option<&'static str> {
    let (message, hint) = (error.to_string(), error.hint());
    let controls = |text: &str| text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    if message.trim().is_empty() || hint.trim().is_empty() {
        Some("an error without message or hint")
    } else if controls(&message) || controls(hint) {
        Some("an error with control characters")
    } else if ["panicked", "os error", "called `"].iter().any(|words| message.contains(words)) {
        Some("an error in Rust's words")
    } else {
        None
    }
}

/// The first words of a message, without what comes from the case itself: quoted words, numbers, the case's path.
fn kind(message: &str, folder: &Path) -> String {
    const WORDS: usize = 12;
    let message = message.replace(&folder.display().to_string(), "");
    let unquoted: String = message.lines().next().unwrap_or_default().split(['`', '"']).step_by(2).collect();
    let words = unquoted.split_whitespace().map(|word| word.trim_matches(|c: char| c.is_ascii_punctuation()));
    let plain = |word: &&str| (3..=16).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase());
    words.filter(plain).take(WORDS).collect::<Vec<_>>().join(" ")
}

/// What a fault says without its numbers, which differ from case to case.
pub fn without_numbers(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_it() {
        let folder = Path::new("/tmp/x");
        let of = |message: &str, hint: &str| outcome(|| Err(Error::data(message, hint)), folder);
        let refused = Outcome::Refused("holds bytes not".into());
        assert_eq!(of("/tmp/x/a.npy holds 47 bytes of `u11`, not 3\nmore", "do this"), refused);
        assert!(matches!(of("not found (os error 2)", "do this"), Outcome::Fault(_)));
        assert!(matches!(of("a", ""), Outcome::Fault(_)));
        assert_eq!(outcome(|| Ok(()), folder), Outcome::Accepted);
    }

    #[test]
    fn a_panic_s_place_begins_with_its_crate() {
        assert_eq!(crate_of("/home/me/.cargo/registry/src/index-1/png-0.18/src/a/b.rs"), "png-0.18/src/a/b.rs");
        assert_eq!(crate_of("crates/steadygan-data/src/npy.rs"), "steadygan-data/src/npy.rs");
        assert_eq!(crate_of("/rustc/1/library/alloc/src/vec.rs"), "alloc/src/vec.rs");
        assert_eq!(crate_of("main.rs"), "main.rs");
    }
}
