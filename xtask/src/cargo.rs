//! Runs Cargo, and the programs that it builds.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What `cargo ARGUMENTS` prints, run in the repository.
///
/// # Errors
///
/// As [`output_of`].
pub(crate) fn output(root: &Path, arguments: &[&str]) -> Result<String, String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    output_of(Command::new(cargo).args(arguments).current_dir(root))
}

/// What a command prints to stdout; its stderr goes to our stderr.
///
/// # Errors
///
/// It cannot be run or fails.
pub(crate) fn output_of(command: &mut Command) -> Result<String, String> {
    let shown = format!("{command:?}");
    let failed = |why: String| format!("error: this failed: {shown}\n{why}");
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(output.status.to_string()));
    }
    String::from_utf8(output.stdout).map_err(|error| failed(error.to_string()))
}

/// The program of `package`, built as a user builds it.
///
/// # Errors
///
/// It cannot be built.
pub(crate) fn program(root: &Path, package: &str) -> Result<PathBuf, String> {
    executable(root, &["build", "--release", "--package", package])
}

/// The executable that `cargo BUILD` makes.
///
/// # Errors
///
/// It cannot be built, or the build makes no executable.
pub(crate) fn executable(root: &Path, build: &[&str]) -> Result<PathBuf, String> {
    let messages = output(root, &[build, &["--message-format", "json-render-diagnostics"]].concat())?;
    let executable = messages.lines().rev().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    });
    executable.ok_or_else(|| format!("error: `cargo {}` built no program", build.join(" ")))
}
