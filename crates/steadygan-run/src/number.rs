//! Numbering: each run takes the next number of its folder, also when runs start together.
//!
//! `mkdir` is atomic for one name, but two runs with different slugs make different names and would
//! both get number 17. So a number is first claimed under a name that contains only the number:
//!
//! 1. `n` is 1 + the largest number in the folder, claims included.
//! 2. `mkdir .00017` claims it. If it exists, another process is claiming 17: back to 1.
//! 3. The folder is read again. If a `00017-…` has appeared (its owner had finished between our 1 and 2), the claim is
//!    removed: back to 1. After this check no other process can finish 17, because only the holder of the claim may.
//! 4. `.00017` is renamed to `00017-slug`: the claim becomes the run.
//!
//! A process killed between 2 and 4 leaves an empty `.00017`, which costs that number and nothing
//! else.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::RunError;

/// How many digits a run's number has.
const NUMBER_DIGITS: usize = 5;
/// The largest number that has [`NUMBER_DIGITS`] digits.
const MAX_NUMBER: u32 = 99_999;
/// How long the slug in a run's name may be, so that a listing has one line per run.
const MAX_SLUG_CHARACTERS: usize = 40;
/// The slug that is used if nothing is left of the given one.
const EMPTY_SLUG: &str = "run";

/// Makes the next run's folder in `parent` and returns its path.
pub(crate) fn make_next(parent: &Path, slug: &str) -> Result<PathBuf, RunError> {
    fs::create_dir_all(parent).map_err(|e| RunError::refused("create", parent, e))?;
    let slug = sanitise(slug);
    loop {
        let number = largest(parent)? + 1;
        if number > MAX_NUMBER {
            return Err(RunError::malformed(
                parent,
                format!("has no number left: its last run has number {MAX_NUMBER}"),
            ));
        }
        let claim = parent.join(format!(".{number:0NUMBER_DIGITS$}"));
        match fs::create_dir(&claim) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(e) => return Err(RunError::refused("create", &claim, e)),
        }
        let run = parent.join(format!("{number:0NUMBER_DIGITS$}-{slug}"));
        match settle(parent, number, &claim, &run) {
            Ok(true) => return Ok(run),
            Ok(false) => fs::remove_dir(&claim).map_err(|e| RunError::refused("remove", &claim, e))?,
            Err(error) => {
                let _ = fs::remove_dir(&claim);
                return Err(error);
            }
        }
    }
}

/// Steps 3 and 4: turns the claim into the run, unless the number has been taken meanwhile.
fn settle(parent: &Path, number: u32, claim: &Path, run: &Path) -> Result<bool, RunError> {
    if is_taken(parent, number)? {
        return Ok(false);
    }
    fs::rename(claim, run).map_err(|e| RunError::refused("create", run, e))?;
    Ok(true)
}

/// The number of a run's folder by its name: `00017-fashion-hacks` has 17.
pub(crate) fn of_name(name: &str) -> Option<u32> {
    let digits = name.split_once('-').map_or(name, |(digits, _)| digits);
    let is_number = digits.len() == NUMBER_DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

fn largest(parent: &Path) -> Result<u32, RunError> {
    let numbers = entry_names(parent)?.into_iter().filter_map(|name| of_name(name.strip_prefix('.').unwrap_or(&name)));
    Ok(numbers.max().unwrap_or(0))
}

fn is_taken(parent: &Path, number: u32) -> Result<bool, RunError> {
    Ok(entry_names(parent)?.iter().any(|name| of_name(name) == Some(number)))
}

fn entry_names(parent: &Path) -> Result<Vec<String>, RunError> {
    fs::read_dir(parent)
        .and_then(|entries| entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect())
        .map_err(|e| RunError::refused("read", parent, e))
}

/// `slug` in the letters a-z, digits and single hyphens, at most [`MAX_SLUG_CHARACTERS`] of them.
fn sanitise(slug: &str) -> String {
    let letters: String = slug
        .chars()
        .map(|c| match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9') => c,
            _ => '-',
        })
        .collect();
    let words: Vec<_> = letters.split('-').filter(|word| !word.is_empty()).collect();
    let mut slug = words.join("-");
    slug.truncate(MAX_SLUG_CHARACTERS);
    match slug.trim_end_matches('-') {
        "" => EMPTY_SLUG.to_owned(),
        kept => kept.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn name(path: &Path) -> String {
        path.file_name().expect("name").to_string_lossy().into_owned()
    }

    #[test]
    fn the_next_number_follows_the_largest_whatever_gaps_and_foreign_things_there_are() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let parent = folder.path().join("new/runs");
        assert_eq!(name(&make_next(&parent, "a").expect("run")), "00001-a");
        for foreign in ["20240101-dated", "7-short", "notes", "abcde-x", ".git", "00090x"] {
            fs::create_dir(parent.join(foreign)).expect("mkdir");
        }
        fs::create_dir(parent.join("00017-other")).expect("mkdir");
        assert_eq!(name(&make_next(&parent, "b").expect("run")), "00018-b");
        fs::write(parent.join("00030-notes.txt"), "a file counts too").expect("write");
        assert_eq!(name(&make_next(&parent, "c").expect("run")), "00031-c");
        fs::create_dir(parent.join(".00040")).expect("a claim of a killed process");
        assert_eq!(name(&make_next(&parent, "d").expect("run")), "00041-d");
    }

    #[test]
    fn no_number_is_left_after_the_last() {
        let folder = tempfile::tempdir().expect("temporary folder");
        fs::create_dir(folder.path().join("99999-last")).expect("mkdir");
        let error = make_next(folder.path(), "a").expect_err("none left");
        assert!(error.to_string().contains("has no number left"), "{error}");
    }

    #[test]
    fn runs_that_start_together_get_different_numbers_and_leave_no_claim() {
        const THREADS: u32 = 8;
        const RUNS_A_THREAD: u32 = 20;
        let folder = tempfile::tempdir().expect("temporary folder");
        let parent = folder.path();
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                scope.spawn(move || {
                    for _ in 0..RUNS_A_THREAD {
                        make_next(parent, &format!("slug{thread}")).expect("run");
                    }
                });
            }
        });
        let names = entry_names(parent).expect("readable");
        let numbers: BTreeSet<_> = names.iter().filter_map(|name| of_name(name)).collect();
        assert_eq!(names.len(), (THREADS * RUNS_A_THREAD) as usize);
        assert_eq!(numbers, (1..=THREADS * RUNS_A_THREAD).collect());
    }

    #[test]
    fn slugs_are_lower_case_words() {
        assert_eq!(sanitise("Fashion / hacks_v2"), "fashion-hacks-v2");
        assert_eq!(sanitise("../..//etc"), "etc");
        assert_eq!(sanitise("été"), "t");
        assert_eq!(sanitise("--"), "run");
        let long = sanitise(&"ab-".repeat(40));
        assert_eq!(long.len(), MAX_SLUG_CHARACTERS);
        assert!(!long.ends_with('-'));
        assert_eq!(sanitise(&format!("{}-b", "a".repeat(39))).len(), 39);
    }

    #[test]
    fn a_parent_that_is_a_file_is_refused() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let file = folder.path().join("runs");
        fs::write(&file, "").expect("write");
        let error = make_next(&file, "a").expect_err("a file");
        assert_eq!(error.path(), file);
    }
}
