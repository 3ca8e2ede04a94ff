//! Runs the other tests with the lower instruction sets, because a modern processor would choose a higher one.

use std::process::Command;

/// Runs the other test programs of this crate again with the set limited.
fn run_limited(set: &str) {
    let own = std::env::current_exe().expect("the test runs from a file");
    let folder = own.parent().expect("a file stands in a folder");
    for name in ["augment", "convolution", "elementwise", "products"] {
        let programs = std::fs::read_dir(folder).expect("the folder of test programs can be read");
        // If there are several builds of one test, the newest is the current one.
        let newest = programs
            .filter_map(Result::ok)
            .filter(|file| {
                let file = file.file_name().to_string_lossy().into_owned();
                file.strip_prefix(name).is_some_and(|rest| {
                    let rest = rest.trim_end_matches(std::env::consts::EXE_SUFFIX);
                    rest.starts_with('-') && !rest.contains('.')
                })
            })
            .max_by_key(|file| file.metadata().and_then(|data| data.modified()).ok());
        // A single test program may have been built alone; then there is nothing to run again.
        let Some(program) = newest else { continue };
        let output =
            Command::new(program.path()).env("STEADYGAN_INSTRUCTION_SET", set).output().expect("a test program starts");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{name} with {set}:\n{text}");
    }
}

#[test]
fn baseline() {
    run_limited("baseline");
}

#[test]
fn avx2() {
    run_limited("avx2");
}
