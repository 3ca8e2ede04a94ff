//! The order of the folders inside the crate `steadygan`: each imports only from lower floors.

use super::{read, rust_files};
use std::path::Path;

/// The folders and files of `crates/steadygan/src`, floor by floor, the lowest first.
const FLOORS: &[&[&str]] = &[
    &["protobuf", "settings"],
    &["recipe"],
    &["plan"],
    &["hook", "weights"],
    &["train"],
    &["heuristics"],
    &["decide"],
    &["diagnose"],
    &["run"],
    &["evaluate", "explore", "export", "generate"],
];

/// The imports that go up or sideways, a line each.
pub(super) fn violations(root: &Path) -> Result<Vec<String>, String> {
    let source = root.join("crates/steadygan/src");
    let mut found = Vec::new();
    for file in rust_files(&source)? {
        let path = file.strip_prefix(&source).unwrap_or(&file).display().to_string();
        if path == "lib.rs" || is_test(&path) {
            continue;
        }
        let room = path.split(['/', '.']).next().unwrap_or_default().to_owned();
        let Some(own) = floor(&room) else {
            found.push(format!("{path}: `{room}` has no floor in xtask/src/boundaries/floors.rs"));
            continue;
        };
        for (number, other) in imports(&read(&file)?) {
            if other != room && floor(&other).is_some_and(|floor| floor >= own) {
                found.push(format!("crates/steadygan/src/{path}:{number}: `{room}` imports `{other}`"));
            }
        }
    }
    Ok(found)
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// Whether a file holds tests or helpers of tests.
fn is_test(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "tests" | "tests.rs" | "testing.rs" | "laws.rs"))
}

/// The line numbers, from 1, and names in `crate::NAME` outside comments and before the unit tests.
fn imports(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let code = code.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    for (at, line) in code.lines().enumerate() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        for after in line.split("crate::").skip(1) {
            let name = after.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
            found.push((at + 1, name.to_owned()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_found_in_code_alone() {
        let code = "//! [`x`](crate::run)\nuse crate::plan::Plan;\nfn f() -> crate::data::X {}\n\n#[cfg(test)]\nmod tests {\n    use crate::run;\n}\n";
        assert_eq!(imports(code), [(2, "plan".to_owned()), (3, "data".to_owned())]);
    }

    #[test]
    fn no_room_has_two_floors() {
        let rooms: Vec<_> = FLOORS.concat();
        assert!(rooms.iter().all(|room| rooms.iter().filter(|other| *other == room).count() == 1));
        assert!(floor("train") < floor("run") && floor("nobody").is_none());
    }
}
